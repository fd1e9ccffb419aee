"""What a daemon makes of bytes: the interface of the profiles, and the plain one, which does what the RFCs say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from .framing import LARGEST_MESSAGE, Frame, Framer
from .message import SyslogMessage, parse

_NOT_COUNTED: Final = "no octet count: over TLS there is no other framing (RFC 5425 4.3)"


class StreamFramer(Protocol):
    """Cuts one connection's stream into frames. Pure: bytes in, frames out."""

    @property
    def pending(self) -> bytes:
        """What has come of a message whose end has not."""

    @property
    def open_lines(self) -> int:
        """How many of the last frames may still be taken back (``Frame.takes_back``)."""

    @property
    def refuses(self) -> bool:
        """Whether the daemon closes the connection here, as it does on a framing that it does not speak."""

    def feed(self, data: bytes) -> Sequence[Frame]:
        """Return the frames that ``data`` completes."""

    def close(self) -> Sequence[Frame]:
        """Return what is left when the stream has ended."""


class Profile(Protocol):
    """One daemon's input. ``transport`` is ``udp``, ``tcp``, ``tls``, ``unix_dgram`` or ``unix_stream``."""

    name: str

    def framer(self, transport: str) -> StreamFramer:
        """Return what cuts a new connection's stream."""

    def read(self, frame: Frame, *, transport: str, arrival: float) -> Sequence[SyslogMessage]:
        """Return the messages that this daemon files for one frame (a datagram is one, framed ``datagram``).

        Usually one; none when the daemon drops it; several when it splits it. Never raises.
        """


class Plain:
    """What RFC 5424, 3164, 6587 and 5425 say, and everything kept: the default."""

    name = "plain"

    def __init__(self, largest: int = LARGEST_MESSAGE) -> None:
        self._largest = largest

    def framer(self, transport: str) -> StreamFramer:  # noqa: ARG002 - all streams are cut alike
        """Return what cuts a new connection's stream."""
        return Framer(self._largest)

    def read(self, frame: Frame, *, transport: str, arrival: float) -> Sequence[SyslogMessage]:
        """Return the one message of a frame."""
        flaw = frame.flaw
        if transport == "tls" and frame.framing not in ("octet_counting", "eof"):
            flaw = _NOT_COUNTED if flaw is None else f"{flaw}; {_NOT_COUNTED}"
        return (
            parse(
                frame.raw,
                transport=transport,
                framing=frame.framing,
                flaw=flaw,
                arrival=arrival,
                damage=frame.damage,
            ),
        )
