from __future__ import annotations

import socket
import sys
import threading

import pytest

from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers.endpoints._network import inlet as inlet_module
from pytest_loghandlers.endpoints._network.datagrams import Datagrams
from pytest_loghandlers.endpoints._network.faults import Break
from pytest_loghandlers.endpoints._network.inlet import Inlet
from pytest_loghandlers.endpoints._network.reactor import reactor

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how full a buffer is")


class Served:
    """An inlet whose inbox holds the payloads."""

    def __init__(self, **options):
        self.errors = []
        self.datagrams = Datagrams(**options)
        self.inbox = Inbox(self.refresh)
        self.loop = reactor()
        self.inlet = Inlet(self.datagrams, self.inbox, self.loop, self.errors.append)
        self.inlet.open()
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def refresh(self):
        with self.loop.held():
            for moment, payload in self.inlet.take():
                self.inbox.put((moment, payload))

    def send(self, *payloads):
        for payload in payloads:
            self.client.sendto(payload, self.datagrams.address)

    def wait_for(self, count, timeout=5):
        return self.inbox.wait_for(lambda items: items if len(items) >= count else None, timeout)

    def close(self):
        with self.loop.held():
            self.inlet.close()
        self.client.close()


@pytest.fixture
def serve():
    """Return a function that opens an inlet; all are closed at the end, and none has failed."""
    opened = []

    def opens(**options):
        opened.append(Served(**options))
        return opened[-1]

    yield opens
    for served in opened:
        served.close()
        assert served.errors == []


def reached(condition, timeout=5):
    """Return whether ``condition()`` comes true, looked at as often as the reactor's thread gets its turn."""
    end = RealClock.monotonic() + timeout
    turn = threading.Event()
    while not condition() and RealClock.monotonic() < end:
        reactor().call_later(0, turn.set, print)
        turn.wait(1)
        turn.clear()
    return condition()


@pytest.mark.parametrize("options", [{}, pytest.param({"force": False, "sockets": 5}, marks=linux)])
def test_who_waits_is_woken_by_a_datagram(serve, options):
    served = serve(**options)
    found = []
    thread = threading.Thread(target=lambda: found.extend(served.wait_for(1)))
    thread.start()
    assert reached(lambda: served.inbox.waiters)

    served.send(b"x")
    thread.join(5)

    assert [payload for _, payload in found] == [b"x"]


def test_who_waits_is_woken_again_and_again(serve):
    served = serve()
    for number in range(1, 200):
        sender = threading.Thread(target=served.send, args=(b"x",))
        sender.start()
        assert len(served.wait_for(number)) == number
        sender.join()


def test_a_datagram_has_the_moment_of_its_arrival(serve):
    served = serve()
    before = RealClock.monotonic()
    served.send(b"x")
    after = RealClock.monotonic()

    ((moment, _),) = served.wait_for(1)

    assert before - 0.001 <= moment
    assert moment <= (after if sys.platform == "linux" else RealClock.monotonic()) + 0.001


@linux
def test_what_nobody_reads_stays_in_the_kernel(serve):
    served = serve()
    served.send(*[b"x"] * 10)

    assert reached(lambda: served.inlet._timer is not None)
    assert served.inlet._backlog == []
    assert served.datagrams.fill > 0


@linux
@pytest.mark.parametrize("options", [{"force": False, "buffer": 212_992, "sockets": 2}])
def test_a_guard_empties_what_would_overflow(serve, options):
    served = serve(**options)
    sent = [b"%d" % number for number in range(5_000)]

    for at in range(0, len(sent), 50):
        served.send(*sent[at : at + 50])
        assert reached(lambda: served.datagrams.fill < 0.5)

    served.refresh()
    assert [payload for _, payload in served.inbox.snapshot()] == sent
    assert served.datagrams.dropped == 0


@linux
def test_the_guard_rests_when_all_is_read(serve, monkeypatch):
    monkeypatch.setattr(inlet_module, "GUARD", 0.001)
    served = serve()
    served.send(b"x")
    assert reached(lambda: served.inlet._timer is not None)

    served.refresh()

    assert reached(lambda: served.inlet._timer is None)
    assert served.inlet._watch.events


@linux
def test_the_guard_goes_on_while_something_is_unread(serve, monkeypatch):
    monkeypatch.setattr(inlet_module, "GUARD", 0.001)
    served = serve()
    served.send(b"x")
    assert reached(lambda: served.inlet._timer is not None)
    first = served.inlet._timer

    assert reached(lambda: served.inlet._timer not in (None, first))


def test_who_cannot_tell_how_full_it_is_reads_at_once(serve, monkeypatch):
    monkeypatch.setattr(Datagrams, "fill", None)
    served = serve()

    served.send(b"x", b"y")

    assert reached(lambda: len(served.inlet._backlog) == 2)
    assert [payload for _, payload in served.wait_for(2)] == [b"x", b"y"]


def test_a_flood_is_read_in_parts_and_who_waits_gets_all_of_it(serve, monkeypatch):
    monkeypatch.setattr("pytest_loghandlers.endpoints._network.datagrams.MOST_AT_ONCE", 10)
    served = serve()
    sent = [b"%d" % number for number in range(95)]
    served.send(*sent)
    assert sys.platform != "linux" or reached(lambda: served.inlet._timer is not None)

    assert [payload for _, payload in served.wait_for(95)] == sent


def test_opening_twice_is_opening_once(serve):
    served = serve()
    watch = served.inlet._watch

    served.inlet.open()

    assert served.inlet.is_open
    assert served.inlet._watch is watch


def test_closing_ends_the_watch_and_the_guard(serve):
    served = serve()
    served.send(b"x")
    reached(lambda: served.inlet._timer is not None)
    watch, timer = served.inlet._watch, served.inlet._timer

    served.close()

    assert not watch.live
    assert timer is None or timer.action is None
    assert served.datagrams._sockets[0].fileno() == -1


def test_one_that_was_never_opened_has_nothing_and_can_be_closed():
    inlet = Inlet(Datagrams(), Inbox(), reactor(), print)

    assert inlet.take() == []
    assert not inlet.is_open
    inlet.close()


@linux
def test_while_it_refuses_a_connected_sender_hears_of_it_and_afterwards_it_is_heard(serve):
    served = serve()
    served.send(b"before")
    served.inlet.refuse()
    served.inlet.refuse()
    served.client.connect(served.datagrams.address)
    served.client.send(b"lost")
    with pytest.raises(ConnectionRefusedError):
        served.client.send(b"lost")

    served.inlet.recover()
    served.client.send(b"after")

    assert [payload for _, payload in served.wait_for(2)] == [b"before", b"after"]


def test_one_that_refuses_is_opened_when_it_recovers(serve):
    inlet = Inlet(Datagrams(), Inbox(), reactor(), print)
    inlet.refuse()
    inlet.open()
    assert inlet._watch is None

    inlet.recover()

    assert inlet._watch is not None
    with reactor().held():
        inlet.close()


def test_what_is_not_read_waits_and_comes_in_order(serve):
    served = serve()
    served.send(b"a")
    served.inlet.read_at(0)
    served.send(b"b", b"c")
    served.refresh()
    assert [payload for _, payload in served.inbox.snapshot()] == [b"a"]

    served.inlet.recover()
    served.send(b"d")

    assert [payload for _, payload in served.inbox.snapshot()] == [b"a", b"b", b"c", b"d"]


def test_what_is_read_slowly_comes_one_by_one_and_who_waits_is_woken(serve):
    served = serve()
    served.inlet.read_at(200)
    began = RealClock.monotonic()
    served.send(b"x" * 20, b"y" * 20, b"z" * 20)

    assert [payload[:1] for _, payload in served.wait_for(3)] == [b"x", b"y", b"z"]

    assert RealClock.monotonic() - began > 0.15


def test_a_restart_keeps_what_had_come_and_loses_what_was_not_read(serve):
    served = serve()
    served.send(b"a")
    served.inlet.restart()
    served.inlet.read_at(0)
    served.send(b"b")
    served.inlet.restart()
    served.inlet.read_at(None)
    served.send(b"c")

    assert [payload for _, payload in served.wait_for(2)] == [b"a", b"c"]


def test_it_has_no_connections_to_break(serve):
    served = serve()
    served.inlet.break_later(Break("reset"), 1)

    assert served.inlet.break_now("reset") == 0
    served.send(b"x")
    assert len(served.wait_for(1)) == 1
