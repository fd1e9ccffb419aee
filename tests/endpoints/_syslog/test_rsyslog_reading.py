from __future__ import annotations

import pytest

from pytest_loghandlers.endpoints._syslog.rsyslog_reading import LARGEST, escaped, priority, read

LOST = "its control characters were escaped (as #000), and for its end there was no room"


def seen(raw):
    filed = read(raw)
    return filed.hostname, filed.tag, filed.program, filed.procid, filed.msg


# Each seen at rsyslog 8.2302.
@pytest.mark.parametrize(
    ("raw", "host", "tag", "program", "procid", "msg"),
    [
        (b"<14>hello", b"hello", b"", b"", b"-", b""),
        (b"<14>app:text", None, b"app:", b"app", b"-", b"text"),
        (b"<14>h postfix/smtpd[1]: x", b"h", b"postfix/smtpd[1]:", b"postfix", b"1", b" x"),
        (b"<14>{a b", None, b"", b"", b"-", b"{a b"),
        (b"<14>Oct 11 22:14:15 {a b", None, b"{a", b"{a", b"-", b" b"),
        (b"<14>a- b", None, b"a-", b"a-", b"-", b" b"),
        (b"<14>a  b", b"a", b"", b"", b"-", b" b"),
        (b"<14>" + b"h" * 511 + b" a: x", b"h" * 511, b"a:", b"a", b"-", b" x"),
        (b"<14>!" + b"t" * 510 + b": x", None, b"!" + b"t" * 509, b"!" + b"t" * 509, b"-", b"t: x"),
        (b"<14>oct  1 22:14:15.123: h a: x", b"h", b"a:", b"a", b"-", b" x"),
        (b"<14>Oct 11 2003 22:14:15 h a: x", b"h", b"a:", b"a", b"-", b" x"),
        (b"<14>Oct 11 1970 22:14:15 h a: x", b"Oct", b"11", b"11", b"-", b" 1970 22:14:15 h a: x"),
        (b"<14>2003 Oct 11 22:14:15 h a: x", b"h", b"a:", b"a", b"-", b" x"),
        (b"<14>2003 Oct 11 22:14:15 h x", b"h", b"x\0", b"x", b"-", b""),
        (b"<14> Oct 11 22:14:15 h a: x", b"h", b"a:", b"a", b"-", b" x"),
        (b"<14>2003-10-11T22:14:15+02:00 h a: x", b"h", b"a:", b"a", b"-", b" x"),
        (b"<14>2003-10-11T22:14:15+24:00 h", None, b"2003-10-11T22:", b"2003-10-11T22", b"-", b"14:15+24:00 h"),
        (b"<14>Oct 99999999999 22:14:15 h", b"Oct", b"99999999999", b"99999999999", b"-", b" 22:14:15 h"),
    ],
)
def test_a_message_of_the_old_format(raw, host, tag, program, procid, msg):
    assert seen(raw) == (host, tag, program, procid, msg)


# Each seen at rsyslog 8.2302, except for the last field of a message that ends within its header.
@pytest.mark.parametrize(
    ("rest", "host", "tag", "msgid", "sd", "msg"),
    [
        (b"h a p m - x", b"h", b"a[p]", b"m", b"-", b"x"),
        (b"h a - - - x", b"h", b"a", b"-", b"-", b"x"),
        (b"h a p m -x", b"h", b"a[p]", b"m", b"-", b"x"),
        (b'h a p m [a b="\\] "] x', b"h", b"a[p]", b"m", b'[a b="\\] "]', b"x"),
        (b"h a p m [a]", b"h", b"a[p]", b"m", b"[a]", b""),
        (b"h a p m [a\\]", b"h", b"a[p]", b"m", b"[a\\]", b""),
        (b"h a p m [a x", b"h", b"a[p]", b"m", b"[a ", b"x"),
        (b"h a p m [", b"h", b"a[p]", b"m", b"", b"["),
        (b"h a p m foo", b"h", b"a[p]", b"m", b"m", b"foo"),
        (b"h a", b"h", b"a[]", b"", b"", b""),
        (b"", b"", b"-[]", b"", b"", b""),
    ],
)
def test_a_message_of_rfc_5424(rest, host, tag, msgid, sd, msg):
    filed = read(b"<14>1 2003-10-11T22:14:15Z " + rest)

    assert (filed.hostname, filed.tag, filed.msgid, filed.sd, filed.msg) == (host, tag, msgid, sd, msg)
    assert filed.timestamp == b"2003-10-11T22:14:15Z"


@pytest.mark.parametrize("rest", [b"2003-10-11 22:14:15Z h a", b"2100-10-11T22:14:15Z h a", b"-", b"x", b""])
def test_without_its_timestamp_it_is_all_text(rest):
    filed = read(b"<14>1 " + rest)

    assert (filed.msg, filed.tag, filed.hostname, filed.sd) == (rest, b"", None, b"-")
    assert filed.notes == ("RFC 5424 by its '1 ', but without its timestamp: all behind it was filed as text",)


@pytest.mark.parametrize(
    ("text", "value", "end"),
    [
        (b"<14>x", 14, 4),
        (b"<>x", 0, 2),
        (b"<0000191>", 191, 9),
        (b"<192>", None, 0),
        (b"<14", None, 0),
        (b"< 14>", None, 0),
        (b"x", 13, 0),
        (b"", 13, 0),
        (b"<" + b"0" * 9000 + b">", 0, 9002),
    ],
)
def test_pri(text, value, end):
    assert priority(text) == (value, end)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a\n\0", b"a"),
        (b"a\0\n", b"a#000"),
        (b"a\n\n", b"a#012"),
        (b"\t\x1b\x7f\xe9", b"#011#033\x7f\xe9"),
        (b"\n", b""),
        (b"\0\0", b"#000"),
    ],
)
def test_control_characters_are_escaped_but_for_the_end_mark(raw, text):
    assert escaped(raw) == (text, None)


# Seen at rsyslog 8.2302: how many octets are left of a message with a tab, by where it stands.
@pytest.mark.parametrize(
    ("raw", "left"),
    [
        (b"\t" + b"x" * 8089, 8093),
        (b"\t" + b"x" * 8090, 8093),
        (b"x" * 8092 + b"\t", 8096),
        (b"x" * 8093 + b"\t", 8093),
        (b"x" * 8095 + b"\t", 8094),
        (b"<14>a: " + b"\t" * 8000, 8095),
    ],
)
def test_escaping_may_leave_no_room_for_the_end(raw, left):
    text, lost = escaped(raw)

    assert len(text) == left
    assert (lost is None) == (len(text) == len(raw) + 3 * raw.count(b"\t"))
    assert lost in (None, LOST)


def test_what_had_no_room_is_cut():
    filed = read(b"<14>a: " + b"\t" * 4000)

    assert (filed.notes, filed.damage) == ((LOST,), "cut")
    assert LARGEST == 8096
