"""What SysLogHandler does over TCP: it connects once, in its constructor, and never again."""

from __future__ import annotations

import socket
from logging.handlers import SysLogHandler

import pytest


@pytest.fixture
def over_tcp(syslog, counting):
    """A SysLogHandler connected to ``syslog`` over TCP, whose first record has arrived."""
    handler = counting(SysLogHandler, syslog.address, socktype=socket.SOCK_STREAM)
    handler.emit(handler_record("hello"))
    syslog.wait_for("hello")
    return handler


def handler_record(text):
    import logging

    return logging.LogRecord("shop", logging.INFO, __file__, 1, text, None, None)


def texts(syslog):
    return [message.text for message in syslog.received]


def test_a_server_that_refuses_stops_it_in_its_constructor(syslog):
    syslog.refuse()

    with pytest.raises(ConnectionRefusedError):
        SysLogHandler(syslog.address, socktype=socket.SOCK_STREAM)


def test_after_a_refusal_it_fails_for_ever(syslog, over_tcp, say):
    syslog.refuse()
    assert say(over_tcp, "one", "two") == [ConnectionResetError, BrokenPipeError]

    syslog.recover()

    assert say(over_tcp, "three", "four") == [BrokenPipeError, BrokenPipeError]
    assert texts(syslog) == ["hello"]


def test_after_a_restart_the_first_record_vanishes_and_all_others_fail(syslog, over_tcp, say):
    syslog.restart()

    assert say(over_tcp, "one", "two", "three") == [None, BrokenPipeError, BrokenPipeError]
    assert texts(syslog) == ["hello"]


def test_after_a_reset_it_fails_at_once_and_for_ever(syslog, over_tcp, say):
    syslog.reset(now=True)

    assert say(over_tcp, "one", "two", "three") == [ConnectionResetError, BrokenPipeError, BrokenPipeError]
    assert texts(syslog) == ["hello"]


def test_a_scripted_reset_strikes_behind_the_record_that_arrives(syslog, over_tcp, say):
    syslog.reset(times=1)

    assert say(over_tcp, "one") == [None]
    syslog.wait_for("one")
    assert say(over_tcp, "two", "three") == [ConnectionResetError, BrokenPipeError]
    assert texts(syslog) == ["hello", "one"]


def test_a_connection_that_is_closed_swallows_one_record(syslog, over_tcp, say):
    syslog.disconnect(now=True)

    assert say(over_tcp, "one", "two") == [None, BrokenPipeError]


def test_a_connection_closed_in_the_middle_keeps_the_part_that_came(syslog, over_tcp, say):
    syslog.disconnect(times=1, after=len("<14>on"))

    assert say(over_tcp, "one") == [None]
    (part,) = syslog.wait_for(malformed=True, count=1)
    assert part.raw == b"<14>on"
    assert texts(syslog)[0] == "hello"


def test_of_a_half_closed_connection_it_notices_nothing(syslog, over_tcp, say):
    syslog.half_close(now=True)

    assert say(over_tcp, "one", "two") == [None, None]
    syslog.wait_for("two")
    assert texts(syslog) == ["hello", "one", "two"]


def test_a_stalled_server_blocks_emit_and_nothing_is_lost(syslog, counting, talk):
    syslog.stop_reading()
    handler = counting(SysLogHandler, syslog.address, socktype=socket.SOCK_STREAM)

    talking = talk(20_000, "%0100d")

    assert talking.is_stuck()
    assert syslog.received == ()
    syslog.recover()
    assert talking.ends()
    syslog.wait_for(count=talking.count)
    assert texts(syslog) == talking.texts
    assert handler.errors == []


def test_a_server_that_stalls_later_blocks_emit_too(syslog, over_tcp, talk):
    syslog.stop_reading()

    talking = talk(40_000, "%0100d")

    assert talking.is_stuck()
    assert texts(syslog) == ["hello"]
    syslog.recover()
    assert talking.ends()
    syslog.wait_for(count=talking.count + 1)
    assert texts(syslog) == ["hello", *talking.texts]
    assert over_tcp.errors == []


def test_a_slow_server_gets_all_of_it_in_order(syslog, over_tcp, talk):
    syslog.read_slowly(200_000)

    talking = talk(300, "%0300d")

    assert talking.ends()
    syslog.wait_for(count=talking.count + 1)
    assert texts(syslog) == ["hello", *talking.texts]
    assert over_tcp.errors == []
