"""One form for what a daemon files and for what a profile says, and the profile that stands for each input."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any

from pytest_loghandlers.endpoints._syslog.daemon import Profile
from pytest_loghandlers.endpoints._syslog.filed import elements
from pytest_loghandlers.endpoints._syslog.framing import Frame
from pytest_loghandlers.endpoints._syslog.message import StructuredData, SyslogMessage
from pytest_loghandlers.endpoints._syslog.rsyslog import Rsyslog
from pytest_loghandlers.endpoints._syslog.syslog_ng import SyslogNg

from .process import RealDaemon, Streamed

#: For each input its transport and the profile that is to do the same.
PROFILES: dict[str, tuple[str, Profile]] = {
    "rs.udp": ("udp", Rsyslog(None)),
    "rs.imtcp": ("tcp", Rsyslog(None)),
    "rs.imtcp_nul": ("tcp", Rsyslog("imtcp_nul")),
    "rs.imptcp": ("tcp", Rsyslog("imptcp")),
    "rs.uxdgram": ("unix_dgram", Rsyslog(None)),
    "rs.uxstream": ("unix_stream", Rsyslog(None)),
    "ng.udp": ("udp", SyslogNg("network")),
    "ng.syslog_udp": ("udp", SyslogNg("syslog")),
    "ng.tcp": ("tcp", SyslogNg("network")),
    "ng.syslog_tcp": ("tcp", SyslogNg("syslog")),
    "ng.uxdgram": ("unix_dgram", SyslogNg("network")),
    "ng.uxstream": ("unix_stream", SyslogNg("network")),
}
DATAGRAM_INPUTS = [name for name, (transport, _) in PROFILES.items() if transport in {"udp", "unix_dgram"}]
#: The same, as SyslogEndpoint(**arguments) takes it.
ARGUMENTS: dict[str, dict[str, str]] = {
    "rs.udp": {"profile": "rsyslog"},
    "rs.imtcp": {"profile": "rsyslog"},
    "rs.imtcp_nul": {"profile": "rsyslog", "input": "imtcp_nul"},
    "rs.imptcp": {"profile": "rsyslog", "input": "imptcp"},
    "rs.uxdgram": {"profile": "rsyslog"},
    "rs.uxstream": {"profile": "rsyslog"},
    "ng.udp": {"profile": "syslog_ng"},
    "ng.syslog_udp": {"profile": "syslog_ng", "input": "syslog"},
    "ng.tcp": {"profile": "syslog_ng"},
    "ng.syslog_tcp": {"profile": "syslog_ng", "input": "syslog"},
    "ng.uxdgram": {"profile": "syslog_ng"},
    "ng.uxstream": {"profile": "syslog_ng"},
}
STREAM_INPUTS = [name for name in PROFILES if name not in DATAGRAM_INPUTS]
#: syslog-ng's names of the facilities that RFC 5424 calls log audit, log alert and clock daemon.
_OTHER_NAMES = {"security": "audit", "console": "alert", "solaris-cron": "clock"}
#: What a daemon puts where the message has no host.
_OWN_NAMES = {"127.0.0.1", "localhost", platform.node(), platform.node().partition(".")[0]}

Form = dict[str, Any]


def real(record: dict[str, str]) -> Form:
    """Return what a daemon filed."""
    procid = record["pid"] if "pid" in record else record["procid"]
    return _form(
        record["facility"],
        record["severity"],
        record["timestamp"] != "RECEIVED",
        record["hostname"],
        record["program"],
        procid,
        record["msgid"],
        _data(elements(record["sd"].encode())[0]),
        record["msg"],
    )


def ours(message: SyslogMessage) -> Form:
    """Return what a profile filed."""
    return _form(
        message.facility,
        message.severity,
        message.timestamp is not None,
        message.hostname,
        message.app_name,
        message.procid,
        message.msgid,
        _data(message.structured_data),
        message.text,
    )


def _form(
    facility: Any, severity: Any, has_time: bool, host: Any, app: Any, procid: Any, msgid: Any, sd: Any, text: str
) -> Form:
    own_error = app == "syslog-ng" and facility == "syslog"
    return {
        "facility": _OTHER_NAMES.get(facility, facility),
        "severity": severity,
        "has_time": has_time,
        "hostname": None if host in _OWN_NAMES else host or None,
        "app_name": _none(app),
        # An error of syslog-ng's own carries the number of its process.
        "procid": None if own_error else _none(procid),
        "msgid": _none(msgid),
        "sd": sd,
        "text": text,
    }


def _none(value: str | None) -> str | None:
    return None if value in (None, "", "-") else value


def _data(structured: StructuredData) -> dict[str, Any]:
    """Without the number that syslog-ng gives to each message of its own machine."""
    data = {name: dict(values) for name, values in structured.items()}
    if "sequenceId" in data.get("meta", {}):
        del data["meta"]["sequenceId"]
        if not data["meta"]:
            del data["meta"]
    return data


def datagram(daemon: RealDaemon, name: str, payload: bytes) -> tuple[Any, Any]:
    """Return what the daemon and the profile make of one datagram."""
    transport, profile = PROFILES[name]
    expected = profile.read(Frame(payload, "datagram"), transport=transport, arrival=0.0)
    return list(map(real, daemon.datagram(name, payload))), list(map(ours, expected))


def stream(daemon: RealDaemon, name: str, chunks: Sequence[bytes]) -> tuple[Any, Any]:
    """Return what both make of one connection: before its end, after it, and whether the daemon closed it."""
    expected = imitated(name, chunks)
    streamed = daemon.stream(name, chunks, at_least=len(expected["while open"]), closes=expected["closed"])
    return _streamed(streamed), expected


def _streamed(streamed: Streamed) -> Form:
    return {
        "while open": list(map(real, streamed.while_open)),
        "after": list(map(real, streamed.after_close)),
        "closed": streamed.daemon_closed,
    }


def imitated(name: str, chunks: Sequence[bytes]) -> Form:
    """Return what the profile makes of one connection."""
    transport, profile = PROFILES[name]
    framer = profile.framer(transport)
    seen: list[list[SyslogMessage]] = []
    closed = False

    def take(frames: Sequence[Frame]) -> None:
        for frame in frames:
            del seen[len(seen) - frame.takes_back :]
            seen.append(list(profile.read(frame, transport=transport, arrival=0.0)))

    for chunk in chunks:
        take(framer.feed(chunk))
        if framer.refuses:
            closed = True
            break
    before = [ours(message) for messages in seen for message in messages]
    seen.clear()
    take(framer.close())
    return {
        "while open": before,
        "after": [ours(message) for messages in seen for message in messages],
        "closed": closed,
    }
