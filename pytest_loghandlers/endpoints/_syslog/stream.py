"""Syslog over connections: their bytes become messages. Everything here runs while the reactor is held.

Who logs shall not wait for our parsing: what has come lies here until somebody looks, and is taken apart in their
thread. Only what a fault or a daemon answers to is taken apart at once. Nor shall they wait for our reading: while
nobody waits for a message, a connection that was read is left alone for a moment: the next read takes many messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers.endpoints._network.link import Link
from pytest_loghandlers.endpoints._network.reactor import Timer

from .daemon import Plain, Profile
from .framing import Frame
from .message import SyslogMessage
from .runs import RunFramer

#: Octets that may wait in all, and what each read weighs besides.
MOST_WAITING: Final = 4 * 1024 * 1024
OVERHEAD: Final = 200
#: Seconds for which a connection is left alone after a read of fewer octets than FEW: more would soon fill its buffer.
NAP: Final = 0.002
FEW: Final = 16 * 1024


class Streams:
    """The connections of one endpoint, and what has begun on them.

    ``first()`` is called before messages are put: what came earlier, here or by another way, is to stand before them.
    It puts what is ``waiting`` too.
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
        #: What has come and has not been taken apart: when, on which connection, the octets.
        self._waiting: list[tuple[float, _Stream, bytes]] = []
        self._weight = 0
        #: The connections that are left alone, and what ends that.
        self._napping: list[Link] = []
        self._alarm: Timer | None = None
        self._is_looked_at = False
        #: In the order in which they came.
        self.open_ones: dict[_Stream, None] = {}

    def open(self, transport: str, link: Link) -> _Stream:
        """Return what serves a new connection over ``transport``."""
        stream = _Stream(self, transport, link)
        self.open_ones[stream] = None
        return stream

    @contextmanager
    def looked_at(self) -> Iterator[None]:
        """Leave no connection alone in this ``with`` block: all that has come is to be read."""
        self.rouse()
        self._is_looked_at = True
        try:
            yield
        finally:
            self._is_looked_at = False

    def rouse(self) -> None:
        """Read all connections again."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        napping, self._napping = self._napping, []
        for link in napping:
            link.resume()

    def keep(self, stream: _Stream, data: bytes) -> None:
        """Let ``data`` wait until somebody looks, or until there is too much of it."""
        self._waiting.append((self.age(), stream, data))
        self._weight += len(data) + OVERHEAD
        if self._weight > MOST_WAITING:
            self.first()
        elif self.inbox.waiters:
            self.inbox.wake()
        elif len(data) < FEW and not self._is_looked_at:
            self._nap(stream.link)

    def _nap(self, link: Link) -> None:
        if link.gone or link.owner.faults.rate is not None:
            return
        link.pause()
        self._napping.append(link)
        if self._alarm is None:
            self._alarm = link.owner.reactor.call_later(NAP, self.rouse, link.owner.on_error)

    def waiting(self) -> list[tuple[float, _Stream, bytes]]:
        """Return what is waiting, in the order in which it came; it is to be given to its streams' ``take``."""
        taken, self._waiting, self._weight = self._waiting, [], 0
        return taken

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
        self.link = link
        self._profile = streams.profile()
        self.framer = self._profile.framer(transport)
        #: Whether its octets may wait.
        self._patient = getattr(type(self.framer), "refuses", None) is False
        #: The last messages, as many as may still turn out to be lines of one.
        self._lines: list[SyslogMessage] = []

    def data(self, data: bytes) -> None:
        """Keep what has come."""
        if self._patient and self.link.owner.faults.next is None:
            self._streams.keep(self, data)
            return
        self._streams.first()
        self.take(data, self._streams.age(), self.link)

    def take(self, data: bytes, age: float, link: Link | None = None) -> None:
        """Keep the messages that are complete with ``data``, which came at ``age``."""
        if link is None and self._take_run(data, age):
            return
        self._keep(self.framer.feed(data), age, link)
        self._lines = self._lines[len(self._lines) - self.framer.open_lines :]
        if self.framer.refuses:
            self.link.close()

    def _take_run(self, data: bytes, age: float) -> bool:
        """Keep the messages that are complete with ``data`` at once, if they allow it; return whether."""
        if self.transport == "tls" or not (isinstance(self.framer, RunFramer) and isinstance(self._profile, Plain)):
            return False
        raws = self.framer.run(data)
        if raws is None:
            return False
        self._streams.inbox.put_all(self._profile.read_run(raws, transport=self.transport, arrival=age))
        return True

    def eof(self) -> None:
        """Close the connection; ``lost`` keeps what is left of a message."""
        self.link.close()

    def lost(self) -> None:
        """Keep what is left of a message: the client closed, or the connection broke."""
        self._streams.first()
        if self._streams.open_ones.pop(self, self) is None:
            lost = self.framer.lost
            if lost is not None:
                self._streams.told(lost)
            self._keep(self.framer.close(), self._streams.age(), None)

    def _keep(self, frames: Sequence[Frame], age: float, link: Link | None) -> None:
        inbox, read, transport = self._streams.inbox, self._profile.read, self.transport
        for frame in frames:
            if frame.takes_back:
                inbox.take_back(self._lines[-frame.takes_back :])
            for message in read(frame, transport=transport, arrival=age):
                self._lines.append(message)
                inbox.put(message)
            if link is not None and link.took_one():
                return  # What came behind it is gone with the connection.
