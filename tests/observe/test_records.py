"""What can be asked of a record: each field's agreement, its words, and what it refuses."""

from __future__ import annotations

import logging
import re
import sys

import pytest

from pytest_loghandlers import ArgumentError
from pytest_loghandlers.observe._records import (
    exception_of,
    is_at_or_below,
    level_name,
    level_number,
    record_vocabulary,
    show_record,
    without_message,
)

VOCABULARY = record_vocabulary()


class Odd(Exception):
    pass


def record(message="card declined", *arguments, name="shop.pay", level=logging.ERROR, exc_info=None, **extra):
    made = logging.LogRecord(name, level, __file__, 1, message, arguments, exc_info)
    vars(made).update(extra)
    return made


def raised(error):
    try:
        raise error
    except Exception:
        return sys.exc_info()


def faults(item, text=None, **wanted):
    return VOCABULARY.matcher(text, **wanted).faults(item)


def test_a_level_is_a_number_or_a_name_in_any_case():
    assert [level_number(level) for level in (35, "ERROR", "error", "WARN")] == [35, 40, 40, 30]
    assert [level_name(level) for level in (40, 35)] == ["ERROR", "35"]
    assert faults(record(), level="error") == []
    assert faults(record(), level=30) == ["level is ERROR, not WARNING"]


def test_a_level_name_of_the_application_is_known(monkeypatch):
    monkeypatch.setattr(logging, "_levelToName", dict(logging._levelToName))
    monkeypatch.setattr(logging, "_nameToLevel", dict(logging._nameToLevel))
    logging.addLevelName(25, "NOTICE")
    assert faults(record(level=25), level="NOTICE") == []
    assert faults(record(), level="NOTICE") == ["level is ERROR, not NOTICE"]


def test_min_level_is_this_one_or_above():
    assert faults(record(), min_level="ERROR") == []
    assert faults(record(), min_level="WARNING") == []
    assert faults(record(), min_level="CRITICAL") == ["level is ERROR, below CRITICAL"]


def test_a_logger_stands_for_itself_and_all_below_it():
    assert is_at_or_below("shop", "shop")
    assert is_at_or_below("shop.db.pool", "shop")
    assert not is_at_or_below("shopping", "shop")
    assert not is_at_or_below("shop", "shop.db")
    assert faults(record(), logger=logging.getLogger("shop")) == []
    assert faults(record(name="shopping"), logger="shop") == ["logger is 'shopping', not 'shop' or below it"]


def test_root_stands_for_root_alone():
    assert faults(record(name="root"), logger="root") == []
    assert faults(record(name="root"), logger="") == []
    assert not is_at_or_below("root.shop", "root")
    assert faults(record(), logger="root") == ["logger is 'shop.pay', not root itself"]


def test_a_regex_is_searched_in_the_loggers_name():
    assert faults(record(), logger=re.compile(r"\.pay$")) == []
    assert faults(record(), logger=re.compile("^pay")) == ["logger is 'shop.pay', not /^pay/"]


def test_extra_attributes_must_be_there_and_equal_or_match():
    item = record(order=7, user="ann@example.com")
    assert faults(item, extra={"order": 7, "user": re.compile("^ann")}) == []
    assert faults(item, extra={"order": 8}) == ["order is 7, not 8"]
    assert faults(item, extra={"user": re.compile("^bob")}) == ["user is 'ann@example.com', not /^bob/"]
    assert faults(item, extra={"basket": 8}) == ["it has no basket"]


def test_an_extra_whose_comparison_raises_is_a_fault_not_an_error():
    class Rude:
        def __eq__(self, other):
            raise ValueError("no")

        __hash__ = None

    assert len(faults(record(order=Rude()), extra={"order": 7})) == 1


@pytest.mark.parametrize(
    "wanted", [ValueError, Exception, (KeyError, ValueError), ValueError("no card"), True], ids=repr
)
def test_an_exception_is_met_by_class_by_likeness_and_by_there_being_one(wanted):
    item = record(exc_info=raised(ValueError("no card")))
    assert faults(item, exc_info=wanted) == []
    assert faults(record(), exc_info=wanted) == ["it carries no exception"]


def test_another_exception_is_told():
    item = record(exc_info=raised(ValueError("no card")))
    assert faults(item, exc_info=KeyError) == ["exception is ValueError('no card'), not KeyError"]
    assert faults(item, exc_info=(KeyError, Odd)) == ["exception is ValueError('no card'), not KeyError or Odd"]
    assert faults(item, exc_info=ValueError("x")) == ["exception is ValueError('no card'), not ValueError('x')"]
    assert faults(item, exc_info=False) == ["exception is ValueError('no card')"]
    assert faults(record(), exc_info=False) == []


def test_logger_exception_outside_of_an_except_block_carries_none():
    assert exception_of(record(exc_info=(None, None, None))) is None
    assert faults(record(exc_text="Traceback ..."), exc_info=True) == ["it carries no exception, only the text of one"]


def test_what_is_asked_for_reads_as_a_sentence():
    matcher = VOCABULARY.matcher(
        "declined", logger="shop", level="ERROR", min_level="INFO", extra={"order": 7}, exc_info=ValueError
    )
    assert matcher.brief == "'declined' from 'shop' at ERROR at INFO or above with order=7 with ValueError"
    assert matcher.wanted == (
        "1 record whose message contains 'declined' and whose logger is 'shop' or below it and whose level is ERROR "
        "and whose level is INFO or above and with order=7 and with ValueError"
    )
    assert VOCABULARY.matcher(exc_info=True).brief == "a record with an exception"
    assert VOCABULARY.matcher(exc_info=False).clauses == "without an exception"
    assert VOCABULARY.matcher(logger=re.compile("x")).clauses == "whose logger matches /x/"
    assert VOCABULARY.matcher(logger="root").clauses == "whose logger is root itself"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            {"level": "LOUD"},
            (
                "level='LOUD': it is a number or one of the level names that logging knows: "
                "NOTSET, DEBUG, INFO, WARN, WARNING, ERROR, CRITICAL, FATAL"
            ),
        ),
        (
            {"min_level": True},
            (
                "min_level=True: it is a number or one of the level names that logging knows: "
                "NOTSET, DEBUG, INFO, WARN, WARNING, ERROR, CRITICAL, FATAL"
            ),
        ),
        ({"logger": 7}, "logger=7: it is the name of a logger, or a logging.Logger"),
        ({"extra": "order"}, "extra='order': it is a dict of record attributes and their values, at least one"),
        ({"extra": {}}, "extra={}: it is a dict of record attributes and their values, at least one"),
        (
            {"exc_info": "ValueError"},
            (
                "exc_info='ValueError': it is an exception class, an exception, True (there is one) or False "
                "(there is none)"
            ),
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(wanted, message):
    with pytest.raises(ArgumentError) as caught:
        VOCABULARY.matcher(**wanted)
    assert str(caught.value) == message


def test_a_record_is_shown_on_one_line():
    assert show_record(record("a %s\nb", "card")) == "ERROR    shop.pay     'a card\\nb'"
    item = record(exc_info=raised(ValueError("no card")))
    assert show_record(item) == "ERROR    shop.pay     'card declined'  ValueError('no card')"


def test_a_record_that_cannot_be_formatted_is_shown_with_the_reason():
    class Rude:
        def __repr__(self):
            raise OSError("no")

    assert show_record(record("%d cards", "x")) == (
        "ERROR    shop.pay     <no message: '%d cards' % ('x',) raises TypeError>"
    )
    assert without_message(record("%s", Rude())).endswith("raises OSError>")
