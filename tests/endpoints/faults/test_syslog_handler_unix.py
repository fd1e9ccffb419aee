"""What SysLogHandler does over unix sockets: it connects again, once, whenever sending fails."""

from __future__ import annotations

import socket
import sys
from logging.handlers import SysLogHandler

import pytest

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="a system without unix sockets")
linux = pytest.mark.skipif(sys.platform != "linux", reason="the sizes of the queues are Linux's")


@pytest.fixture
def over_stream(syslog, counting):
    """A SysLogHandler connected to ``syslog`` over a unix stream socket."""
    return counting(SysLogHandler, syslog.unix_stream_address, socktype=socket.SOCK_STREAM)


@pytest.fixture
def over_datagrams(syslog, counting):
    """A SysLogHandler that sends to ``syslog`` over a unix datagram socket."""
    return counting(SysLogHandler, syslog.unix_address)


def texts(syslog):
    return [message.text for message in syslog.received]


def test_while_a_stream_server_refuses_it_fails_and_afterwards_it_connects_again(syslog, over_stream, say):
    syslog.refuse()
    assert say(over_stream, "one", "two") == [ConnectionRefusedError, ConnectionRefusedError]

    syslog.recover()

    assert say(over_stream, "three", "four") == [None, None]
    syslog.wait_for("four")
    assert texts(syslog) == ["three", "four"]


def test_a_restarted_stream_server_loses_nothing(syslog, over_stream, say):
    say(over_stream, "before")
    syslog.restart()

    assert say(over_stream, "one", "two") == [None, None]
    syslog.wait_for("two")
    assert texts(syslog) == ["before", "one", "two"]


@pytest.mark.parametrize("verb", ["reset", "disconnect"])
def test_a_broken_stream_is_made_anew_at_once(syslog, over_stream, say, verb):
    getattr(syslog, verb)(now=True)

    assert say(over_stream, "one", "two") == [None, None]
    syslog.wait_for("two")
    assert texts(syslog) == ["one", "two"]


@linux
def test_a_stalled_stream_server_blocks_emit_and_nothing_is_lost(syslog, over_stream, talk):
    syslog.stop_reading()

    talking = talk(2_000, "%090d")

    assert talking.is_stuck()
    assert 100 < talking.done < 600
    syslog.recover()
    assert talking.ends()
    syslog.wait_for(count=talking.count)
    assert texts(syslog) == talking.texts
    assert over_stream.errors == []


@linux
def test_a_stalled_datagram_server_blocks_emit_after_its_queue_and_nothing_is_lost(syslog, over_datagrams, talk):
    syslog.stop_reading()

    talking = talk(2_000)

    assert talking.is_stuck()
    assert talking.done < 600  # net.unix.max_dgram_qlen: 10, and 512 on hosts with systemd.
    syslog.recover()
    assert talking.ends()
    syslog.wait_for(count=talking.count)
    assert texts(syslog) == talking.texts
    assert over_datagrams.errors == []


def test_while_a_datagram_server_is_away_it_fails_and_afterwards_it_connects_again(syslog, over_datagrams, say):
    syslog.refuse()
    first, second = say(over_datagrams, "one", "two")
    assert issubclass(first, OSError)
    assert issubclass(second, OSError)

    syslog.recover()

    assert say(over_datagrams, "three") == [None]
    syslog.wait_for("three")
    assert texts(syslog) == ["three"]
