"""rsyslog, as it is by default: what it files of the bytes that a handler sends.

It follows rsyslog 8.2302 (Debian 12), whose answers to every vector were recorded. ``app_name`` is its property
programname, ``text`` its MSG: behind a tag with the space that follows it (that of ``<14>app: hello`` begins
with it), with a BOM if one was sent, and with its control characters escaped (``#012``). ``hostname`` is None where
rsyslog puts the sender's own name. ``timestamp`` is as it was sent, None where rsyslog took the time of arrival. A
PRI that it does not understand has the facility ``invld``.

Where this profile does something else than the daemon is listed in ``DIFFERENCES``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import show

from .filed import joined, message
from .framing import Frame
from .message import SyslogMessage
from .rsyslog_framing import FLOOD, LARGEST_FRAME, RsyslogFramer
from .rsyslog_reading import LARGEST, read
from .rsyslog_socket import read_local

#: Names of inputs, and which module each is.
INPUTS: Final[Mapping[str | None, str]] = MappingProxyType(
    {
        None: "imudp, imtcp (TCP and TLS), imuxsock (unix datagrams) and imptcp (unix streams)",
        "imtcp_nul": 'imtcp with addtlFrameDelimiter="0"',
        "imptcp": "imptcp for TCP and unix streams",
    }
)

#: What the daemon does and this profile does not, each with the reason.
DIFFERENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "flood": (
            f"imptcp files the beginning of a line of n > {LARGEST:,} octets n - 8,095 times; here it does so at most "
            f"{FLOOD:,} times, so that memory stays bounded"
        ),
        "year": "a timestamp without a year gets one from the daemon's clock; here it stays as it was sent",
        "sender": "the name that the daemon finds for the sender is not filed: hostname is None",
        "unclosed PRI": "a message that is only '<' and digits can crash rsyslog 8.2302; here it is filed as invld",
        "numbers": "numbers of ten and more digits in a timestamp overflow in the daemon; here they are no timestamp",
        "stale memory": (
            "imuxsock reads behind the end of a datagram whose control characters or odd timestamp shift its offsets; "
            "here nothing stands there"
        ),
        "plain tls": "imtcp's limits over TLS are taken to be those over TCP",
    }
)


class Rsyslog:
    """rsyslog's default inputs, or one that is named: see ``INPUTS``."""

    name = "rsyslog"

    def __init__(self, input: str | None = None) -> None:  # noqa: A002 - it is rsyslog's word for it
        if input not in INPUTS:
            names = ", ".join(repr(name) for name in INPUTS if name)
            raise ArgumentError(f"input={show(input)}: rsyslog's are None (its defaults), {names}")
        self._input = input

    def framer(self, transport: str) -> RsyslogFramer:
        """Return what cuts a new connection's stream."""
        floods = self._input == "imptcp" or transport == "unix_stream"
        return RsyslogFramer(nul_delimits=self._input == "imtcp_nul" and not floods, floods=floods)

    def read(self, frame: Frame, *, transport: str, arrival: float) -> Sequence[SyslogMessage]:
        """Return the record of one frame; none of an empty datagram."""
        if not frame.raw:
            return ()
        if len(frame.raw) > LARGEST:
            cut = f"cut to {LARGEST:,} of {len(frame.raw):,} octets"
            frame = replace(frame, flaw=joined(frame.flaw, cut), damage="cut")
        beginning = frame.raw[:LARGEST]
        filed = read_local(beginning) if transport == "unix_dgram" else read(beginning)
        return () if filed is None else (message(filed, frame, transport=transport, arrival=arrival),)


__all__ = ["DIFFERENCES", "INPUTS", "LARGEST", "LARGEST_FRAME", "Rsyslog"]
