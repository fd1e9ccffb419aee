"""The chain of loggers as it is drawn, and what is not in it."""

from __future__ import annotations

import logging
import logging.handlers
from unittest import mock

import pytest
from _pytest.logging import LogCaptureHandler

from pytest_loghandlers import CaptureHandler
from pytest_loghandlers.observe._chain import draw
from pytest_loghandlers.observe.route import explain

pytestmark = pytest.mark.usefixtures("empty_tree")


def lines(text):
    return str(text).split("\n")


def handler(name=None, level=logging.NOTSET, kind=logging.StreamHandler, **named):
    made = kind(**named)
    made.name = name
    made.setLevel(level)
    return made


def attached(logger, *arguments, **named):
    made = handler(*arguments, **named)
    logging.getLogger(logger).addHandler(made)
    return made


def test_the_drawing_of_a_full_chain_shows_the_next_obstacle_too(empty_tree):
    shop = logging.getLogger("shop")
    shop.setLevel("WARNING")
    shop.propagate = False
    attached("shop", "file", "ERROR", kind=logging.handlers.RotatingFileHandler, filename="shop.log", delay=True)
    logging.getLogger("shop.db")
    with CaptureHandler() as capture:
        assert lines(explain("shop.db", "DEBUG", handler=capture).hint) == [
            "a DEBUG record cannot leave 'shop.db': its effective level is WARNING, set on 'shop'",
            "            root        WARNING   handlers: capture_handler",
            (
                "            └ shop      WARNING   handlers: file (RotatingFileHandler, ERROR)   propagate=False   "
                "<- and it would stop here"
            ),
            "              └ shop.db (inherits)",
        ]


def test_a_filter_that_is_code_is_a_doubt_and_is_not_called():
    class Picky(logging.Filter):
        def filter(self, record):
            raise AssertionError("it was called")

    file = attached("shop", "file")
    file.addFilter(Picky())

    def quiet(record):
        raise AssertionError("it was called")

    logging.getLogger("shop").addFilter(quiet)
    route = explain("shop", "ERROR", handler=file)
    assert route.stopped_by is None
    assert lines(route) == [
        "an ERROR record from 'shop' reaches 'file' (StreamHandler)",
        "filter quiet on 'shop' may stop it",
        "filter Picky on 'file' (StreamHandler) may stop it",
        "root   WARNING",
        "└ shop (inherits)   handlers: file (StreamHandler, filter Picky)   filter quiet",
    ]


def test_a_logger_that_does_not_exist_is_not_created_and_the_nearest_name_is_told():
    logging.getLogger("shop.database").setLevel("INFO")
    assert lines(explain("shop.databse", "ERROR").hint) == [
        "no logger named 'shop.databse' exists; the nearest name is 'shop.database'",
        "            root           WARNING",
        "            └ shop.databse (does not exist)",
    ]
    assert set(logging.getLogger().manager.loggerDict) == {"shop", "shop.database"}


def test_a_placeholder_is_no_logger():
    logging.getLogger("shop.database")
    assert explain("shop", "ERROR").stopped_by == "no logger named 'shop' exists, only below it ('shop.database')"


def test_pytests_own_handlers_are_left_out(empty_tree):
    empty_tree.addHandler(LogCaptureHandler())
    assert "LogCaptureHandler" not in explain("root", "ERROR").text


def test_a_long_chain_is_drawn_with_its_middle_left_out():
    name = ".".join("abcdefghijklmnopqrst")
    for end in range(1, len(name) + 1, 2):
        logging.getLogger(name[:end])
    drawn = lines(explain(name, "ERROR").text)
    assert len(drawn) == 13
    assert drawn[4] == "... 9 loggers between them"


def test_what_is_no_handler_is_drawn_and_explained_all_the_same():
    class Nameless(logging.Handler):
        @property
        def name(self):
            raise RuntimeError("no name")

    logger = logging.getLogger("odd")
    logger.handlers[:] = [object(), mock.Mock(), Nameless()]
    assert draw(logger, {}).split("\n")[1] == "└ odd (inherits)   handlers: object, Mock, Nameless"
    assert explain("odd", "ERROR").stopped_by is None
