from __future__ import annotations

import logging
import socket
from logging.handlers import SysLogHandler

import pytest

from pytest_loghandlers import ArgumentError, HandlerSpy, SyslogEndpoint
from pytest_loghandlers._base.fates import tell
from pytest_loghandlers.endpoints._delivery import Delivery
from pytest_loghandlers.endpoints._loss import Loss, checked
from pytest_loghandlers.endpoints._timeline import Timeline


def record(message, second):
    made = logging.LogRecord("shop.pay", logging.ERROR, __file__, 1, message, None, None)
    made.created = float(second)
    return made


@pytest.fixture
def loss():
    """Return a function: the text of a failure over records logged at these seconds, and what was noted meanwhile."""

    def made(delivery, records, items=(), notes=(), in_order=True):
        ages = iter([second for second, _, _ in notes])
        timeline = Timeline(lambda: next(ages))
        for _, kind, text in notes:
            getattr(timeline, kind)(text)
        told = Loss("syslog_endpoint", records, delivery, timeline, lambda each: each.created, 9.0)
        return told.text(items, str, "message", [], in_order=in_order)

    return made


@pytest.fixture
def told():
    """Return a function that has this said of every record."""
    ends = []
    yield lambda said: ends.append(tell(lambda record: said))
    for end in ends:
        end()


def test_of_a_missing_record_it_says_which_what_the_handler_did_and_what_the_network(loss, told):
    told("SysLogHandler emitted it without an error")
    records = [record("one", 1), record("two", 2), record("three", 3)]
    notes = [(1.5, "event", "restarted: every connection was closed"), (2.5, "state", "refusing connections")]

    text = loss(Delivery([0, None, None]), records, ["one"], notes)

    assert text == (
        "syslog_endpoint did not receive 2 of 3 logged records\n"
        "\n"
        "  wanted    3 records, each once, in the order in which they were logged\n"
        "  missing   2 records, oldest first\n"
        "       [1]  +2.00 s  ERROR    shop.pay     'two'\n"
        "             handlers  SysLogHandler emitted it without an error\n"
        "             network   normal; refusing connections at +2.50 s\n"
        "       [2]  +3.00 s  ERROR    shop.pay     'three'\n"
        "             handlers  SysLogHandler emitted it without an error\n"
        "             network   refusing connections (since +2.50 s); last before it: restarted: every connection was "
        "closed at +1.50 s\n"
        "  received  1 message\n"
        "      [0]  one\n"
        "  hint      nobody was told: no handler raised or called handleError for what is missing"
    )


def test_what_came_twice_early_cut_or_was_refused_is_said(loss):
    delivery = Delivery([1, 0, None, None], {1: [0, 2]}, [0], {2: 3}, {3: "answered 500, in [4]"})

    text = loss(delivery, ["one", "two", "three", "four"], "abcde")

    assert text == (
        "syslog_endpoint did not receive 2 of 4 logged records and received 1 record more than once and received "
        "1 record out of order\n"
        "\n"
        "  wanted    4 records, each once, in the order in which they were logged\n"
        "  missing   2 records, oldest first\n"
        "       [2]  'three'\n"
        "             arrived   only the beginning, in [3]\n"
        "       [3]  'four'\n"
        "             arrived   answered 500, in [4]\n"
        "  twice     [1]  'two'   in [0], [2]\n"
        "  order     [0]  'one'   is in [1]\n"
        "  received  5 messages, oldest first\n"
        "      [0]  a\n"
        "      [1]  b\n"
        "      [2]  c\n"
        "      [3]  d\n"
        "      [4]  e"
    )


def test_order_is_not_spoken_of_when_it_does_not_matter(loss):
    text = loss(Delivery([1, 0, None], early=[0]), ["one", "two", "three"], in_order=False)

    assert text.startswith(
        "syslog_endpoint did not receive 1 of 3 logged records\n\n  wanted    3 records, each once\n"
    )
    assert "order" not in text


def test_many_missing_records_are_counted_not_listed(loss):
    text = loss(Delivery([None] * 5_000), ["x"] * 5_000)

    assert "  missing   5,000 records, oldest first\n" in text
    assert "... 4,990 records not shown" in text
    assert len(text.splitlines()) < 40


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ("one", "records='one': it is a list of log records, or of their messages"),
        (5, "records=5: it is a list of log records, or of their messages"),
        ([], "records=[]: nothing was logged, so nothing can be delivered (is the logger's level right?)"),
        ([b"x"], "records has b'x' in it: each is a log record, or a message as str"),
    ],
)
def test_what_are_no_records_is_refused(records, message):
    with pytest.raises(ArgumentError) as failure:
        checked(records)

    assert str(failure.value) == message


class Quiet(SysLogHandler):
    def handleError(self, record):
        pass


@pytest.fixture
def quiet(logger):
    """Return a function that gives ``logger`` a SysLogHandler over TCP; the records logged are in ``logger.logged``."""
    logger.logged = []
    logger.addFilter(lambda record: logger.logged.append(record) or True)

    def attached(endpoint):
        handler = Quiet(endpoint.address, socktype=socket.SOCK_STREAM)
        logger.addHandler(handler)
        return handler

    return attached


def test_a_delivery_gives_what_carries_each_record(logger, quiet):
    with SyslogEndpoint() as endpoint:
        quiet(endpoint)
        for number in range(20):
            logger.error("item %d", number)

        found = endpoint.assert_delivered(logger.logged)

        assert [message.text for message in found] == [f"item {number}" for number in range(20)]
        assert found == endpoint.assert_delivered([f"item {number}" for number in range(20)])


def test_a_record_that_vanished_while_the_daemon_restarted_is_told(logger, quiet, spin):
    with SyslogEndpoint() as endpoint:
        handler = quiet(endpoint)
        logger.error("one")
        endpoint.wait_for("one")
        endpoint.restart()

        with HandlerSpy(handler):
            # The first one goes into a connection that the server has closed: that is no error to the sender.
            logger.error("two")
            with pytest.raises(AssertionError) as failure:
                endpoint.assert_delivered(logger.logged)

    text = str(failure.value)
    assert text.startswith("syslog_endpoint did not receive 1 of 2 logged records\n")
    assert "handlers  Quiet emitted it without an error\n" in text
    assert "hint      nobody was told: no handler raised or called handleError for what is missing" in text


def test_a_frozen_clock_is_told_from_the_real_one(logger, quiet):
    with SyslogEndpoint() as endpoint:
        late = record("never sent", 5)
        with pytest.raises(AssertionError) as failure:
            endpoint.assert_delivered([late])

    assert "  network   unknown: the record's time is not the real one" in str(failure.value)
    assert "  handlers  unknown: a test that uses handler_spy is told whether handleError was called" in str(
        failure.value
    )


def test_what_frames_a_syslog_message_is_not_taken_for_a_record(logger, quiet):
    with SyslogEndpoint() as endpoint:
        quiet(endpoint)
        logger.error("-----")
        logger.error("")
        endpoint.assert_delivered(logger.logged)

        with pytest.raises(AssertionError, match="did not receive 1 of 1 logged record"):
            endpoint.assert_delivered(["11"])  # user.err is <11>.


class Unprintable:
    def __str__(self):
        raise ZeroDivisionError


@pytest.mark.parametrize(("message", "args"), [("%d items", ("many",)), (Unprintable(), ())])
def test_a_record_that_cannot_be_formatted_is_missing_and_raises_nothing(message, args):
    broken = logging.LogRecord("shop", logging.ERROR, __file__, 1, message, args, None)
    with SyslogEndpoint() as endpoint, pytest.raises(AssertionError, match="did not receive 1 of 1 logged record"):
        endpoint.assert_delivered([broken])
