"""syslog-ng, as it is by default: what it files of the bytes that a handler sends.

It follows syslog-ng 3.38 (Debian 12), whose answers to every vector were recorded. ``app_name`` is its $PROGRAM,
``text`` its $MSG, ``hostname`` None where it puts the sender's own name, ``timestamp`` as it was sent, None where
there was none.

``network()`` knows nothing of RFC 5424 (``<14>1 ...`` has the program ``1``) nor of octet counts; ``syslog()`` knows
both, and over TCP and TLS nothing but octet counts. What syslog-ng cannot read it replaces by a record of its own:
syslog.err from ``syslog-ng``, "Error processing log message: ...".

A PRI above 191 is not refused: its facility is the hexadecimal number that its low ten bits are (``<198>`` is
``18``, ``<1030>`` is kern).

Where this profile does something else than the daemon is listed in ``DIFFERENCES``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import show

from .filed import Filed, joined, message
from .framing import Frame
from .message import FACILITIES, SEVERITIES, SyslogMessage
from .syslog_ng_framing import LARGEST, CountedFramer, LineFramer
from .syslog_ng_rfc3164 import Fields, read_rfc3164
from .syslog_ng_rfc5424 import GaveUpError, is_rfc5424, read_rfc5424

#: Names of inputs, and which source each is.
INPUTS: Final[Mapping[str | None, str]] = MappingProxyType(
    {
        None: "network() for UDP, TCP and TLS, unix-dgram() and unix-stream()",
        "network": "the same",
        "syslog": "syslog() for UDP, TCP and TLS",
    }
)

#: What the daemon does and this profile does not, each with the reason.
DIFFERENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "year": "a timestamp without a year gets one from the daemon's clock; here it stays as it was sent",
        "rolling over": "a day or an hour that does not exist becomes a later one; here it stays as it was sent",
        "facilities": "13, 14, 15 are security, console, solaris-cron there; here audit, alert, clock as elsewhere",
        "sender": "the name that the daemon finds for the sender is not filed: hostname is None",
        "sequence": "a record from a unix socket, and one of syslog-ng's own, gets a sequenceId and a pid; here none",
    }
)

_PRI: Final = re.compile(rb"<(\d*)(?:>|\Z)")
_FAILED: Final = b"Error processing log message: "
_DEFAULTED: Final = "no PRI: filed as user.notice"


class SyslogNg:
    """syslog-ng's network() and unix sources, or one that is named: see ``INPUTS``."""

    name = "syslog_ng"

    def __init__(self, input: str | None = None) -> None:  # noqa: A002 - it is the profiles' word for it
        if input not in INPUTS:
            names = ", ".join(repr(name) for name in INPUTS if name)
            raise ArgumentError(f"input={show(input)}: syslog-ng's are None (its defaults), {names}")
        self._is_syslog = input == "syslog"

    def framer(self, transport: str) -> LineFramer | CountedFramer:
        """Return what cuts a new connection's stream."""
        return CountedFramer() if self._is_syslog and not transport.startswith("unix") else LineFramer()

    def read(self, frame: Frame, *, transport: str, arrival: float) -> Sequence[SyslogMessage]:
        """Return the record of one frame; none of an empty datagram."""
        if not frame.raw:
            return ()
        if len(frame.raw) > LARGEST:
            cut = f"cut to {LARGEST:,} of {len(frame.raw):,} octets"
            frame = replace(frame, flaw=joined(frame.flaw, cut), damage="cut")
        local = transport.startswith("unix")
        filed = read(frame.raw[:LARGEST], syslog=self._is_syslog and not local, local=local)
        return (message(filed, frame, transport=transport, arrival=arrival),)


def read(raw: bytes, *, syslog: bool = False, local: bool = False) -> Filed:
    """Return the record of one message. ``syslog``: of syslog(); ``local``: of a unix socket."""
    text = raw.rstrip(b"\n\0")
    notes: list[str] = []
    at = 0
    pri = 13
    if text.startswith(b"<"):
        found = _PRI.match(text)
        if found is None:
            return _failed(text)
        at = found.end()
        # What is too long for its 16 bits loses its upper ones; the last digits decide, and more cost time.
        pri = int(found.group(1)[-40:] or b"0") & 0xFFFF
        if pri > 191:
            notes.append(f"PRI <{found.group(1)[:20].decode()}> is above 191: its low ten bits were taken for it")
    else:
        notes.append(_DEFAULTED)
    facility = pri >> 3 & 0x7F
    if syslog and is_rfc5424(text, at):
        try:
            fields = read_rfc5424(text, at)
        except GaveUpError as error:
            return _failed(text, error.at)
    else:
        fields = read_rfc3164(text[at:], local=local, kernel=facility == 0)
        _say_guesses(fields, text[at:], notes)
    return Filed(
        pri,
        FACILITIES[facility] if facility < len(FACILITIES) else f"{facility:x}",
        SEVERITIES[pri & 7],
        fields.msg,
        timestamp=fields.timestamp,
        hostname=fields.hostname,
        program=fields.program,
        procid=fields.pid,
        msgid=fields.msgid,
        sd=fields.sd,
        notes=tuple(notes),
    )


def _failed(text: bytes, at: int | None = None) -> Filed:
    """Return syslog-ng's own record of a message that it could not read; ``at`` is where it gave up, if it says so."""
    parts = (text,) if at is None else (text[:at], text[at:])
    where = b">@<".join(part.partition(b"\0")[0] for part in parts)
    note = "syslog-ng could not read it, and filed an error message of its own"
    return Filed(43, "syslog", "err", _FAILED + where, program=b"syslog-ng", notes=(note,))


def _say_guesses(fields: Fields, text: bytes, notes: list[str]) -> None:
    if fields.timestamp is None and fields.program and not re.match(rb"[^ ]*[:\[]", text.lstrip(b" \0")):
        shown = fields.program[:40].decode("utf-8", "backslashreplace")
        notes.append(f"its first word, {shown!r}, was taken for the program")
