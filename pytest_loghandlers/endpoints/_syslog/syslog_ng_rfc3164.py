"""How syslog-ng takes a message of the old format apart. Pure: bytes in, fields out.

Written from what syslog-ng 3.38 was seen to do:

- A number, a colon and a space (Cisco's) are a sequence number, a ``*`` or ``.`` behind it says whether the clock is
  right.
- A timestamp: ``Oct 11 22:14:15``, its day of two characters, with a year behind the day or the time; or like RFC
  3339, also with a space for the T, a comma for the dot, and without an offset (so asctime of ``logging`` is one).
  Days and hours that do not exist roll over.
- A host only behind a timestamp, never on a unix socket: a word before a space in which each colon follows at most
  four hexadecimal digits (so ``cafe:`` is one).
- The program: up to a space, a colon or a bracket; the pid: what stands in the bracket; one colon and one space go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SEQUENCE: Final = re.compile(rb"(\d*): ")
_CLOCK: Final = re.compile(rb"[*.]")
#: Its search for spaces finds NUL as well.
_BLANKS: Final = re.compile(rb"[ \0]*")
_TWO: Final = rb"(?: [ \d]|\d\d)"
_TIME: Final = _TWO + rb":" + _TWO + rb":" + _TWO
_MONTH: Final = rb"(?:J(?i:an|un|ul)|F(?i:eb)|M(?i:ar|ay)|A(?i:pr|ug)|S(?i:ep)|O(?i:ct)|N(?i:ov)|D(?i:ec))"
_BSD: Final = re.compile(
    _MONTH + rb" " + _TWO + rb" (?:\d{4} " + _TIME + rb"(?=[ :])|" + _TIME + rb"(?:[.,]\d*)?(?: \d{4}(?= ))?)"
)
ISO: Final = re.compile(
    rb"\d{4}-" + _TWO + rb"-" + _TWO + rb"[T ]" + _TIME + rb"(?:[.,]\d*)?(?:Z|[+-]\d\d:\d\d(?!\d))?"
)
#: Each colon follows at most four hexadecimal digits.
HOST: Final = re.compile(rb"((?:[0-9A-Fa-f]{0,4}:){0,7}[^ :\[]*) ")
LARGEST_HOST: Final = 255
_PROGRAM: Final = re.compile(rb"[^ :\[]*")
_PID: Final = re.compile(rb"\[([^ :\]]*)(?=[ :\]])\]?")
_BEFORE_TEXT: Final = re.compile(rb":? ?")
_REPEATED: Final = b"last message repeated "
_FORWARDED: Final = re.compile(rb"Message forwarded from ([^:]*)(?:: *)?")


@dataclass(slots=True)
class Fields:
    """What a message was taken to hold."""

    timestamp: bytes | None = None
    hostname: bytes | None = None
    program: bytes = b""
    pid: bytes = b""
    msgid: bytes = b""
    sd: bytes = b""
    msg: bytes = b""


def read_rfc3164(text: bytes, *, local: bool, kernel: bool) -> Fields:
    """Return the fields of what stands behind PRI.

    ``local``: it came on a unix socket. ``kernel``: PRI's facility is kern; there, without a timestamp, it is the
    kernel's message and has no program of its own.
    """
    fields = Fields()
    text = _read_cisco(text, fields)
    found = _BSD.match(text) or ISO.match(text)
    if found is not None:
        fields.timestamp = found.group().rstrip(b" :")
        text = text[found.end() :].removeprefix(b":")
        text = text[_end(_BLANKS, text) :]
        if text.startswith(_REPEATED):
            fields.msg = text
            return fields
        text = _read_host(text, fields, local=local)
    elif local and kernel:
        fields.program, fields.msg = b"kernel", text
        return fields
    end = _end(_PROGRAM, text)
    fields.program, text = text[:end], text[end:]
    pid = _PID.match(text)
    if pid is not None:
        fields.pid, text = pid.group(1).partition(b"\0")[0], text[pid.end() :]
    elif text.startswith(b"["):
        return fields
    fields.msg = text[_end(_BEFORE_TEXT, text) :]
    return fields


def _read_cisco(text: bytes, fields: Fields) -> bytes:
    sequence = _SEQUENCE.match(text)
    if sequence is not None:
        fields.sd += b'[meta sequenceId="%b"]' % sequence.group(1)
        text = text[sequence.end() :]
    text = text[_end(_BLANKS, text) :]
    clock = _CLOCK.match(text)
    if clock is not None:
        fields.sd += b'[timeQuality isSynced="%d"]' % (clock.group() == b".")
        text = text[1:]
    return text


def _read_host(text: bytes, fields: Fields, *, local: bool) -> bytes:
    forwarded = _FORWARDED.match(text)
    if forwarded is not None:
        fields.hostname = forwarded.group(1)
        return text[forwarded.end() :]
    host = None if local else HOST.match(text)
    if host is None or len(host.group(1)) > LARGEST_HOST:
        return text
    fields.hostname = host.group(1)
    text = text[host.end() :]
    return text[_end(_BLANKS, text) :]


def _end(pattern: re.Pattern[bytes], text: bytes) -> int:
    found = pattern.match(text)
    return found.end() if found else 0
