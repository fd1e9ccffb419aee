from __future__ import annotations

import datetime as dt
import logging.handlers
import time
from logging.handlers import SocketHandler

import freezegun
import pytest

from pytest_loghandlers import ArgumentError
from pytest_loghandlers.endpoints._records.backoff import BackoffClock
from pytest_loghandlers.endpoints.record_endpoint import RecordEndpoint


@pytest.fixture
def clock(records):
    return records.backoff_clock()


@pytest.fixture
def handler(records, logger):
    handler = SocketHandler(*records.address)
    handler.errors = []
    handler.handleError = handler.errors.append
    logger.addHandler(handler)
    return handler


def test_the_waits_double_up_to_the_maximum_and_nobody_is_told(records, logger, clock, handler):
    records.refuse()
    began = time.perf_counter()

    waits = []
    for _ in range(9):
        logger.error("lost")
        waits.append(clock.next_attempt(handler))
        clock.advance(waits[-1])

    assert waits == pytest.approx([1, 2, 4, 8, 16, 30, 30, 30, 30])
    assert time.perf_counter() - began < 5
    assert handler.errors == []
    assert records.received == ()


def test_before_the_wait_is_over_nothing_is_tried_and_then_the_next_record_connects(records, logger, clock, handler):
    records.refuse()
    logger.error("lost 1")
    records.recover()

    clock.advance(0.9)
    logger.error("lost 2")
    assert clock.next_attempt(handler) == pytest.approx(0.1)
    assert records.connections == ()
    clock.advance(0.2)
    assert clock.next_attempt(handler) == 0.0
    logger.error("found")

    assert records.wait_for("found")
    assert clock.next_attempt(handler) is None
    assert [item.text for item in records.received] == ["found"]


def test_the_handlers_own_settings_are_followed(records, logger, clock, handler):
    handler.retryStart, handler.retryFactor, handler.retryMax = 0.5, 3.0, 4.0
    records.refuse()

    waits = []
    for _ in range(4):
        logger.error("lost")
        waits.append(clock.next_attempt(handler))
        clock.advance(10)

    assert waits == pytest.approx([0.5, 1.5, 4.0, 4.0])


def test_a_handler_that_never_tried_tries_at_once(clock, handler):
    assert clock.next_attempt(handler) == 0.0


def test_only_the_clock_of_logging_handlers_stands_still():
    real = vars(logging.handlers)["time"]
    with RecordEndpoint() as endpoint:
        clock = endpoint.backoff_clock()
        assert endpoint.backoff_clock() is clock
        seen = vars(logging.handlers)["time"]
        assert seen.time() == clock.now == seen.time()
        clock.advance(60)
        assert seen.time() == clock.now
        assert seen.strftime is time.strftime
        assert time.time() < clock.now
        assert logging.makeLogRecord({}).created < clock.now

    assert vars(logging.handlers)["time"] is real is time


def test_it_works_in_a_frozen_time_and_beside_one_that_begins_later(records, logger):
    with freezegun.freeze_time("2001-02-03 04:05:06") as frozen:
        clock = records.backoff_clock()
        assert dt.datetime.fromtimestamp(clock.now, dt.UTC).year == 2001
        handler = SocketHandler(*records.address)
        logger.addHandler(handler)
        records.refuse()
        logger.error("lost")
        frozen.tick(100)
        assert clock.next_attempt(handler) == 1.0
    with freezegun.freeze_time("2030-01-01"):
        assert clock.next_attempt(handler) == 1.0
        records.recover()
        logger.error("lost")
        clock.advance(1)
        logger.error("found")
        records.wait_for("found")

    assert [item.text for item in records.received] == ["found"]


def test_after_its_end_it_does_nothing_also_under_another_replacement():
    real = vars(logging.handlers)["time"]
    first, second = BackoffClock(), BackoffClock()
    first.hold()
    second.hold()
    first.release()
    second.release()
    left = vars(logging.handlers)["time"]
    try:
        first.advance(1_000)
        assert abs(left.time() - time.time()) < 100
    finally:
        vars(logging.handlers)["time"] = real


@pytest.mark.parametrize("seconds", [-1, "1", True, float("inf"), float("nan")])
def test_only_a_number_of_seconds_passes(clock, seconds):
    with pytest.raises(ArgumentError, match=r"^seconds=.*: it is a finite number of seconds, 0 or more$"):
        clock.advance(seconds)


def test_only_a_socket_handler_waits(clock):
    with pytest.raises(ArgumentError, match=r"^<NullHandler \(NOTSET\)>: only a SocketHandler waits between"):
        clock.next_attempt(logging.NullHandler())
