"""What a broken order says, whole."""

from __future__ import annotations

import logging
import re

import pytest

from pytest_loghandlers import CaptureHandler

pytestmark = pytest.mark.usefixtures("empty_tree")


@pytest.fixture
def capture():
    with CaptureHandler() as handler:
        for message in ("starting", "stopped", "ready"):
            logging.getLogger("shop").error(message)
        yield handler


def failure(call, *arguments):
    with pytest.raises(AssertionError) as caught:
        call(*arguments)
    return str(caught.value).split("\n")


def test_records_in_order_are_returned_with_others_between_them(capture):
    for message in ("reading", "ready", "stopped"):
        logging.getLogger("shop").error(message)
    steps = ("starting", {"text": "ready", "level": "ERROR"}, capture.expected("ready"), re.compile("^stop"))
    assert capture.assert_logged_in_order(*steps) == tuple(capture.records[at] for at in (0, 2, 4, 5))


def test_it_shows_how_far_the_order_got_and_what_came_too_early(capture):
    assert failure(capture.assert_logged_in_order, "starting", {"text": "ready", "level": "ERROR"}, "stopped", "x") == [
        "capture_handler received 2 of 4 records in order: no 'stopped' after 'ready' at ERROR",
        "",
        "  wanted    4 records in this order",
        "        1.  'starting'        [0]",
        "        2.  'ready' at ERROR  [2]",
        "        3.  'stopped'         only before [2]",
        "        4.  'x'               not looked for",
        "  received  3 records, oldest first",
        "      [0]  ERROR    shop         'starting'",
        "   ~  [1]  ERROR    shop         'stopped'      too early",
        "      [2]  ERROR    shop         'ready'",
    ]


def test_it_shows_the_nearest_miss_of_what_never_came(capture):
    assert failure(capture.assert_logged_in_order, {"text": "ready", "level": "INFO"}, "stopped") == [
        "capture_handler received none of 2 records in order: no 'ready' at INFO",
        "",
        "  wanted    2 records in this order",
        "        1.  'ready' at INFO  never",
        "        2.  'stopped'        not looked for",
        "  received  3 records, oldest first",
        "      [0]  ERROR    shop         'starting'",
        "      [1]  ERROR    shop         'stopped'",
        "   ~  [2]  ERROR    shop         'ready'      level is ERROR, not INFO",
    ]


def test_one_record_is_not_two_steps(capture):
    assert failure(capture.assert_logged_in_order, "ready", "ready")[0] == (
        "capture_handler received 1 of 2 records in order: no 'ready' after 'ready'"
    )


def test_a_long_order_is_shown_round_the_step_that_failed(capture):
    for number in range(50):
        logging.getLogger("shop").error("step %d", number)
    steps = [f"step {number}" for number in range(30)]
    lines = failure(capture.assert_logged_in_order, *steps, "missing", *steps)
    assert len(lines) < 60
    assert "      ... 20 steps" in "\n".join(lines)
