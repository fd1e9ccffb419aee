"""How rsyslog takes one message apart. Pure: bytes in, one record out.

Written from what rsyslog 8.2302 was seen to do with its default parsers (first RFC 5424's, then RFC 3164's):

- One NUL and then one LF are taken off the end. Each octet below 0x20 becomes ``#`` and three octal digits; where
  that makes more than 8,096 octets, the rest is gone.
- PRI: ``<``, any digits, ``>``, at most 191; ``<>`` is 0. Without ``<`` it is 13. Anything else is ``invld``, and
  the whole message is MSG.
- ``1 `` behind PRI is RFC 5424. If no timestamp (or ``-``) follows, all the rest is MSG. Fields that are missing are
  empty. STRUCTURED-DATA ends at the first ``] `` that no backslash precedes; without one it takes all but the last
  octet.
- Otherwise RFC 3164, all of it optional: a timestamp (``Oct 11 22:14:15`` with a year before or behind the day's
  number if need be, or like RFC 3339), a word of letters, digits, ``.``, ``_`` and ``-`` before a space as the host,
  and whatever stands up to the next colon or space as the tag. So ``hello world`` has the host ``hello``, the tag
  ``world`` and no text. A message that begins with ``{`` or ``[`` is all MSG.
"""

from __future__ import annotations

import re
from typing import Final

from .filed import Filed, keywords
from .message import Damage

#: Octets of one message: the default maxMessageSize (8k), less what is kept for the end.
LARGEST: Final = 8096
#: Octets of a host name and of a tag.
_LARGEST_HOST: Final = 511
_LARGEST_TAG: Final = 510

_CONTROL: Final = re.compile(rb"[\x00-\x1f]")
_PRI: Final = re.compile(rb"<0*(\d{0,3})>")
_ISO: Final = re.compile(rb"(\d*)-(\d*)-(\d*)T(\d*):(\d*):(\d*)(?:\.\d*)?(?:Z|[+-](\d*):(\d*))(?: |\Z)")
_MONTHS: Final = rb"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_BSD: Final = re.compile(
    rb"(?:(\d+) )?" + _MONTHS + rb"  ?(\d*) (?:(\d+) )?(\d*):(\d*):(\d*)(?:\.\d*)?:?(?: |\Z)", re.IGNORECASE
)
_HOST: Final = re.compile(rb"[A-Za-z0-9._-]{1,%d}" % _LARGEST_HOST)
_TAG: Final = re.compile(rb"[^: ]{0,%d}:?" % _LARGEST_TAG)
#: The program is the tag up to a colon, a bracket, a slash, or what is not printable ASCII.
_PROGRAM: Final = re.compile(rb"[!-.0-9;-Z\\-~]*")
_PID: Final = re.compile(rb"\[([^\]]*)\]")
_END_OF_DATA: Final = re.compile(rb"\\\]|\] ")

_DEFAULTED: Final = "no PRI: filed as user.notice"
_INVALID: Final = "PRI not understood: filed under the facility invld, all of it as text"


def read(raw: bytes) -> Filed:
    """Return the record of one message from the network, of at most 8,096 octets."""
    text, cut = escaped(raw)
    pri, at = priority(text)
    notes: list[str] = [] if cut is None else [cut]
    damage: Damage | None = None if cut is None else "cut"
    if pri is None:
        return Filed(
            *(None, "invld", "debug", text), procid=b"-", msgid=b"-", sd=b"-", notes=(*notes, _INVALID), damage=damage
        )
    if not text.startswith(b"<"):
        notes.append(_DEFAULTED)
    facility, severity = keywords(pri)
    is_rfc5424 = text.startswith(b"1 ", at)
    fields = _read_rfc5424(text[at + 2 :], notes) if is_rfc5424 else _read_rfc3164(text[at:], notes)
    return Filed(pri, facility, severity, **fields, notes=tuple(notes), damage=damage)  # type: ignore[arg-type]  # each has its own type


def escaped(raw: bytes) -> tuple[bytes, str | None]:
    """Return the message without its end mark and with its control characters escaped, and whether some had no room."""
    raw = raw.removesuffix(b"\0").removesuffix(b"\n")
    first = _CONTROL.search(raw)
    if first is None:
        return raw, None
    done = _CONTROL.sub(lambda found: b"#%03o" % found.group()[0], raw)
    # Nothing is begun without room for four octets, but for what stands before the first of them.
    room = max(LARGEST - 3, first.start() - 1)
    end = room
    for earlier, found in enumerate(_CONTROL.finditer(raw)):
        begin = found.start() + 3 * earlier
        if begin >= room:
            break
        end = max(end, begin + 4)
    if end >= len(done):
        return done, None
    return done[:end], "its control characters were escaped (as #000), and for its end there was no room"


def priority(text: bytes) -> tuple[int | None, int]:
    """Return the PRI, None if it is not understood, and where what follows begins."""
    if not text.startswith(b"<"):
        return 13, 0
    found = _PRI.match(text)
    value = int(found.group(1) or b"0") if found else 192
    return (None, 0) if found is None or value > 191 else (value, found.end())


def stamp(text: bytes, *, iso: bool = True) -> re.Match[bytes] | None:
    """Return the timestamp with which ``text`` begins, and the space behind it, if rsyslog takes it for one."""
    found = _ISO.match(text) if iso else None
    if found is not None:
        year, month, day, hour, minute, second, offset_hour, offset_minute = map(_number, found.groups())
        moment = year < 2100 and offset_hour < 24 and offset_minute < 60
        return found if moment and 1 <= month <= 12 and _is_moment(day, hour, minute, second) else None
    found = _BSD.match(text)
    if found is None:
        return None
    before, day, behind, hour, minute, second = map(_number, found.groups())
    years = [year for year in found.group(1, 3) if year is not None]
    if len(years) > 1 or not all(1970 < year < 2100 for year in (before or behind, 1971)[: len(years)]):
        return None
    if begins_with_year(found) and not found.group().endswith(b" "):
        return None
    return found if _is_moment(day, hour, minute, second) else None


def begins_with_year(found: re.Match[bytes]) -> bool:
    """Whether a timestamp is like ``2003 Oct 11 22:14:15``: behind it rsyslog sees one octet more than came, a NUL."""
    return found.re is _BSD and found.group(1) is not None


def program_of(tag: bytes) -> bytes:
    """Return the property programname."""
    found = _PROGRAM.match(tag)
    return found.group() if found else b""


def pid_of(tag: bytes) -> bytes:
    """Return the property procid of a message that is not RFC 5424's."""
    found = _PID.search(tag)
    return found.group(1) if found else b"-"


def _read_rfc5424(text: bytes, notes: list[str]) -> dict[str, bytes | None]:
    found = _ISO.match(text) and stamp(text)
    if found:
        at = found.end()
    elif text.startswith(b"- "):
        at = 2
    else:
        notes.append("RFC 5424 by its '1 ', but without its timestamp: all behind it was filed as text")
        return {"msg": text, "procid": b"-", "msgid": b"-", "sd": b"-"}
    words = text[at:].split(b" ", 4)
    if len(words) < 5:
        notes.append("its RFC 5424 header is not complete")
    host, app, procid, msgid, rest = (*words, *(b"",) * 4)[:5]
    # What is no structured data leaves in its place what was read before it.
    sd, msg = (msgid, rest) if rest[:1] not in (b"-", b"[") else _split_data(rest)
    app = app or b"-"
    return {
        "timestamp": None if not found else found.group().rstrip(b" "),
        "hostname": host,
        "tag": app if procid == b"-" else b"%b[%b]" % (app, procid),
        "program": program_of(app),
        "procid": procid,
        "msgid": msgid,
        "sd": sd,
        "msg": msg,
    }


def _split_data(rest: bytes) -> tuple[bytes, bytes]:
    if rest.startswith(b"-"):
        return b"-", rest[1:].removeprefix(b" ")
    escape = False
    for found in _END_OF_DATA.finditer(rest):
        if found.group() == b"] ":
            return rest[: found.start() + 1], rest[found.end() :]
        escape = found.end() == len(rest)
    if escape or rest.endswith(b"]"):
        return rest, b""
    return rest[:-1], rest[-1:].removeprefix(b" ")


def _read_rfc3164(text: bytes, notes: list[str]) -> dict[str, bytes | None]:
    skipped = 0
    found = stamp(text)
    if found is None and text.startswith(b" "):
        skipped = 1
        found = stamp(text[1:], iso=False)
    if found is not None:
        moment, rest = found.group().rstrip(b": "), text[found.end() + skipped :]
    else:
        moment, rest = None, text
        if text[:1] in (b"{", b"["):
            return {"msg": text, "procid": b"-", "msgid": b"-", "sd": b"-"}
    if found is not None and begins_with_year(found):
        rest += b"\0"
    host = _HOST.match(rest)
    hostname = None
    if host is not None and host.end() == len(rest):
        hostname, rest = rest, b""
    elif host is not None and rest.startswith(b" ", host.end()) and host.group()[-1:].isalnum():
        hostname, rest = host.group(), rest[host.end() + 1 :]
    tag = _TAG.match(rest)
    name = tag.group() if tag else b""
    if moment is None:
        _say_guesses(hostname, name, notes)
    return {
        "timestamp": moment,
        "hostname": hostname,
        "tag": name,
        "program": program_of(name),
        "procid": pid_of(name),
        "msgid": b"-",
        "sd": b"-",
        "msg": rest[len(name) :].removesuffix(b"\0"),
    }


def _say_guesses(hostname: bytes | None, tag: bytes, notes: list[str]) -> None:
    shown = tag[:40].decode("utf-8", "backslashreplace")
    if hostname is not None:
        host = hostname[:40].decode()
        second = f", its second, {shown!r}, for the tag" if tag else ""
        notes.append(f"its first word, {host!r}, was taken for the host{second}")
    elif tag and not tag.endswith(b":"):
        notes.append(f"its first word, {shown!r}, was taken for the tag")


def _is_moment(day: int, hour: int, minute: int, second: int) -> bool:
    return 1 <= day <= 31 and hour < 24 and minute < 60 and second <= 60


def _number(digits: bytes | None) -> int:
    """No digits are 0, as there; more than nine do not fit any of the fields."""
    stripped = (digits or b"").lstrip(b"0")
    return int(stripped or b"0") if len(stripped) < 10 else 10**9
