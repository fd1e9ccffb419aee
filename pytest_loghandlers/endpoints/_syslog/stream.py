"""Syslog over TCP connections: their bytes become messages. Everything here runs while the reactor is held."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers.endpoints._network.tcp import Connection

from .framing import Frame, Framer
from .message import SyslogMessage, parse


class Streams:
    """The connections of one endpoint, and what has begun on them.

    ``first()`` is called before messages are put: what came by another way earlier is to stand before them.
    ``age()`` is the moment of arrival of what comes now, ``largest`` the octets of one message that are kept.
    """

    def __init__(
        self, inbox: Inbox[SyslogMessage], first: Callable[[], object], age: Callable[[], float], largest: int
    ) -> None:
        self.inbox = inbox
        self.first = first
        self.age = age
        self.largest = largest
        #: In the order in which they came.
        self.open_ones: dict[_Stream, None] = {}

    def open(self, connection: Connection) -> _Stream:
        """Return what serves a new connection."""
        stream = _Stream(self, connection)
        self.open_ones[stream] = None
        return stream

    def pending(self) -> tuple[bytes, ...]:
        """Return the bytes of each message whose end has not come."""
        return tuple(rest for stream in tuple(self.open_ones) if (rest := stream.framer.pending))


class _Stream:
    """One connection."""

    def __init__(self, streams: Streams, connection: Connection) -> None:
        self.framer = Framer(streams.largest)
        self._streams = streams
        self._connection = connection
        #: The last messages, as many as may still turn out to be lines of one.
        self._lines: list[SyslogMessage] = []

    def data(self, data: bytes) -> None:
        """Keep the messages that are complete now."""
        self._keep(self.framer.feed(data))
        self._lines = self._lines[len(self._lines) - self.framer.open_lines :]

    def eof(self) -> None:
        """Close the connection; ``lost`` keeps what is left of a message."""
        self._connection.close()

    def lost(self) -> None:
        """Keep what is left of a message: the client closed, or the connection broke."""
        self._keep(self.framer.close())
        self._streams.open_ones.pop(self, None)

    def _keep(self, frames: Sequence[Frame]) -> None:
        streams = self._streams
        streams.first()
        for frame in frames:
            if frame.takes_back:
                streams.inbox.take_back(self._lines[-frame.takes_back :])
            message = parse(frame.raw, transport="tcp", framing=frame.framing, flaw=frame.flaw, arrival=streams.age())
            self._lines.append(message)
            streams.inbox.put(message)
