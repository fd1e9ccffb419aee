"""What a captured record costs, how fast a look-up among many is, and how long a failure's report is."""

from __future__ import annotations

import itertools
import logging
import time
from logging.handlers import BufferingHandler
from statistics import median

from _pairs import Row, compare, main

from pytest_loghandlers import CaptureHandler

MANY = 100_000
RECORDS = 20_000


class Bare(BufferingHandler):
    """The limit: what logging itself needs to keep a record."""

    def __init__(self):
        super().__init__(0)

    def shouldFlush(self, record):
        return False


def log_many(logger, number=RECORDS):
    for each in range(number):
        logger.error("message number %d", each)


def captured_record() -> list[Row]:
    root = logging.getLogger()
    logger = logging.getLogger("bench.capture")

    def bare():
        handler = Bare()
        root.addHandler(handler)
        try:
            log_many(logger)
        finally:
            root.removeHandler(handler)

    def ours():
        with CaptureHandler():
            log_many(logger)

    before = root.handlers[:]
    root.handlers[:] = [logging.NullHandler()]  # neither pytest's nor lastResort
    try:
        found = compare({"bare": bare, "ours": ours}, base="bare", rounds=15, clock=time.thread_time)
    finally:
        root.handlers[:] = before
    return [Row("a captured record", found["ours"], most=1.05, beside="a bare BufferingHandler subclass")]


def microseconds(action, calls=100, batches=25):
    """CPU time of one call, the median of batches: the machine's other work is not ours."""
    spent = []
    for _ in range(batches):
        start = time.thread_time()
        for _ in range(calls):
            action()
        spent.append((time.thread_time() - start) / calls * 1e6)
    return median(spent)


def look_ups() -> list[Row]:
    rows = []
    root = logging.getLogger()
    before = root.handlers[:]
    root.handlers[:] = [logging.NullHandler()]
    try:
        with CaptureHandler() as capture:
            log_many(logging.getLogger("bench.capture"), MANY)
            start = time.thread_time()
            for record in capture.records:
                record.getMessage()
            one_pass = time.thread_time() - start
            start = time.thread_time()
            capture.assert_logged("message number 50000")
            rows.append(Row("first look-up", (time.thread_time() - start) / one_pass, beside="one getMessage pass"))
            numbers = itertools.cycle(range(0, MANY, 7))
            kinds = {
                "a whole message, another each time": lambda: capture.assert_logged(f"message number {next(numbers)}"),
                "the same with level and logger": lambda: capture.assert_logged(
                    f"message number {next(numbers)}", level="ERROR", logger="bench"
                ),
                "a part of a message, as before": lambda: capture.assert_logged("number 99999", min_level="WARNING"),
                "a miss, as before": lambda: capture.assert_not_logged("no such text"),
                "a level that is not there": lambda: capture.assert_not_logged(min_level="CRITICAL"),
            }
            for what, look in kinds.items():
                look()
                rows.append(Row(f"look-up: {what}", microseconds(look), most=20, unit="us"))
            part = f"umber {MANY - 1}"
            start = time.thread_time()
            capture.assert_logged(part)
            rows.append(Row("a new part of a message", (time.thread_time() - start) * 1e6, unit="us"))
            start = time.thread_time()
            try:
                capture.assert_logged("no such text at all", level="ERROR")
            except AssertionError as error:
                rows.append(Row("a failure's report", len(str(error).split("\n")), most=60, unit="lines"))
            rows.append(Row("a failure's report", (time.thread_time() - start) * 1e3, most=100, unit="ms"))
    finally:
        root.handlers[:] = before
    return rows


def measure() -> list[Row]:
    return captured_record() + look_ups()


if __name__ == "__main__":
    main(measure)
