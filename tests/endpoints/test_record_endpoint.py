from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import os
import socket
import struct
import sys
import threading
from decimal import Decimal
from logging.handlers import DatagramHandler, SocketHandler
from pathlib import PurePosixPath
from uuid import UUID

import pytest

from pytest_loghandlers import ArgumentError, ReceivedRecord
from pytest_loghandlers.endpoints.record_endpoint import RecordEndpoint


@pytest.fixture
def records():
    """A running record endpoint."""
    with RecordEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def attach(logger):
    """Return a function that gives ``logger`` a handler which counts its errors."""

    def attached(kind, endpoint, **attributes):
        handler = kind(*endpoint.address)
        handler.errors = []
        handler.handleError = lambda record: handler.errors.append(sys.exc_info()[0])
        vars(handler).update(attributes)
        logger.addHandler(handler)
        return handler

    return attached


KINDS = pytest.mark.parametrize(("kind", "transport"), [(SocketHandler, "tcp"), (DatagramHandler, "udp")])


@KINDS
def test_what_was_logged_is_there_with_all_that_it_carried(records, attach, logger, kind, transport):
    attach(kind, records)

    try:
        raise LookupError("no such table")
    except LookupError:
        logger.exception("query %s failed", "q7", extra={"query": "q7", "took": 1.5}, stack_info=True)

    item = records.wait_for("query q7 failed", level="ERROR", logger="shop", exc_info=LookupError, transport=transport)
    assert isinstance(item, ReceivedRecord)
    assert item.extra == {"query": "q7", "took": 1.5}
    assert item.exc_text.startswith("Traceback (most recent call last):\n")
    assert item.exc_text.endswith("LookupError: no such table")
    assert (item.record.funcName, item.record.args, item.record.exc_info) == (
        "test_what_was_logged_is_there_with_all_that_it_carried",
        None,
        None,
    )
    assert item.record.stack_info.startswith("Stack (most recent call last):")
    assert item.record.process == os.getpid()
    assert 0 <= item.arrival < 60
    assert records.records == (item.record,)


@KINDS
def test_a_received_record_can_be_logged_on(records, attach, logger, kind, transport):
    attach(kind, records)
    logger.warning("a %s", "b")
    records.wait_for("a b")

    formatted = logging.Formatter("%(levelname)s:%(name)s:%(message)s").format(records.records[0])

    assert formatted == "WARNING:shop:a b"


def test_the_extras_of_real_applications_arrive_equal(records, attach, logger):
    attach(SocketHandler, records)
    extra = {
        "body": b"\0\xff",
        "tags": {"a", "b"},
        "frozen": frozenset({1}),
        "buffer": bytearray(b"x"),
        "z": 1 + 2j,
        "at": dt.datetime(2026, 11, 22, 19, 0, tzinfo=dt.UTC),
        "price": Decimal("1.50"),
        "id": UUID(int=7),
        "path": PurePosixPath("/var/log"),
        "nested": {"list": [1, (2.5, None, True)], "big": 10**50},
    }

    logger.info("order", extra=extra)

    assert records.wait_for("order").extra == extra


def test_the_objects_of_the_application_are_refused_by_their_names(records, attach, logger):
    attach(SocketHandler, records)

    logger.info("one", extra={"error": ValueError("x")})
    logger.info("two", extra={"level": threading.excepthook})
    logger.info("three")

    assert records.wait_for("three")
    first, second, third = records.received
    assert first.refused.endswith("naming exceptions.ValueError: a log record needs only plain data")
    assert "naming " in second.refused
    assert b"one" in first.raw
    assert records.records == (third.record,)


def test_an_extra_that_cannot_be_pickled_is_an_error_of_the_handler(records, attach, logger):
    handler = attach(SocketHandler, records)

    logger.info("lost", extra={"lock": threading.Lock()})
    logger.info("kept")

    assert len(handler.errors) == 1
    records.wait_for("kept")
    assert [item.text for item in records.received] == ["kept"]


def test_close_on_error_swallows_even_that_and_drops_the_connection(records, attach, logger):
    handler = SocketHandler(*records.address)
    handler.closeOnError = True
    logger.addHandler(handler)
    logger.info("one")

    with contextlib.redirect_stderr(None):
        logger.info("lost", extra={"lock": threading.Lock()})
    assert handler.sock is None
    logger.info("two")

    records.wait_for("two")
    assert [item.text for item in records.received] == ["one", "two"]
    assert [each.follows for each in records.reconnects] == [1]


def test_a_datagram_of_more_than_64_kib_is_an_error_of_the_handler(records, attach, logger):
    handler = attach(DatagramHandler, records)

    logger.info("x" * 70_000)
    logger.info("x" * 60_000)

    assert len(handler.errors) == 1
    assert len(records.assert_received().text) == 60_000


def test_a_record_of_a_megabyte_is_kept_and_one_of_a_hundred_is_told_of(records, attach, logger):
    attach(SocketHandler, records)

    logger.info("x" * 1_000_000)
    logger.info("y" * 100_000_000)
    logger.info("after")

    records.wait_for("after", timeout=30)
    one, large, _ = records.received
    assert len(one.text) == 1_000_000
    assert large.malformed.startswith("its length says 100,000,")
    assert large.malformed.endswith(" octets, more than the 8,388,608 of the limit")
    assert len(large.raw) <= 1024


def test_the_limit_can_be_set(logger):
    with RecordEndpoint(largest_frame=1_000) as records:
        logger.addHandler(SocketHandler(*records.address))
        logger.info("x" * 2_000)
        logger.info("short")
        records.wait_for("short")

        assert records.assert_received(malformed="more than the 1,000 of the limit")


# --- senders that do not pickle ---


class JsonHandler(SocketHandler):
    """A SocketHandler with a format of its own, as people write it."""

    def makePickle(self, record):
        octets = json.dumps({"message": record.getMessage(), "levelname": record.levelname, "shop": 7}).encode()
        return struct.pack(">L", len(octets)) + octets


def decode(octets):
    return json.loads(octets)


def test_a_format_of_its_own_is_kept_as_refused_and_read_when_the_test_says_how(records, attach, logger):
    attach(JsonHandler, records)
    logger.error("one")
    assert records.wait_for(refused="it looks like JSON").raw.startswith(b'{"message": "one"')

    records.decode_with(decode)
    logger.error("two")

    item = records.wait_for("two", level="ERROR", extra={"shop": 7})
    assert item.refused is None
    records.decode_with(None)
    logger.error("three")
    records.wait_for(refused=True, count=2)


class BareHandler(DatagramHandler):
    """As logstash and GELF handlers do: the datagram is the document."""

    def makePickle(self, record):
        return json.dumps({"message": record.getMessage()}).encode()


def test_a_datagram_that_is_a_document_is_read_by_the_function(records, attach, logger):
    records.decode_with(decode)
    attach(BareHandler, records)
    logger.error("one")

    assert records.assert_received("one").raw == b'{"message": "one"}'


def test_the_function_can_be_given_at_the_beginning(logger):
    with RecordEndpoint(decode=decode) as records:
        logger.addHandler(JsonHandler(*records.address))
        logger.error("one")

        assert records.wait_for("one").logger == "root"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decode": 7}, "decode=7: it is a function of a frame's octets"),
        ({"largest_frame": 0}, "largest_frame=0: it is a number of octets, 1 or more"),
        ({"largest_frame": True}, "largest_frame=True: it is a number of octets, 1 or more"),
    ],
)
def test_what_cannot_be_meant_is_an_argument_error(options, message):
    with pytest.raises(ArgumentError) as caught:
        RecordEndpoint(**options)

    assert str(caught.value) == message


def test_what_cannot_decode_is_an_argument_error(records):
    with pytest.raises(ArgumentError, match=r"^decode='json': it is a function of a frame's octets$"):
        records.decode_with("json")


# --- what is lost ---


def test_with_nobody_there_every_record_vanishes_silently(attach, logger):
    with RecordEndpoint() as records:
        handler = attach(SocketHandler, records)

    for _ in range(5):
        logger.info("lost")

    assert handler.errors == []
    assert handler.sock is None
    assert handler.retryPeriod == handler.retryStart


def test_two_records_after_the_servers_end_vanish_and_are_told_by_their_numbers(records, attach, logger):
    # https://github.com/python/cpython/issues/84532
    handler = attach(SocketHandler, records)
    for number in range(6):
        if number == 2:
            records.wait_for(extra={"seq": 1})
            records.restart()
        logger.info("tick", extra={"seq": number})
    records.wait_for(extra={"seq": 5})

    (gap,) = records.gaps()

    assert (gap.missing, gap.lost) == (((2, 3),), 2)
    assert [each.follows for each in records.reconnects] == [1]
    assert handler.errors == []


def test_assert_delivered_knows_a_refused_record_from_one_that_arrived(records, attach, logger):
    attach(SocketHandler, records)
    logger.info("one")
    logger.info("two", extra={"error": ValueError("x")})
    records.wait_for(count=2)

    records.assert_delivered(["one"])
    with pytest.raises(AssertionError) as caught:
        records.assert_delivered(["one", "two"])

    assert "'two'" in str(caught.value)


@pytest.mark.parametrize("kind", [SocketHandler, DatagramHandler])
def test_nothing_is_lost_at_full_speed_and_all_is_in_order(records, attach, logger, kind):
    attach(kind, records)
    for number in range(10_000):
        logger.info("tick", extra={"seq": number})
    if kind is SocketHandler:
        records.wait_for(extra={"seq": 9_999}, timeout=60)

    assert len(records.assert_no_gaps(first=0, last=9_999)) == 10_000
    assert records.dropped in (0, None)


def test_what_arrives_is_not_read_before_somebody_looks(records, attach, logger):
    seen = []
    records.decode_with(lambda octets: seen.append(octets) or {"msg": "x"})
    attach(SocketHandler, records)
    logger.info("one")
    with records._doors.listener.held():
        records._look()

    assert len(records.received) == 1
    assert seen == []
    assert records.records[0].msg == "x"
    assert len(seen) == 1


def test_udp_and_tcp_are_one_port_of_loopback(records):
    assert records.address == (records.host, records.port) == ("127.0.0.1", records.port)

    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as other, pytest.raises(OSError, match=r"in use|permi"):
            other.bind(records.address)


def test_clear_forgets_what_came(records, attach, logger):
    attach(DatagramHandler, records)
    logger.info("one")

    records.clear()
    logger.info("two")

    assert [item.text for item in records.received] == ["two"]
