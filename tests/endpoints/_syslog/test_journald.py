from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._syslog.framing import Frame
from pytest_loghandlers.endpoints._syslog.journald import DIFFERENCES, Journald

NO_PRI = "no PRI that journald knows: filed as user.info"


def entries(raw, transport="unix_dgram"):
    return Journald().read(Frame(raw, "datagram"), transport=transport, arrival=1.0)


# What systemd-journald 252 made of each: PRIORITY, SYSLOG_FACILITY, SYSLOG_IDENTIFIER, SYSLOG_PID, MESSAGE.
@pytest.mark.parametrize(
    ("raw", "severity", "facility", "identifier", "pid", "text"),
    [
        (b"<14>ID:x hello world\0", "info", "user", None, None, "ID:x hello world"),
        (b"<14>myapp[42]: ID:x hello\0", "info", "user", "myapp", "42", "ID:x hello"),
        (b"<14>Oct 11 22:14:15 myapp[42]: ID:x hello", "info", "user", "myapp", "42", "ID:x hello"),
        (b"<14>Oct 11 22:14:15 web1 myapp[42]: x", "info", "user", None, None, "web1 myapp[42]: x"),
        (b"<14>1 - web1 a 42 ID1 - x", "info", "user", None, None, "1 - web1 a 42 ID1 - x"),
        (b"<14>app: ID:x one\ntwo\nthree\0", "info", "user", "app", None, "ID:x one\ntwo\nthree"),
        (b"<14>app: ID:x one\n", "info", "user", "app", None, "ID:x one"),
        (b"<14>app: ID:x before\0after\0", "info", "user", "app", None, "ID:x before"),
        (b"<14>app: ID:x caf\xe9", "info", "user", "app", None, "ID:x caf\\xe9"),
        (b"<14>app: \xef\xbb\xbfID:x", "info", "user", "app", None, "\ufeffID:x"),
        (b"app: ID:x", "info", "user", "app", None, "ID:x"),
        (b"<198>app: ID:x", "info", "24", "app", None, "ID:x"),
        (b"<1030>app: ID:x", "info", "user", "<1030>app", None, "ID:x"),
        (b"<-2>app: ID:x", "info", "user", "<-2>app", None, "ID:x"),
        (b"<14>", "info", "user", None, None, ""),
        (b"<14>\0", "info", "user", None, None, ""),
        (b"<14>app: ", "info", "user", "app", None, ""),
        (b"<14>   ID:x lead", "info", "user", None, None, "   ID:x lead"),
        (b"<14>app: ID:x a\tb\x01\x1b[31m", "info", "user", "app", None, "ID:x a\tb\x01\x1b[31m"),
        (b"<11>ID:x real args\0", "err", "user", None, None, "ID:x real args"),
    ],
)  # fmt: skip
def test_an_entry(raw, severity, facility, identifier, pid, text):
    (message,) = entries(raw)

    assert (message.severity, message.facility, message.app_name) == (severity, facility, identifier)
    assert (message.procid, message.text, message.hostname) == (pid, text, None)
    assert message.raw == raw


def test_what_stands_behind_a_nul_is_cut():
    (message,) = entries(b"<14>app: before\0after\0")

    assert (message.damage, message.malformed) == (
        "cut",
        "cut at its first NUL: 6 octets behind it are not in MESSAGE",
    )
    assert entries(b"<14>app: x\0")[0].malformed is None


def test_without_a_pri_it_is_user_info():
    (message,) = entries(b"app: x")

    assert (message.pri, message.malformed) == (14, NO_PRI)


def test_the_timestamp_is_known():
    assert entries(b"<14>Oct 11 22:14:15 a: x")[0].timestamp == "Oct 11 22:14:15"
    assert entries(b"<14>Oct 11 22:14:15")[0].timestamp is None


def test_nothing_is_nothing():
    assert entries(b"") == ()


def test_a_stream_is_cut_as_the_plain_profile_does():
    assert [frame.raw for frame in Journald().framer("unix_stream").feed(b"3 <b>")] == [b"<b>"]
    assert all(len(reason) > 20 for reason in DIFFERENCES.values())


@given(st.binary(max_size=100))
def test_no_bytes_raise(raw):
    assert len(entries(raw)) == bool(raw)
