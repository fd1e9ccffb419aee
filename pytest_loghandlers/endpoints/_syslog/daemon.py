"""What a daemon makes of bytes: the interface of the profiles, and the plain one, which does what the RFCs say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import show

from .framing import LARGEST_MESSAGE, Frame
from .message import SyslogMessage
from .runs import RunFramer
from .unread import unread, unread_run

#: The profiles, and the inputs of each; the first is the one that it has when none is named.
PROFILES: Final[Mapping[str, tuple[str | None, ...]]] = {
    "plain": (None,),
    "rsyslog": (None, "imptcp", "imtcp_nul"),
    "syslog_ng": ("network", "syslog"),
    "journald": (None,),
}
_NOT_COUNTED: Final = "no octet count: over TLS there is no other framing (RFC 5425 4.3)"


class StreamFramer(Protocol):
    """Cuts one connection's stream into frames. Pure: bytes in, frames out."""

    @property
    def pending(self) -> bytes:
        """What has come of a message whose end has not."""

    @property
    def awaits(self) -> str:
        """What would end the pending bytes, in words: ``LF``, ``NUL or LF``, ``3 more of 12 octets``."""

    @property
    def lost(self) -> str | None:
        """What the daemon would drop without a word if the stream ended now, in words; None for nothing."""

    @property
    def open_lines(self) -> int:
        """How many of the last frames may still be taken back (``Frame.takes_back``)."""

    @property
    def refuses(self) -> bool:
        """Whether the daemon closes the connection here, as it does on a framing that it does not speak.

        ``refuses = False`` in the class says that it never does: then the stream may be read when somebody looks.
        """

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
        return RunFramer(self._largest)

    def read(self, frame: Frame, *, transport: str, arrival: float) -> Sequence[SyslogMessage]:
        """Return the one message of a frame, parsed when somebody looks at it."""
        flaw = frame.flaw
        if transport == "tls" and frame.framing not in ("octet_counting", "eof"):
            flaw = _NOT_COUNTED if flaw is None else f"{flaw}; {_NOT_COUNTED}"
        return (
            unread(
                frame.raw,
                transport=transport,
                framing=frame.framing,
                flaw=flaw,
                arrival=arrival,
                damage=frame.damage,
            ),
        )

    def read_run(self, raws: Sequence[bytes], *, transport: str, arrival: float) -> Sequence[SyslogMessage]:
        """Return the messages of a run (``RunFramer.run``), one for each of ``raws``. Not for TLS."""
        return unread_run(raws, transport, arrival)


def profile_named(name: Any, source: Any, largest: int) -> Profile:
    """Return the profile ``name`` with its input ``source`` (None: the usual one); ``largest`` is for ``plain``.

    Raises ArgumentError, with what there is to choose from.
    """
    if name not in PROFILES:
        raise ArgumentError(f"profile={show(name)}: it is one of {', '.join(map(repr, PROFILES))}")
    inputs = PROFILES[name]
    if source is None:
        source = inputs[0]
    elif source not in inputs:
        named = ", ".join(repr(each) for each in inputs if each is not None)
        what = f"its inputs are {named}" if named else "it has no inputs to choose from"
        raise ArgumentError(f"input={show(source)}: the profile is {name!r}, and {what}")
    if name == "rsyslog":
        from .rsyslog import Rsyslog

        return Rsyslog(source)
    if name == "syslog_ng":
        from .syslog_ng import SyslogNg

        return SyslogNg(source)
    if name == "journald":
        from .journald import Journald

        return Journald()
    return Plain(largest)
