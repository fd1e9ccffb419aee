"""Every recorded answer of the real daemons is what their profiles answer.

Recorded once from rsyslog 8.2302 and syslog-ng 3.38 (``data/daemon_answers.json``): for each vector its bytes, and for
each input the records, those of a stream before and after the client closed. Runs of one octet are ``<x*1000>`` there
(in the payloads ``(78*1000)``), very long values have their middle cut out, and timestamps that were sent are ``SENT``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pytest_loghandlers.endpoints._syslog.framing import Frame
from pytest_loghandlers.endpoints._syslog.rsyslog import LARGEST, Rsyslog
from pytest_loghandlers.endpoints._syslog.rsyslog_framing import RsyslogFramer
from pytest_loghandlers.endpoints._syslog.rsyslog_reading import read as read_rsyslog
from pytest_loghandlers.endpoints._syslog.rsyslog_socket import read_local
from pytest_loghandlers.endpoints._syslog.syslog_ng import SyslogNg
from pytest_loghandlers.endpoints._syslog.syslog_ng import read as read_syslog_ng

VECTORS = json.loads((Path(__file__).parent / "data" / "daemon_answers.json").read_text())
CASES = [
    pytest.param(vector, name, answer, id=f"{vector['id']}-{name}")
    for vector in VECTORS
    for names, answer in vector["answers"]
    for name in names
]

# The daemons' names for the machine that sent, on a unix socket and on the network.
SENDERS = {True: {"vm"}, False: {"localhost", "127.0.0.1"}}
RUN = re.compile(r"<(.)\*(\d+)>", re.DOTALL)
HEX_RUN = re.compile(r"\((..)\*(\d+)\)")
MIDDLE = re.compile(r"\.\.\.<(?:clipped|(\d+) chars)>\.\.\.")

# Which profile each input is; rs.imtcp_nooctet is imtcp told to know no octet counts, which no profile offers.
PROFILES = {
    **dict.fromkeys(("rs.udp", "rs.imtcp", "rs.tls", "rs.uxdgram", "rs.uxstream", "rs.imtcp_nooctet"), Rsyslog()),
    "rs.imtcp_nul": Rsyslog("imtcp_nul"),
    "rs.imptcp": Rsyslog("imptcp"),
    **dict.fromkeys(("ng.udp", "ng.tcp", "ng.tls", "ng.uxdgram", "ng.uxstream"), SyslogNg()),
    **dict.fromkeys(("ng.syslog_udp", "ng.syslog_tcp", "ng.syslog_tls"), SyslogNg("syslog")),
}


def text(value):
    return value.decode("utf-8", "backslashreplace")


def payload(packed):
    return bytes.fromhex(HEX_RUN.sub(lambda run: run[1] * int(run[2]), packed))


def agrees(got, recorded, length=None):
    """Whether a value of ours is the text that was recorded."""
    shown = text(got).replace("\0", "\\x00" if "\\x00" in recorded else "\0")
    wanted = RUN.sub(lambda run: run[1] * int(run[2]), recorded)
    middle = MIDDLE.search(wanted)
    if middle is None:
        return shown == wanted
    begins, ends = shown.startswith(wanted[: middle.start()]), shown.endswith(wanted[middle.end() :])
    return begins and ends and len(got) == (length or int(middle[1]))


def filed(name, raw):
    """The record with all its properties, some of which no SyslogMessage has."""
    if name.startswith("ng."):
        return read_syslog_ng(raw[:65536], syslog="syslog" in name, local=".ux" in name)
    return read_local(raw[:LARGEST]) if name == "rs.uxdgram" else read_rsyslog(raw[:LARGEST])


def differences(name, frame, recorded):
    """The fields in which ours and the recorded record differ."""
    ours = filed(name, frame.raw)
    pri = b"invld" if ours.pri is None else b"%d" % ours.pri
    values = {"pri": pri, "facility": ours.facility.encode(), "severity": ours.severity.encode()}
    values |= {"msgid": ours.msgid, "sd": ours.sd, "msg": ours.msg, "program": ours.program}
    values |= {"tag": ours.tag, "procid": ours.procid} if name.startswith("rs.") else {"pid": ours.procid}
    found = [
        field
        for field, value in values.items()
        if not agrees(
            value, recorded.get(field, ""), recorded["msg_len"] if field == "msg" and "msg_len" in recorded else 0
        )
    ]
    host = recorded.get("hostname", "")
    if ours.hostname is None and host not in SENDERS[".ux" in name]:
        found.append("hostname")
    if ours.hostname is not None and not agrees(ours.hostname, host):
        found.append("hostname")
    # imuxsock knows the timestamp and writes the time of arrival.
    if (ours.timestamp is None) != (recorded["timestamp"] == "RECEIVED"):
        found.append("timestamp")
    return found


def agree(name, frames, recorded, count=None):
    frames = [frame for frame in frames if frame.raw]
    assert len(frames) == (count or len(recorded))
    if count:  # Of many equal ones only the first few and the last were kept.
        frames = [*frames[:3], *frames[3 - len(recorded) :]]
    for frame, record in zip(frames, recorded, strict=True):
        assert differences(name, frame, record) == []


@pytest.mark.parametrize(("vector", "name", "answer"), CASES)
def test_a_profile_answers_as_the_daemon_did(vector, name, answer):
    payloads = [payload(each) for each in vector["payloads"]]
    if "messages" in answer:
        agree(name, [Frame(each, "datagram") for each in payloads], answer["messages"])
        return
    profile = PROFILES[name]
    framer = profile.framer("unix_stream" if ".ux" in name else "tcp")
    if name == "rs.imtcp_nooctet":
        framer = RsyslogFramer(counted=False)
    while_open = framer.feed(b"".join(payloads))
    assert framer.refuses == answer.get("daemon_closed", False)
    agree(name, while_open, answer.get("while_open", []), answer.get("while_open_count"))
    agree(name, framer.close(), answer.get("after_close", []))


@pytest.mark.parametrize(("vector", "name", "answer"), [case for case in CASES if "messages" in case.values[2]])
def test_a_message_is_the_record_as_it_was_filed(vector, name, answer):
    transport = "unix_dgram" if name.endswith("uxdgram") else "udp"
    for each in map(payload, vector["payloads"]):
        messages = PROFILES[name].read(Frame(each, "datagram"), transport=transport, arrival=0.5)

        assert len(messages) == bool(each)
        for message in messages:
            ours = filed(name, each)
            shown = {field: text(getattr(ours, field)) for field in ("program", "procid", "msgid", "msg")}
            assert (message.facility, message.severity, message.pri) == (ours.facility, ours.severity, ours.pri)
            assert (message.raw, message.text, message.arrival) == (each, shown["msg"], 0.5)
            assert (message.app_name or "-") == (shown["program"] or "-")
            assert (message.procid or "-", message.msgid or "-") == (shown["procid"] or "-", shown["msgid"] or "-")
            assert message.hostname == (None if ours.hostname is None else text(ours.hostname))


def test_every_input_is_answered_for():
    assert {name for *_, name, _ in (case.values for case in CASES)} == set(PROFILES)
    assert len(CASES) == 751
