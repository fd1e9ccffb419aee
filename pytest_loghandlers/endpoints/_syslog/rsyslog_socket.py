"""How rsyslog takes apart what comes through its unix datagram socket (imuxsock). Pure: bytes in, one record out.

It expects what glibc's syslog(3) sends, ``<PRI>Mmm dd hh:mm:ss tag: text``, and looks for nothing else: no host, no
RFC 5424. One octet is taken for ``<``, whatever it is, and one behind the digits for ``>``; so without a PRI the
facility and severity are kern and emerg, and two octets are gone. A timestamp is taken to be 16 octets long. The tag
is all up to the next space.
"""

from __future__ import annotations

import re
from typing import Final

from .filed import Filed, keywords
from .message import Damage
from .rsyslog_reading import begins_with_year, escaped, pid_of, program_of, stamp

_STAMP: Final = 16
_LARGEST_TAG: Final = 511
_PRI: Final = re.compile(rb"(?s:.)(\d*)(?s:.)?")
_USUAL: Final = re.compile(rb"<\d+>")
_TAG: Final = re.compile(rb"[^ ]{0,%d}" % _LARGEST_TAG)


def read_local(raw: bytes) -> Filed | None:
    """Return the record of one datagram of at most 8,096 octets; None where there is none."""
    if not raw:
        return None
    notes: list[str] = []
    if not _USUAL.match(raw):
        notes.append("no PRI: its first octets were taken for one, and it was filed as kern.emerg")
    text, cut = escaped(raw)
    damage: Damage | None = None if cut is None else "cut"
    if cut is not None:
        notes.append(cut)
    # What it reads is the datagram, but as many octets as there are in the escaped one.
    body = raw.removesuffix(b"\0").removesuffix(b"\n")
    body = (raw if len(text) > len(body) else body).ljust(len(text), b"\0")[: len(text)]
    found = _PRI.match(body)
    digits = (found.group(1) if found else b"").lstrip(b"0")
    pri: int | None = int(digits or b"0") if len(digits) < 4 else 192
    facility, severity = ("invld", "debug") if pri is None or pri > 191 else keywords(pri)
    if facility == "invld":
        pri = None
        notes.append("PRI not understood: filed under the facility invld")
    at = found.end() if found else 0
    moment = stamp(body[at:])
    left = len(text) - at
    if moment is not None:
        left -= moment.end()
        # A leading year is not counted where the rest is.
        left += begins_with_year(moment)
        at += _STAMP
    tag = _TAG.match(body, at, at + max(0, left))
    name = tag.group() if tag else b""
    left -= len(name)
    return Filed(
        pri,
        facility,
        severity,
        text[max(0, len(text) - left) :],
        tag=name,
        program=program_of(name),
        procid=pid_of(name),
        msgid=b"-",
        sd=b"-",
        notes=tuple(notes),
        damage=damage,
    )
