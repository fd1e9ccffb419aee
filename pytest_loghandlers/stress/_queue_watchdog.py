"""A thread that waits for room in a way of its own is let go."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pytest_loghandlers._base.deadline import RealClock

from ._queue_entry import Entry


class Watchdog:
    """Lets a thread go that waits for room in a way of its own: a loop around ``full()``, a sleep and a retry.

    ``let_go(entry, seconds)`` returns whether it could make room. A put that blocks is bounded by ``Watch`` itself.
    One daemon thread, asleep until the oldest emit is overdue.
    """

    def __init__(self, patience: float, let_go: Callable[[Entry, float], bool]) -> None:
        self._patience = patience
        self._let_go = let_go
        self._condition = threading.Condition()
        self._due: dict[Entry, float] = {}
        self._thread: threading.Thread | None = None
        self._stopped = False

    def watch(self, entry: Entry) -> None:
        """Expect ``entry`` to be over in twice the patience."""
        with self._condition:
            self._due[entry] = RealClock.monotonic() + 2 * self._patience
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="loghandlers: queue_saturation", daemon=True)
                self._thread.start()
            elif len(self._due) == 1:
                self._condition.notify()

    def forget(self, entry: Entry) -> None:
        """Expect nothing of it any more."""
        with self._condition:
            self._due.pop(entry, None)

    def stop(self) -> None:
        """End the thread."""
        with self._condition:
            self._stopped = True
            self._condition.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                if self._stopped:
                    return
                now = RealClock.monotonic()
                due = min(self._due.values(), default=None)
                if due is None or due > now:
                    self._condition.wait(None if due is None else due - now)
                    continue
                entry = next(entry for entry, when in self._due.items() if when == due)
            if self._let_go(entry, RealClock.monotonic() - entry.started):
                again = RealClock.monotonic() + self._patience / 10
            else:
                again = RealClock.monotonic() + self._patience
            with self._condition:
                if entry in self._due:
                    self._due[entry] = again
