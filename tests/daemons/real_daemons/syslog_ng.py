"""syslog-ng with its defaults, and each of its sources."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from .installed import Program
from .process import Input, RealDaemon


def _counted(text: bytes) -> bytes:
    return b"%d <14>%s: x" % (len(text) + 7, text)


INPUTS = (
    Input("ng.udp", "udp"),
    Input("ng.syslog_udp", "udp"),
    Input("ng.tcp", "tcp"),
    Input("ng.syslog_tcp", "tcp", _counted),
    Input("ng.uxdgram", "unix_dgram"),
    Input("ng.uxstream", "unix_stream"),
)
_MACROS = {
    "pri": "PRI",
    "facility": "FACILITY",
    "severity": "LEVEL",
    "timestamp": "S_ISODATE",
    "came": "R_ISODATE",
    "hostname": "HOST",
    "program": "PROGRAM",
    "pid": "PID",
    "msgid": "MSGID",
    "sd": "SDATA",
    "msg": "MSG",
}
# One thread; and what a test sends is never more than what may be under way, so that nothing waits for its turn.
_CONFIGURATION = """
@version: {version}
options {{ threaded(no); keep-hostname(yes); use-dns(no); dns-cache(no); stats-freq(0); mark-freq(0); }};
options {{ frac-digits(6); log-fifo-size(1000000); }};
source its_own {{ internal(); }};
{sources}
destination out {{ pipe("{folder}/out" template("{template}\\n")); }};
log {{ source(its_own); {names} destination(out); }};
"""


def syslog_ng(program: Program, folder: Path) -> RealDaemon:
    """Return the daemon, not started."""
    return RealDaemon(program, folder, INPUTS, _command, _decoded)


def _command(program: Program, folder: Path, addresses: dict[str, Any]) -> list[str]:
    sources, names = [], []
    flow = "log-iw-size(1000000) log-fetch-limit(100000)"
    for each in INPUTS:
        address = addresses[each.name]
        name = each.name.replace(".", "_")
        names.append(f"source({name});")
        if each.transport == "unix_dgram":
            driver = f'unix-dgram("{address}" {flow})'
        elif each.transport == "unix_stream":
            driver = f'unix-stream("{address}" {flow} max-connections(100))'
        else:
            kind = "syslog" if "syslog" in each.name else "network"
            many = "max-connections(100)" if each.is_stream else ""
            where = f"ip({address[0]}) port({address[1]}) transport({each.transport})"
            driver = f"{kind}({where} {flow} {many})"
        sources.append(f"source {name} {{ {driver}; }};")
    template = " ".join(["$SOURCE", *(rf"$(base64-encode \"${macro}\")" for macro in _MACROS.values())])
    text = _CONFIGURATION.format(
        version=".".join(program.version.split(".")[:2]),
        folder=folder,
        sources="\n".join(sources),
        names=" ".join(names),
        template=template,
    )
    (folder / "syslog-ng.conf").write_text(text)
    modules = [] if program.modules is None else [f"--module-path={program.modules}"]
    return [
        *(str(program.path), "-F", "--no-caps", *modules, f"--cfgfile={folder}/syslog-ng.conf"),
        *(f"--persist-file={folder}/persist", f"--pidfile={folder}/pid", f"--control={folder}/control"),
    ]


def _decoded(line: bytes) -> tuple[str, dict[str, str]]:
    source, *encoded = line.split(b" ")
    values = (base64.b64decode(each).decode("utf-8", "backslashreplace") for each in encoded)
    record = dict(zip(_MACROS, values, strict=True))
    if record.pop("came") == record["timestamp"]:
        record["timestamp"] = "RECEIVED"
    name = source.decode()
    return ("" if name == "its_own" else name.replace("_", ".", 1)), record
