from __future__ import annotations

import socket

import pytest

from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers.endpoints._network import unix_datagrams as module
from pytest_loghandlers.endpoints._network.faults import Break
from pytest_loghandlers.endpoints._network.unix_datagrams import UnixDatagrams

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no unix sockets")


@pytest.fixture
def door():
    """An open one; what it took is in ``taken``, what its code raised in ``failed``."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        taken, failed = [], []
        made = UnixDatagrams(f"{folder}/log", lambda payload, cut: taken.append((payload, cut)), failed.append)
        made.taken, made.failed = taken, failed
        yield made
        made.close()


@pytest.fixture
def sender():
    """A connected datagram socket, made by ``sender(path)``; all are closed at the end."""
    opened = []

    def connected(path):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        opened.append(sock)
        sock.settimeout(5)
        sock.connect(path)
        return sock

    yield connected
    for sock in opened:
        sock.close()


def test_each_datagram_is_taken_in_order(door, sender):
    sock = sender(door.path)
    for number in range(1_000):
        sock.send(b"%d" % number)
    door.catch_up()

    assert door.taken == [(b"%d" % number, False) for number in range(1_000)]


def test_an_empty_datagram_is_one(door, sender):
    sender(door.path).send(b"")
    door.catch_up()

    assert door.taken == [(b"", False)]


def test_of_a_datagram_that_is_too_long_the_beginning_is_kept(door, sender):
    door._into = memoryview(bytearray(4))

    sender(door.path).send(b"hello")
    door.catch_up()

    assert door.taken == [(b"hell", True)]


def test_while_nobody_reads_the_sender_is_held_up_and_then_nothing_is_lost(door, sender):
    door.read_at(0)
    sock = sender(door.path)
    sock.setblocking(False)
    sent = 0
    with pytest.raises(BlockingIOError):
        while sent < 100_000:
            sock.send(b"%d" % sent)
            sent += 1
    door.catch_up()
    assert door.taken == []

    door.recover()
    door.catch_up()

    assert [payload for payload, _ in door.taken] == [b"%d" % number for number in range(sent)]
    assert sent > 0


def test_it_reads_as_slowly_as_it_was_told(door, sender, spin):
    door.read_at(1_000)
    sock = sender(door.path)
    began = RealClock.monotonic()
    for _ in range(5):
        sock.send(b"x" * 100)

    spin(lambda: len(door.taken) == 5)
    assert RealClock.monotonic() - began > 0.3
    assert len(door.taken) == 5


def test_who_is_connected_is_refused_and_the_path_is_gone(door, sender):
    sock = sender(door.path)
    door.refuse()

    assert door.refusing
    with pytest.raises(ConnectionRefusedError):
        sock.send(b"x")
    with pytest.raises(FileNotFoundError):
        sender(door.path)

    door.recover()
    sender(door.path).send(b"back")
    door.catch_up()
    assert not door.refusing
    assert door.taken == [(b"back", False)]


def test_after_a_restart_one_has_to_connect_again(door, sender):
    sock = sender(door.path)
    door.restart()

    with pytest.raises(ConnectionRefusedError):
        sock.send(b"x")
    sender(door.path).send(b"y")
    door.catch_up()
    assert door.taken == [(b"y", False)]


def test_a_restart_of_what_refuses_serves_again(door, sender):
    door.refuse()
    door.restart()

    sender(door.path).send(b"y")
    door.catch_up()
    assert door.taken == [(b"y", False)]


def test_nothing_breaks_where_there_are_no_connections(door, sender):
    sock = sender(door.path)

    door.break_later(Break("reset"), None)
    assert door.break_now("reset") == 0
    sock.send(b"x")
    door.catch_up()

    assert door.taken == [(b"x", False)]


def test_a_sender_that_never_stops_does_not_hold_a_look(door, sender, monkeypatch):
    monkeypatch.setattr(module, "MOST_HELD", 3)
    sock = sender(door.path)
    with door.held():
        for _ in range(5):
            sock.send(b"x")
        door.catch_up()
        assert len(door.taken) == 3


def test_what_the_taker_raises_is_told_and_the_door_stays_open(door, sender, spin):
    take, door._take = door._take, lambda payload, cut: 1 / 0
    sock = sender(door.path)
    sock.send(b"x")
    spin(lambda: door.failed)
    with door.held():
        sock.send(b"x")
        door.catch_up()
    door._take = take
    sock.send(b"y")
    spin(lambda: door.taken)

    assert [type(error) for error in door.failed] == [ZeroDivisionError] * 2
    assert door.taken == [(b"y", False)]


def test_closing_twice_is_silent(door):
    door.close()
    door.close()


def test_catching_up_takes_all_that_the_kernel_holds(door, sender, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 2)
    sock = sender(door.path)
    with door.held():
        for number in range(8):
            sock.send(b"%d" % number)
        door.catch_up()

        assert [payload for payload, _ in door.taken] == [b"%d" % number for number in range(8)]
