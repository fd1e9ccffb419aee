"""rsyslogd with its defaults, and each of its inputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .installed import Program
from .process import Input, RealDaemon

INPUTS = (
    Input("rs.udp", "udp"),
    Input("rs.imtcp", "tcp"),
    Input("rs.imtcp_nooctet", "tcp"),
    Input("rs.imtcp_nul", "tcp"),
    Input("rs.imptcp", "tcp"),
    Input("rs.uxdgram", "unix_dgram"),
    Input("rs.uxstream", "unix_stream"),
)
#: How each input is made, besides its address and name.
_KIND = {
    "rs.udp": 'type="imudp"',
    "rs.imtcp": 'type="imtcp"',
    "rs.imtcp_nooctet": 'type="imtcp" supportOctetCountedFraming="off"',
    "rs.imtcp_nul": 'type="imtcp" addtlFrameDelimiter="0"',
    "rs.imptcp": 'type="imptcp"',
    "rs.uxdgram": 'type="imuxsock"',
    "rs.uxstream": 'type="imptcp"',
}
_PROPERTIES = {
    "pri": "pri",
    "facility": "syslogfacility-text",
    "severity": "syslogseverity-text",
    "version": "protocol-version",
    "hostname": "hostname",
    "tag": "syslogtag",
    "program": "programname",
    "app_name": "app-name",
    "procid": "procid",
    "msgid": "msgid",
    "sd": "structured-data",
    "msg": "msg",
}
# One thread per input, no queue between input and output: what was sent first is written first.
_CONFIGURATION = """
global(workDirectory="{folder}" net.enableDNS="off" processInternalMessages="on")
main_queue(queue.type="Direct")
module(load="imudp")
module(load="imtcp")
module(load="imptcp" threads="1" processOnPoller="off")
module(load="imuxsock" sysSock.use="off")
template(name="record" type="list" option.jsonf="on") {{
  property(outname="input" name="inputname" format="jsonf")
{properties}
  property(outname="timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="came" name="timegenerated" dateFormat="rfc3339" format="jsonf")
}}
action(type="omfile" file="{folder}/out" template="record")
{inputs}
"""


def rsyslogd(program: Program, folder: Path) -> RealDaemon:
    """Return the daemon, not started."""
    return RealDaemon(program, folder, INPUTS, _command, _decoded)


def _command(program: Program, folder: Path, addresses: dict[str, Any]) -> list[str]:
    inputs = []
    for each in INPUTS:
        address = addresses[each.name]
        if each.transport == "unix_dgram":
            where = f'socket="{address}"'  # It has no name of its own: its records say imuxsock.
        elif each.transport == "unix_stream":
            where = f'path="{address}" name="{each.name}"'
        else:
            where = f'address="{address[0]}" port="{address[1]}" name="{each.name}"'
        inputs.append(f"input({_KIND[each.name]} {where})")
    properties = [f'  property(outname="{field}" name="{name}" format="jsonf")' for field, name in _PROPERTIES.items()]
    text = _CONFIGURATION.format(folder=folder, inputs="\n".join(inputs), properties="\n".join(properties))
    (folder / "rsyslog.conf").write_text(text)
    modules = [] if program.modules is None else ["-M", str(program.modules)]
    return [str(program.path), "-n", "-iNONE", "-f", str(folder / "rsyslog.conf"), *modules]


def _decoded(line: bytes) -> tuple[str, dict[str, str]]:
    escaped = json.loads(line.decode("utf-8", "surrogateescape"), strict=False)
    record = {key: _shown(value) for key, value in escaped.items()}
    name = {"imuxsock": "rs.uxdgram", "rsyslogd": ""}.get(record["input"], record["input"])
    del record["input"]
    # The second in which it came, to the microsecond: the message had no time of its own that was understood.
    if record.pop("came") == record["timestamp"]:
        record["timestamp"] = "RECEIVED"
    return name, record


def _shown(value: str) -> str:
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
