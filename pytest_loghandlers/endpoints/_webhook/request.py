"""One request that reached the webhook endpoint."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, unquote_plus

from pytest_loghandlers._base.report import cut, show
from pytest_loghandlers.endpoints._headers import Headers

from .bodies import Part, decoded, documents, parts_of, strings, unpacked
from .conversation import MAX_BODY, Arrived

#: A width or precision of %-formatting that is no wish for a log line, but for the memory of who formats it.
_WIDE: Final = re.compile(r"%(?:\([^)]*\))?[^a-zA-Z%]*(?:\d{4}|\*)")


@dataclass(frozen=True, eq=False)
class WebhookRequest:
    """One request, as it arrived."""

    #: ``POST``; empty when not even that could be read.
    method: str = ""
    #: The path with its percent-escapes decoded, without the query.
    path: str = ""
    #: The query as it was sent, without the ``?``; ``form`` has it decoded.
    query: str = ""
    headers: Headers = field(default_factory=lambda: Headers(()))
    #: The body as it was sent, free of chunking; at most 64 MiB.
    body: bytes = b""
    #: Real seconds from the endpoint's start to the arrival.
    arrival: float = 0.0
    #: The number of its connection, from 1 in the order in which they came: the same, when it was kept alive.
    connection: int = 0
    #: ``tcp`` or ``tls``.
    transport: str = "tcp"
    #: The request on the wire, its first MiB; over TLS decrypted.
    raw: bytes = field(default=b"", repr=False)
    _unreadable: str | None = field(default=None, repr=False)
    _answers: list[int] = field(default_factory=list, repr=False)

    @property
    def status(self) -> int | None:
        """The status that it was answered with; None as long as, or when, it was not answered by one."""
        return self._answers[-1] if self._answers else None

    @cached_property
    def malformed(self) -> str | None:
        """None, or the reason why it could not be read.

        Either it is no HTTP: then ``raw`` holds the bytes, the other fields what was understood until then, and it was
        refused. Or its body is not what its headers say (gzip that is none, a multipart body cut off): then the rest is
        good, and it was answered as any other.
        """
        return self._unreadable or self._unpacked[1] or self._multipart[1]

    @cached_property
    def text(self) -> str:
        """The body decoded: unzipped by its Content-Encoding, then by its charset, else UTF-8."""
        return decoded(self._unpacked[0], self.headers.get("content-type", ""))

    @cached_property
    def json(self) -> Any:
        """The body as JSON. Raises ValueError, with the body in its message, when it is not."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise self._no_json(error) from error

    @cached_property
    def json_lines(self) -> tuple[Any, ...]:
        """The JSON documents of the body, one behind the other: NDJSON, Elasticsearch bulk, Splunk HEC.

        Raises ValueError, with the body in its message, when there is anything else in it.
        """
        try:
            return tuple(documents(self.text))
        except ValueError as error:
            raise self._no_json(error) from error

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of a urlencoded or multipart body, else of the query; of a field sent twice the last value."""
        if self._kind.startswith("multipart/"):
            return {part.name: part.text for part in self._multipart[0] if part.filename is None}
        source = self.text if self._kind == "application/x-www-form-urlencoded" else self.query
        return dict(parse_qsl(source, keep_blank_values=True))

    @cached_property
    def files(self) -> tuple[Part, ...]:
        """The files of a multipart body, each with ``name``, ``filename``, ``content_type``, ``body`` and ``text``."""
        return tuple(part for part in self._multipart[0] if part.filename is not None)

    @cached_property
    def searched(self) -> str:
        """Where a test's text is looked for: the body, and what forms, queries, files and JSON in it decode to."""
        parts = [self.text]
        if self._unreadable is not None:
            parts = [self.raw.decode("utf-8", "replace"), *parts]
        parts += self._decoded
        return "\n".join(parts)

    @cached_property
    def carried(self) -> str:
        """What the records in it read as, each once: decoded, and what HTTPHandler sends apart formatted."""
        if "msg" in self.form and "levelname" in self.form:
            template, arguments = self.form["msg"], self.form.get("args", "()")
            made = formatted(template, arguments)
            return self.form.get("message", apart(template, arguments) if made is None else made)
        return "\n".join(self._decoded) or self.text

    @property
    def _decoded(self) -> Iterator[str]:
        """What the body and the query decode to, beside the text itself."""
        yield from self._strings_in(self.text, named="json" in self._kind)
        for value in self.form.values():
            yield value
            yield from self._strings_in(value)  # Slack: payload={...}; Discord: payload_json.
        for part in self.files:
            yield part.text
        if self.query:
            yield unquote_plus(self.query)

    @staticmethod
    def _strings_in(text: str, *, named: bool = False) -> Iterator[str]:
        if text[:1] not in ("{", "[", '"') and not named:
            return
        try:
            yield from strings(documents(text))
        except ValueError:
            pass

    def _no_json(self, error: Exception) -> ValueError:
        return ValueError(f"the body of this {self.method} {self.path} is not JSON ({error}): {show(self.text)}")

    @cached_property
    def _kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def _unpacked(self) -> tuple[bytes, str | None]:
        codings = self.headers.get("content-encoding")
        return (self.body, None) if codings is None else unpacked(self.body, codings, MAX_BODY)

    @cached_property
    def _multipart(self) -> tuple[list[Part], str | None]:
        if not self._kind.startswith("multipart/"):
            return [], None
        return parts_of(self._unpacked[0], self.headers["content-type"])


def request_of(arrived: Arrived, arrival: float, connection: int = 0, transport: str = "tcp") -> WebhookRequest:
    """Return what the test sees of ``arrived``."""
    target, _, query = arrived.target.decode("ascii", "replace").partition("?")
    if target[:1] != "/" and "://" in target:
        # As a proxy is asked (RFC 9112 section 3.2.2): http://host/path.
        target = f"/{target.partition('://')[2].partition('/')[2]}"
    return WebhookRequest(
        method=arrived.method,
        path=unquote(target),
        query=query,
        headers=Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in arrived.headers),
        body=arrived.body,
        arrival=arrival,
        connection=connection,
        transport=transport,
        raw=arrived.raw,
        _unreadable=arrived.malformed,
    )


def apart(template: Any, arguments: Any) -> str:
    """Return what HTTPHandler sends of a message that only its sender could format."""
    try:
        return f"{template}\n{arguments}"
    except Exception:  # noqa: BLE001 - the arguments are the user's
        return ""


def formatted(message: str, arguments: str) -> str | None:
    """Return the message that HTTPHandler sends in two pieces, formatted; None when that cannot be done."""
    if arguments in ("()", "None"):
        return message
    if len(arguments) > 2000 or _WIDE.search(message):
        return None
    try:
        return str(message % ast.literal_eval(arguments))
    except (ValueError, TypeError, SyntaxError, KeyError, MemoryError, RecursionError):
        return None


def line(request: WebhookRequest) -> str:
    """Return one line of a listing."""
    when = f"+{request.arrival:.2f} s"
    if request._unreadable is not None:  # noqa: SLF001 - the line of its own class
        return f"{when}  malformed: {request.malformed}  {show(request.raw, 60)}"
    is_json = request.text[:1] in ("{", "[")
    shown = show(request.form) if request.form and not is_json else show(request.text)
    if request.files:
        shown += f" and {', '.join(cut(repr(part.filename), 40) for part in request.files[:3])}"
    status = request.status
    told = f"  answered {status}" if status is not None and status >= 300 else ""
    wrong = f"  malformed: {request.malformed}" if request.malformed is not None else ""
    return f"{when}  {request.method} {request.path}  {shown}{told}{wrong}"
