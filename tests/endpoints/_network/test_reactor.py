from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import threading
import warnings

import pytest

from pytest_loghandlers._base.errors import LeakError
from pytest_loghandlers.endpoints._network import reactor as reactor_module
from pytest_loghandlers.endpoints._network.reactor import READ, WRITE, Reactor, reactor, shutdown

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def in_child(action):
    """Run ``action`` in a forked child; return its exit status: 0 when it returned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Forking beside a live thread is what is tested.
        child = os.fork()
    if not child:
        status = 1
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture(params=["the system's selector", "select"])
def running(request, monkeypatch):
    """A reactor of its own, also on the selector that Windows has."""
    if request.param == "select":
        monkeypatch.setattr(selectors, "DefaultSelector", selectors.SelectSelector)
    made = Reactor()
    yield made
    made.end()


@pytest.fixture
def pair():
    here, there = socket.socketpair()
    here.setblocking(False)
    with here, there:
        yield here, there


class Calls:
    """Remembers what it was called with, and lets a test wait for it."""

    def __init__(self):
        self.got = []
        self.came = threading.Semaphore(0)

    def __call__(self, *arguments):
        self.got.append(arguments)
        self.came.release()

    def wait(self):
        assert self.came.acquire(timeout=5)


def test_a_socket_registered_while_the_thread_waits_is_served(running, pair):
    here, there = pair
    calls, errors = Calls(), Calls()

    watch = running.watch(here, lambda mask: calls(mask, here.recv(100)), errors)
    there.send(b"one")
    calls.wait()
    there.send(b"two")
    calls.wait()
    watch.end()

    assert calls.got == [(READ, b"one"), (READ, b"two")]
    assert errors.got == []


def test_a_watch_that_has_ended_is_never_called_again(running, pair):
    here, there = pair
    calls = Calls()
    watch = running.watch(here, lambda mask: calls(here.recv(100)), calls)
    there.send(b"one")
    calls.wait()

    watch.end()
    watch.end()
    there.send(b"two")
    after = Calls()
    running.call_later(0, after, after)
    after.wait()

    assert calls.got == [(b"one",)]


def test_a_watch_ended_by_another_that_was_ready_with_it_is_not_called(running):
    calls, blocked, go_on = Calls(), threading.Event(), threading.Event()
    one, two = socket.socketpair()  # Both are ready to be written to.
    with one, two:
        watches = {
            one: running.watch(one, lambda mask: only(two), calls, 0),
            two: running.watch(two, lambda mask: only(one), calls, 0),
        }

        def only(other):
            for watch in watches.values():
                watch.end()
            calls(other)

        def block():
            blocked.set()
            go_on.wait(5)
            # The next look finds the two together.
            for watch in watches.values():
                watch.want(WRITE)

        running.call_later(0, block, calls)
        assert blocked.wait(5)
        go_on.set()
        calls.wait()
        after = Calls()
        running.call_later(0, after, after)
        after.wait()

    assert len(calls.got) == 1


def test_ending_a_watch_waits_for_the_callback_that_runs(running, pair):
    here, there = pair
    inside, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def busy(mask):
        here.recv(100)
        inside.set()
        assert go_on.wait(5)

    watch = running.watch(here, busy, print)
    there.send(b"x")
    assert inside.wait(5)
    ender = threading.Thread(target=lambda: (watch.end(), ended.set()))
    ender.start()
    seen = ended.wait(0.05)
    go_on.set()
    ender.join(5)

    assert not seen
    assert ended.is_set()


def test_a_callback_that_never_returns_makes_the_end_a_leak_error_with_its_stack(running, pair, monkeypatch):
    monkeypatch.setattr(reactor_module, "UNDO_TIMEOUT", 0.05)
    here, there = pair
    inside, go_on = threading.Event(), threading.Event()

    def hangs_in_here(mask):
        here.recv(100)
        inside.set()
        go_on.wait(5)

    watch = running.watch(here, hangs_in_here, print)
    there.send(b"x")
    assert inside.wait(5)
    with pytest.raises(LeakError, match=r"^the reactor is stuck in a callback:\n(.|\n)*hangs_in_here"):
        watch.end()
    go_on.set()
    monkeypatch.undo()
    watch.end()


def test_what_is_watched_for_can_change(running, pair):
    here, _ = pair
    calls = Calls()

    def once(mask):
        watch.want(READ)
        calls(mask)

    with running.held():
        watch = running.watch(here, once, calls, 0)
        watch.want(READ | WRITE)
    calls.wait()
    watch.end()

    assert calls.got == [(WRITE,)]


def test_an_exception_goes_to_its_owner_and_the_others_are_served_on(running, pair):
    here, there = pair
    calls, errors, boom = Calls(), Calls(), ValueError("boom")

    def fails(mask):
        here.recv(100)
        raise boom

    watch = running.watch(here, fails, errors)
    there.send(b"x")
    errors.wait()
    running.call_later(0, lambda: 1 / 0, errors)
    errors.wait()
    running.call_later(0, calls, calls)
    calls.wait()
    watch.end()

    assert errors.got[0] == (boom,)
    assert isinstance(errors.got[1][0], ZeroDivisionError)


def test_timers_run_in_the_order_of_their_times(running):
    calls = Calls()

    with running.held():
        running.call_later(0.03, lambda: calls("late"), calls)
        running.call_later(0.01, lambda: calls("early"), calls)
        dropped = running.call_later(0.02, lambda: calls("dropped"), calls)
    dropped.cancel()
    calls.wait()
    calls.wait()

    assert calls.got == [("early",), ("late",)]


def test_a_frozen_clock_does_not_stop_the_timers(running):
    from freezegun import freeze_time

    calls = Calls()
    with freeze_time("2030-01-01"):
        running.call_later(0.01, calls, calls)
        calls.wait()


def test_a_timer_that_is_due_in_years_does_not_end_the_thread(running):
    calls = Calls()

    for delay in (1e9, 1e300):
        running.call_later(delay, calls, calls)
        running._thread.join(0.02)
        running.call_later(0, lambda: calls("now"), calls)
        calls.wait()

    assert calls.got == [("now",), ("now",)]


def test_a_callback_may_end_its_own_watch_and_close_its_socket(running, pair):
    here, there = pair
    calls = Calls()

    def close(mask):
        watch.end()
        here.close()
        calls()

    watch = running.watch(here, close, calls)
    there.send(b"x")
    calls.wait()
    running.call_later(0, calls, calls)
    calls.wait()

    assert running.alive
    assert running.idle


def test_one_reactor_serves_the_process_and_starts_again_after_its_end():
    first = reactor()
    assert reactor() is first

    shutdown()
    shutdown()
    second = reactor()

    assert not first.alive
    assert second.alive
    assert second is not first


def test_shutdown_ends_what_else_runs_in_the_background(monkeypatch):
    calls = Calls()
    monkeypatch.setattr(reactor_module, "_at_end", [calls])

    shutdown()

    assert calls.got == [()]


def test_after_its_end_a_watch_can_still_be_ended(pair):
    running = Reactor()
    watch = running.watch(pair[0], print, print)

    running.end()
    watch.end()
    watch.want(READ)

    assert not running.alive


@needs_fork
def test_an_idle_thread_is_not_there_when_a_test_forks():
    shutdown()
    reactor()
    others = threading.active_count()

    status = in_child(lambda: None)

    assert status == 0
    assert threading.active_count() == others - 1


@needs_fork
def test_a_child_gets_a_reactor_of_its_own_and_does_not_disturb_the_parents(pair):
    here, there = pair
    calls = Calls()
    watch = reactor().watch(here, lambda mask: calls(here.recv(100)), calls)

    def child():
        watch.end()
        mine, yours = socket.socketpair()
        mine.setblocking(False)
        heard = Calls()
        reactor().watch(mine, lambda mask: heard(mine.recv(100)), heard)
        yours.send(b"child")
        heard.wait()

    status = in_child(child)
    there.send(b"parent")
    calls.wait()
    watch.end()

    assert status == 0
    assert calls.got == [(b"parent",)]


def test_an_interpreter_that_ends_while_it_serves_says_nothing():
    program = (
        "import socket; from pytest_loghandlers.endpoints._network.reactor import reactor\n"
        "a, b = socket.socketpair(); a.setblocking(False); reactor().watch(a, print, print); print('done')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert (done.returncode, done.stdout) == (0, "done\n")
    assert "Traceback" not in done.stderr
