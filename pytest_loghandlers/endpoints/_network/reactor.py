"""The one background thread behind the fake servers.

A socket is registered from the test's own thread: epoll and kqueue allow it while another thread waits in them, so an
endpoint starts and stops without waiting for a second thread. Where the system has neither, a byte on a socket pair
wakes the thread up. There is no poll interval: the thread sleeps until a socket or a timer is due.

Rules of this file: callbacks run one at a time, in the reactor's thread, while it holds its lock; whoever holds the
lock (``with reactor().held():``) knows that none runs. A callback never blocks, logs or runs the user's code. What it
raises goes to its owner's ``on_error``.
"""

from __future__ import annotations

import atexit
import heapq
import itertools
import os
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers._base.errors import LeakError
from pytest_loghandlers._base.lifetime import UNDO_TIMEOUT, stack_of

READ: Final = selectors.EVENT_READ
WRITE: Final = selectors.EVENT_WRITE
Callback = Callable[[int], object]
OnError = Callable[[Exception], object]
LONGEST_SLEEP: Final = 3600.0  # Seconds: epoll refuses to wait for more than 24 days.


class Watch:
    """One socket under watch. ``callback(mask)`` runs in the reactor's thread when it is ready for what is watched."""

    __slots__ = ("callback", "events", "live", "on_error", "reactor", "sock")

    def __init__(self, reactor: Reactor, sock: Any, callback: Callback, on_error: OnError, events: int) -> None:
        self.reactor = reactor
        self.sock = sock
        self.callback = callback
        self.on_error = on_error
        self.events = events
        self.live = True

    def want(self, events: int) -> None:
        """Watch for ``events`` (READ, WRITE, both, or 0: nothing for now) from here on."""
        with self.reactor.held():
            if self.live and events != self.events:
                self.reactor.change(self, events)

    def end(self) -> None:
        """Stop watching. When this returns, the callback is not running and never runs again."""
        with self.reactor.held():
            if self.live:
                self.live = False
                self.reactor.change(self, 0)


class Hold:
    """The reactor's lock, re-entrant, never waited for without end."""

    __slots__ = ("_reactor", "lock")

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self.lock = threading.RLock()

    def __enter__(self) -> None:
        if not (self.lock.acquire(blocking=False) or self.lock.acquire(timeout=UNDO_TIMEOUT)):
            raise LeakError(f"the reactor is stuck in a callback:\n{self._reactor.stack}")

    def __exit__(self, *exc: object) -> None:
        self.lock.release()


class Timer:
    """One call to come; ``cancel`` makes sure that it does not."""

    __slots__ = ("action", "on_error", "reactor")

    def __init__(self, reactor: Reactor, action: Callable[[], object], on_error: OnError) -> None:
        self.reactor = reactor
        self.action: Callable[[], object] | None = action
        self.on_error = on_error

    def cancel(self) -> None:
        """Drop the call. When this returns, the action is not running and never runs."""
        with self.reactor.held():
            self.action = None


class Reactor:
    """A thread that waits for sockets and timers. Get the running one with ``reactor()``."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        kinds = (getattr(selectors, "EpollSelector", None), getattr(selectors, "KqueueSelector", None))
        self._direct = type(self._selector) in kinds  # The kernel notices what is registered while the thread waits.
        self._hold = Hold(self)
        self._timers: list[tuple[float, int, Timer]] = []
        self._turn = itertools.count()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._ended = False
        self._selector.register(self._woken, READ, None)
        self._thread = threading.Thread(target=self._run, name="loghandlers: reactor", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it serves: not ended, and not a forked child's copy."""
        return not self._ended

    @property
    def stack(self) -> str:
        """Where its thread is right now."""
        return stack_of(self._thread)

    @property
    def idle(self) -> bool:
        """Whether no socket is under watch."""
        return self._ended or len(self._selector.get_map()) == 1

    def held(self) -> Hold:
        """Hold the reactor in a ``with`` block: no callback runs meanwhile. For the short moment of a change only.

        Entering it raises LeakError when a callback does not end within UNDO_TIMEOUT seconds.
        """
        return self._hold

    def watch(self, sock: Any, callback: Callback, on_error: OnError, events: int = READ) -> Watch:
        """Have ``callback(mask)`` called whenever ``sock`` (non-blocking) is ready for ``events``. From any thread."""
        watch = Watch(self, sock, callback, on_error, 0)
        with self.held():
            self.change(watch, events)
        return watch

    def call_later(self, delay: float, action: Callable[[], object], on_error: OnError) -> Timer:
        """Have ``action()`` called in the reactor's thread, ``delay`` real seconds from now. From any thread."""
        timer = Timer(self, action, on_error)
        with self.held():
            heapq.heappush(self._timers, (RealClock.monotonic() + delay, next(self._turn), timer))
            first = self._timers[0][2] is timer
        if first and threading.get_ident() != self._thread.ident:
            self._wake()
        return timer

    def change(self, watch: Watch, events: int) -> None:
        """Tell the selector what ``watch`` waits for. Only while held."""
        # A forked child shares the parent's epoll object: touching it there would deafen the parent.
        if self._ended:
            watch.events = 0
            return
        if not watch.events:
            if events:
                self._selector.register(watch.sock, events, watch)
        elif events:
            self._selector.modify(watch.sock, events, watch)
        else:
            self._selector.unregister(watch.sock)
        watch.events = events
        if not self._direct:
            self._wake()

    def end(self) -> None:
        """End the thread. Raises LeakError when it does not end within UNDO_TIMEOUT seconds."""
        if self._ended:
            return
        self._ended = True
        self._wake()
        self._thread.join(UNDO_TIMEOUT)
        if self._thread.is_alive():
            raise LeakError(f"the reactor's thread did not end within {UNDO_TIMEOUT:g} s:\n{self.stack}")

    def abandon(self) -> None:
        """Drop everything without a word to the thread: a forked child has none."""
        self._ended = True
        self._hold.lock = threading.RLock()  # The parent's thread may have held it at the fork.
        self._close()

    def _close(self) -> None:
        self._selector.close()
        self._woken.close()
        self._waker.close()

    def _wake(self) -> None:
        try:
            self._waker.send(b"\0")
        except OSError:
            pass  # Full: it is being woken already. Closed: there is nobody to wake.

    def _run(self) -> None:
        try:
            while not self._ended:
                self._turn_once()
        finally:
            self._ended = True
            self._close()

    def _turn_once(self) -> None:
        try:
            ready = self._selector.select(self._until_next_timer())
        except OSError:
            if self._direct:
                raise
            return  # A socket was closed while select() waited for it. It is unregistered already; go on without it.
        for key, mask in ready:
            if (watch := key.data) is None:
                self._woken.recv(4096)
                continue
            with self._hold.lock:
                # It may have been ended, or its fd reused, since the kernel reported it.
                if watch.live and watch.events & mask:
                    try:
                        watch.callback(mask & watch.events)
                    except Exception as error:  # noqa: BLE001 - one endpoint's fault must not stop the others
                        watch.on_error(error)
        if self._timers:
            self._run_timers()

    def _until_next_timer(self) -> float | None:
        with self._hold.lock:
            while self._timers and self._timers[0][2].action is None:
                heapq.heappop(self._timers)
            left = self._timers[0][0] - RealClock.monotonic() if self._timers else None
            return None if left is None else min(max(0.0, left), LONGEST_SLEEP)

    def _run_timers(self) -> None:
        now = RealClock.monotonic()
        while True:
            with self._hold.lock:
                if not self._timers or self._timers[0][0] > now:
                    return
                timer = heapq.heappop(self._timers)[2]
                action, timer.action = timer.action, None
                if action is None:
                    continue
                try:
                    action()
                except Exception as error:  # noqa: BLE001 - as for a callback
                    timer.on_error(error)


_guard = threading.Lock()
_current: Reactor | None = None
_at_end: list[Callable[[], object]] = []


def reactor() -> Reactor:
    """Return the running reactor; start it when there is none."""
    global _current  # noqa: PLW0603 - one per process is the point
    with _guard:
        if _current is None or not _current.alive:
            _current = Reactor()
        return _current


def also_end(action: Callable[[], object]) -> None:
    """Have ``action()`` called by every ``shutdown``: for a background thread of an endpoint's own."""
    _at_end.append(action)


def shutdown() -> None:
    """End the background threads of all endpoints. The next endpoint starts them again."""
    global _current
    with _guard:
        ending, _current = _current, None
    for action in _at_end:
        action()
    if ending is not None:
        ending.end()


def _exiting() -> None:
    # What a handler flushes in logging.shutdown, after this, would wait for ever at an endpoint that nobody stopped.
    if _current is None or _current.idle:
        shutdown()


def _before_fork() -> None:
    # A thread that serves nobody would earn a later test, which forks, the warning that forking is unsafe.
    if _current is not None and _current.idle:
        _current.end()


def _in_child() -> None:
    global _current, _guard  # noqa: PLW0603 - as above
    _guard = threading.Lock()
    inherited, _current = _current, None
    if inherited is not None:
        inherited.abandon()


atexit.register(_exiting)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_in_child)
