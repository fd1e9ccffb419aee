"""HTTP/1.x of a server, without a socket: bytes in, requests out; answers in, bytes out. The parsing is h11's.

What cannot be parsed becomes an ``Arrived`` with the reason in ``malformed``: nothing that reached the server is
lost. After one of those the conversation is over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import h11

from pytest_loghandlers._base.report import cut

from .answer import Answer, reason_of

#: Bytes of a body at most; a longer one is answered 413 and kept as malformed, cut there.
MAX_BODY: Final = 64 * 1024 * 1024
#: Bytes of a request line and its headers at most. logging.handlers.HTTPHandler puts a whole record into the URL.
MAX_HEAD: Final = 1024 * 1024
#: Bytes of a request as it was on the wire that are kept beside its parts.
RAW_KEPT: Final = 1024 * 1024

#: Bytes that are parsed at a time.
SLICE: Final = 64 * 1024

Header = tuple[bytes, bytes]
#: What h11 is told when something else is sent: an answer without a body, so that the next request can come.
_UNSEEN: Final = h11.Response(status_code=204, headers=[])


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
    #: The answer to a malformed one, as long as the client can still read it, and its status.
    refusal: bytes = b""
    status: int = 0


def _reworded(reason: str) -> str:
    if reason == "Receive buffer too long":
        return f"the request line and the headers are longer than {MAX_HEAD:,} bytes"
    if reason.startswith("malformed chunk footer"):
        return "a chunk goes on behind the size that it says"
    # h11 shows what it read as the bytearray it holds it in, at any length.
    return cut(re.sub(r"\bbytearray\((.*)\)$", r"\1", reason, flags=re.DOTALL), 200)


def _ambiguous(head: h11.Request) -> tuple[str, int] | None:
    """Return why a request whose end two servers would see in two places is refused, with the status; else None."""
    if head.http_version not in (b"1.0", b"1.1"):
        if head.http_version[:2] == b"1.":
            return None
        return f"this is HTTP/{head.http_version.decode('ascii')}: the endpoint speaks HTTP/1.0 and 1.1", 505
    names = {name for name, _ in head.headers}
    if b"transfer-encoding" not in names:
        return None
    if b"content-length" in names:
        return "it has both Content-Length and Transfer-Encoding (RFC 9112 section 6.3: an attempt at smuggling)", 400
    if head.http_version == b"1.0":
        return "it has a Transfer-Encoding, and HTTP/1.0 knows none (RFC 9112 section 6.1)", 400
    return None


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
        #: What has come and h11 has not been given yet: what it holds it copies with each request.
        self._unread = bytearray()
        #: Whether h11 waits for more.
        self._hungry = True
        self._ended = False
        #: Whether h11 knows that there is no more.
        self._gone = False
        self._outgoing = b""
        #: Whether nothing more can be said: the connection is to be closed.
        self.over = False

    def feed(self, data: bytes) -> None:
        """Take bytes from the client, cut anywhere. Then ask ``next`` until it gives None."""
        if self._hungry and not self._unread and len(data) <= SLICE:
            self._supply(data)
        elif not self.over:
            self._unread += data

    def end(self) -> None:
        """Learn that the client will send no more. Then ask ``next`` once more."""
        self._ended = True

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
                wrong = _ambiguous(event)
                if wrong is not None:
                    return self._broken(*wrong)
            elif isinstance(event, h11.Data):
                self._size += len(event.data)
                self._body.append(bytes(event.data))
                if self._size > MAX_BODY:
                    return self._broken(f"the body is longer than {MAX_BODY:,} bytes", 413)
            elif isinstance(event, h11.EndOfMessage):
                return self._arrived()
            else:
                if event is h11.NEED_DATA and self._read_on():
                    continue
                if event is h11.NEED_DATA and self._h11.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[], reason="Continue")
                    self._outgoing += self._h11.send(go_on) or b""
                if isinstance(event, h11.ConnectionClosed):
                    self.over = True
                self._hungry = event is h11.NEED_DATA
                return None
        return None

    def _read_on(self) -> bool:
        """Give h11 more, or that there is no more; return whether there was anything to give."""
        if self._unread:
            piece = bytes(self._unread[:SLICE])
            del self._unread[:SLICE]
            self._supply(piece)
            return True
        if self._ended and not self._gone:
            self._gone = True
            self._h11.receive_data(b"")
            return True
        return False

    def _supply(self, data: bytes) -> None:
        self._hungry = False
        room = RAW_KEPT - len(self._raw)
        if room > 0:
            self._raw += data[:room]
        if not self.over:
            self._h11.receive_data(data)

    @property
    def pending(self) -> bytes:
        """What has come of a request that is not complete, its first MiB; of one that waits for its answer, all."""
        return b"" if self.over else bytes(self._raw)

    def answer(self, answer: Answer) -> bytes:
        """Return the bytes that answer the request which arrived last. Sets ``over`` when the client wanted that.

        Bare ``http.client`` (it asks for the encoding ``identity`` and names no ``User-Agent``) is told ``Connection:
        close``: HTTPHandler makes a connection per record and closes none, and each would be a ResourceWarning in some
        later test.
        """
        request, head = self._head, answer.head or _UNSEEN
        extra: list[Header] = []
        if request is not None:
            if not answer.close and _is_bare_http_client(request.headers) and not self._follows:
                if answer.is_plain and request.method in (b"POST", b"GET"):
                    # What h11 would say, said before: HTTPHandler is to be answered fast.
                    self.over = True
                    return answer.last
                extra.append((b"connection", b"close"))
            if answer.to_itself:
                extra.append((b"location", bytes(request.target)))
        if extra:
            fields = [*head.headers, *extra]
            head = h11.Response(status_code=head.status_code, reason=head.reason, headers=fields)
        body = answer.body if answer.head is not None else b""
        data = self._h11.send(head) or b""
        if body and head.status_code not in (204, 304) and (request is None or request.method != b"HEAD"):
            data += self._h11.send(h11.Data(data=body)) or b""
            if answer.cut is not None:
                data = data[: len(data) - len(body) + answer.cut]
        if self._h11.our_state is not h11.SWITCHED_PROTOCOL:  # A CONNECT that was answered 200.
            self._h11.send(h11.EndOfMessage())
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._raw = bytearray(self._h11.trailing_data[0])
            self._h11.start_next_cycle()
            self._head, self._body, self._size = None, [], 0
        else:
            self.over = True
        return data if answer.head is not None else answer.body

    @property
    def _follows(self) -> bool:
        return bool(self._unread or self._h11.trailing_data[0])

    def _arrived(self, malformed: str | None = None, refusal: bytes = b"", status: int = 0) -> Arrived:
        head = self._head
        follows = 0 if malformed else len(self._h11.trailing_data[0])
        raw = bytes(self._raw[: len(self._raw) - follows] if len(self._raw) < RAW_KEPT else self._raw)
        body = b"".join(self._body)[:MAX_BODY]
        if head is None:
            return Arrived(raw=raw, malformed=malformed, refusal=refusal, status=status)
        return Arrived(
            method=head.method.decode("ascii", "replace"),
            target=bytes(head.target),
            version=head.http_version.decode("ascii", "replace"),
            headers=tuple((bytes(name), bytes(value)) for name, value in head.headers.raw_items()),
            body=body,
            raw=raw,
            malformed=malformed,
            refusal=refusal,
            status=status,
        )

    def _broken(self, why: str, status: int) -> Arrived:
        self.over = True
        self._raw += self._unread[: max(0, RAW_KEPT - len(self._raw))]
        self._unread.clear()
        if self._raw[:2] == b"\x16\x03":
            why = "this is the start of TLS, on a plain HTTP port: the client was given https:// for http://"
        text = f"{why}\n".encode()
        refusal = (
            f"HTTP/1.1 {status} {reason_of(status)}\r\nConnection: close\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(text)}\r\n\r\n"
        ).encode() + text
        return self._arrived(why, refusal, status)
