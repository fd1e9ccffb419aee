"""What SysLogHandler does over UDP: it sends, and hears of nothing."""

from __future__ import annotations

import socket
import sys
from logging.handlers import SysLogHandler

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="how a connected socket hears of it is Linux's")


@pytest.fixture
def over_udp(syslog, counting):
    """A SysLogHandler that sends to ``syslog`` over UDP."""
    return counting(SysLogHandler, syslog.address)


def texts(syslog):
    return [message.text for message in syslog.received]


def test_what_is_sent_while_the_server_refuses_vanishes_silently(syslog, over_udp, say):
    assert say(over_udp, "before") == [None]
    syslog.refuse()
    assert say(over_udp, "one", "two", "three") == [None, None, None]
    syslog.recover()
    assert say(over_udp, "after") == [None]

    assert texts(syslog) == ["before", "after"]
    assert syslog.dropped in (0, None)


@linux
def test_only_a_connected_socket_hears_of_a_refusal(syslog):
    syslog.refuse()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(syslog.address)
        client.send(b"<14>x")
        with pytest.raises(ConnectionRefusedError):
            client.send(b"<14>x")
        syslog.recover()
        client.send(b"<14>y")
        assert texts(syslog) == ["y"]


def test_nobody_can_take_the_port_while_it_refuses(syslog):
    address = syslog.address
    syslog.refuse()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief, pytest.raises(OSError, match="in use"):
        thief.bind(address)


def test_a_restart_loses_nothing(syslog, over_udp, say):
    for number in range(5):
        assert say(over_udp, f"before {number}") == [None]
        syslog.restart()

    assert say(over_udp, "after") == [None]
    assert texts(syslog) == [*(f"before {number}" for number in range(5)), "after"]


def test_what_is_unread_when_the_server_restarts_is_gone(syslog, over_udp, say):
    syslog.stop_reading()
    say(over_udp, "one")
    syslog.restart()
    say(over_udp, "two")
    assert texts(syslog) == []

    syslog.recover()

    assert texts(syslog) == ["two"]


def test_a_stalled_server_never_blocks_it_and_nothing_is_lost(syslog, over_udp, talk):
    syslog.stop_reading()

    talking = talk(5_000)

    assert talking.ends()
    assert texts(syslog) == []
    syslog.recover()
    assert texts(syslog) == talking.texts
    assert over_udp.errors == []


def test_a_slow_server_gets_all_of_it_in_order(syslog, over_udp, talk):
    syslog.read_slowly(100)
    talking = talk(200)
    assert talking.ends()

    syslog.wait_for(count=5)
    assert len(syslog.received) < 200
    syslog.recover()

    assert texts(syslog) == talking.texts


@pytest.mark.parametrize("verb", ["reset", "disconnect", "half_close"])
def test_there_is_no_connection_to_break(syslog, over_udp, say, verb):
    getattr(syslog, verb)()
    getattr(syslog, verb)(now=True)

    assert say(over_udp, "one", "two") == [None, None]
    assert texts(syslog) == ["one", "two"]


def test_a_large_bank_comes_back_as_it_was(syslog_on, counting, talk):
    with syslog_on(force=False, buffer=212_992) as endpoint:
        handler = counting(SysLogHandler, endpoint.address)
        before = endpoint._datagrams.sockets
        endpoint.refuse()
        endpoint.recover()
        endpoint.restart()

        talking = talk(5_000)

        assert talking.ends()
        assert texts(endpoint) == talking.texts
        assert endpoint._datagrams.sockets == before
        assert endpoint.dropped in (0, None)
        assert handler.errors == []
