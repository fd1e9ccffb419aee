"""HTTP/1.x of a server, without a socket: bytes in, requests out; answers in, bytes out. The parsing is h11's.

What cannot be parsed becomes an ``Arrived`` with the reason in ``malformed``: nothing that reached the server is
lost. After one of those the conversation is over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import h11

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import cut, show

#: Bytes of a body at most; a longer one is answered 413 and kept as malformed, cut there.
MAX_BODY: Final = 64 * 1024 * 1024
#: Bytes of a request line and its headers at most. logging.handlers.HTTPHandler puts a whole record into the URL.
MAX_HEAD: Final = 1024 * 1024
#: Bytes of a request as it was on the wire that are kept beside its parts.
RAW_KEPT: Final = 1024 * 1024

Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class Arrived:
    """A request, whole; or what there was of one, with the reason in ``malformed``."""

    method: str = ""
    target: bytes = b""
    version: str = ""
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    raw: bytes = b""
    malformed: str | None = None
    #: The answer to a malformed one: as long as the client can still read it.
    refusal: bytes = b""


def reason_of(status: int) -> str:
    """Return the reason phrase of ``status``; empty when it has none of its own."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def response(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> h11.Response:
    """Return the head of an answer. Raises ArgumentError for what HTTP cannot carry."""
    fields = []
    for name, value in headers:
        if not isinstance(name, str) or not isinstance(value, str):
            raise ArgumentError(f"headers={{{show(name)}: {show(value)}}}: names and values of headers are str")
        fields.append((name.lower(), value))
    for name, value in fields:
        if name in ("content-length", "transfer-encoding"):
            raise ArgumentError(f"headers={{{show(name)}: {show(value)}}}: the endpoint sets it from the body")
    if status not in (204, 304):
        fields.append(("content-length", str(len(body))))
    try:
        return h11.Response(status_code=status, reason=reason_of(status), headers=fields)
    except (h11.LocalProtocolError, UnicodeEncodeError) as error:
        raise ArgumentError(f"status={status!r}, headers={show(dict(headers))}: {error}") from error


def _reworded(reason: str) -> str:
    if reason == "Receive buffer too long":
        return f"the request line and the headers are longer than {MAX_HEAD:,} bytes"
    # h11 shows what it read as the bytearray it holds it in, at any length.
    return cut(re.sub(r"\bbytearray\((.*)\)$", r"\1", reason, flags=re.DOTALL), 200)


def _is_bare_http_client(headers: Iterable[Header]) -> bool:
    fields = {bytes(name): bytes(value) for name, value in headers}
    return fields.get(b"accept-encoding") == b"identity" and b"user-agent" not in fields


class Conversation:
    """What is said on one connection."""

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._head: h11.Request | None = None
        self._body: list[bytes] = []
        self._size = 0
        self._raw = bytearray()
        self._gone = False
        self._outgoing = b""
        #: Whether nothing more can be said: the connection is to be closed.
        self.over = False

    def feed(self, data: bytes) -> None:
        """Take bytes from the client, cut anywhere. Then ask ``next`` until it gives None."""
        room = RAW_KEPT - len(self._raw)
        if room > 0:
            self._raw += data[:room]
        if not self.over:
            self._h11.receive_data(data)

    def end(self) -> None:
        """Learn that the client will send no more. Then ask ``next`` once more."""
        if not self._gone:
            self._gone = True
            self._h11.receive_data(b"")

    def outgoing(self) -> bytes:
        """Return what must be sent before the answer (``100 Continue``), once."""
        data, self._outgoing = self._outgoing, b""
        return data

    def next(self) -> Arrived | None:
        """Return the next request that is complete, or None: more bytes, or the answer to the last one, come first."""
        while not self.over:
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError as error:
                return self._broken(_reworded(str(error)), error.error_status_hint)
            if isinstance(event, h11.Request):
                self._head = event
            elif isinstance(event, h11.Data):
                self._size += len(event.data)
                self._body.append(bytes(event.data))
                if self._size > MAX_BODY:
                    return self._broken(f"the body is longer than {MAX_BODY:,} bytes", 413)
            elif isinstance(event, h11.EndOfMessage):
                return self._arrived()
            else:
                if event is h11.NEED_DATA and self._h11.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[], reason="Continue")
                    self._outgoing += self._h11.send(go_on) or b""
                if isinstance(event, h11.ConnectionClosed):
                    self.over = True
                return None
        return None

    @property
    def pending(self) -> bytes:
        """What has come of a request that is not complete, its first MiB; of one that waits for its answer, all."""
        return b"" if self.over else bytes(self._raw)

    def answer(self, head: h11.Response, body: bytes) -> bytes:
        """Return the bytes that answer the request which arrived last. Sets ``over`` when the client wanted that.

        Bare ``http.client`` (it asks for the encoding ``identity`` and names no ``User-Agent``) is told ``Connection:
        close``: HTTPHandler makes a connection per record and closes none, and each would be a ResourceWarning in some
        later test.
        """
        if self._head is not None and _is_bare_http_client(self._head.headers) and not self._h11.trailing_data[0]:
            fields = [*head.headers, (b"connection", b"close")]
            head = h11.Response(status_code=head.status_code, reason=head.reason, headers=fields)
        has_body = head.status_code not in (204, 304) and (self._head is None or self._head.method != b"HEAD")
        data = self._h11.send(head) or b""
        if has_body and body:
            data += self._h11.send(h11.Data(data=body)) or b""
        data += self._h11.send(h11.EndOfMessage()) or b""
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._raw = bytearray(self._h11.trailing_data[0])
            self._h11.start_next_cycle()
            self._head, self._body, self._size = None, [], 0
        else:
            self.over = True
        return data

    def _arrived(self, malformed: str | None = None, refusal: bytes = b"") -> Arrived:
        head = self._head
        follows = 0 if malformed else len(self._h11.trailing_data[0])
        raw = bytes(self._raw[: len(self._raw) - follows] if len(self._raw) < RAW_KEPT else self._raw)
        body = b"".join(self._body)[:MAX_BODY]
        if head is None:
            return Arrived(raw=raw, malformed=malformed, refusal=refusal)
        return Arrived(
            method=head.method.decode("ascii", "replace"),
            target=bytes(head.target),
            version=head.http_version.decode("ascii", "replace"),
            headers=tuple((bytes(name), bytes(value)) for name, value in head.headers.raw_items()),
            body=body,
            raw=raw,
            malformed=malformed,
            refusal=refusal,
        )

    def _broken(self, why: str, status: int) -> Arrived:
        self.over = True
        if self._raw[:2] == b"\x16\x03":
            why = "this is the start of TLS, on a plain HTTP port: the client was given https:// for http://"
        text = f"{why}\n".encode()
        refusal = (
            f"HTTP/1.1 {status} {reason_of(status)}\r\nConnection: close\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(text)}\r\n\r\n"
        ).encode() + text
        return self._arrived(why, refusal)
