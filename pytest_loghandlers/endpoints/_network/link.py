"""What a protocol and its connection are to each other. Only types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .faults import Faults, How
from .reactor import Reactor


class Link(Protocol):
    """What a protocol knows of its connection: a ``Connection``, or a layer over one (TLS).

    Its methods are called while the reactor is held, or in the reactor's thread.
    """

    peer: object

    @property
    def gone(self) -> bool:
        """Whether the connection has ended."""

    @property
    def owner(self) -> Owner:
        """The listener that it came to."""

    @property
    def unsent(self) -> int:
        """How many octets wait until the socket takes more: who writes without end writes no more before it is 0."""

    def write(self, data: bytes) -> None:
        """Send ``data``: now as much as the socket takes, the rest when it takes more. Ignored when it is gone."""

    def close(self) -> None:
        """Close when everything written has been sent."""

    def finish(self) -> None:
        """Close the writing side when everything written has been sent; read on, into nothing, until the client ends.

        So a client that is still sending gets to read why it is refused: closing at once would send it a RST.
        """

    def reset(self) -> None:
        """Break the connection with a RST: the client gets a ConnectionResetError."""

    def break_off(self, how: How) -> None:
        """Break it now, as a fault demands."""

    def pause(self) -> None:
        """Read no more until ``resume``: what the client sends fills the kernel's buffers."""

    def resume(self) -> None:
        """Read again."""

    def took_one(self) -> bool:
        """Learn that a whole thing has been received and kept; return whether the connection is gone now.

        Here a scripted fault strikes. A protocol that answers asks before it answers.
        """


class ConnectionProtocol(Protocol):
    """What serves one connection. All three run in the reactor's thread and never block.

    An exception out of one of them is kept as a fault of the endpoint, and the connection is reset.
    """

    def data(self, data: bytes) -> None:
        """Take the bytes that have just arrived: any number of them, cut anywhere."""

    def eof(self) -> None:
        """Learn that the client will send no more; it may still read. The protocol closes the connection."""

    def lost(self) -> None:
        """Learn that the connection is gone, however it ended: the last call, exactly once.

        Not called for the connections that are still open when the endpoint stops.
        """


class Owner(Protocol):
    """What a connection needs of its listener."""

    faults: Faults
    reactor: Reactor
    on_error: Callable[[Exception], object]
    connections: set[Any]
