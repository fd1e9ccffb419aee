"""Records over connections: their octets become frames. Everything here runs while the reactor is held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers.endpoints._network.link import Link

from .content import Decoder
from .framing import Frame, Framer, cut_datagram
from .received import ReceivedRecord

#: Connections that are looked at before another one is taken; of more, an end may be seen after the next beginning.
FEW: Final = 32


@dataclass(frozen=True, slots=True)
class RecordConnection:
    """One connection of a sender, from its beginning to its end."""

    #: From 1, in the order in which they came, over all transports.
    number: int
    #: ``tcp`` or ``unix_stream``.
    transport: str
    #: Seconds since the endpoint started.
    opened: float
    #: Seconds since the endpoint started; None while it is open.
    closed: float | None
    #: ``open``, ``closed by the sender``, or ``broken`` (a reset, or closed by the endpoint).
    ended: str
    #: How many whole frames came on it.
    frames: int
    #: The number of the ended connection that this one followed; None when there was none left to follow.
    follows: int | None


class Streams:
    """The connections of one endpoint, and what has begun on them.

    ``first()`` is called before records are put: what came by another way earlier is to stand before them. ``age()`` is
    the moment of arrival of what comes now, ``decoder()`` what reads it.
    """

    def __init__(
        self,
        inbox: Inbox[ReceivedRecord],
        first: Callable[[], object],
        age: Callable[[], float],
        decoder: Callable[[], Decoder | None],
        largest: int,
    ) -> None:
        self.inbox = inbox
        self.first = first
        self.age = age
        self.decoder = decoder
        self.largest = largest
        self._all: list[Stream] = []
        #: Those that have not ended, in the order in which they came.
        self.open_ones: dict[Stream, None] = {}
        self._to_follow: dict[str, list[int]] = {}

    def open(self, transport: str, link: Link) -> Stream:
        """Return what serves a new connection over ``transport``."""
        if len(link.owner.connections) <= FEW:
            # A sender that has closed one and opened this one: its end, and what it sent before, come first.
            for other in tuple(link.owner.connections):
                other.catch_up()
        ended = self._to_follow.get(transport)
        stream = Stream(self, transport, link, len(self._all) + 1, ended.pop(0) if ended else None)
        self._all.append(stream)
        self.open_ones[stream] = None
        return stream

    def ended(self, stream: Stream) -> None:
        """Learn that a connection has ended."""
        self.open_ones.pop(stream, None)
        self._to_follow.setdefault(stream.transport, []).append(stream.number)

    def pending(self) -> tuple[bytes, ...]:
        """Return what has come of each frame whose end has not."""
        return tuple(rest for stream in tuple(self.open_ones) if (rest := stream.framer.pending))

    def connections(self) -> tuple[RecordConnection, ...]:
        """Return every connection there was, oldest first."""
        return tuple(stream.told() for stream in tuple(self._all))

    def take_datagram(self, transport: str, payload: bytes, arrival: float) -> None:
        """Keep what a datagram holds."""
        # Who gives a function for the octets knows what is sent; Python's own handler puts a length before them.
        frames = cut_datagram(payload, self.largest, bare=self.decoder() is not None)
        self.put(frames, transport, arrival, None)

    def put(self, frames: Sequence[Frame], transport: str, arrival: float, connection: int | None) -> None:
        """Keep frames that have come."""
        decode = self.decoder()
        for frame in frames:
            self.inbox.put(
                ReceivedRecord(
                    frame.octets,
                    transport=transport,
                    arrival=arrival,
                    malformed=frame.flaw,
                    connection=connection,
                    decode=decode,
                )
            )


class Stream:
    """One connection."""

    def __init__(self, streams: Streams, transport: str, link: Link, number: int, follows: int | None) -> None:
        self._streams = streams
        self._link = link
        self.transport = transport
        self.number = number
        self._follows = follows
        self.framer = Framer(streams.largest)
        self._opened = streams.age()
        self._closed: float | None = None
        self._ended = "open"
        self._frames = 0
        #: While a scripted fault may end the connection: what came behind the last frame is gone then.
        self._striking = False

    def data(self, data: bytes) -> None:
        """Keep the frames that are complete now."""
        frames = self.framer.feed(data)
        if frames:
            self._streams.first()
            arrival = self._streams.age()
            for frame in frames:
                self._keep((frame,), arrival)
                self._striking = True
                if self._link.took_one():
                    return  # What came behind it is gone with the connection.
                self._striking = False
        if self.framer.refuses:
            self._link.close()

    def eof(self) -> None:
        """Close the connection; ``lost`` keeps what is left of a frame."""
        self._ended = "closed by the sender"
        self._link.close()

    def lost(self) -> None:
        """Keep what is left of a frame: the sender closed, or the connection broke."""
        self._closed = self._streams.age()
        if self._ended == "open":
            self._ended = "broken"
        rest = self.framer.close()
        if rest and not self._striking:
            self._streams.first()
            self._keep(rest, self._closed)
        self._streams.ended(self)

    def told(self) -> RecordConnection:
        """Return what is to be known of it."""
        return RecordConnection(
            self.number, self.transport, self._opened, self._closed, self._ended, self._frames, self._follows
        )

    def _keep(self, frames: Sequence[Frame], arrival: float) -> None:
        for frame in frames:
            self._frames += frame.flaw is None
        self._streams.put(frames, self.transport, arrival, self.number)
