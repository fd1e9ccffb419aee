from __future__ import annotations

import copy
import logging
import queue
from logging.handlers import QueueHandler

import pytest

from pytest_loghandlers import HandlerSpy
from pytest_loghandlers._base.fates import fate_of


class Failing(logging.Handler):
    def emit(self, record):
        try:
            raise OSError("no route")
        except OSError:
            self.handleError(record)

    def handleError(self, record):
        pass


class Leaky(logging.Handler):
    def emit(self, record):
        raise ValueError("out")


@pytest.fixture
def record():
    return logging.LogRecord("shop", logging.ERROR, __file__, 1, "x", None, None)


def refusing():
    handler = logging.Handler()
    handler.addFilter(lambda record: False)
    return handler


@pytest.mark.parametrize(
    ("make", "fate"),
    [
        (Failing, "Failing called handleError: OSError: no route"),
        (Leaky, "Leaky raised ValueError: out"),
        (logging.StreamHandler, "StreamHandler emitted it without an error"),
        (refusing, "Handler's filter refused it"),
    ],
)
def test_what_a_watched_handler_did_with_a_record_can_be_asked_for(record, make, fate):
    handler = make()
    with HandlerSpy(handler):
        try:
            handler.handle(record)
        except ValueError:
            pass

        assert fate_of(record) == fate
        assert fate_of(copy.copy(record)) == fate
        assert fate_of(logging.LogRecord("shop", 40, __file__, 2, "x", None, None)) is None

    assert fate_of(record) is None


def test_under_a_frozen_clock_records_of_one_line_are_told_apart():
    failing, fine = Failing(), logging.StreamHandler()
    one, two = (logging.LogRecord("shop", 40, __file__, 1, "item %d", (number,), None) for number in (1, 12))
    one.created = two.created = 0.0
    queued = QueueHandler(queue.SimpleQueue())
    queued.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
    with HandlerSpy(failing, fine):
        failing.handle(queued.prepare(one))
        fine.handle(queued.prepare(two))

        assert fate_of(one) == "Failing called handleError: OSError: no route"
        assert fate_of(two) == "StreamHandler emitted it without an error"
