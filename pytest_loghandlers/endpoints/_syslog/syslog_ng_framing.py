"""How syslog-ng cuts a stream: network() in lines, syslog() by octet counts. Pure: bytes in, frames out.

A line ends at the next LF or NUL; the CR before it go, and an empty one is nothing. One of 65,536 octets is filed at
once, and what follows it is filed apart. The line that has no end when the stream ends is filed.

syslog() knows nothing but counts: at most ten digits and a space, from 1 to 65,536. At anything else it closes the
connection. What is incomplete when the stream ends is dropped.
"""

from __future__ import annotations

import re
from typing import Final

from .framing import Frame
from .message import Damage

#: Octets of one message: the default log-msg-size().
LARGEST: Final = 65536
_DIGITS_OF_A_COUNT: Final = 10

_END: Final = re.compile(rb"[\n\0]")
_COUNT: Final = re.compile(rb" *(\d{1,%d}) " % _DIGITS_OF_A_COUNT)
_MAYBE_COUNT: Final = re.compile(rb" *\d{0,%d}" % _DIGITS_OF_A_COUNT)
_SPACES: Final = re.compile(rb" *")
_START: Final = re.compile(rb"<\d{1,3}>")

_REST: Final = "an LF ended the message before it, of which it may be the rest"
_FIRST: Final = f"of a message longer than {LARGEST:,} octets the first: what follows is filed apart"
_FURTHER: Final = f"a further part of a message longer than {LARGEST:,} octets"
_UNENDED: Final = "filed when the stream ended: no LF and no NUL had ended it"


class LineFramer:
    """What has come of one stream of lines."""

    #: No frame is ever taken back, and no connection is closed.
    open_lines = 0
    refuses = False
    #: Nothing is dropped.
    lost = None
    #: What would end the pending octets, in words.
    awaits = "LF or NUL"

    def __init__(self) -> None:
        self._kept = bytearray()
        self._is_rest = False
        self._after_lf = False

    @property
    def pending(self) -> bytes:
        """What has come of a message whose end has not."""
        return bytes(self._kept)

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes."""
        frames: list[Frame] = []
        at = 0
        while at < len(data):
            room = LARGEST - len(self._kept)
            found = _END.search(data, at, at + room)
            if found is not None:
                self._kept += data[at : found.start()]
                self._file(frames, "nul" if found.group() == b"\0" else "lf")
                self._is_rest = False
                at = found.end()
                continue
            self._kept += data[at : at + room]
            at += room
            if len(self._kept) == LARGEST:
                self._file(frames, "lf", is_full=True)
                self._is_rest = True
        return frames

    def close(self) -> list[Frame]:
        """Return what is left when the stream has ended."""
        frames: list[Frame] = []
        self._file(frames, "eof")
        return frames

    def _file(self, frames: list[Frame], framing: str, *, is_full: bool = False) -> None:
        raw = bytes(self._kept).rstrip(b"\r")
        self._kept.clear()
        if not raw:
            return
        flaws: list[str] = []
        damage: Damage | None = None
        if self._is_rest:
            flaws, damage = [_FURTHER], "split"
        elif is_full:
            flaws, damage = [_FIRST], "split"
        elif self._after_lf and not raw.startswith(b"<"):
            flaws, damage = [_REST], "split"
        if framing == "eof":
            flaws.append(_UNENDED)
            several = 1 + len(_START.findall(raw, 1))
            damage = damage or "cut"
            if several > 1:
                flaws.append(f"{several} messages merged: neither LF nor NUL stood between them")
                damage = "merged"
        self._after_lf = framing == "lf" and (damage == "split" or raw.startswith(b"<"))
        frames.append(Frame(raw, framing, "; ".join(flaws) or None, damage=damage))


class CountedFramer:
    """What has come of one stream of counted messages."""

    open_lines = 0

    def __init__(self) -> None:
        self._bytes = bytearray()
        #: Octets of the message that has begun; 0 while its count is awaited.
        self._count = 0
        self._refused: bytes | None = None

    @property
    def pending(self) -> bytes:
        """What has come of a message whose end has not."""
        return bytes(self._bytes)

    @property
    def awaits(self) -> str:
        """What would end the pending octets, in words."""
        if self._count:
            return f"{self._count - len(self._bytes):,} more of {self._count:,} octets"
        return "the end of an octet count"

    @property
    def refuses(self) -> bool:
        """Whether syslog-ng has closed the connection."""
        return self._refused is not None

    @property
    def lost(self) -> str | None:
        """What syslog-ng dropped, or would if the stream ended now; in words, or None."""
        if self._refused is not None:
            shown = self._refused.decode("ascii", "backslashreplace")
            return f"no octet count at {shown!r}: syslog-ng closes the connection"
        if self._count:
            return f"{len(self._bytes):,} octets of a counted message of {self._count:,}: syslog-ng drops them"
        return f"{len(self._bytes):,} octets of an octet count: syslog-ng drops them" if self._bytes else None

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes."""
        frames: list[Frame] = []
        if self._refused is not None:
            return frames
        self._bytes += data
        at = 0
        while True:
            if not self._count:
                at = self._take_count(at)
            if not self._count or len(self._bytes) - at < self._count:
                break
            raw = bytes(self._bytes[at : at + self._count])
            at += self._count
            self._count = 0
            frames.append(Frame(raw, "octet_counting"))
        del self._bytes[:at]
        return frames

    def close(self) -> list[Frame]:
        """Return what is left when the stream has ended: nothing."""
        return []

    def _take_count(self, at: int) -> int:
        found = _COUNT.match(self._bytes, at)
        count = int(found.group(1)) if found else 0
        if found is not None and 0 < count <= LARGEST:
            self._count = count
            return found.end()
        if found is None:
            maybe = _MAYBE_COUNT.match(self._bytes, at)
            if maybe is not None and maybe.end() == len(self._bytes):
                # Spaces before it are nothing; so nothing piles up.
                blanks = _SPACES.match(self._bytes, at)
                return blanks.end() if blanks else at
        self._refused = bytes(self._bytes[at : at + 20])
        del found
        self._bytes.clear()
        return 0
