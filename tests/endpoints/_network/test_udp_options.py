from __future__ import annotations

import socket
import sys

import pytest

from pytest_loghandlers.endpoints._network import udp_options as udp_options_module
from pytest_loghandlers.endpoints._network.udp_options import (
    STAMP_SPACE,
    deal,
    enlarge,
    memory,
    now,
    stamp,
    stamp_arrivals,
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="the options are Linux's")


@pytest.fixture
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock


def room(sock):
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def test_a_buffer_grows(udp):
    before = room(udp)

    enlarge(udp, 1 << 26, force=False)

    assert room(udp) > before


def test_a_buffer_is_as_large_as_a_system_grants_that_refuses_more():
    asked = []

    class Strict:
        def setsockopt(self, level, option, value):
            asked.append(value)
            if value > 1_000_000:
                raise OSError

    enlarge(Strict(), 4_000_000, force=False)

    assert asked == [4_000_000, 2_000_000, 1_000_000]


def test_a_system_that_grants_nothing_is_asked_no_further():
    class Never:
        def setsockopt(self, level, option, value):
            raise OSError

    enlarge(Never(), 1 << 26, force=True)


@linux
def test_the_kernels_account_counts_what_is_held_and_what_was_dropped(udp):
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    assert memory(udp)[0] == 0
    assert memory(udp)[8] == 0

    for _ in range(100):
        udp.sendto(b"x" * 100, udp.getsockname())

    held, size, *_, dropped = memory(udp)
    udp.setblocking(False)
    came = 0
    with pytest.raises(BlockingIOError):
        while udp.recv(200):
            came += 1
    assert held > 0
    assert size == room(udp)
    assert came + dropped == 100
    assert dropped > 0


def test_no_account_is_none(monkeypatch):
    class Without:
        def getsockopt(self, *args):
            raise OSError

    class Short:
        def getsockopt(self, *args):
            return b"\0" * 8

    assert memory(Without()) is None
    assert memory(Short()) is None
    monkeypatch.setattr(udp_options_module, "LINUX", False)
    assert memory(None) is None


@linux
def test_a_datagram_comes_with_the_moment_of_its_arrival(udp):
    stamp_arrivals(udp)
    before = now()
    udp.sendto(b"x", udp.getsockname())

    assert before - 1_000_000_000 < stamp(udp.recvmsg(10, STAMP_SPACE)[1]) <= now()


def test_without_a_stamp_there_is_none():
    assert stamp([]) == 0
    assert stamp([(socket.SOL_SOCKET, 99, b"x" * 16), (socket.SOL_SOCKET, 35, b"x")]) == 0


def test_a_kernel_without_stamps_is_put_up_with():
    class Without:
        def setsockopt(self, *args):
            raise OSError

    stamp_arrivals(Without())


@linux
def test_a_socket_that_shares_no_port_cannot_be_dealt_to():
    class Refuses:
        def setsockopt(self, *args):
            raise OSError

    assert deal(Refuses(), 2) is False


def test_the_clock_goes_on_while_a_test_has_frozen_the_time():
    from freezegun import freeze_time

    with freeze_time("2001-01-01"):
        first = now()
        while now() == first:
            pass
        assert now() > first
