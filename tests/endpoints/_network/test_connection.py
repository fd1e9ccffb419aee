from __future__ import annotations

import socket
import threading
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers.endpoints._network.faults import Break, Faults
from pytest_loghandlers.endpoints._network.listener import Listener


class Keeper:
    """Keeps what arrives; a thing is one octet."""

    def __init__(self, link):
        self.link = link
        self.got = b""
        self.over = threading.Event()

    def data(self, data):
        for octet in data:
            self.got += bytes([octet])
            if self.link.took_one():
                return

    def eof(self):
        self.link.close()

    def lost(self):
        self.over.set()


@pytest.fixture
def keeping():
    """A listener, the protocols of its connections, and what its faults have told."""
    protocols, errors, told = [], [], []

    def make(link):
        protocols.append(Keeper(link))
        return protocols[-1]

    listener = Listener(make, errors.append, faults=Faults(told.append))
    listener.protocols, listener.told = protocols, told
    yield listener
    listener.stop()
    assert errors == []


def got(listener):
    return [protocol.got for protocol in listener.protocols]


def send_and_end(client, data):
    """Send ``data`` and an end; return once the server has ended too, however."""
    try:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return client.recv(1)
    except ConnectionError as error:
        return type(error)


def test_a_fault_strikes_after_a_whole_thing_and_then_no_more(keeping, connect):
    keeping.break_later(Break("reset"), 1)
    client = connect(keeping.address)
    client.sendall(b"ab")

    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert send_and_end(connect(keeping.address), b"cd") == b""
    assert got(keeping) == [b"a", b"cd"]
    assert keeping.told == ["a connection was reset (RST)"]


def test_a_fault_in_the_middle_lets_no_octet_more_through(keeping, connect):
    keeping.break_later(Break("disconnect", 3), 1)
    client = connect(keeping.address)
    client.sendall(b"abcdef")

    assert client.recv(1) == b""  # A FIN: what came behind is read away, else the system would send a RST.
    assert keeping.protocols[0].got == b"abc"
    assert keeping.told == ["a connection was closed (FIN) after 3 octets"]


def test_one_that_strikes_before_any_octet_strikes_who_connects(keeping, connect):
    keeping.break_later(Break("disconnect", 0), 2)

    assert connect(keeping.address).recv(1) == b""
    assert connect(keeping.address).recv(1) == b""
    assert send_and_end(connect(keeping.address), b"x") == b""
    assert got(keeping) == [b"", b"", b"x"]


def test_a_half_closed_connection_is_read_on_and_is_half_closed_once(keeping, connect):
    keeping.break_later(Break("half_close"), None)
    keeping.break_later(Break("half_close", 1), 1)
    client = connect(keeping.address)
    client.sendall(b"ab")
    assert client.recv(1) == b""

    client.sendall(b"cd")
    client.shutdown(socket.SHUT_WR)

    assert keeping.protocols[0].over.wait(5)
    assert got(keeping) == [b"abcd"]
    assert len(keeping.told) == 1


def test_a_fault_that_had_no_occasion_strikes_the_next_connection(keeping, connect):
    keeping.break_later(Break("disconnect", 3), 1)
    assert send_and_end(connect(keeping.address), b"ab") == b""
    assert keeping.told == []

    client = connect(keeping.address)
    client.sendall(b"abcdef")

    assert client.recv(1) == b""
    assert got(keeping) == [b"ab", b"abc"]
    assert keeping.faults.next is None


def test_one_that_waits_in_the_stream_goes_before_one_for_a_whole_thing(keeping, connect):
    keeping.break_later(Break("disconnect", 3), 1)
    keeping.break_later(Break("reset"), 1)
    client = connect(keeping.address)
    client.sendall(b"abcdef")
    assert client.recv(1) == b""

    other = connect(keeping.address)
    other.sendall(b"x")

    with pytest.raises(ConnectionResetError):
        other.recv(1)
    assert got(keeping) == [b"abc", b"x"]


def test_recovering_forgets_what_waits_in_the_stream(keeping, connect):
    keeping.break_later(Break("disconnect", 3), 1)
    client = connect(keeping.address)
    client.sendall(b"ab")
    keeping.catch_up()

    keeping.recover()

    assert send_and_end(client, b"cdef") == b""
    assert got(keeping) == [b"abcdef"]
    assert keeping.told == []


def test_a_fault_set_in_the_middle_strikes_behind_what_came_before(keeping, connect):
    client = connect(keeping.address)
    client.sendall(b"ab")
    keeping.catch_up()
    keeping.break_later(Break("disconnect", 2), 1)

    client.sendall(b"cdef")

    assert client.recv(1) == b""
    assert got(keeping) == [b"abcd"]


def test_while_nothing_is_read_nothing_is_lost(keeping, connect):
    early = connect(keeping.address)
    early.sendall(b"a")
    keeping.catch_up()
    keeping.read_at(0)
    late = connect(keeping.address)
    early.sendall(b"b")
    late.sendall(b"c")
    keeping.catch_up()
    assert got(keeping) == [b"a", b""]

    keeping.recover()

    assert [send_and_end(client, b"") for client in (early, late)] == [b"", b""]
    assert got(keeping) == [b"ab", b"c"]


def test_what_is_read_slowly_takes_its_time(keeping, connect):
    keeping.read_at(200)
    began = RealClock.monotonic()

    assert send_and_end(connect(keeping.address), b"x" * 60) == b""

    assert RealClock.monotonic() - began > 0.2
    assert got(keeping) == [b"x" * 60]


def test_another_rate_holds_at_once(keeping, connect):
    keeping.read_at(0.001)
    client = connect(keeping.address)
    client.sendall(b"abc")
    keeping.catch_up()

    keeping.read_at(None)

    assert send_and_end(client, b"") == b""
    assert got(keeping) == [b"abc"]


def test_a_client_that_breaks_its_connection_is_told_of(keeping, connect):
    client = connect(keeping.address)
    client.sendall(b"a")
    keeping.catch_up()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()

    assert keeping.protocols[0].over.wait(5)
    assert keeping.told == ["a client broke its connection"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6),
    after=st.integers(min_value=0, max_value=120),
    how=st.sampled_from(["reset", "disconnect"]),
    rate=st.sampled_from([None, 1_000_000.0]),
)
def test_exactly_the_first_octets_get_through_however_they_are_cut(keeping, connect, pieces, after, how, rate):
    keeping.recover()
    keeping.read_at(rate)
    keeping.break_later(Break(how, after), None)
    sent = b"".join(pieces)
    with suppress(OSError):  # The end may come as early as in connect.
        client = connect(keeping.address)
        for piece in pieces:
            client.sendall(piece)
            keeping.catch_up()
        client.shutdown(socket.SHUT_WR)

    assert keeping.protocols[-1].over.wait(5)
    assert keeping.protocols[-1].got == sent[:after]


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="whether to put off an acknowledgement is Linux's")
def test_catching_up_gets_also_what_the_client_holds_back_until_it_is_acknowledged(keeping, connect):
    client = connect(keeping.address)
    with keeping.held():
        keeping.catch_up()
        (connection,) = keeping.connections
        for octet in (b"a", b"b", b"c"):
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
            client.send(octet)
        keeping.catch_up()

        assert got(keeping) == [b"abc"]
