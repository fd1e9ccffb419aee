"""A record as a daemon files it, and the message that a test sees of it. Pure: bytes in, fields out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .framing import Frame
from .message import FACILITIES, NO_DATA, SEVERITIES, Damage, StructuredData, SyslogMessage

_BOM: Final = b"\xef\xbb\xbf"
_PARAM: Final = rb' +([^ =\]"]+)="((?:[^"\\]|\\.)*)"'
_ELEMENT: Final = re.compile(rb'\[ *([^ =\]"]+)((?:' + _PARAM + rb")*) *\]", re.DOTALL)
_PARAMS: Final = re.compile(_PARAM, re.DOTALL)
_ESCAPE: Final = re.compile(rb'\\(["\\\]])')


@dataclass(frozen=True, slots=True)
class Filed:
    """The properties that a daemon's templates know, as bytes; empty where it has nothing.

    ``pri`` is None where the daemon did not understand it; ``hostname`` is None where it puts the sender's own.
    """

    pri: int | None
    facility: str
    severity: str
    msg: bytes
    timestamp: bytes | None = None
    hostname: bytes | None = None
    #: rsyslog's syslogtag: the program with what stood behind it, ``app[12]:``.
    tag: bytes = b""
    program: bytes = b""
    procid: bytes = b""
    msgid: bytes = b""
    sd: bytes = b""
    #: In plain words, what the daemon made of it that its sender did not mean.
    notes: tuple[str, ...] = ()
    damage: Damage | None = None


def keywords(pri: int) -> tuple[str, str]:
    """Return the names of the facility and the severity of a PRI of 0 to 191."""
    return FACILITIES[pri >> 3], SEVERITIES[pri & 7]


def joined(*reasons: str | None) -> str | None:
    """Return the reasons that there are, as one text."""
    return "; ".join(reason for reason in reasons if reason) or None


def message(filed: Filed, frame: Frame, *, transport: str, arrival: float) -> SyslogMessage:
    """Return the message that a test sees: ``raw`` is the frame as received, all else as it was filed.

    A BOM that the daemon left in MSG is in ``text``.
    """
    data, opaque = elements(filed.sd)
    return SyslogMessage(
        filed.facility,
        filed.severity,
        _text(filed.timestamp),
        _text(filed.hostname),
        _named(filed.program),
        _named(filed.procid),
        _named(filed.msgid),
        data,
        filed.msg.decode("utf-8", "backslashreplace"),
        frame.raw,
        transport,
        frame.framing,
        joined(frame.flaw, *filed.notes, opaque),
        arrival,
        filed.pri,
        filed.msg.startswith(_BOM),
        frame.framing == "nul" or frame.raw.endswith(b"\0"),
        frame.damage or filed.damage,
    )


def elements(sd: bytes) -> tuple[StructuredData, str | None]:
    """Return the STRUCTURED-DATA that a daemon has kept as text, and why it is none that can be read."""
    if sd in (b"", b"-"):
        return NO_DATA, None
    found: dict[str, Mapping[str, str | tuple[str, ...]]] = {}
    at = 0
    while element := _ELEMENT.match(sd, at):
        identity = _shown(element.group(1))
        params = dict(found.get(identity, {}))
        for name, value in _PARAMS.findall(element.group(2)):
            _take(params, _shown(name), _shown(_ESCAPE.sub(rb"\1", value)))
        found[identity] = MappingProxyType(params)
        at = element.end()
    if at < len(sd):
        shown = _shown(sd[:40]) + ("..." if len(sd) > 40 else "")
        return NO_DATA, f"the structured data {shown!r} is not RFC 5424's, and was filed as it came"
    return MappingProxyType(found), None


def _take(params: dict[str, str | tuple[str, ...]], name: str, value: str) -> None:
    earlier: Sequence[str] = ()
    if name in params:
        known = params[name]
        earlier = known if isinstance(known, tuple) else (known,)
    params[name] = (*earlier, value) if earlier else value


def _text(value: bytes | None) -> str | None:
    return None if value is None else _shown(value)


def _named(value: bytes) -> str | None:
    """``-`` stands for none in the daemons' templates too."""
    return None if value in (b"", b"-") else _shown(value)


def _shown(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
