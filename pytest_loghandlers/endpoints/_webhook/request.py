"""One request that reached the webhook endpoint, and what a test can ask of it."""

from __future__ import annotations

import ast
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, unquote_plus

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Field, Matcher, Vocabulary, equal, say_wanted
from pytest_loghandlers._base.report import cut, show
from pytest_loghandlers.endpoints._endpoint import malformed_field
from pytest_loghandlers.endpoints._headers import Headers

from .conversation import MAX_BODY, Arrived

NOT_JSON: Final = type("NotJson", (), {"__repr__": lambda self: "not JSON"})()  # noqa: ARG005 - a repr takes self
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class WebhookRequest:
    """One request, as it arrived.

    ``malformed`` is None, or the reason why it could not be read as HTTP: then ``raw`` holds the bytes, and the other
    fields what was understood until then.
    """

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
    malformed: str | None = None
    #: The request on the wire, its first MiB.
    raw: bytes = field(default=b"", repr=False)

    @cached_property
    def text(self) -> str:
        """The body decoded: unzipped by its Content-Encoding, then by its charset, else UTF-8."""
        found = _CHARSET.search(self.headers.get("content-type", ""))
        try:
            return self._unzipped.decode(found[1] if found else "utf-8", "replace")
        except LookupError:
            return self._unzipped.decode("utf-8", "replace")

    @cached_property
    def _unzipped(self) -> bytes:
        data = self.body
        for coding in self.headers.get("content-encoding", "").lower().split(","):
            if coding.strip() not in ("gzip", "x-gzip", "deflate"):
                continue
            try:
                # 32: zlib tells gzip and deflate apart itself, in whatever order they are named.
                data = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, MAX_BODY)
            except zlib.error:
                break  # Named and not done: graypy says `gzip,deflate` and zips once.
        return data

    @cached_property
    def json(self) -> Any:
        """The body as JSON. Raises ValueError, with the body in its message, when it is not."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f"the body of this {self.method} {self.path} is not JSON ({error}): {show(self.text)}"
            ) from error

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of a urlencoded body, else of the query; of a field sent twice the last value."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        source = self.text if kind == "application/x-www-form-urlencoded" else self.query
        return dict(parse_qsl(source, keep_blank_values=True))

    @cached_property
    def searched(self) -> str:
        """Where a test's text is looked for: the body, what a form, a query and JSON strings in it decode to."""
        if self.malformed is not None:
            return f"{self.raw.decode('utf-8', 'replace')}\n{self.text}"
        parts = [self.text]
        parts += self.form.values()
        if self.query:
            parts.append(unquote_plus(self.query))
        if self.text[:1] in ("{", "[", '"') or "json" in self.headers.get("content-type", ""):
            try:
                parts += _strings(self.json)
            except ValueError:
                pass
        return "\n".join(parts)


def _strings(value: Any) -> Iterator[str]:
    """Yield every string in decoded JSON: names and values."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, list):
            pending += reversed(item)
        elif isinstance(item, dict):
            pending += [part for pair in reversed(item.items()) for part in reversed(pair)]


def request_of(arrived: Arrived, arrival: float) -> WebhookRequest:
    """Return what the test sees of ``arrived``."""
    path, _, query = arrived.target.decode("ascii", "replace").partition("?")
    return WebhookRequest(
        method=arrived.method,
        path=unquote(path),
        query=query,
        headers=Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in arrived.headers),
        body=arrived.body,
        arrival=arrival,
        malformed=arrived.malformed,
        raw=arrived.raw,
    )


def line(request: WebhookRequest) -> str:
    """Return one line of a listing."""
    when = f"+{request.arrival:.2f} s"
    if request.malformed is not None:
        return f"{when}  malformed: {request.malformed}  {show(request.raw, 60)}"
    is_json = request.text[:1] in ("{", "[")
    shown = show(request.form) if request.form and not is_json else show(request.text)
    return f"{when}  {request.method} {request.path}  {shown}"


def _read_json(request: WebhookRequest) -> Any:
    try:
        return request.json
    except ValueError:
        return NOT_JSON


def _accept_part(name: str) -> Any:
    def accept(wanted: Any) -> Any:
        if isinstance(wanted, Mapping):
            return dict(wanted)
        raise ArgumentError(f"{name}={show(wanted)}: it is a mapping of names to values (str or compiled regex)")

    return accept


def _has_part(wanted: Mapping[str, Any], got: Mapping[str, str]) -> bool:
    return all(name in got and equal(value, got[name]) for name, value in wanted.items())


def _accept_method(wanted: Any) -> Any:
    return wanted.upper() if isinstance(wanted, str) else wanted


def _in_short(name: str) -> Callable[[Any], str]:
    # A headline is read in one line: the whole of it stands in the wanted line.
    return lambda wanted: f"with {name} {cut(say_wanted(wanted), 40)}"


VOCABULARY: Final = Vocabulary[WebhookRequest](
    "request",
    lambda request: request.searched,
    (
        Field(
            "method",
            lambda request: request.method,
            accept=_accept_method,
            brief=lambda wanted: f"by {say_wanted(wanted, str)}",
        ),
        Field("path", lambda request: request.path, brief=lambda wanted: f"at {say_wanted(wanted)}"),
        Field("json", _read_json, brief=_in_short("json")),
        Field(
            "form",
            lambda request: request.form,
            accept=_accept_part("form"),
            agree=_has_part,
            brief=_in_short("form"),
            clause=lambda wanted: f"whose form has {show(wanted)}",
        ),
        Field(
            "headers",
            lambda request: request.headers,
            accept=_accept_part("headers"),
            agree=_has_part,
            brief=_in_short("headers"),
            clause=lambda wanted: f"whose headers have {show(wanted)}",
        ),
        malformed_field(),
    ),
)


def hint(matcher: Matcher[Any], requests: Sequence[WebhookRequest]) -> str | None:
    """Return the one certain explanation of a miss, or None."""
    return _other_path(matcher, requests) or unformatted(matcher, requests)


def _other_path(matcher: Matcher[Any], requests: Sequence[WebhookRequest]) -> str | None:
    wanted = next((value for field, value in matcher.conditions if field.name == "path"), None)
    if not isinstance(wanted, str):
        return None
    paths = {request.path for request in requests}
    meant = f"/{wanted}".replace("//", "/", 1).partition("?")[0]
    if wanted in paths or meant not in paths:
        return None
    return f"a path begins with / and goes without its query: path={show(meant)}, and the query decoded is form="


def unformatted(matcher: Matcher[Any], requests: Sequence[WebhookRequest]) -> str | None:
    """Return the hint that HTTPHandler does not format, when formatting would have made the text."""
    by_text = VOCABULARY.matcher(matcher.text)
    for request in requests if matcher.text is not None and not by_text.find(requests) else ():
        message, arguments = request.form.get("msg", ""), request.form.get("args", "()")
        if arguments == "()" or len(arguments) > 2000:
            continue
        try:
            made = message % ast.literal_eval(arguments)
        except (ValueError, TypeError, SyntaxError, KeyError, MemoryError, RecursionError):
            continue
        found = matcher.text.search(made) if isinstance(matcher.text, re.Pattern) else matcher.text in made
        if found:
            return (
                "HTTPHandler does not format: it sends msg and args apart, here "
                f"msg={show(message, 60)} args={show(arguments, 60)};\n"
                "          override mapLogRecord to send record.getMessage()"
            )
    return None
