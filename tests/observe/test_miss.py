"""What a failed assertion of the capture says, whole."""

from __future__ import annotations

import logging
import re
import time

import pytest

from pytest_loghandlers import CaptureHandler

pytestmark = pytest.mark.usefixtures("empty_tree")


@pytest.fixture
def capture():
    with CaptureHandler() as handler:
        yield handler


@pytest.fixture
def shop():
    logger = logging.getLogger("shop")
    logger.setLevel("INFO")
    return logger


def failure(call, *arguments, **named):
    with pytest.raises(AssertionError) as caught:
        call(*arguments, **named)
    return str(caught.value).split("\n")


def test_the_example_of_the_house_style(capture, empty_tree):
    shop = logging.getLogger("shop")
    shop.setLevel("WARNING")
    shop.propagate = False
    file = logging.StreamHandler()
    file.name = "file"
    file.setLevel("ERROR")
    shop.addHandler(file)
    logging.getLogger("shop.db").debug("pool exhausted")
    logging.getLogger().warning("one")
    logging.getLogger("audit").warning("two")
    assert failure(capture.assert_logged, "pool exhausted", logger="shop.db", level="DEBUG") == [
        "capture_handler never received 'pool exhausted' from 'shop.db' at DEBUG",
        "",
        (
            "  wanted    1 record whose message contains 'pool exhausted' and whose logger is 'shop.db' or below it "
            "and whose level is DEBUG"
        ),
        "  received  no record from 'shop.db' or below it (2 from other loggers)",
        "  hint      a DEBUG record cannot leave 'shop.db': its effective level is WARNING, set on 'shop'",
        "              root        WARNING   handlers: capture_handler",
        (
            "              └ shop      WARNING   handlers: file (StreamHandler, ERROR)   propagate=False   "
            "<- and it would stop here"
        ),
        "                └ shop.db (inherits)",
    ]


def test_the_nearest_miss_is_marked_and_nothing_is_guessed(capture, shop):
    shop.info("item added")
    shop.warning("card declined")
    shop.error("timeout")
    assert failure(capture.assert_logged, "card declined", level="ERROR") == [
        "capture_handler never received 'card declined' at ERROR",
        "",
        "  wanted    1 record whose message contains 'card declined' and whose level is ERROR",
        "  received  3 records, oldest first",
        "      [0]  INFO     shop         'item added'",
        "   ~  [1]  WARNING  shop         'card declined'      level is WARNING, not ERROR",
        "      [2]  ERROR    shop         'timeout'",
    ]


def test_a_miss_of_a_text_alone_lists_what_is_there(capture, shop):
    shop.info("item added")
    assert failure(capture.assert_logged, re.compile("^order")) == [
        "capture_handler never received /^order/",
        "",
        "  wanted    1 record whose message matches /^order/",
        "  received  1 record",
        "      [0]  INFO     shop         'item added'",
    ]


def test_where_nothing_arrived_the_lowest_level_is_told(capture):
    logging.getLogger("shop").info("item added")
    assert failure(capture.assert_logged, "item added") == [
        "capture_handler never received 'item added'",
        "",
        "  wanted    1 record whose message contains 'item added'",
        "  received  no record",
        "  hint      no record below WARNING can arrive: that is root's level, and no other logger has a lower one",
    ]


def test_where_only_other_texts_arrived_the_lowest_level_is_told(capture):
    logging.getLogger("shop").info("item added")
    logging.getLogger("shop").warning("card declined")
    assert failure(capture.assert_logged, "item added")[3:] == [
        "  received  1 record",
        "      [0]  WARNING  shop         'card declined'",
        "  hint      no record below WARNING can arrive: that is root's level, and no other logger has a lower one",
    ]
    assert "hint" not in "".join(failure(capture.assert_logged, "card declined", count=2))


def test_disabled_loggers_are_named_where_a_text_is_nowhere(capture):
    for number in range(10):
        logging.getLogger(f"shop.{number}").disabled = True
    logging.getLogger().setLevel(logging.DEBUG)
    logging.getLogger("shop.1").error("item added")
    assert failure(capture.assert_logged, "item added")[-1] == (
        "  hint      10 loggers are disabled: 'shop.0', 'shop.1', 'shop.2', 'shop.3', 'shop.4', 'shop.5', 'shop.6', "
        "'shop.7' and 2 more"
    )


def test_of_levels_and_disabled_loggers_both_are_told(capture):
    logging.getLogger("shop").disabled = True
    assert failure(capture.assert_logged, "item added")[-2:] == [
        "  hint      no record below WARNING can arrive: that is root's level, and no other logger has a lower one",
        "              1 logger is disabled: 'shop'",
    ]


def test_of_a_logger_whose_debug_records_are_stopped_that_is_told(capture):
    logging.getLogger("shop").debug("item added")
    logging.getLogger("shop").warning("card declined")
    assert failure(capture.assert_logged, "item added", logger="shop")[3:] == [
        "  received  1 record",
        "      [0]  WARNING  shop         'card declined'",
        "  hint      a DEBUG record cannot leave 'shop': its effective level is WARNING, set on root",
        "              root   WARNING   handlers: capture_handler   <- it stops here",
        "              └ shop (inherits)",
    ]
    assert "hint" not in "".join(failure(capture.assert_logged, "card declined", logger="shop", count=2))


def test_of_a_logger_that_lets_debug_through_nothing_is_guessed(capture):
    logging.getLogger("shop").setLevel(logging.DEBUG)
    logging.getLogger("shop").warning("card declined")
    assert "hint" not in "".join(failure(capture.assert_logged, "item added", logger="shop"))


def test_a_level_that_no_logger_lets_through_is_told(capture):
    logging.getLogger("shop").info("item added")
    assert failure(capture.assert_logged, "item added", level="INFO") == [
        "capture_handler never received 'item added' at INFO",
        "",
        "  wanted    1 record whose message contains 'item added' and whose level is INFO",
        "  received  no record",
        (
            "  hint      an INFO record cannot leave root: its level is WARNING; no other logger lets one through to "
            "capture_handler either"
        ),
        "              root WARNING   handlers: capture_handler   <- it stops here",
    ]


def test_a_level_that_one_logger_lets_through_gets_no_hint(capture, shop):
    assert "hint" not in "".join(failure(capture.assert_logged, "item added", level="INFO"))


def test_logging_disable_is_told_of_a_text_alone(capture, shop):
    logging.disable(logging.CRITICAL)
    shop.error("card declined")
    assert failure(capture.assert_logged, "card declined")[-2:] == [
        (
            "  hint      a CRITICAL record cannot leave root: logging.disable(CRITICAL) is in force; no other logger "
            "lets one through to capture_handler either"
        ),
        "              root WARNING   handlers: capture_handler",
    ]


def test_no_hint_when_such_a_record_did_arrive(capture, shop):
    shop.info("item added")
    shop.setLevel("ERROR")
    assert "hint" not in "".join(failure(capture.assert_logged, "order", logger="shop", level="INFO"))


def test_no_hint_when_a_logger_below_lets_it_through(capture):
    logging.getLogger("shop.db").setLevel("DEBUG")
    logging.getLogger("shop").setLevel("ERROR")
    assert "hint" not in "".join(failure(capture.assert_logged, "x", logger="shop", level="DEBUG"))


def test_behind_a_placeholder_the_logger_below_it_explains(capture):
    logging.getLogger("shop.db").setLevel("ERROR")
    assert failure(capture.assert_logged, "x", logger="shop", level="DEBUG")[-3:] == [
        "  hint      a DEBUG record cannot leave 'shop.db': its level is ERROR",
        "              root      WARNING   handlers: capture_handler",
        "              └ shop.db ERROR     <- it stops here",
    ]


def test_a_logger_that_does_not_exist_is_told(capture, shop):
    shop.info("item added")
    assert failure(capture.assert_logged, "item added", logger="shopp") == [
        "capture_handler never received 'item added' from 'shopp'",
        "",
        "  wanted    1 record whose message contains 'item added' and whose logger is 'shopp' or below it",
        "  received  1 record",
        "   ~  [0]  INFO     shop         'item added'      logger is 'shop', not 'shopp' or below it",
        "  hint      no logger named 'shopp' exists; the nearest name is 'shop'",
        "              root    WARNING   handlers: capture_handler",
        "              └ shopp (does not exist)",
    ]


def test_a_filter_that_is_code_gets_no_hint(capture, shop):
    shop.addFilter(lambda record: False)
    shop.error("card declined")
    assert "hint" not in "".join(failure(capture.assert_logged, "card declined", logger="shop", level="ERROR"))


def test_a_wrong_count_shows_the_matches(capture, shop):
    for message in ("item 1", "order", "item 2"):
        shop.info(message)
    assert failure(capture.assert_logged, "item", count=3) == [
        "capture_handler received 'item' 2 times, not 3",
        "",
        "  wanted    exactly 3 records whose message contains 'item'",
        "  matched   2 records, oldest first",
        "      [0]  INFO     shop         'item 1'",
        "      [1]  INFO     shop         'item 2'",
        "  of        3 records in all",
    ]


def test_what_should_not_be_logged_is_shown(capture, shop):
    try:
        raise ValueError("no card")
    except ValueError:
        shop.exception("declined")
    shop.info("item added")
    assert failure(capture.assert_not_logged, min_level="ERROR", logger="shop") == [
        "capture_handler received a record from 'shop' at ERROR or above once",
        "",
        "  wanted    no record whose logger is 'shop' or below it and whose level is ERROR or above",
        "  received  1 record",
        "      [0]  ERROR    shop         'declined'  ValueError('no card')",
    ]


def test_a_formatted_text_is_missed_among_formatted_texts(capture, shop):
    shop.info("item added")
    formatter = logging.Formatter("%(levelname)s|%(message)s")
    assert failure(capture.assert_logged, formatted="ERROR|item", formatter=formatter) == [
        "capture_handler never received a record formatted 'ERROR|item'",
        "",
        "  wanted    1 record which Formatter turns into a text that contains 'ERROR|item'",
        "  received  1 record",
        "      [0]  'INFO|item added'",
    ]
    assert failure(capture.assert_logged, "item", formatted="ERROR|item", formatter=formatter)[-1] == (
        "   ~  [0]  INFO     shop         'item added'      formatted it is 'INFO|item added'"
    )


def test_a_record_that_cannot_be_formatted_is_the_nearest_when_there_is_no_other(capture, shop):
    capture.handle(logging.LogRecord("shop", logging.INFO, __file__, 1, "%d items", ("x",), None))
    assert failure(capture.assert_logged, "3 items", level="INFO") == [
        "capture_handler never received '3 items' at INFO",
        "",
        "  wanted    1 record whose message contains '3 items' and whose level is INFO",
        "  received  1 record",
        (
            "   ~  [0]  INFO     shop         <no message: '%d items' % ('x',) raises TypeError>      message cannot "
            "be read: TypeError"
        ),
    ]
    shop.error("3 items")
    assert failure(capture.assert_logged, "3 items", level="INFO")[-1] == (
        "   ~  [1]  ERROR    shop         '3 items'      level is ERROR, not INFO"
    )


def test_a_wait_in_vain_says_how_long(capture, shop):
    shop.info("item added")
    assert failure(capture.wait_for, "order", timeout=0.01) == [
        "capture_handler never received 'order' (waited 0.0 s)",
        "",
        "  wanted    1 record whose message contains 'order'",
        "  received  1 record",
        "      [0]  INFO     shop         'item added'",
    ]


def test_the_report_of_a_hundred_thousand_records_is_short_and_quick(capture, shop):
    shop.propagate = False  # pytest's handlers format every record
    capture.attach(shop)
    record = shop.makeRecord("shop", logging.INFO, __file__, 1, "item %d", (7,), None)
    capture.buffer.extend([record] * 50_000)
    shop.info("card declined")
    capture.buffer.extend([record] * 50_000)
    capture.count("item")
    start = time.thread_time()
    lines = failure(capture.assert_logged, "card declined", level="ERROR")
    spent = time.thread_time() - start
    assert len(lines) < 60
    assert [line for line in lines if "~" in line] == [
        "   ~  [ 50000]  INFO     shop         'card declined'      level is INFO, not ERROR"
    ]
    assert len(failure(capture.assert_not_logged, "item")) < 60
    assert spent < 1  # a broken search takes many seconds; the benchmark measures it
