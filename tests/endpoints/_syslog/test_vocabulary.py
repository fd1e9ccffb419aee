from __future__ import annotations

import re

import pytest

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._syslog.message import parse
from pytest_loghandlers.endpoints._syslog.stream import Pending
from pytest_loghandlers.endpoints._syslog.vocabulary import VOCABULARY, hint, line

SHOP = parse(b'<131>1 - web1 shop 42 ID47 [a@1 k="v"] disk full')


def begun(octets):
    return Pending("tcp", octets, "NUL or LF")


def matches(message=SHOP, text=None, **wanted):
    return VOCABULARY.matcher(text, **wanted).matches(message)


@pytest.mark.parametrize(
    "wanted",
    [
        {"facility": "local0"},
        {"facility": "LOCAL0"},
        {"facility": 16},
        {"facility": re.compile("^local")},
        {"severity": "err"},
        {"severity": "error"},
        {"severity": "ERROR"},
        {"severity": 3},
        {"app_name": "shop"},
        {"app_name": re.compile("sh")},
        {"hostname": "web1"},
        {"procid": "42"},
        {"procid": 42},
        {"msgid": "ID47"},
        {"transport": "udp"},
        {"framing": "datagram"},
        {"had_bom": False},
        {"had_nul": False},
        {"structured_data": "a@1"},
        {"structured_data": {"a@1": {}}},
        {"structured_data": {"a@1": {"k": "v"}}},
        {"structured_data": {"a@1": {"k": re.compile("v")}}},
        {"malformed": False},
        {"text": "disk"},
        {"text": re.compile("full$")},
    ],
    ids=str,
)
def test_a_message_has_what_it_has(wanted):
    assert matches(**wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        {"facility": "local1"},
        {"severity": "warning"},
        {"app_name": "sho"},
        {"hostname": "web2"},
        {"procid": 43},
        {"msgid": "ID4"},
        {"transport": "tcp"},
        {"framing": "lf"},
        {"had_bom": True},
        {"had_nul": True},
        {"structured_data": "a@2"},
        {"structured_data": {"a@2": {}}},
        {"structured_data": {"a@1": {"k": "w"}}},
        {"structured_data": {"a@1": {"l": "v"}}},
        {"malformed": True},
        {"malformed": "PRI"},
        {"text": "disk empty"},
    ],
    ids=str,
)
def test_a_message_has_not_what_it_has_not(wanted):
    assert not matches(**wanted)


def test_what_is_malformed_is_found_by_its_reason():
    message = parse(b"hello")

    assert matches(message, malformed=True)
    assert matches(message, malformed="no PRI")
    assert matches(message, malformed=re.compile("^no .*PRI"))
    assert not matches(message, malformed=False)
    assert not matches(message, facility="user")


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"facility": "local8"}, r"^facility='local8': it is one of kern, user, .*, local7, invld$"),
        ({"facility": 24}, r"^facility=24: it is one of kern"),
        (
            {"severity": "fatal"},
            r"^severity='fatal': it is one of emerg, alert, crit, err, warning, notice, info, debug$",
        ),
        ({"severity": True}, r"^severity=True: it is one of"),
        ({"transport": "unix"}, r"^transport='unix': it is one of udp, tcp, tls, unix_dgram, unix_stream$"),
        ({"malformed": 1}, r"^malformed=1: it is True, False, or a text or regex to look for in the reason$"),
        ({"framing": "crlf"}, r"^framing='crlf': it is one of datagram, octet_counting, lf, nul, eof$"),
        ({"had_bom": 1}, r"^had_bom=1: it is True or False$"),
        ({"had_nul": "yes"}, r"^had_nul='yes': it is True or False$"),
        (
            {"structured_data": 7},
            r"^structured_data=7: it is an SD-ID, or \{id: \{name: value\}\} of what must be among it$",
        ),
        ({"structured_data": {"a@1": "v"}}, r"^structured_data=\{'a@1': 'v'\}: it is an SD-ID, or "),
        ({"level": "x"}, r"^level='x': a message has no such field; it has app_name, facility, "),
    ],
    ids=str,
)
def test_what_no_message_can_have_is_refused(wanted, says):
    with pytest.raises(ArgumentError, match=says):
        VOCABULARY.matcher(**wanted)


@pytest.mark.parametrize(
    ("wanted", "brief", "clauses"),
    [
        ({"severity": "error"}, "a message at severity err", "whose severity is err"),
        ({"facility": re.compile("local")}, "a message from facility local", "whose facility matches /local/"),
        ({"transport": "tcp"}, "a message over tcp", "whose transport is tcp"),
        ({"malformed": True}, "a message that is malformed", "that could not be parsed"),
        ({"malformed": False}, "a message that is well-formed", "that could be parsed"),
        (
            {"malformed": "PRI"},
            "a message that is malformed as 'PRI'",
            "that could not be parsed, the reason containing 'PRI'",
        ),
        ({"framing": "lf"}, "a message framed by lf", "whose framing is lf"),
        ({"had_bom": True}, "a message with a BOM", "with a BOM"),
        ({"had_nul": False}, "a message without a NUL at its end", "without a NUL at its end"),
        (
            {"structured_data": "a@1"},
            "a message with structured_data 'a@1'",
            "whose structured_data holds 'a@1'",
        ),
        (
            {"structured_data": {"a@1": {"k": "v"}}},
            "a message with structured_data {'a@1': {'k': 'v'}}",
            "whose structured_data holds {'a@1': {'k': 'v'}}",
        ),
        ({"app_name": "shop"}, "a message with app_name 'shop'", "whose app_name is 'shop'"),
    ],
    ids=str,
)
def test_a_matcher_says_what_it_wants(wanted, brief, clauses):
    matcher = VOCABULARY.matcher(**wanted)

    assert (matcher.brief, matcher.clauses) == (brief, clauses)


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        ({"severity": "warning"}, "severity is none, not warning"),
        ({"malformed": False}, "malformed is 'no PRI: it does not begin with <number>', not well-formed"),
        ({"malformed": "LF"}, "malformed is 'no PRI: it does not begin with <number>', not 'LF'"),
    ],
    ids=str,
)
def test_a_near_miss_says_what_spoils_it(wanted, fault):
    assert VOCABULARY.matcher("hello", **wanted).faults(parse(b"hello")) == [fault]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"<14>hello\0", "+0.00 s  udp  user.info  'hello'"),
        (b"<131>shop: disk full", "+0.00 s  udp  local0.err  shop: 'disk full'"),
        (b"hello", "+0.00 s  udp  no PRI  'hello'   malformed: no PRI: it does not begin with <number>"),
    ],
)
def test_a_message_is_one_line(raw, shown):
    assert line(parse(raw)) == shown


def test_a_message_over_tcp_says_when_it_came():
    assert line(parse(b"<14>x\ny", transport="tcp", arrival=1.234)) == "+1.23 s  tcp  user.info  'x\\ny'"


def test_a_tag_that_swallowed_the_text_is_explained():
    items = [parse(b"<14>other"), parse(b"<14>error: disk full")]

    assert hint(VOCABULARY.matcher("error: disk"), items, []) == (
        "the bytes of [1] hold it, but their first word was read as the tag, as syslog daemons do: "
        "app_name is 'error', text is 'disk full'"
    )


@pytest.mark.parametrize("text", ["unterminated", re.compile("untermin")])
def test_what_is_still_pending_is_explained(text):
    assert hint(VOCABULARY.matcher(text), [], [begun(b"<14>x"), begun(b"<14>unterminated")]) == (
        "it is in the 16 octets pending over TCP, waiting for NUL or LF: a syslog daemon waits too.\n"
        "          SysLogHandler ends its messages unless append_nul is False"
    )


def test_a_counted_message_that_is_still_pending_says_what_it_lacks():
    pending = [Pending("unix_stream", b"<14>half", "56 more of 64 octets")]

    assert hint(VOCABULARY.matcher("half"), [], pending) == (
        "it is in the 8 octets pending over a unix stream, waiting for 56 more of 64 octets: a syslog daemon waits too"
    )


def test_what_is_not_certain_is_not_explained():
    assert hint(VOCABULARY.matcher("nowhere"), [SHOP], [begun(b"<14>x")]) is None
    assert hint(VOCABULARY.matcher(severity="info"), [SHOP], [begun(b"<14>x")]) is None
    assert hint(VOCABULARY.matcher("disk full", severity="info"), [SHOP], []) is None
    assert hint(VOCABULARY.matcher("web1 shop"), [SHOP], []) is None
    assert hint(VOCABULARY.matcher("14"), [parse(b"<14>Oct 11 22:14:15 web1 hello there")], []) is None
