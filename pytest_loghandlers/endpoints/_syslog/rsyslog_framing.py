"""How rsyslog cuts a stream: imtcp and imptcp. Pure: bytes in, frames out.

A frame that begins with a digit is counted: the number, any one octet, as many octets as the number says. A number
above 200,000 or of 0 is none: what follows is a line, and a number that was too large stays at its beginning.
Anything else is a line and ends at the next LF (imtcp with ``addtlFrameDelimiter="0"``: LF or NUL). A line of no
octets is nothing.

Of a message longer than 8,096 octets imtcp makes several, and loses one octet at each cut. imptcp cuts a counted
one; of a line it files the first 8,096 octets once more for each octet that comes behind them (rsyslog 5078,
corrected in 8.2304). When the stream ends, imtcp files the line that has no end; what else is left is dropped.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from .framing import Frame
from .message import Damage
from .rsyslog_reading import LARGEST

#: The most that an octet count may say: the default maxFrameSize.
LARGEST_FRAME: Final = 200_000
#: As many records of one line imptcp's flood is followed to. The real one goes on: 300,000 octets are 291,905 records.
FLOOD: Final = 1000

_DIGITS: Final = re.compile(rb"\d*")
_LINE: Final = re.compile(rb"\n")
_LINE_OR_NUL: Final = re.compile(rb"[\n\0]")
_NUL_AND_START: Final = re.compile(rb"\0\n?<\d{1,3}>")
_START: Final = re.compile(rb"<\d{1,3}>")
_MANY_DIGITS: Final = 6

_REST: Final = "an LF ended the message before it, of which it may be the rest"
_PART: Final = f"of a message longer than {LARGEST:,} octets the others are filed apart"
_CUT: Final = f"cut to {LARGEST:,} octets"
_FLOODED: Final = (
    f"longer than {LARGEST:,} octets: imptcp files its beginning again for each further octet (rsyslog 5078), here the "
    f"first {FLOOD:,} times"
)
_UNENDED: Final = "filed when the stream ended: no LF had ended it"


class RsyslogFramer:
    """What has come of one stream."""

    #: No frame is ever taken back, and rsyslog closes no connection for what came on it.
    open_lines = 0
    refuses = False

    def __init__(self, *, nul_delimits: bool = False, floods: bool = False, counted: bool = True) -> None:
        self._delimiter = _LINE_OR_NUL if nul_delimits else _LINE
        #: Whether it knows octet counts: supportOctetCountedFraming.
        self._counted = counted
        #: Whether it is imptcp.
        self._floods = floods
        self._state: Literal["start", "number", "line", "counted"] = "start"
        self._kept = bytearray()
        self._number = b""
        #: Octets of a counted message that are still to come.
        self._left = self._total = 0
        #: Octets of the message that were not kept.
        self._lost = 0
        #: Whether the message has been cut already, and whether an LF ended the one before it.
        self._is_rest = False
        self._after_lf = False

    @property
    def pending(self) -> bytes:
        """What has come of a message whose end has not; of a long one its last part, or its beginning."""
        return self._number if self._state == "number" else bytes(self._kept)

    @property
    def awaits(self) -> str:
        """What would end the pending octets, in words."""
        if self._state == "number":
            return "the end of an octet count"
        if self._state == "counted":
            return f"{self._left:,} more of {self._total:,} octets"
        return "LF" if self._delimiter is _LINE else "LF or NUL"

    @property
    def lost(self) -> str | None:
        """What the daemon would drop without a trace if the stream ended now; in words, or None."""
        if self._state == "counted":
            return f"{self._total - self._left:,} octets of a counted message of {self._total:,}: rsyslog drops them"
        if self._state == "number":
            return f"{self._number[:20].decode()!r}, taken for the beginning of an octet count: rsyslog drops it"
        if self._floods and self._kept:
            return f"{len(self._kept) + self._lost:,} octets without an LF at their end: imptcp drops them"
        return None

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes."""
        frames: list[Frame] = []
        at = 0
        while at < len(data):
            if self._state == "start":
                self._state = "number" if self._counted and data[at : at + 1].isdigit() else "line"
            elif self._state == "number":
                at = self._take_number(data, at)
            elif self._state == "line":
                at = self._take_line(data, at, frames)
            else:
                at = self._take_counted(data, at, frames)
        return frames

    def close(self) -> list[Frame]:
        """Return what is left when the stream has ended."""
        if self._state != "line" or self._floods or not self._kept:
            return []
        frames: list[Frame] = []
        self._file(frames, "eof")
        return frames

    def _take_number(self, data: bytes, at: int) -> int:
        found = _DIGITS.match(data, at)
        end = found.end() if found else at
        self._number = (self._number + data[at:end])[: LARGEST + 1]
        if end == len(data):
            return end
        digits = self._number.lstrip(b"0")
        count = int(digits or b"0") if len(digits) <= _MANY_DIGITS else LARGEST_FRAME + 1
        if 0 < count <= LARGEST_FRAME:
            self._state, self._left, self._total = "counted", count, count
        else:
            self._state = "line"
            self._kept += self._number[:LARGEST] if count else b""
        self._number = b""
        return end + 1

    def _take_line(self, data: bytes, at: int, frames: list[Frame]) -> int:
        room = LARGEST - len(self._kept)
        found = self._delimiter.search(data, at, len(data) if self._floods else at + room + 1)
        end = found.start() if found else len(data)
        self._kept += data[at : min(end, at + room)]
        if end - at > room:
            if not self._floods:
                self._file(frames, "lf", is_part=True)
                return at + room + 1
            self._flood(end - at - room, frames)
        if found is None:
            return end
        if self._kept:
            self._file(frames, "nul" if data[end] == 0 else "lf")
        self._begin()
        return end + 1

    def _flood(self, octets: int, frames: list[Frame]) -> None:
        """File the beginning again, once for each of the octets."""
        again = max(0, min(octets, FLOOD - self._lost))
        self._lost += octets
        if again:
            frames += [Frame(bytes(self._kept), "lf", _FLOODED, damage="cut")] * again

    def _take_counted(self, data: bytes, at: int, frames: list[Frame]) -> int:
        room = LARGEST - len(self._kept)
        come = min(self._left, len(data) - at)
        if come <= room or self._floods:
            self._kept += data[at : at + min(come, room)]
            self._lost += max(0, come - room)
        else:
            come = room + 1
            self._kept += data[at : at + room]
            self._file(frames, "octet_counting", is_part=True)
        self._left -= come
        if not self._left:
            if self._kept:
                self._file(frames, "octet_counting")
            self._begin()
        return at + come

    def _file(self, frames: list[Frame], framing: str, *, is_part: bool = False) -> None:
        raw = bytes(self._kept)
        self._kept.clear()
        flaws: list[str] = []
        damage: Damage | None = None
        if is_part or self._is_rest:
            flaws.append(f"the first {LARGEST:,} octets" if not self._is_rest else "a further part")
            flaws[-1] += f": {_PART}"
            damage = "split"
        elif self._lost:
            flaws.append(_FLOODED if framing == "lf" else _CUT)
            damage = "cut"
        elif framing == "octet_counting" and not raw.startswith(b"<"):
            flaws.append(f"its first word was taken for an octet count of {len(raw):,}")
            damage = "split"
        elif self._after_lf and not raw.startswith(b"<"):
            flaws.append(_REST)
            damage = "split"
        if framing == "eof":
            flaws.append(_UNENDED)
            damage = damage or (None if raw.endswith(b"\0") else "cut")
        self._after_lf = framing == "lf" and (damage == "split" or raw.startswith(b"<"))
        several = 1 + len((_START if framing == "eof" else _NUL_AND_START).findall(raw, 1))
        if several > 1 and framing != "octet_counting":
            flaws.append(f"{several} messages merged: only an LF ends one here")
            damage = "merged"
        self._is_rest = is_part
        frames.append(Frame(raw, framing, "; ".join(flaws) or None, damage=damage))

    def _begin(self) -> None:
        self._state = "start"
        self._lost = 0
        self._is_rest = False
        self._kept.clear()
