from __future__ import annotations

import pytest

from pytest_loghandlers.endpoints._syslog.rsyslog_socket import read_local

GUESSED = "no PRI: its first octets were taken for one, and it was filed as kern.emerg"


# Each seen at rsyslog 8.2302's imuxsock.
@pytest.mark.parametrize(
    ("raw", "pri", "tag", "msg"),
    [
        (b"<14>Oct 11 22:14:15 a[1]: x", 14, b"a[1]:", b" x"),
        (b"<14>a: x\n\0", 14, b"a:", b" x"),
        (b"<14>a:b c", 14, b"a:b", b" c"),
        (b"<14>1 - h a p m - x", 14, b"1", b" - h a p m - x"),
        (b"<14>hello world", 14, b"hello", b" world"),
        (b"<14>Oct 32 22:14:15 a: x", 14, b"Oct", b" 32 22:14:15 a: x"),
        (b"<14> Oct 11 22:14:15 a: x", 14, b"", b" Oct 11 22:14:15 a: x"),
        (b"<14>Oct 1 22:14:15 a: x", 14, b":", b": x"),
        (b"<14>2003-10-11T22:14:15Z a: x", 14, b":15Z", b""),
        (b"<14>2003 Oct 11 22:14:15 a: x", 14, b"4:15", b"x"),
        (b"<14>Oct 11 2003 22:14:15 a: x", 14, b"4:15", b""),
        (b"<14>a: b\nc\n", 14, b"a:", b" b#012c"),
        (b"<14>", 14, b"", b""),
        (b"<14", 14, b"", b""),
        (b"<>x", 0, b"x", b""),
        (b"a: b", 0, b"", b" b"),
        (b"<ab>x", 0, b"b>x", b""),
        (b"\n", 0, b"", b""),
        (b"<191>a: b", 191, b"a:", b" b"),
        (b"<192>a: b", None, b"a:", b" b"),
        (b"<99999999999>a: b", None, b"a:", b" b"),
        (b"<14>" + b"t" * 512 + b": x", 14, b"t" * 511, b"t: x"),
    ],
)
def test_a_datagram(raw, pri, tag, msg):
    filed = read_local(raw)

    assert (filed.pri, filed.tag, filed.msg) == (pri, tag, msg)
    assert (filed.hostname, filed.timestamp, filed.sd) == (None, None, b"-")


def test_what_it_guessed_is_said():
    assert read_local(b"app: x").notes == (GUESSED,)
    assert read_local(b"<198>app: x").notes == ("PRI not understood: filed under the facility invld",)
    assert read_local(b"<14>app: x").notes == ()


def test_no_room_for_what_was_escaped():
    filed = read_local(b"<14>a: " + b"\t" * 8000)

    assert (len(filed.msg), filed.damage) == (8095 - 6, "cut")


def test_nothing_is_nothing():
    assert read_local(b"") is None
