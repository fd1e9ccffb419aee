"""Syslog over a stream, cut into frames (RFC 6587). Pure: bytes in, frames out.

How the end of a message is told, message by message; the answer depends on the bytes alone, never on how the reads
happened to cut them:

1. NUL, CR and LF before a message are skipped.
2. ``LEN SP <``, LEN a number without leading zero: octet counting. The message is the LEN octets after the space.
3. Anything else is text. Without a ``<`` at its beginning it ends at the first LF or NUL (unless 4 has decided).
4. A text that begins with ``<`` ends at the first NUL, or at the first LF - as soon as the stream has shown which of
   the two it uses. It shows that once and for all:

   - a NUL comes, and no LF before it was followed by the beginning of another message: NUL ends the messages of this
     stream, an LF is part of them. So Python's SysLogHandler, with a traceback in its first message or not.
   - an LF comes that is followed by the beginning of another message (``<14>`` or ``90 <``): LF and NUL both end
     messages.

   Until then each line is a frame already, for it would be one if nothing more came. If a NUL then shows that the
   lines were parts of one message, its frame takes them back (``Frame.takes_back``).
5. The LF of a frame may be CR LF.
   An LF may also have cut one message in two: a text without a ``<`` behind one that an LF ended has the ``damage``
   ``split``, and so has the first that a NUL ends when 4 has decided for LF.
6. When the stream ends, what is left is a frame whose ``flaw`` says that its end was missing.
7. A message longer than the limit is kept as its beginning, with the number of octets in its ``flaw``. Where 4 is
   still open after as many octets, lines that have come decide for LF.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .message import Damage

#: Octets of one message. rsyslog takes 8,096 (200,000 counted), syslog-ng 65,536.
LARGEST_MESSAGE: Final = 1024 * 1024

_COUNTED: Final = re.compile(rb"([1-9]\d{0,8}) <")
_MAYBE_COUNTED: Final = re.compile(rb"[1-9]\d{0,8} ?")
#: An LF and the beginning of a message after it; at most _START octets.
_LF_AND_START: Final = re.compile(rb"\n(?:<-?\d{1,9}>|[1-9]\d{0,8} <)")
_START: Final = 13
_DELIMITER: Final = re.compile(rb"[\n\0]")
_SKIPPED: Final = re.compile(rb"[\r\n\0]+")
_ANOTHER: Final = re.compile(rb"(?s:<.*)<\d{1,3}>")

_REST: Final = "an LF ended the message before it, of which it may be the rest"
_MIXED: Final = "NUL ended it, but LF the one before it: both may be one message, a line of which begins like another"
_UNENDED: Final = "the stream ended before the message did: no NUL, no LF, no octet count"


@dataclass(frozen=True, slots=True)
class Frame:
    """One message's bytes, without delimiter or octet count."""

    raw: bytes
    #: ``octet_counting``, ``lf``, ``nul``, or ``eof``: what marked its end.
    framing: str
    #: What is wrong with it, or None.
    flaw: str | None = None
    #: How many frames before this one were parts of it: they are to be taken back.
    takes_back: int = 0
    #: What the cutting did to the message, as far as that can be told.
    damage: Damage | None = None


class Framer:
    """What has come of one stream; ``feed`` it and take its frames."""

    #: No connection is ever closed for what came on it.
    refuses = False

    def __init__(self, largest: int = LARGEST_MESSAGE) -> None:
        self._largest = largest
        self._bytes = bytearray()
        #: What ends texts here: None until the stream has shown it.
        self._ending: bytes | None = None
        #: Up to where the bytes have been searched in vain.
        self._seen = 0
        #: Of a text whose ending is open: how many of its lines are out, and where the next one begins.
        self._lines = 0
        self._line = 0
        #: Of a message above the limit: its beginning, and how many octets have been left out since.
        self._head = b""
        self._left_out = 0
        #: Octets of a counted message, 0 for a text.
        self._count = 0
        #: Whether an LF ended the last message.
        self._after_lf = False

    @property
    def pending(self) -> bytes:
        """What has come of a message whose end has not; of a long one its beginning."""
        return self._head or bytes(self._bytes[self._line :])

    @property
    def awaits(self) -> str:
        """What would end the pending bytes, in words."""
        if self._count:
            came = len(self._head) + self._left_out + len(self._bytes)
            return f"{self._count - came:,} more of {self._count:,} octets"
        if _MAYBE_COUNTED.fullmatch(self._bytes):
            return "the end of what may be an octet count"
        return "NUL" if self._ending == b"\0" else "NUL or LF"

    @property
    def lost(self) -> str | None:
        """What would be dropped if the stream ended now: never anything, here."""
        return None

    @property
    def open_lines(self) -> int:
        """How many of the last frames may still be taken back."""
        return self._lines

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes."""
        self._bytes += data
        frames: list[Frame] = []
        while self._step(frames):
            pass
        return frames

    def close(self) -> list[Frame]:
        """Return what is left when the stream has ended."""
        came = len(self._head) + self._left_out + len(self._bytes)
        if self._count:
            raw = self._head or bytes(self._bytes)
            flaw = f"the stream ended after {came:,} of {self._count:,} octets"
            return [Frame(raw, "octet_counting", flaw, damage="cut")]
        rest = self._head or bytes(self._bytes[self._line :])
        if not self._head and (not rest or _SKIPPED.fullmatch(rest)):
            return []
        damage: Damage = "merged" if _ANOTHER.match(rest) else "cut"
        flaw = f"{_UNENDED}; it may hold several" if damage == "merged" else _UNENDED
        if self._head or len(rest) > self._largest:
            flaw = f"{self._too_long(came - self._line)}; {flaw}"
        return [Frame(rest[: self._largest], "eof", flaw, damage=damage)]

    def _step(self, frames: list[Frame]) -> bool:
        """Do one thing that the bytes allow; return whether another may be possible."""
        if self._head:
            return self._pass_over(frames)
        if self._count:
            return self._take_counted(frames)
        if not self._seen:
            self._skip()
        if not self._bytes:
            return False
        if not self._seen and not self._lines:
            found = _COUNTED.match(self._bytes)
            if found is not None:
                self._count = int(found.group(1))
                end = found.end(1) + 1
                del found  # It holds the bytes in place.
                del self._bytes[:end]
                return True
            if _MAYBE_COUNTED.fullmatch(self._bytes):
                return False
        if self._ending is None and self._bytes.startswith(b"<"):
            return self._take_open(frames)
        return self._take_text(frames)

    def _skip(self) -> None:
        found = _SKIPPED.match(self._bytes)
        if found is not None:
            end = found.end()
            del found  # It holds the bytes in place.
            del self._bytes[:end]

    def _take_counted(self, frames: list[Frame]) -> bool:
        if self._count > self._largest:
            if len(self._bytes) <= self._largest:
                return False
            self._start_passing_over()
            return True
        if len(self._bytes) < self._count:
            return False
        frames.append(Frame(bytes(self._bytes[: self._count]), "octet_counting"))
        self._after_lf = False
        self._drop(self._count)
        self._count = 0
        return True

    def _take_text(self, frames: list[Frame]) -> bool:
        """Take a text whose ending is known."""
        at = self._find(self._seen, self._largest + 2)
        if at >= 0:
            self._take_line(frames, at)
            return True
        if len(self._bytes) > self._largest + 1:
            self._start_passing_over()
            return True
        self._seen = len(self._bytes)
        return False

    def _take_line(self, frames: list[Frame], at: int) -> None:
        frames.append(self._text(bytes(self._bytes[:at]), "nul" if self._bytes[at] == 0 else "lf"))
        self._drop(at + 1)

    def _take_open(self, frames: list[Frame]) -> bool:
        """Take a text that begins with ``<`` while the ending is open; or only lines of it."""
        limit = self._largest + 2 + _START
        nul = self._bytes.find(b"\0", self._seen, limit)
        # A beginning may have been cut by the last read: look at its octets again.
        found = _LF_AND_START.search(self._bytes, max(0, self._seen - _START), limit)
        start = -1 if found is None else found.start()
        del found
        if nul >= 0 and not 0 <= start < nul:
            frames.append(self._text(bytes(self._bytes[:nul]), "nul", takes_back=self._lines))
            self._ending = b"\0"
            self._drop(nul + 1)
            return True
        if start >= 0 or len(self._bytes) >= limit:
            self._give_lines(frames, start + 1 if start >= 0 else limit)
            if self._line:
                self._ending = b"\n"
                self._drop(self._line)
            else:
                self._start_passing_over()
            return True
        self._give_lines(frames, min(len(self._bytes), limit))
        self._seen = len(self._bytes)
        return False

    def _give_lines(self, frames: list[Frame], end: int) -> None:
        while (at := self._bytes.find(b"\n", self._line, end)) >= 0:
            frame = self._text(bytes(self._bytes[self._line : at]), "lf")
            self._line = at + 1
            if frame.raw:
                frames.append(frame)
                self._lines += 1

    def _text(self, raw: bytes, framing: str, takes_back: int = 0) -> Frame:
        flaw: str | None = None
        damage: Damage | None = None
        if framing == "lf":
            raw = raw.removesuffix(b"\r")
        if self._after_lf and not takes_back:
            if not raw.startswith(b"<"):
                flaw, damage = _REST, "split"
            elif framing == "nul":
                flaw, damage = _MIXED, "split"
        self._after_lf = framing == "lf" and (damage is not None or raw.startswith(b"<"))
        if len(raw) > self._largest:
            raw, flaw, damage = raw[: self._largest], self._too_long(len(raw)), "cut"
        return Frame(raw, framing, flaw, takes_back, damage)

    def _find(self, begin: int, end: int) -> int:
        if self._ending == b"\0":
            return self._bytes.find(b"\0", begin, end)
        found = _DELIMITER.search(self._bytes, begin, end)
        return -1 if found is None else found.start()

    def _start_passing_over(self) -> None:
        self._head = bytes(self._bytes[: self._largest])
        self._left_out = 0
        self._drop(self._largest)

    def _pass_over(self, frames: list[Frame]) -> bool:
        """Leave out the rest of a message that is too long."""
        if self._count:
            rest = self._count - self._largest - self._left_out
            taken = min(rest, len(self._bytes))
            done = taken == rest
        else:
            at = self._find(0, len(self._bytes))
            done = at >= 0
            taken = at if done else len(self._bytes)
        self._left_out += taken
        framing = "octet_counting"
        if done and not self._count:
            framing = "nul" if self._bytes[taken] == 0 else "lf"
            taken += 1
            if framing == "nul" and self._ending is None and self._head.startswith(b"<"):
                self._ending = b"\0"
        self._drop(taken)
        if not done:
            return False
        frames.append(Frame(self._head, framing, self._too_long(self._largest + self._left_out), damage="cut"))
        self._after_lf = framing == "lf"
        self._head, self._left_out, self._count = b"", 0, 0
        return True

    def _too_long(self, came: int) -> str:
        return f"too long: {came:,} octets, of which the first {self._largest:,} are kept"

    def _drop(self, octets: int) -> None:
        del self._bytes[:octets]
        self._seen = self._line = self._lines = 0
