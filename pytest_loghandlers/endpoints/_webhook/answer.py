"""What a request gets: an answer as HTTP has it, or one that no server should give. Pure: made here, sent elsewhere."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Final, Literal, get_args

import h11

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import show
from pytest_loghandlers.endpoints._network.faults import DONE, How

#: What can be wrong with an answer.
Malformed = Literal[
    "status line", "header", "chunk size", "length too long", "length too short", "two lengths", "garbage"
]
#: What of an answer can have no end.
Endless = Literal["body", "headers", "100 Continue"]


@dataclass(frozen=True)
class Answer:
    """What a request gets."""

    #: ``raw`` and ``endless`` are no answers of h11; a ``How`` breaks the connection, ``stall`` does nothing.
    kind: Literal["answer", "raw", "endless", "stall"] | How = "answer"
    head: h11.Response | None = None
    #: The body; of a ``raw`` one, all that is sent.
    body: bytes = b""
    #: What an ``endless`` one sends: a new iterator for each request, of pieces of about so many octets.
    pieces: Callable[[int], Iterator[bytes]] | None = None
    #: What is wrong with it, for the timeline.
    flaw: str = ""
    #: Seconds before it.
    delay: float = 0.0
    #: Octets per second; None: as fast as the client takes them.
    rate: float | None = None
    #: Octets of the body after which the connection is closed; None: all of it is sent.
    cut: int | None = None
    #: Whether the connection is closed behind it without having been told.
    close: bool = False
    #: Whether it redirects to where it came from.
    to_itself: bool = False

    @property
    def status(self) -> int | None:
        """The status that the client reads first, as far as there is one."""
        return self.head.status_code if self.kind == "answer" and self.head is not None else None

    @property
    def is_plain(self) -> bool:
        """Whether it is the same for every request."""
        return self.kind == "answer" and self.cut is None and not self.to_itself

    @cached_property
    def last(self) -> bytes:
        """The whole answer as it is sent where the connection is to end with it, body and all."""
        if self.head is None:
            return self.body
        speaker = h11.Connection(h11.SERVER)
        speaker.receive_data(b"GET / HTTP/1.0\r\n\r\n")
        while not isinstance(speaker.next_event(), h11.EndOfMessage):
            pass
        data = speaker.send(self.head) or b""
        if self.body and self.head.status_code not in (204, 304):
            data += speaker.send(h11.Data(data=self.body)) or b""
        return data

    @property
    def strikes(self) -> bool:
        """Whether the timeline is to tell of it: it is no plain success."""
        return self.kind != "answer" or (self.status or 0) >= 300 or self.cut is not None or self.close

    def __str__(self) -> str:
        """Return what was done to the request that got it: ``answered 503``, ``left without an answer``."""
        if self.kind == "stall":
            return "left without an answer"
        if self.kind == "raw" or self.kind == "endless":
            return f"answered with {self.flaw}"
        if self.kind != "answer":
            return f"cut off: its connection {DONE[self.kind]}"
        said = f"answered {self.status}"
        if self.cut is not None:
            return f"{said}, cut off after {self.cut:,} octets of the body"
        return f"{said}, and the connection was closed" if self.close else said


def reason_of(status: int) -> str:
    """Return the reason phrase of ``status``; empty when it has none of its own."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def response(status: int, headers: Iterable[tuple[str, str]], body: bytes) -> h11.Response:
    """Return the head of an answer. Raises ArgumentError for what HTTP cannot carry."""
    given = list(headers)
    fields = []
    for name, value in given:
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
        raise ArgumentError(f"status={status!r}, headers={show(dict(given))}: {error}") from error


NORMAL: Final = Answer(head=response(200, (), b""))

_OK: Final = b"HTTP/1.1 200 OK\r\n"
#: What is sent, and in words; all but one are closed behind, for the client waits for more or is lost.
_MALFORMED: Final[Mapping[Malformed, tuple[bytes, str]]] = {
    "status line": (b"HTTP/1.1 OK two hundred\r\ncontent-length: 2\r\n\r\nok", "a status line without a number"),
    "header": (_OK + b"content-length: 2\r\nno colon and a \x00 here\r\n\r\nok", "a header that is none"),
    "chunk size": (_OK + b"transfer-encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n", "a chunk whose size is no number"),
    "length too long": (_OK + b"content-length: 100\r\n\r\nok", "2 octets of body where 100 were announced"),
    "length too short": (_OK + b"content-length: 2\r\n\r\nok and more", "11 octets of body where 2 were announced"),
    "two lengths": (_OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nok!", "two different Content-Lengths"),
    "garbage": (b"\x00\x01\xff\xfe this is no HTTP\r\n\r\n", "octets that are no HTTP"),
}
#: The one whose harm comes with the next answer on the connection.
_KEPT_ALIVE: Final = "length too short"


def malformed(what: Malformed) -> Answer:
    """Return an answer that no client should take."""
    if what not in _MALFORMED:
        raise ArgumentError(f"what={show(what)}: it is one of {', '.join(map(repr, _MALFORMED))}")
    data, flaw = _MALFORMED[what]
    return Answer("raw", body=data, flaw=flaw, close=what != _KEPT_ALIVE)


def endless(what: Endless, rate: float) -> Answer:
    """Return an answer that does not end, at ``rate`` octets per second."""
    if what not in get_args(Endless):
        raise ArgumentError(f"what={show(what)}: it is one of {', '.join(map(repr, get_args(Endless)))}")
    pieces = {"body": _endless_body, "headers": _endless_headers, "100 Continue": _endless_interim}[what]
    flaw = {"body": "a body", "headers": "headers", "100 Continue": "interim responses"}[what]
    return Answer("endless", pieces=pieces, flaw=f"{flaw} without end", rate=rate)


def _endless_body(size: int) -> Iterator[bytes]:
    # Ended by the end of the connection: so it goes to a client of HTTP/1.0 too.
    yield _OK + b"content-type: text/plain\r\nconnection: close\r\n\r\n"
    while True:
        yield b"." * size


def _endless_headers(size: int) -> Iterator[bytes]:
    yield _OK
    numbers = itertools.count()
    while True:
        piece = b""
        while len(piece) < size:
            piece += b"x-endless-%d: %s\r\n" % (next(numbers), b"." * 40)
        yield piece


def _endless_interim(size: int) -> Iterator[bytes]:
    one = b"HTTP/1.1 100 Continue\r\n\r\n"
    while True:
        yield one * max(1, size // len(one))


def pieces_of(data: bytes) -> Callable[[int], Iterator[bytes]]:
    """Return what cuts ``data`` into pieces of so many octets."""

    def cut(size: int) -> Iterator[bytes]:
        for at in range(0, len(data), size):
            yield data[at : at + size]

    return cut
