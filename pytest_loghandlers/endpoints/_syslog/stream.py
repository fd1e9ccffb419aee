"""Syslog over connections: their bytes become messages. Everything here runs while the reactor is held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers.endpoints._network.link import Link

from .daemon import Profile
from .framing import Frame
from .message import SyslogMessage


class Streams:
    """The connections of one endpoint, and what has begun on them.

    ``first()`` is called before messages are put: what came by another way earlier is to stand before them.
    ``age()`` is the moment of arrival of what comes now, ``profile()`` the daemon that is imitated: a connection keeps
    the one with which it began. ``told(text)`` hears what that daemon drops without a word.
    """

    def __init__(
        self,
        inbox: Inbox[SyslogMessage],
        first: Callable[[], object],
        age: Callable[[], float],
        profile: Callable[[], Profile],
        told: Callable[[str], object],
    ) -> None:
        self.inbox = inbox
        self.first = first
        self.age = age
        self.profile = profile
        self.told = told
        #: In the order in which they came.
        self.open_ones: dict[_Stream, None] = {}

    def open(self, transport: str, link: Link) -> _Stream:
        """Return what serves a new connection over ``transport``."""
        stream = _Stream(self, transport, link)
        self.open_ones[stream] = None
        return stream

    def pending(self) -> tuple[Pending, ...]:
        """Return each message whose end has not come."""
        return tuple(
            Pending(stream.transport, rest, stream.framer.awaits)
            for stream in tuple(self.open_ones)
            if (rest := stream.framer.pending)
        )


@dataclass(frozen=True, slots=True)
class Pending:
    """What has come of one message whose end has not."""

    transport: str
    octets: bytes
    #: What would end it, in words.
    awaits: str


class _Stream:
    """One connection."""

    def __init__(self, streams: Streams, transport: str, link: Link) -> None:
        self._streams = streams
        self.transport = transport
        self._link = link
        self._profile = streams.profile()
        self.framer = self._profile.framer(transport)
        #: The last messages, as many as may still turn out to be lines of one.
        self._lines: list[SyslogMessage] = []

    def data(self, data: bytes) -> None:
        """Keep the messages that are complete now."""
        self._keep(self.framer.feed(data), self._link)
        self._lines = self._lines[len(self._lines) - self.framer.open_lines :]
        if self.framer.refuses:
            self._link.close()

    def eof(self) -> None:
        """Close the connection; ``lost`` keeps what is left of a message."""
        self._link.close()

    def lost(self) -> None:
        """Keep what is left of a message: the client closed, or the connection broke."""
        if self._streams.open_ones.pop(self, self) is None:
            lost = self.framer.lost
            if lost is not None:
                self._streams.told(lost)
            self._keep(self.framer.close(), None)

    def _keep(self, frames: Sequence[Frame], link: Link | None) -> None:
        streams = self._streams
        streams.first()
        for frame in frames:
            if frame.takes_back:
                streams.inbox.take_back(self._lines[-frame.takes_back :])
            for message in self._profile.read(frame, transport=self.transport, arrival=streams.age()):
                self._lines.append(message)
                streams.inbox.put(message)
            if link is not None and link.took_one():
                return  # What came behind it is gone with the connection.
