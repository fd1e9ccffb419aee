from __future__ import annotations

import pytest

from pytest_loghandlers.endpoints._syslog.syslog_ng_rfc5424 import GaveUpError, is_rfc5424, read_rfc5424

STAMP = b"1 2003-10-11T22:14:15Z "


def test_all_fields():
    fields = read_rfc5424(b'<14>1 2003-10-11T22:14:15.003Z h a p m [x@1 k="v"] \xef\xbb\xbfhello', 4)

    assert (fields.timestamp, fields.hostname, fields.program) == (b"2003-10-11T22:14:15.003Z", b"h", b"a")
    assert (fields.pid, fields.msgid, fields.sd, fields.msg) == (b"p", b"m", b'[x@1 k="v"]', b"hello")


def test_nil_is_none():
    fields = read_rfc5424(b"1 - - - - - - x", 0)

    assert (fields.timestamp, fields.hostname, fields.program, fields.pid) == (None, None, b"", b"")
    assert (fields.msgid, fields.sd, fields.msg) == (b"", b"", b"x")


@pytest.mark.parametrize(
    ("text", "yes"),
    [(b"1 -", True), (b"1", True), (b"01 -", True), (b"2 -", False), (b"11 -", False), (b"1\t-", False), (b"", False)],
)
def test_the_version_tells(text, yes):
    assert is_rfc5424(text, 0) is yes


def test_long_fields_are_cut():
    fields = read_rfc5424(STAMP + b" ".join((b"h" * 255, b"a" * 49, b"p" * 129, b"m" * 33, b"-", b"x")), 0)

    assert [len(field) for field in (fields.hostname, fields.program, fields.pid, fields.msgid)] == [255, 48, 128, 32]


# Each seen at syslog-ng 3.38; the bar is where it gave up.
@pytest.mark.parametrize(
    "text",
    [
        b"|1",
        b"1| ",
        b"1| apples are red",
        b"1| 2003-1-11T22:14:15Z h a p m - x",
        b"1 |-",
        b"1 |-- h a p m - x",
        b"1 - |",
        b"1 - |h",
        b"1 - |[x] a p m - x",
        b"1 - |app: a p m - x",
        b"1 2003-10-11T22:14:15|Z: h a p m - x",
        b"1 2003-10-11T22:14:15|ZZ h a p m - x",
        b"1 2003-10-11T22:14:1|5+0200 h a p m - x",
        STAMP + b"|" + b"h" * 256 + b" a p m - x",
        STAMP + b"h a p |m",
        STAMP + b"h a p| ",
        STAMP + b"h a p m| x",
        STAMP + b"h a p m |-x",
        STAMP + b"h a p m |[] x",
        STAMP + b"h a p m [|a",
        STAMP + b"h a p m [a|  b] x",
        STAMP + b"h a p m [a |b] x",
        STAMP + b"h a p m [a b|=c] x",
        STAMP + b'h a p m [a b=|"',
        STAMP + b'h a p m [a b="|c',
        STAMP + b'h a p m [a b="c|]d"] x',
        STAMP + b'h a p m [a b="c|"d="e"] x',
        STAMP + b'h a p m [a b="c"| ] x',
        STAMP + b'h a p m [a b="c"|]x',
        STAMP + b'h a p m [ca|f\xe9 k="v"] x',
    ],
)
def test_where_it_gives_up(text):
    where = text.index(b"|")

    with pytest.raises(GaveUpError) as given_up:
        read_rfc5424(b"<14>" + text.replace(b"|", b""), 4)

    assert given_up.value.at == 4 + where


# Each seen at syslog-ng 3.38.
@pytest.mark.parametrize(
    ("sent", "filed"),
    [
        (b"", b""),
        (b"[a]", b"[a]"),
        (b'[a b="c" d="e"][f g=""]', b'[a b="c" d="e"][f g=""]'),
        (b'[a b="c"][a b="d"]', b'[a b="d"]'),
        (b'[a b="c"][a d="e"]', b'[a b="c" d="e"]'),
        (b'[a c="1"][b d="2"][a e="3"]', b'[a c="1"][b d="2"][a e="3"]'),
        (b'[a][a k="v"]', b'[a k="v"]'),
        (b'[a@1 c.d="e"]', b'[a@1.c d="e"]'),
        (b'[a b="q\\"\\\\\\]"]', b'[a b="q\\"\\\\\\]"]'),
        (b'[a b="c:\\new"]', b'[a b="c:\\\\new"]'),
        (b'[a b="\xe9\n\0"]', b'[a b="\xe9\n\0"]'),
        (b'[a[b c="d"]', b'[a%5Bb c="d"]'),
        (b"[" + b"i" * 248 + b"]", b"[" + b"i" * 248 + b"]"),
    ],
)
def test_structured_data(sent, filed):
    fields = read_rfc5424(STAMP + b"h a p m " + sent + b" x", 0)

    assert (fields.sd, fields.msg) == (filed, b"x")


@pytest.mark.parametrize(
    ("data", "at"),
    [(b"[" + b"i" * 249 + b"] x", 1 + 247), (b"[a " + b"n" * 255 + b'="v"] x', 3 + 253)],
)
def test_a_name_may_be_too_long(data, at):
    with pytest.raises(GaveUpError) as given_up:
        read_rfc5424(STAMP + b"h a p m " + data, 0)

    assert given_up.value.at == len(STAMP) + 8 + at


def test_nothing_behind_the_data():
    for end in (b"-", b"- ", b"[a]", b""):
        assert read_rfc5424(STAMP + b"h a p m " + end, 0).msg == b""
