"""A list that grows while others read it and wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from .deadline import Deadline
from .turns import quick_turns

T = TypeVar("T")
R = TypeVar("R")


class Inbox(Generic[T]):
    """What has arrived, in order; any thread may put, read and wait.

    ``items`` is the growing list itself, for a producer that can afford one append and nothing else: it then calls
    ``wake()`` when ``waiters`` is not empty. Everybody else uses ``put`` and ``snapshot``.

    ``refresh``, when given, is called in the reader's own thread before each look: it fetches what the kernel
    already holds.
    """

    __slots__ = ("_closed", "_lock", "_refresh", "_snapshot", "items", "waiters")

    def __init__(self, refresh: Callable[[], object] | None = None) -> None:
        self.items: list[T] = []
        self.waiters: list[threading.Lock] = []
        self._snapshot: tuple[T, ...] = ()
        self._refresh = refresh
        self._lock = threading.Lock()
        self._closed = False

    def put(self, item: T) -> None:
        """Append ``item`` and wake whoever waits."""
        self.items.append(item)
        if self.waiters:
            self.wake()

    def put_all(self, items: Iterable[T]) -> None:
        """Append ``items`` in their order, as if each was put."""
        self.items.extend(items)
        if self.waiters:
            self.wake()

    def wake(self) -> None:
        """Let every waiter look again. Many calls before a waiter runs are one."""
        for waiter in tuple(self.waiters):
            try:
                waiter.release()
            except RuntimeError:
                pass  # It is awake already and has yet to look.

    def snapshot(self) -> tuple[T, ...]:
        """Return what has arrived so far: immutable, and the same object while nothing new has come."""
        if self._refresh is not None:
            self._refresh()
        with self._lock:
            held = self._snapshot
            if len(held) != len(self.items):
                self._snapshot = held = tuple(self.items)
            return held

    def take_back(self, items: Sequence[T]) -> None:
        """Remove ``items`` (these objects), as far as they are there: they turned out to be parts of another one."""
        gone = {id(item) for item in items}
        with self._lock:
            # From the end, one by one: what a producer appends meanwhile stays.
            for index in range(len(self.items) - 1, -1, -1):
                if not gone:
                    break
                if id(self.items[index]) in gone:
                    gone.discard(id(self.items[index]))
                    del self.items[index]
            self._snapshot = ()

    def clear(self) -> None:
        """Forget everything that has arrived."""
        if self._refresh is not None:
            self._refresh()
        # Under the lock: a reader that keeps the old snapshot after this would take it for as many new items.
        with self._lock:
            self.items.clear()
            self._snapshot = ()

    def wait_for(self, look: Callable[[tuple[T, ...]], R | None], timeout: float) -> R | None:
        """Return the first result of ``look(snapshot)`` that is not None, or None when ``timeout`` seconds are over.

        ``look`` runs in the calling thread, at once and again after each arrival: never in the producer's thread,
        where formatting a record could run the application's code inside its own handler. Any number of threads may
        wait at once. ``close`` ends every wait.
        """
        deadline = Deadline(timeout)
        waiter = threading.Lock()
        waiter.acquire()
        with self._lock:
            self.waiters.append(waiter)
        over = False
        try:
            # For the looks too: what a refresh needs may be held by a thread that waits for its turn.
            with quick_turns:
                while True:
                    # Asked before the look, and the deadline too: what came up to then still counts.
                    last = over or self._closed
                    found = look(self.snapshot())
                    if found is not None or last:
                        return found
                    waiter.acquire(timeout=deadline.left())
                    over = deadline.passed
        finally:
            with self._lock:
                self.waiters.remove(waiter)

    def close(self) -> None:
        """End every wait, now and later; what has arrived stays."""
        self._closed = True
        self.wake()
