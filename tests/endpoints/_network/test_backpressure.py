from __future__ import annotations

import random
import select
import socket
import sys

import pytest

from pytest_loghandlers.endpoints._network.backpressure import SEGMENT, SMALL_SEGMENT, narrow, use_segments, widen

LINUX = sys.platform == "linux"
linux = pytest.mark.skipif(not LINUX, reason="the sizes of the buffers are Linux's")


def room(sock):
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def swallowed(client):
    """Return how many octets ``client`` can send to who does not read, in messages of 100."""
    client.setblocking(False)
    octets = 0
    while select.select([], [client], [], 0.5)[1]:
        try:
            octets += client.send(b"x" * 100)
        except BlockingIOError:
            pass
    return octets


@pytest.fixture
def tcp():
    # For an hour Linux sizes buffers after how earlier connections to the address went: this one has no past.
    host = "127.{}.{}.{}".format(*random.SystemRandom().sample(range(1, 255), 3)) if LINUX else "127.0.0.1"
    with socket.socket() as sock:
        sock.bind((host, 0))
        yield sock


def pair_of(listener, connect):
    client = connect(listener.getsockname())
    accepted, _ = listener.accept()
    return client, accepted


@linux
def test_to_a_narrow_listener_a_client_sends_far_less_than_a_megabyte(tcp, connect):
    narrow(tcp, 0)
    tcp.listen()
    client, accepted = pair_of(tcp, connect)

    with accepted:
        assert 10_000 < swallowed(client) < 100_000


@linux
def test_on_a_connection_that_was_there_before_it_is_less_than_usual(tcp, connect):
    use_segments(tcp)
    tcp.listen()
    client, accepted = pair_of(tcp, connect)

    with accepted:
        narrow(accepted, 0)
        assert swallowed(client) < 1_500_000


@linux
def test_who_reads_slowly_has_room_for_several_segments(tcp):
    narrow(tcp, 100.0)

    assert 4 * SEGMENT < room(tcp) <= 200_000


@linux
def test_what_was_narrow_is_as_before(tcp, connect):
    before = room(tcp)
    narrow(tcp, 0)
    assert room(tcp) < before

    widen(tcp, before)

    tcp.listen()
    client, accepted = pair_of(tcp, connect)
    with accepted:
        assert room(tcp) == room(accepted) == before
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) > SMALL_SEGMENT


def test_what_was_never_narrow_stays_as_it_is(tcp):
    before = room(tcp)

    widen(tcp, 0)

    assert room(tcp) == before


@linux
def test_segments_are_smaller_than_loopbacks(tcp, connect):
    use_segments(tcp)
    tcp.listen()
    client, accepted = pair_of(tcp, connect)

    with accepted:
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) <= SEGMENT


def test_a_system_that_refuses_is_put_up_with():
    class Refuses:
        family = socket.AF_INET

        def setsockopt(self, *args):
            raise OSError

    for change in (use_segments, lambda sock: narrow(sock, 0), lambda sock: widen(sock, 1_000)):
        change(Refuses())


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="a system without unix sockets")
def test_a_unix_socket_has_no_segments():
    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        before = room(here)
        narrow(here, 0)
        widen(here, before)

        assert room(here) == before
