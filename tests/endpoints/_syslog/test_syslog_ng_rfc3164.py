from __future__ import annotations

import pytest

from pytest_loghandlers.endpoints._syslog.syslog_ng_rfc3164 import read_rfc3164


def seen(text, *, local=False, kernel=False):
    fields = read_rfc3164(text, local=local, kernel=kernel)
    return fields.timestamp, fields.hostname, fields.program, fields.pid, fields.msg


# Each seen at syslog-ng 3.38.
@pytest.mark.parametrize(
    ("text", "program", "pid", "msg"),
    [
        (b"a[1]: x", b"a", b"1", b"x"),
        (b"a[1] x", b"a", b"1", b"x"),
        (b"a[1]x", b"a", b"1", b"x"),
        (b"a[1 2]: x", b"a", b"1", b"2]: x"),
        (b"a[1:2]: x", b"a", b"1", b"2]: x"),
        (b"a[1", b"a", b"", b""),
        (b"a[1]", b"a", b"1", b""),
        (b"[worker-1] x", b"", b"worker-1", b"x"),
        (b"a[1\0002]: x", b"a", b"1", b"x"),
        (b"[", b"", b"", b""),
        (b"a:  x", b"a", b"", b" x"),
        (b"a : x", b"a", b"", b": x"),
        (b":x", b"", b"", b"x"),
        (b'{"event": 1}', b'{"event"', b"", b"1}"),
        (b" \0 a: x", b"a", b"", b"x"),
        (b"http://x/y z", b"http", b"", b"//x/y z"),
        (b"", b"", b"", b""),
    ],
)
def test_program_and_pid(text, program, pid, msg):
    assert seen(text) == (None, None, program, pid, msg)


@pytest.mark.parametrize(
    "stamp",
    [
        b"Oct 11 22:14:15",
        b"Oct  1 22:14:15",
        b"OCT 11 22:14:15",
        b"Oct 99 99:99:99",
        b"Oct 11  2:14:15",
        b"Oct 11 22:14:15.123",
        b"Oct 11 22:14:15,123",
        b"Oct 11 2003 22:14:15",
        b"Oct 11 22:14:15 2003",
        b"2003-10-11T22:14:15Z",
        b"2003-10-11T22:14:15.003+02:00",
        b"2003-10-11 22:14:15,043",
        b"2003-99-99T99:99:99Z",
    ],
)
def test_a_timestamp(stamp):
    assert seen(stamp + b" h a: x") == (stamp, b"h", b"a", b"", b"x")


@pytest.mark.parametrize(
    "text",
    [
        b"Oct 1 22:14:15 h a: x",
        b"oct 11 22:14:15 h a: x",
        b"Oct 11 2:14:15 h a: x",
        b"Okt 11 22:14:15 h a: x",
        b"2003-10-11t22:14:15Z h a: x",
        b"2003-1-11T22:14:15Z h a: x",
        b"Oct 11 2003 22:14:15.1 h a: x",
        b"1990 Oct 22 10:52:01 h a: x",
    ],
)
def test_no_timestamp(text):
    assert seen(text)[:2] == (None, None)


# Each seen at syslog-ng 3.38, behind a timestamp.
@pytest.mark.parametrize(
    ("text", "host", "program", "msg"),
    [
        (b"h a: x", b"h", b"a", b"x"),
        (b"h   a: x", b"h", b"a", b"x"),
        (b"app: x", None, b"app", b"x"),
        (b"app[1]: x", None, b"app", b"x"),
        (b"h", None, b"h", b""),
        (b"h ", b"h", b"", b""),
        (b"cafe: x y", b"cafe:", b"x", b"y"),
        (b"decade: x", None, b"decade", b"x"),
        (b"2001:db8::1 a: x", b"2001:db8::1", b"a", b"x"),
        (b"fe80::1%eth0 a: x", b"fe80::1%eth0", b"a", b"x"),
        (b"1:2:3:4:5:6:7:8:9 a: x", None, b"1", b"2:3:4:5:6:7:8:9 a: x"),
        (b"1.2.3.4:5 a: x", None, b"1.2.3.4", b"5 a: x"),
        (b"h" * 255 + b" a: x", b"h" * 255, b"a", b"x"),
        (b"h" * 256 + b" a: x", None, b"h" * 256, b"a: x"),
        (b"last message repeated 3 times", None, b"", b"last message repeated 3 times"),
        (b"Message forwarded from h b: a: x", b"h b", b"a", b"x"),
        (b"UTC: h a: x", None, b"UTC", b"h a: x"),
    ],
)
def test_a_host(text, host, program, msg):
    stamp, found, name, _, rest = seen(b"Oct 11 22:14:15 " + text)

    assert (stamp, found, name, rest) == (b"Oct 11 22:14:15", host, program, msg)


def test_a_unix_socket_has_no_host():
    assert seen(b"Oct 11 22:14:15 h a: x", local=True) == (b"Oct 11 22:14:15", None, b"h", b"", b"a: x")


def test_the_kernel_has_no_program_of_its_own():
    assert seen(b"a: x", local=True, kernel=True) == (None, None, b"kernel", b"", b"a: x")
    assert seen(b"Oct 11 22:14:15 a: x", local=True, kernel=True)[2] == b"a"
    assert seen(b"a: x", kernel=True)[2] == b"a"


@pytest.mark.parametrize(
    ("text", "sd", "program", "msg"),
    [
        (b"12: x", b'[meta sequenceId="12"]', b"x", b""),
        (b": x", b'[meta sequenceId=""]', b"x", b""),
        (b"12:x", b"", b"12", b"x"),
        (b"*a: x", b'[timeQuality isSynced="0"]', b"a", b"x"),
        (b" .a: x", b'[timeQuality isSynced="1"]', b"a", b"x"),
        (b"*  x y", b'[timeQuality isSynced="0"]', b"", b" x y"),
        (b"12: *Oct 11 22:14:15: %A: x", b'[meta sequenceId="12"][timeQuality isSynced="0"]', b"%A", b"x"),
    ],
)
def test_what_cisco_writes_first(text, sd, program, msg):
    fields = read_rfc3164(text, local=False, kernel=False)

    assert (fields.sd, fields.program, fields.msg) == (sd, program, msg)


@pytest.mark.parametrize("behind", [b" : x y", b": : x y"])
@pytest.mark.parametrize("stamp", [b"Oct 11 22:14:15", b"Oct 11 2003 22:14:15"])
def test_one_colon_belongs_to_the_timestamp_and_only_where_it_follows_at_once(stamp, behind):
    assert seen(stamp + behind) == (stamp, b":", b"x", b"", b"y")
