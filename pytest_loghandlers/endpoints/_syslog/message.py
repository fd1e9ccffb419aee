"""One syslog message: a frame's bytes taken apart. Pure: no socket, no clock.

The rules, in the order they are tried:

- PRI (RFC 5424 6.2.1): ``<0>`` to ``<191>``. Without a usable one the whole frame is content (RFC 3164 4.3.3):
  ``facility`` and ``severity`` are None (a relay would file it as user.notice) and ``malformed`` says so.
- RFC 5424 when ``1 `` and a timestamp (or ``-``) follow; parsed strictly, in ``rfc5424``.
- RFC 3164 when ``Mmm dd hh:mm:ss`` follows: hostname, tag and process id as far as they are there.
- Otherwise what Python's SysLogHandler sends: no header. A first word that ends in a colon is the tag, as every daemon
  reads it (``<14>myapp: hello``); all else is text, and nothing is invented.

What breaks a rule is kept all the same: as many fields as could be read, the reason in ``malformed``, all bytes in
``raw``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from .rfc5424 import Header, calendar_fault, read_header

FACILITIES: Final = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("ntp", "audit", "alert", "clock", *(f"local{number}" for number in range(8))),
)
SEVERITIES: Final = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")

#: What can become of a message between its sender and the file.
Damage = Literal["cut", "split", "merged"]

StructuredData = Mapping[str, Mapping[str, str | tuple[str, ...]]]
NO_DATA: Final[StructuredData] = MappingProxyType({})
_BOM: Final = b"\xef\xbb\xbf"

_PRI: Final = re.compile(rb"<(\d{1,3})>")
_PRI_LIKE: Final = re.compile(rb"<([^<>]{0,20})>?")
_STAMP: Final = rb"(?:-|\d{4}-\d\d-)"
_RFC5424: Final = re.compile(rb"1 " + _STAMP)
_VERSION: Final = re.compile(rb"([2-9]|[1-9]\d{1,2}) " + _STAMP)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS_BEGIN: Final = tuple(month.encode() for month in _MONTHS)
_RFC3164: Final = re.compile(rf"({'|'.join(_MONTHS)}) ([ \d]\d) (\d\d):(\d\d):(\d\d)(?: |$)".encode())
_PID: Final = rb"\[([^\]\s\[]{1,128})\]"
# A bare first word is a tag only when nothing says otherwise: not a URL, a C++ name, a path, JSON or a time of day.
_BARE_TAG: Final = re.compile(rb"([A-Za-z_/][\w./+@-]*)(?:" + _PID + rb")?:(?![/\\:]) ?")
# After a timestamp a tag is expected, so more may be one: with a process id the colon may be missing.
_TAG: Final = re.compile(rb"([^\s:\[\]]{1,255})(?:" + _PID + rb"(?:: ?| |$)|: ?)")
_TAG_ALONE: Final = re.compile(rb"([^\s:\[\]]{1,255})(?:" + _PID + rb"(?::(?: |$)| |$)|:(?: |$))")
_HOST: Final = re.compile(rb"([\w.:-]{1,255}) ")


@dataclass(frozen=True)
class SyslogMessage:
    """A message as it arrived. The fields have the names of RFC 5424 in snake_case; what was not sent is None."""

    #: PRI's facility (RFC 5424 6.2.1): ``kern`` ... ``local7``; None when there was no usable PRI.
    facility: str | None
    #: PRI's severity: ``emerg``, ``alert``, ``crit``, ``err``, ``warning``, ``notice``, ``info``, ``debug``; or None.
    severity: str | None
    #: As it was written: ``2003-10-11T22:14:15.003Z`` (RFC 5424 6.2.3) or ``Oct 11 22:14:15`` (RFC 3164 4.1.2).
    timestamp: str | None
    #: HOSTNAME of RFC 5424 6.2.4 or RFC 3164 4.1.2. Python's SysLogHandler sends none.
    hostname: str | None
    #: APP-NAME (RFC 5424 6.2.5), the tag (RFC 3164 4.1.3), the ident of a SysLogHandler.
    app_name: str | None
    #: PROCID (RFC 5424 6.2.6), or what stood in brackets behind the tag.
    procid: str | None
    #: MSGID (RFC 5424 6.2.7).
    msgid: str | None
    #: ``{id: {name: value}}`` (RFC 5424 6.3), escapes undone; a name that was sent twice has a tuple of its values.
    structured_data: StructuredData = field(hash=False)
    #: MSG (RFC 5424 6.4), without the NUL or LF at its end and without a BOM at its beginning. It is read as UTF-8; a
    #: byte that is not UTF-8 shows as ``\xe9`` (``raw`` has it as it came).
    text: str
    #: Every byte of the message, PRI and header included; of a datagram also the NUL that SysLogHandler appends. On a
    #: stream the octet count or the delimiter is not part of it.
    raw: bytes
    #: ``udp``, ``tcp``, ``tls``, ``unix_dgram`` or ``unix_stream``.
    transport: str
    #: What marked its end (RFC 6587 3.4): ``datagram``, ``octet_counting``, ``lf``, ``nul``, or ``eof`` (the
    #: connection closed).
    framing: str
    #: Why it is not as the RFCs want it, or None.
    malformed: str | None
    #: Seconds from the endpoint's start until it had arrived.
    arrival: float = field(default=0.0, compare=False)
    #: The number between ``<`` and ``>``: 8 * facility + severity, 0 to 191; None when there was no usable one.
    pri: int | None = None
    #: Whether the text began with a UTF-8 byte order mark (RFC 5424 6.4 demands one before UTF-8, daemons keep it).
    had_bom: bool = False
    #: Whether a NUL ended it, in the datagram or on the stream: SysLogHandler appends one unless ``append_nul`` is
    #: False. No RFC knows it. A NUL inside the message is in ``text``.
    had_nul: bool = False
    #: ``cut`` (its end is missing), ``split`` (it is the rest, or one part, of a message), ``merged`` (it holds more
    #: than one), or None; ``malformed`` says why.
    damage: Damage | None = None


def parse(
    raw: bytes,
    *,
    transport: str = "udp",
    framing: str = "datagram",
    flaw: str | None = None,
    arrival: float = 0.0,
    damage: Damage | None = None,
) -> SyslogMessage:
    """Return the message that the bytes of one frame are. Never raises.

    ``flaw`` is what the framing found wrong with it, and ``damage`` what that did to it; ``flaw`` leads in
    ``malformed``.
    """
    message = object.__new__(SyslogMessage)
    # A frozen dataclass sets its fields one by one, which takes as long as all the parsing.
    object.__setattr__(message, "__dict__", fields_of(raw, transport, framing, flaw, arrival, damage))
    return message


def fields_of(
    raw: bytes, transport: str, framing: str, flaw: str | None, arrival: float, damage: Damage | None
) -> dict[str, Any]:
    """Return all fields of the message that ``parse`` returns, by name and in their order."""
    flaws = [flaw] if flaw else []
    found = _PRI.match(raw)
    value = int(found.group(1)) if found else -1
    if found is None or value > 191:
        flaws.append(_pri_fault(raw))
        facility = severity = pri = None
        header = Header(message=_trimmed(raw))
    else:
        digits = found.group(1)
        if len(digits) > 1 and digits.startswith(b"0"):
            flaws.append(f"the PRI <{digits.decode()}> has a leading zero (RFC 3164 4.1.1)")
        facility, severity, pri = FACILITIES[value >> 3], SEVERITIES[value & 7], value
        header = _read(_trimmed(raw[found.end() :]))
        flaws += header.flaws
    return {
        "facility": facility,
        "severity": severity,
        "timestamp": header.timestamp,
        "hostname": header.hostname,
        "app_name": header.app_name,
        "procid": header.procid,
        "msgid": header.msgid,
        "structured_data": header.structured_data,
        "text": decoded(header.message),
        "raw": raw,
        "transport": transport,
        "framing": framing,
        "malformed": "; ".join(flaws) if flaws else None,
        "arrival": arrival,
        "pri": pri,
        "had_bom": header.message.startswith(_BOM),
        "had_nul": framing == "nul" or raw.endswith(b"\0"),
        "damage": damage,
    }


def decoded(data: bytes) -> str:
    """Return ``data`` as text: UTF-8, without a leading BOM; a byte that is not UTF-8 as backslash, x, two digits."""
    return data.decode("utf-8", "backslashreplace").removeprefix("\ufeff")


def _trimmed(data: bytes) -> bytes:
    # SysLogHandler's NUL, or the newline of a formatter: every daemon takes one of each off.
    return data.removesuffix(b"\0").removesuffix(b"\n")


def _pri_fault(raw: bytes) -> str:
    if not raw:
        return "empty: not one byte"
    found = _PRI_LIKE.match(raw)
    if found is None:
        return "no PRI: it does not begin with <number>"
    shown = found.group().decode("ascii", "backslashreplace")
    digits = found.group(1)
    if not found.group().endswith(b">"):
        return f"no usable PRI: {shown!r} is not closed by '>' after at most three digits"
    if digits.isdigit() and digits.isascii():
        shifted = int(digits) >> 3
        # The syslog module's facilities are shifted already (LOG_LOCAL0 is 128); SysLogHandler shifts once more.
        why = f"; was a facility of the syslog module ({shifted}) given?" if not shifted & 7 and shifted <= 184 else ""
        return f"no usable PRI: {shown} is above <191> (facility local7, severity debug){why}"
    return f"no usable PRI: {shown} is not a number of one to three digits"


def _read(content: bytes) -> Header:
    """Return what stands behind the PRI, by the first format that fits."""
    if not content[:1].isdigit() and not content.startswith(_MONTHS_BEGIN):
        # What neither a version nor a month begins: as nearly all that Python sends.
        header = Header(message=content)
        tag = _BARE_TAG.match(content)
        if tag is not None:
            _take_tag(header, tag, content)
        return header
    if _RFC5424.match(content):
        return read_header(content)
    found = _RFC3164.match(content)
    if found is not None:
        return _read_rfc3164(content, found)
    header = Header(message=content)
    if content.startswith(b"1 "):
        # rsyslog and syslog-ng take this for RFC 5424 and lose words of it.
        header.flaws.append("begins with '1 ' like RFC 5424, but no timestamp follows: daemons will misread it")
    version = _VERSION.match(content)
    if version is not None:
        header.flaws.append(f"version {version.group(1).decode()} of the syslog format is unknown (RFC 5424 has 1)")
        return header
    tag = _BARE_TAG.match(content)
    if tag is not None:
        _take_tag(header, tag, content)
    return header


def _read_rfc3164(content: bytes, found: re.Match[bytes]) -> Header:
    header = Header()
    stamp = content[: found.end(5)].decode()
    day, hour, minute, second = (int(found.group(index)) for index in (2, 3, 4, 5))
    # No year is sent: 2000 has a 29 February.
    fault = calendar_fault(2000, _MONTHS.index(found.group(1).decode()) + 1, day, hour, minute, second)
    if fault is None:
        header.timestamp = stamp
    else:
        header.flaws.append(f"timestamp '{stamp}': {fault} (RFC 3164 4.1.2)")
    rest = content[found.end() :]
    tag = _TAG_ALONE.match(rest)
    if tag is None:
        host = _HOST.match(rest)
        if host is not None:
            header.hostname = host.group(1).decode("ascii", "backslashreplace")
            rest = rest[host.end() :]
            tag = _TAG.match(rest)
    if tag is None:
        header.message = rest
    else:
        _take_tag(header, tag, rest)
    return header


def _take_tag(header: Header, tag: re.Match[bytes], content: bytes) -> None:
    header.app_name = decoded(tag.group(1))
    header.procid = None if tag.group(2) is None else decoded(tag.group(2))
    header.message = content[tag.end() :]
