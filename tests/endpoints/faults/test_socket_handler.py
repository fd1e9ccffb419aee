"""What SocketHandler and DatagramHandler do: errors of the socket are swallowed, and handleError is not called."""

from __future__ import annotations

from logging.handlers import DatagramHandler, SocketHandler

import pytest


@pytest.fixture
def records():
    """A running record endpoint."""
    from pytest_loghandlers.endpoints.record_endpoint import RecordEndpoint

    with RecordEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def over_tcp(records, counting, say):
    """A SocketHandler connected to ``records``, whose first record has arrived; it tries again without a pause."""
    handler = counting(SocketHandler, *records.address)
    handler.retryStart = 0.0
    say(handler, "hello")
    records.wait_for("hello")
    return handler


def texts(records):
    return [record.text for record in records.received if record.malformed is None]


def test_a_restart_costs_two_records_and_nobody_is_told(records, over_tcp, say):
    records.restart()

    # The first send fills a dead connection's buffer, the second finds it dead, the third connects.
    assert say(over_tcp, "one", "two", "three", "four") == [None] * 4
    records.wait_for("four")
    assert texts(records) == ["hello", "three", "four"]


def test_a_reset_costs_one_record_and_nobody_is_told(records, over_tcp, say):
    records.reset(now=True)

    assert say(over_tcp, "one", "two") == [None, None]
    records.wait_for("two")
    assert texts(records) == ["hello", "two"]


def test_what_is_logged_while_the_server_refuses_vanishes_silently(records, over_tcp, say):
    records.refuse()
    assert say(over_tcp, "one", "two", "three") == [None] * 3

    records.recover()

    over_tcp.retryTime = None
    assert say(over_tcp, "four") == [None]
    records.wait_for("four")
    assert texts(records) == ["hello", "four"]


def test_of_a_half_closed_connection_it_notices_nothing(records, over_tcp, say):
    records.half_close(now=True)

    assert say(over_tcp, "one") == [None]
    records.wait_for("one")


def test_a_frame_cut_in_the_middle_is_kept_as_such(records, over_tcp, say):
    records.reset(times=1, after=20)

    say(over_tcp, "one", "two")

    (part,) = records.wait_for(malformed=True, count=1)
    assert len(part.raw) == 20


class Patient(SocketHandler):
    """It gives up later than after the second that it usually waits, in which a busy machine may do nothing."""

    def makeSocket(self, timeout=60):
        return super().makeSocket(timeout)


def test_a_stalled_server_blocks_emit_and_nothing_is_lost(records, counting, talk):
    records.stop_reading()
    handler = counting(Patient, *records.address)

    talking = talk(3_000)

    assert talking.is_stuck()
    assert records.received == ()
    records.recover()
    assert talking.ends()
    records.wait_for(count=talking.count)
    assert texts(records) == talking.texts
    assert handler.errors == []


def test_a_slow_server_gets_all_of_it_in_order(records, over_tcp, talk):
    records.read_slowly(20_000)

    talking = talk(10)

    assert talking.ends()
    records.wait_for("000009")
    assert texts(records) == ["hello", *talking.texts]
    assert over_tcp.errors == []


def test_datagrams_vanish_silently_while_the_server_refuses(records, counting, say):
    handler = counting(DatagramHandler, *records.address)
    assert say(handler, "one") == [None]
    records.refuse()
    assert say(handler, "two") == [None]
    records.recover()
    assert say(handler, "three") == [None]
    records.restart()
    assert say(handler, "four") == [None]

    assert texts(records) == ["one", "three", "four"]


def test_a_stalled_server_never_blocks_datagrams(records, counting, talk):
    handler = counting(DatagramHandler, *records.address)
    records.stop_reading()

    talking = talk(500)

    assert talking.ends()
    assert records.received == ()
    records.recover()
    assert texts(records) == talking.texts
    assert handler.errors == []
