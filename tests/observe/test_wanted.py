"""``formatted=`` with ``formatter=``: a formatter's own output, and the record left as it is."""

from __future__ import annotations

import logging
import re
import sys

import pytest

from pytest_loghandlers import ArgumentError
from pytest_loghandlers.observe._records import record_vocabulary
from pytest_loghandlers.observe._wanted import Formatted

VOCABULARY = record_vocabulary()


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


def test_a_formatters_output_is_matched_and_the_record_stays_as_it_was():
    formatter = logging.Formatter("%(asctime)s|%(levelname)s|%(message)s")
    item = record("card %s", "declined", exc_info=raised(ValueError("no card")))
    before = dict(vars(item))
    assert faults(item, formatted=Formatted.of("|ERROR|card declined\nTraceback", formatter)) == []
    assert faults(item, formatted=Formatted.of(re.compile(r"ValueError: no card$"), formatter)) == []
    assert vars(item) == before


def test_a_traceback_text_cached_by_another_formatter_is_not_taken_for_this_ones():
    class Short(logging.Formatter):
        def formatException(self, ei):
            return f"<{ei[0].__name__}>"

    item = record(exc_info=raised(ValueError("no card")))
    logging.Formatter().format(item)
    assert faults(item, formatted=Formatted.of("card declined\n<ValueError>", Short())) == []


def test_a_formatter_that_raises_is_a_fault():
    assert faults(record(), formatted=Formatted.of("x", logging.Formatter("%(order)s"))) == [
        "Formatter cannot format it: ValueError"
    ]


def test_a_handler_stands_for_its_formatter():
    handler = logging.NullHandler()
    assert Formatted.of("x", handler).formatter._fmt == "%(message)s"
    handler.setFormatter(logging.Formatter("%(name)s"))
    assert Formatted.of("x", handler).formatter is handler.formatter


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("x", None),
            (
                "formatted='x' without formatter=: give the logging.Formatter whose output is meant, or the handler "
                "that has it"
            ),
        ),
        (("x", "%(message)s"), "formatter='%(message)s': it is a logging.Formatter, or a handler that has one"),
        ((None, 7), "formatter=7 without formatted=: the text to look for is missing"),
        (
            (7, None),
            (
                "7 is an int: the text of a record is looked for with a str (contained in it) or a compiled regex of "
                "str (searched in it)"
            ),
        ),
    ],
)
def test_half_a_formatted_condition_is_refused(arguments, message):
    with pytest.raises(ArgumentError) as caught:
        Formatted.of(*arguments)
    assert str(caught.value) == message
