"""The frames of SocketHandler: a length in four octets (``struct`` ``>L``), then as many octets. Pure.

DatagramHandler sends the same, one frame in a datagram. What breaks this is kept with its octets and the reason; then

- a length above the limit is believed: so many octets are skipped, and the next frame is read (of a genuine record
  that is too large, nothing else is lost);
- what is no length at all (a text, HTTP, TLS, a pickle alone) and a hundred broken frames end the connection: nothing
  behind them can be told apart.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pytest_loghandlers._base.report import plural, show

#: Octets that a frame may have unless the endpoint is told otherwise. Genuine records are far below.
LARGEST_FRAME: Final = 8 * 1024 * 1024
#: Octets that are kept of what is no frame.
KEPT: Final = 1024
#: Broken frames after which a connection is given up: an empty one costs its sender four octets, and us a hundred.
MOST_BROKEN: Final = 100
PREFIX: Final = 4

_FOREIGN: Final = (
    (re.compile(rb"\x16\x03"), "a TLS handshake"),
    (re.compile(rb"GET |POST|PUT |HEAD|DELE|OPTI|PATC|CONN|TRAC|HTTP|PRI "), "HTTP"),
    (re.compile(rb"<\d|\d+ <"), "a syslog message"),
    (re.compile(rb"\x80[\x02-\x05]|\}q|\(dp|\}\("), "a pickle without a length before it"),
    (re.compile(rb"[{\[][ -~\s]*\Z"), "JSON without a length before it"),
    (re.compile(rb"[ -~\s]{4}"), "text"),
)


class Frame(NamedTuple):
    """One frame's octets: behind the length when it is whole, otherwise all that came; and why it is not whole."""

    octets: bytes
    flaw: str | None = None


class Framer:
    """Cuts one connection's stream into frames: octets in, frames out, cut anywhere."""

    def __init__(self, largest: int = LARGEST_FRAME) -> None:
        self._largest = largest
        self._begun = bytearray()
        #: Octets of a frame above the limit that are still to come.
        self._skip = 0
        self._broken = 0
        #: Whether nothing more can be read of the connection.
        self.refuses = False

    @property
    def pending(self) -> bytes:
        """What has come of a frame whose end has not, its length first."""
        return bytes(self._begun)

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes."""
        if self.refuses:
            return []
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        # Nearly always nothing is left of before: then what came is cut as it is.
        begun: bytes | bytearray = data
        if self._begun:
            self._begun += data
            begun = self._begun
        frames: list[Frame] = []
        at, there = 0, len(begun)
        while there - at >= PREFIX:
            length = int.from_bytes(begun[at : at + PREFIX], "big")
            end = at + PREFIX + length
            if length > self._largest:
                frames.append(self._too_large(bytes(begun[at : at + KEPT]), length))
                if not self.refuses:
                    self._skip = max(0, end - there)
                at = min(end, there)
            elif not length:
                frames.append(self._flawed(bytes(begun[at:end]), "a frame of 0 octets"))
                at = end
            elif end <= there:
                frames.append(Frame(bytes(begun[at + PREFIX : end])))
                at = end
            else:
                break
            if self.refuses:
                at = there
        if begun is self._begun:
            del self._begun[:at]
        elif at < there:
            self._begun += begun[at:]
        return frames

    def close(self) -> list[Frame]:
        """Return what is left when the stream has ended."""
        rest, self._begun = bytes(self._begun), bytearray()
        if not rest:
            return []
        if len(rest) < PREFIX:
            return [Frame(rest, f"the connection ended after {len(rest)} of the {PREFIX} octets of a length")]
        wanted = int.from_bytes(rest[:PREFIX], "big")
        came = len(rest) - PREFIX
        return [
            Frame(rest, f"the connection ended in the middle of a frame: {came:,} of {plural(wanted, 'octet')} came")
        ]

    def _flawed(self, octets: bytes, flaw: str) -> Frame:
        self._broken += 1
        if self._broken == MOST_BROKEN:
            self.refuses = True
            flaw += f"; it is the {MOST_BROKEN}th broken one of this connection, the rest is not read"
        return Frame(octets, flaw)

    def _too_large(self, octets: bytes, length: int) -> Frame:
        foreign = foreign_to(octets, self._largest)
        if foreign is not None:
            self.refuses = True
            return Frame(
                octets, f"not a frame but {foreign}: {show(octets, 40)}; the rest of the connection is not read"
            )
        return self._flawed(octets, f"its length says {length:,} octets, more than the {self._largest:,} of the limit")


def foreign_to(octets: bytes, largest: int) -> str | None:
    """Return what ``octets``, whose first four make too large a length, seem to be instead of a frame, or None."""
    for pattern, what in _FOREIGN:
        if pattern.match(octets):
            return what
    swapped = int.from_bytes(octets[:PREFIX], "little")
    if 0 < swapped <= min(largest, 0xFFFF) and octets[PREFIX : PREFIX + 1] in (b"}", b"\x80", b"(", b"{"):
        return f"a frame whose length, {swapped:,}, is little-endian (struct '>L' is meant)"
    return None


def cut_datagram(payload: bytes, largest: int = LARGEST_FRAME, *, bare: bool = False) -> list[Frame]:
    """Return the frames of one datagram: one, if a DatagramHandler sent it.

    With ``bare`` a datagram that begins with no length is a frame too (GELF and logstash handlers send such).
    """
    if not payload:
        return [Frame(b"", "an empty datagram")]
    no_length = len(payload) >= PREFIX and int.from_bytes(payload[:PREFIX], "big") > largest
    if bare and (no_length or len(payload) < PREFIX):
        return [Frame(payload)]
    foreign = foreign_to(payload, largest) if no_length else None
    if foreign is not None:
        flaw = f"not a frame but {foreign}: {show(payload, 40)}; a datagram without a length is read with decode="
        return [Frame(payload[:KEPT], flaw)]
    framer = Framer(largest)
    frames = framer.feed(payload)
    rest = framer.pending
    if rest and not framer.refuses:
        if len(rest) < PREFIX:
            flaw = f"the datagram ended after {len(rest)} of the {PREFIX} octets of a length"
        else:
            wanted = int.from_bytes(rest[:PREFIX], "big")
            flaw = f"the datagram was cut: {len(rest) - PREFIX:,} of {plural(wanted, 'octet')} came"
        frames.append(Frame(rest, flaw))
    return frames
