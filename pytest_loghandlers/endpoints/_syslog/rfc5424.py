"""What stands behind the PRI of an RFC 5424 message. Pure: bytes in, fields out."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

_TIMESTAMP: Final = re.compile(
    rb"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?(?:Z|[+-](\d\d):(\d\d))", re.ASCII
)
#: Name, field, most octets (RFC 5424 6.2.4 to 6.2.7).
_NAMES: Final = (("HOSTNAME", "hostname", 255), ("APP-NAME", "app_name", 48), ("PROCID", "procid", 128))
_FIELDS: Final = (*_NAMES, ("MSGID", "msgid", 32))
_PRINTABLE: Final = re.compile(rb"[!-~]+")
_SD_NAME: Final = re.compile(rb"[!#-<>-\\^-~]{1,32}")
_SD_PARAM: Final = re.compile(rb' ([!#-<>-\\^-~]{1,32})="((?:[^"\\]|\\.)*)"', re.DOTALL)
_SD_ESCAPE: Final = re.compile(rb'\\(["\\\]])')
_SD_PRIVATE: Final = re.compile(rb"[^@]+@\d+(?:\.\d+)*")
#: The IANA registry "syslog Structured Data ID Values".
_SD_REGISTERED: Final = frozenset(
    (b"timeQuality", b"origin", b"meta", b"snmp", b"alarm", b"ssign", b"ssign-cert", b"PCNNode", b"PCNTerm")
)
_NO_DATA: Final[Mapping[str, Mapping[str, str | tuple[str, ...]]]] = MappingProxyType({})
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Header:
    """The parts behind the PRI, and what is wrong with them."""

    timestamp: str | None = None
    hostname: str | None = None
    app_name: str | None = None
    procid: str | None = None
    msgid: str | None = None
    structured_data: Mapping[str, Mapping[str, str | tuple[str, ...]]] = field(default_factory=lambda: _NO_DATA)
    message: bytes = b""
    flaws: list[str] = field(default_factory=list)


def calendar_fault(year: int, month: int, day: int, hour: int, minute: int, second: int) -> str | None:
    """Return why there is no such moment, or None. A leap second is none (RFC 5424 6.2.3)."""
    if not 1 <= month <= 12:
        return f"there is no month {month}"
    if not 1 <= day <= (calendar.monthrange(year, month)[1] if year else 31):
        return f"there is no day {day} in month {month}"
    if hour > 23 or minute > 59 or second > 59:
        return f"there is no {hour:02}:{minute:02}:{second:02}"
    return None


def read_header(content: bytes) -> Header:
    """Return the parts of ``content``, which begins with the version, ``1 ``. Stops where it cannot go on."""
    header = Header()
    words = content.split(b" ", 6)
    _read_timestamp(header, words[1])
    for (name, attribute, most), word in zip(_FIELDS, words[2:6], strict=False):
        if word != b"-":
            setattr(header, attribute, word.decode("utf-8", "backslashreplace") or None)
            _judge_name(header, name, word, most)
    if len(words) < 7:
        missing = ("TIMESTAMP", *(name for name, _, _ in _FIELDS), "STRUCTURED-DATA")[len(words) - 1]
        header.flaws.append(f"the header ends before {missing} (RFC 5424 6)")
        return header
    rest = _read_data(header, words[6])
    if rest is None:
        return header
    if rest and not rest.startswith(b" "):
        header.flaws.append("no space between STRUCTURED-DATA and the message (RFC 5424 6)")
    header.message = rest.removeprefix(b" ")
    if header.message.startswith(_BOM):
        try:
            header.message.decode()
        except UnicodeDecodeError:
            header.flaws.append("the message has a BOM but is not UTF-8 (RFC 5424 6.4)")
    return header


def _read_timestamp(header: Header, word: bytes) -> None:
    if word == b"-":
        return
    found = _TIMESTAMP.fullmatch(word)
    shown = word.decode("utf-8", "backslashreplace")
    if found is None:
        header.flaws.append(f"timestamp {shown!r} is not like 2003-10-11T22:14:15.003Z (RFC 5424 6.2.3)")
        return
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fault = calendar_fault(year, month, day, hour, minute, second)
    if fault is None and found.group(7) is not None and (int(found.group(7)) > 23 or int(found.group(8)) > 59):
        fault = "there is no such offset"
    if fault is None:
        header.timestamp = shown
    else:
        header.flaws.append(f"timestamp {shown!r}: {fault} (RFC 5424 6.2.3)")


def _judge_name(header: Header, name: str, word: bytes, most: int) -> None:
    if not word:
        header.flaws.append(f"{name} is empty: '-' stands for none (RFC 5424 6)")
    elif not _PRINTABLE.fullmatch(word):
        header.flaws.append(f"{name} holds characters other than printable ASCII (RFC 5424 6)")
    if len(word) > most:
        header.flaws.append(f"{name} has {len(word)} octets, more than {most} (RFC 5424 6)")


def _read_data(header: Header, rest: bytes) -> bytes | None:
    """Read STRUCTURED-DATA into ``header``; return what follows it, or None when that cannot be told."""
    if rest.startswith(b"-"):
        return rest[1:]
    data: dict[str, Mapping[str, str | tuple[str, ...]]] = {}
    flaws: list[str] = []
    at = 0
    while rest.startswith(b"[", at):
        name = _SD_NAME.match(rest, at + 1)
        params: dict[str, str | tuple[str, ...]] = {}
        at = at + 1 if name is None else name.end()
        while name is not None and (param := _SD_PARAM.match(rest, at)):
            _take_param(params, param, flaws)
            at = param.end()
        if name is None or not rest.startswith(b"]", at):
            header.flaws.append(f"STRUCTURED-DATA is broken at its octet {at + 1} (RFC 5424 6.3)")
            header.message = rest
            return None
        at += 1
        _take_element(data, name.group(), params, flaws)
    if not at:
        header.flaws.append("no STRUCTURED-DATA where it should be: '-' stands for none (RFC 5424 6.3)")
        header.message = rest
        return None
    header.structured_data = MappingProxyType(data)
    header.flaws += flaws
    return rest[at:]


def _take_param(params: dict[str, str | tuple[str, ...]], param: re.Match[bytes], flaws: list[str]) -> None:
    name, value = param.group(1).decode(), param.group(2)
    if b"]" in _SD_ESCAPE.sub(b"", value):
        flaws.append(f"']' in the value of {name} is not escaped (RFC 5424 6.3.3)")
    value = _SD_ESCAPE.sub(rb"\1", value)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        flaws.append(f"the value of {name} is not UTF-8 (RFC 5424 6.3.3)")
        text = value.decode("utf-8", "backslashreplace")
    earlier = params.get(name)
    if earlier is None:
        params[name] = text
    else:
        params[name] = (*(earlier if isinstance(earlier, tuple) else (earlier,)), text)


def _take_element(
    data: dict[str, Mapping[str, str | tuple[str, ...]]],
    identity: bytes,
    params: dict[str, str | tuple[str, ...]],
    flaws: list[str],
) -> None:
    name = identity.decode()
    if name in data:
        flaws.append(f"SD-ID {name} comes twice: the first is kept (RFC 5424 6.3.2)")
        return
    data[name] = MappingProxyType(params)
    if b"@" in identity:
        if not _SD_PRIVATE.fullmatch(identity):
            flaws.append(f"SD-ID {name} is not name@number (RFC 5424 6.3.2)")
    elif identity not in _SD_REGISTERED:
        flaws.append(f"SD-ID {name} is not registered, and has no @number (RFC 5424 6.3.2)")
