from __future__ import annotations

import logging
import pickle
import time
from decimal import Decimal
from logging.handlers import SocketHandler

import pytest

from pytest_loghandlers.endpoints._records.content import read

PLAIN = {"name": "shop", "msg": "hello", "levelno": 20, "levelname": "INFO"}


def content(**attributes):
    return read(pickle.dumps(PLAIN | attributes, 1))


def test_a_record_is_rebuilt_as_it_was():
    sent = logging.LogRecord("shop.db", logging.ERROR, __file__, 7, "disk %s", ("full",), None, "work", "stack")
    sent.seq = 3

    got = read(SocketHandler("x", 1).makePickle(sent)[4:])

    assert (got.text, got.extra, got.refused) == ("disk full", {"seq": 3}, None)
    assert type(got.record) is logging.LogRecord
    expected = vars(sent) | {"msg": "disk full", "args": None, "exc_info": None}
    assert {name: vars(got.record)[name] for name in expected} == expected
    assert got.record.getMessage() == "disk full"
    assert (
        logging.Formatter("%(levelname)s %(name)s:%(lineno)d %(message)s")
        .format(got.record)
        .startswith("ERROR shop.db:7 disk full")
    )


def test_what_the_sender_has_not_said_is_not_this_processs():
    record = content().record

    assert (record.process, record.thread, record.pathname, record.created, record.exc_info) == (
        None,
        None,
        "",
        0.0,
        None,
    )


def test_no_record_factory_of_the_application_runs():
    def factory(*args, **kwargs):
        raise AssertionError("called")

    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(factory)
    try:
        assert content().text == "hello"
    finally:
        logging.setLogRecordFactory(before)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"levelno": "20"}, "levelno is '20', not an int"),
        ({"levelno": True}, "levelno is True, not an int"),
        ({"name": b"x"}, "name is b'x', not a str"),
        ({"levelname": 20}, "levelname is 20, not a str"),
        ({"created": "now"}, "created is 'now', not a number"),
    ],
)
def test_attributes_of_a_wrong_type_are_refused(attributes, reason):
    assert content(**attributes).refused == reason


def test_an_attribute_that_is_not_named_by_a_str_is_refused():
    assert read(pickle.dumps(PLAIN | {7: 1}, 1)).refused == "an attribute is named 7, not by a str"


def test_attributes_that_hide_methods_do_no_harm():
    got = content(getMessage="x", __class__="y", __dict__="z")

    assert got.text == "hello"
    assert isinstance(got.record, logging.LogRecord)
    assert set(got.extra) == {"getMessage", "__class__", "__dict__"}


# --- arguments that a sender of its own kept ---


def test_kept_arguments_are_merged():
    assert content(msg="%s of %d", args=("one", 2)).text == "one of 2"
    assert content(msg="%(a)s", args={"a": 1}).text == "1"
    assert content(msg="100%", args=None).text == "100%"


def test_arguments_that_do_not_fit_are_said():
    assert content(msg="%d", args=("x",)).text == "<no message: '%d' % ('x',) raises TypeError>"


@pytest.mark.parametrize(
    ("template", "arguments"),
    [("%9999999999d", (1,)), ("%*d", (9_999_999, 1)), ("%.99999999f", (1.0,)), ("%(a)99999999s", {"a": 1}),
     ("%-+0 99999999d", (1,)), ("%(a)s" * 1_000, {"a": "x" * 100_000})],
)  # fmt: skip
def test_arguments_that_would_make_an_endless_text_are_not_merged(template, arguments):
    began = time.thread_time()

    assert content(msg=template, args=arguments).text == template
    assert time.thread_time() - began < 2


# --- decode= ---


def test_decode_makes_a_record_of_a_mapping():
    got = read(b"disk full", lambda octets: {"message": octets.decode(), "levelname": "error", "seq": 1})

    assert (got.text, got.record.levelno, got.record.name, got.extra) == ("disk full", 40, "root", {"seq": 1})
    assert read(b"", lambda octets: {"msg": "x"}).record.levelname == "NOTSET"


def test_decode_may_return_a_record():
    sent = logging.makeLogRecord({"msg": "a %s", "args": ("b",), "seq": 1})

    got = read(b"", lambda octets: sent)

    assert (got.text, got.extra) == ("a b", {"seq": 1})


@pytest.mark.parametrize(
    ("decode", "reason"),
    [
        (lambda octets: 1 / 0, "decode raised ZeroDivisionError: division by zero"),
        (lambda octets: None, "decode returned None: it is a mapping of attributes, or a LogRecord"),
        (lambda octets: {"msg": "x", "levelno": 1.5}, "levelno is 1.5, not an int"),
    ],
)
def test_what_decode_does_wrong_is_the_reason(decode, reason):
    assert read(b"x", decode).refused == reason


@pytest.mark.parametrize("arguments", [(Decimal("1E+99999999"),), {"n": Decimal("1E+99999999")}])
def test_a_number_of_a_million_digits_is_not_merged(arguments):
    template = "%(n)d" if isinstance(arguments, dict) else "%d"
    began = time.monotonic()

    got = content(msg=template, args=arguments)

    assert got.text == template
    assert time.monotonic() - began < 5


def test_an_ordinary_decimal_is_merged():
    assert content(msg="%s, as a whole number %d", args=(Decimal("7.5"), Decimal(7))).text == "7.5, as a whole number 7"


def test_many_wide_fields_are_not_merged():
    template = "%(n)999d" * 100_000

    assert content(msg=template, args={"n": 1}).text == template


def test_what_decode_gives_as_arguments_need_not_be_plain():
    got = read(b"", lambda octets: {"msg": "failed: %s", "args": (ValueError("boo"),)})

    assert got.text == "failed: boo"
