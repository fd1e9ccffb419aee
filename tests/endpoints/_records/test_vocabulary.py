from __future__ import annotations

import logging
import pickle
import re

import pytest

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._records.received import ReceivedRecord
from pytest_loghandlers.endpoints._records.vocabulary import VOCABULARY, hint, line

TRACE = "Traceback (most recent call last):\n  File x\nshop.errors.Declined: card\n"


def item(raw=None, *, transport="tcp", malformed=None, **attributes):
    known = {"name": "shop.pay", "msg": "card declined", "levelno": 40, "levelname": "ERROR", **attributes}
    octets = pickle.dumps(known, 1) if raw is None else raw
    return ReceivedRecord(
        octets, transport=transport, arrival=0.25, malformed=malformed, connection=1 if transport == "tcp" else None
    )


class Declined(Exception):
    pass


HOLDS = [
    {"level": 40},
    {"level": "error"},
    {"logger": "shop"},
    {"logger": "shop.pay"},
    {"logger": logging.Logger("shop")},
    {"logger": logging.LoggerAdapter(logging.Logger("shop"))},
    {"logger": re.compile("pay$")},
    {"extra": {}},
    {"extra": {"seq": 7}},
    {"extra": {"seq": 7, "user": re.compile("^a")}},
    {"exc_info": True},
    {"exc_info": Declined},
    {"exc_info": "Declined: card"},
    {"exc_info": re.compile("card$", re.MULTILINE)},
    {"transport": "tcp"},
    {"connection": 1},
    {"malformed": False},
    {"refused": False},
]
HOLDS_NOT = [
    ({"level": 30}, "level is ERROR, not WARNING"),
    ({"logger": "shop.p"}, "logger is 'shop.pay', not 'shop.p'"),
    ({"logger": ""}, "logger is 'shop.pay', not 'root'"),
    ({"extra": {"seq": 8}}, "seq is 7, not 8"),
    ({"extra": {"id": 8}}, "it has no id"),
    ({"exc_info": False}, "exc_info is 'shop.errors.Declined: card', not none"),
    ({"exc_info": ValueError}, "exc_info is 'shop.errors.Declined: card', not ValueError"),
    ({"transport": "udp"}, "transport is tcp, not udp"),
    ({"malformed": True}, "malformed is none, not some"),
    ({"refused": "GLOBAL"}, "refused is none, not 'GLOBAL'"),
]


@pytest.mark.parametrize("wanted", HOLDS, ids=repr)
def test_what_a_record_has_matches(wanted):
    assert VOCABULARY.matcher("declined", **wanted).matches(item(seq=7, user="ann", exc_text=TRACE))


@pytest.mark.parametrize(("wanted", "fault"), HOLDS_NOT, ids=[str(wanted) for wanted, _ in HOLDS_NOT])
def test_what_a_record_has_not_is_said(wanted, fault):
    matcher = VOCABULARY.matcher(**wanted)
    got = item(seq=7, user="ann", exc_text=TRACE)

    assert not matcher.matches(got)
    assert matcher.faults(got) == [fault]


def test_a_chain_or_a_group_has_each_of_its_exceptions():
    text = "  + Exception Group Traceback (most recent call last):\n  | ExceptionGroup: x (1 sub-exception)\n"
    text += "  +-+---------------- 1 ----------------\n    | KeyError: 'a'\n"
    for kind in (ExceptionGroup, KeyError):
        assert VOCABULARY.matcher(exc_info=kind).matches(item(exc_text=text))
    assert not VOCABULARY.matcher(exc_info=LookupError).matches(item(exc_text=text))


def test_reasons_are_looked_into():
    broken, refused = item(b"x", malformed="cut at 3"), item(b"cos\nsystem\n.")

    for wanted in (True, "cut", re.compile("at [0-9]")):
        assert VOCABULARY.matcher(malformed=wanted).find([broken, refused, item()]) == [broken]
    for wanted in (True, "os.system", re.compile("GLOBAL at byte 0")):
        assert VOCABULARY.matcher(refused=wanted).find([broken, refused, item()]) == [refused]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"level": "LOUD"}, "level='LOUD': it is a number or one of the level names that logging knows: NOTSET, "),
        ({"level": True}, "level=True: it is a number or one of the level names that logging knows: "),
        ({"logger": 7}, "logger=7: it is the name of a logger, or a logging.Logger"),
        ({"extra": ["a"]}, "extra=['a']: it is a mapping of attribute names to values"),
        (
            {"exc_info": ValueError("x")},
            "exc_info=ValueError('x'): only a traceback's text is sent, so it is True or False, a text or regex ",
        ),
        ({"transport": "tls"}, "transport='tls': it is one of udp, tcp, unix_stream, unix_dgram"),
        ({"malformed": 1}, "malformed=1: it is True, False, or a text or regex to look for in the reason"),
        ({"refused": b"x"}, "refused=b'x': it is True, False, or a text or regex to look for in the reason"),
    ],
)
def test_what_cannot_be_meant_is_an_argument_error(wanted, message):
    with pytest.raises(ArgumentError) as caught:
        VOCABULARY.matcher(**wanted)

    assert str(caught.value).startswith(message)


def test_the_words_of_a_matcher():
    matcher = VOCABULARY.matcher(
        "x", level=40, logger=re.compile("pay"), extra={"seq": 7}, exc_info=Declined, transport="udp", refused="os."
    )

    assert matcher.brief == (
        "'x' at ERROR from a logger matching /pay/ with extra seq with exception Declined over udp "
        "that is refused as 'os.'"
    )
    assert matcher.wanted == (
        "1 record whose text contains 'x' and whose level is ERROR and whose logger matches /pay/ and whose seq is 7 "
        "and whose traceback is of Declined and whose transport is udp "
        "and whose content was refused, the reason containing 'os.'"
    )
    other = VOCABULARY.matcher(level=25, exc_info=False, malformed=True, refused=False, extra={}, connection=3)
    assert other.brief == (
        "a record at 25 without an exception that is malformed that is not refused with extra {} on connection 3"
    )
    assert other.wanted == (
        "1 record whose level is 25 and that carries no traceback and that is no whole frame and whose content was "
        "taken and with any extra and whose connection is 3"
    )


def test_the_lines_of_a_listing():
    assert line(item()) == "+0.25 s  tcp #1  ERROR    shop.pay     'card declined'"
    assert line(item(transport="udp", exc_text="once")) == (
        "+0.25 s  udp  ERROR    shop.pay     'card declined'  'once'"
    )
    assert line(item(b"x", malformed="cut")) == "+0.25 s  tcp #1  malformed: cut"
    assert line(item(b"cos\nsystem\n.")) == (
        "+0.25 s  tcp #1  refused: opcode GLOBAL at byte 0 naming os.system: a log record needs only plain data   "
        "b'cos\\nsystem\\n.'"
    )
    assert line(item(name=None, levelno=None, levelname=None)) == (
        "+0.25 s  tcp #1                        'card declined'"
    )


def hinted(text, items=(), pending=()):
    return hint(VOCABULARY.matcher(text), items, pending)


def test_a_miss_that_is_in_what_was_not_taken_is_explained():
    assert hinted("disk", [item(b"\0\0\0\x09disk", malformed="cut")]) == (
        "the octets of [0] hold it, but they are no whole frame: cut"
    )
    assert hinted(re.compile("di.k"), [item(), item(b"cos\nsystem\n(Vdisk\ntR.")]) == (
        "the octets of [1] hold it, but were refused: opcode GLOBAL at byte 0 naming os.system: a log record "
        "needs only plain data"
    )
    assert hinted("disk", [item(b'{"msg": "disk"}')]) == (
        "the octets of [0] hold it, but were refused: not a pickle: no opcode is b'{' at byte 0; it looks like JSON "
        "(decode= takes a function for what is none)"
    )
    assert hinted("disk", pending=[b"\0\0\0\x63}disk"]) == (
        "it is in a frame without an end: 5 of 99 octets have come. Its sender has not sent the rest, or its length is "
        "too large"
    )


def test_nothing_is_said_where_nothing_is_certain():
    assert hinted("disk", [item(), item(b"x", malformed="cut")], [b"\0\0"]) is None
    assert hinted(None, [item(b"x", malformed="cut")], [b"x"]) is None
