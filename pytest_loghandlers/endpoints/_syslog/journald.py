"""systemd-journald's /dev/log: what it makes of a datagram.

It follows systemd 252. ``app_name`` is SYSLOG_IDENTIFIER, ``procid`` SYSLOG_PID, ``text`` MESSAGE, ``timestamp``
SYSLOG_TIMESTAMP. It expects what glibc's syslog(3) sends, ``<PRI>Mmm dd hh:mm:ss tag[pid]: text``:

- PRI has one to three digits; anything else is not seen as one, and the message is user.info.
- The first word is the identifier if it ends in a colon, and only then. There is no host, and no RFC 5424: either
  stays in MESSAGE.
- The text ends at the first NUL; white space at its end is taken off. LF stay.

Over other transports journald has no socket: there this profile reads a message in the same way. ``DIFFERENCES``
lists where it does something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from .filed import Filed, message
from .framing import Frame, Framer
from .message import FACILITIES, SEVERITIES, SyslogMessage

DIFFERENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "streams": "journald's /dev/log takes datagrams only; a stream is cut as the plain profile does",
        "native": "journald's own protocol, on its other socket, is not spoken",
        "sender": "the fields that journald adds from the sender's process (_PID, _COMM, ...) are not there",
    }
)

_PRI: Final = re.compile(rb"<(\d{1,3})>")
_DEFAULT: Final = 14
_STAMP: Final = re.compile(
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d [ \d]\d:\d\d:\d\d ", re.IGNORECASE
)
_BLANKS: Final = b" \t\n\r"
_IDENTIFIER: Final = re.compile(rb"[ \t\n\r]*([^ \t\n\r]+):(?=[ \t\n\r]|\Z)[ \t\n\r]?")
_PID: Final = re.compile(rb"(.*)\[([^\[]*)\]", re.DOTALL)


class Journald:
    """journald's /dev/log."""

    name = "journald"

    def framer(self, transport: str) -> Framer:  # noqa: ARG002 - journald has no streams
        """Return what cuts a new connection's stream."""
        return Framer()

    def read(self, frame: Frame, *, transport: str, arrival: float) -> Sequence[SyslogMessage]:
        """Return the entry of one datagram; none of an empty one."""
        return (message(read(frame.raw), frame, transport=transport, arrival=arrival),) if frame.raw else ()


def read(raw: bytes) -> Filed:
    """Return the entry of one datagram."""
    text, _, behind = raw.partition(b"\0")
    text = text.rstrip(_BLANKS)
    notes: list[str] = []
    if behind.strip(b"\0" + _BLANKS):
        notes.append(f"cut at its first NUL: {len(behind):,} octets behind it are not in MESSAGE")
    found = _PRI.match(text)
    if found is None:
        notes.append("no PRI that journald knows: filed as user.info")
    pri = int(found.group(1)) if found else _DEFAULT
    text = text[found.end() if found else 0 :]
    facility = pri >> 3
    stamp = _STAMP.match(text)
    if stamp is not None:
        text = text[stamp.end() :]
    identifier, pid = b"", b""
    word = _IDENTIFIER.match(text)
    if word is not None:
        identifier, text = word.group(1), text[word.end() :]
        bracket = _PID.fullmatch(identifier)
        if bracket is not None:
            identifier, pid = bracket.groups()
    return Filed(
        pri,
        FACILITIES[facility] if facility < len(FACILITIES) else str(facility),
        SEVERITIES[pri & 7],
        text,
        timestamp=stamp.group().rstrip() if stamp else None,
        program=identifier,
        procid=pid,
        notes=tuple(notes),
        damage="cut" if notes and notes[0].startswith("cut") else None,
    )
