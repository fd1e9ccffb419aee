"""The handler and its queue, watched on the instances; a thread that waits for room is let go in bounded time."""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable
from queue import Empty, Full
from typing import Any

from pytest_loghandlers._base.deadline import Deadline, RealClock

from ._queue_consumer import Consumer
from ._queue_entry import PENDING, Entry
from ._queue_kinds import QueueStandIn, count_out, is_copying, is_full, takes_timeout, waits
from ._queue_ledger import Ledger
from ._queue_watchdog import Watchdog
from ._wrapping import Wrapping

_PUTS = ("put", "put_nowait")
_GETS = ("get", "get_nowait")


class Watch:
    """One handler, its queue and its consumer, while they are watched."""

    def __init__(self, handler: logging.Handler, queue: Any, listener: Any, patience: float) -> None:
        self.handler = handler
        self.queue = queue
        self.patience = patience
        self.ledger = Ledger(copies=is_copying(queue))
        self.overflow: deque[Any] = deque()
        self._budget = 4 * patience
        self._wrapping = Wrapping()
        # Taken before anything is wrapped: our own looks and moves are no events.
        # get() and not get_nowait(), which calls the wrapped get().
        self._put, self._get = queue.put, queue.get
        self._bounded_put = takes_timeout(queue.put)
        self.consumer = Consumer(listener, self.ledger, self._wrapping, self._wake)
        self._watchdog = Watchdog(patience, self._make_room)
        # From the queue outwards, emit() last: another thread may be logging, and a record that is seen to begin must
        # be seen to arrive.
        self._watch_queue()
        self._watch_handler()

    def _wake(self, marker: Any) -> None:
        from logging.handlers import QueueListener

        if type(self.consumer.listener).dequeue is QueueListener.dequeue:
            self._put(marker, False)
        else:  # Its dequeue() unpacks what its handler's enqueue() packs.
            enqueue = getattr(self.handler, "enqueue", None)
            put = self._put if enqueue is None else enqueue
            put(self.handler.prepare(marker) if hasattr(self.handler, "prepare") else marker)

    # -- wrapping ----------------------------------------------------------------------------------------------

    def _watch_handler(self) -> None:
        if callable(getattr(self.handler, "enqueue", None)):
            self._wrapping.wrap(self.handler, "enqueue", self._enqueue)
        self._wrapping.wrap(self.handler, "handleError", self._handle_error)
        self._wrapping.wrap(self.handler, "emit", self._emit)

    def _watch_queue(self) -> None:
        watched = self.queue
        if not hasattr(watched, "__dict__"):
            watched = QueueStandIn(self.queue)
            for owner in (self.handler, self.consumer.listener):
                for name, value in list(vars(owner).items()) if owner is not None else ():
                    if value is self.queue:
                        self._wrapping.replace(owner, name, watched)
        for name in _PUTS:
            if hasattr(watched, name):
                self._wrapping.wrap(watched, name, self._putter(name))
        for name in _GETS:
            if hasattr(watched, name):
                self._wrapping.wrap(watched, name, self._getter)

    def _emit(self, original: Callable[..., Any], record: logging.LogRecord) -> Any:
        entry = self.ledger.begin(record)
        error: BaseException | None = None
        if self.held:
            self._watchdog.watch(entry)
        try:
            return original(record)
        except BaseException as caught:
            error = caught
            raise
        finally:
            self._watchdog.forget(entry)
            if self.held:
                self._compare(entry)
            self.ledger.end(entry, error)

    def _compare(self, entry: Entry) -> None:
        """Hold the ledger against what is in the queue, where their lengths differ or a record seems to be dropped."""
        inside = getattr(self.queue, "queue", None)
        if inside is None or not hasattr(self.queue, "mutex"):
            return
        expected = len(self.ledger.queued) - len(self.consumer.aside)
        if len(inside) == expected and entry.state != "offered":
            return
        with self.queue.mutex:
            self.ledger.compare([*inside, *self.consumer.aside], entry)

    def _handle_error(self, original: Callable[..., Any], record: logging.LogRecord) -> Any:
        self.ledger.failed(sys.exc_info()[1])
        return original(record)

    def _enqueue(self, original: Callable[..., Any], record: Any) -> Any:
        entry = self.ledger.current()
        if entry is not None:
            self.ledger.know(entry, record)
        return original(record)

    def _putter(self, name: str) -> Callable[..., Any]:
        def put(original: Callable[..., Any], item: Any, *args: Any, **kwargs: Any) -> Any:
            local = self.ledger.local
            if getattr(local, "inside", False):  # put_nowait() calls put().
                return original(item, *args, **kwargs)
            local.inside = True
            try:
                forever, timeout = waits(name, args, kwargs)
                if self.consumer.is_sentinel(item):
                    return self._put_sentinel(item, forever, timeout)
                if self.held and self._bounded_put and (forever or timeout):
                    return self._put_patiently(item, timeout)
                try:
                    with self.ledger.putting(item):
                        return original(item, *args, **kwargs)
                except Full:
                    self.ledger.refused()
                    raise
            finally:
                local.inside = False

        return put

    def _put_sentinel(self, item: Any, forever: bool, timeout: float | None) -> None:
        """Put what ends the listener, and let the listener go: ``stop`` would wait for it for ever.

        On a full queue ``put_nowait`` raises, as it does without us; then nothing has changed.
        """
        try:
            self._put(item, False)
        except Full as error:
            if not (forever or timeout):
                error.add_note("queue_saturation holds the consumer of this queue: release() it before it is stopped")
                raise
            self.consumer.gate.open()
            self._put(item, True, timeout)
        else:
            self.consumer.gate.open()

    def _put_patiently(self, item: Any, timeout: float | None) -> None:
        """Do what ``put(item, timeout=timeout)`` does while nobody consumes, in bounded time.

        Whether it would have to wait is seen by trying without. Who would wait for ever is let go after
        ``patience`` seconds, his record put when there is room; who gives a timeout gets ``queue.Full``, early when
        his timeout is longer than that. All waits together take ``4 * patience``, and then a tenth of it each.
        """
        entry = self.ledger.current()
        try:
            with self.ledger.putting(item):
                self._put(item, False)
            return
        except Full:
            pass
        wait = min(self.patience, max(self._budget, self.patience / 10))
        wait = wait if timeout is None else min(wait, timeout)
        let_go = False
        if entry is not None:
            entry.bounded = True
        started = RealClock.monotonic()
        try:
            with self.ledger.putting(item, refused="waiting" if timeout is None else None):
                self._put(item, True, wait)
        except Full:
            let_go = timeout is None or wait < timeout
            if timeout is not None:
                raise
            self.overflow.append(item)
        finally:
            seconds = RealClock.monotonic() - started
            self._budget -= seconds
            if entry is not None:
                entry.blocked = (entry.blocked or 0.0) + seconds
                entry.bounded = False
                entry.asked = timeout
                entry.let_go = let_go

    def _getter(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        local = self.ledger.local
        if getattr(local, "inside", False):
            return original(*args, **kwargs)
        local.inside = True
        try:
            item = original(*args, **kwargs)
        finally:
            local.inside = False
        consumer = getattr(local, "consumer", False)
        entry = self.ledger.taken(item, consumer=consumer)
        if consumer:
            local.last_taken = entry
        return item

    # -- holding -----------------------------------------------------------------------------------------------

    @property
    def held(self) -> bool:
        """Whether nobody consumes now."""
        return self.consumer.gate.closed

    def _make_room(self, entry: Entry, seconds: float) -> bool:
        """Take the oldest item aside, so that ``entry`` can go on; return whether there was one."""
        if not self.held or entry.bounded or not (is_full(self.queue) or entry.refused_first is not None):
            return False
        try:
            item = self._get(False)
        except Empty:
            return False
        self.consumer.aside.append(item)
        entry.blocked, entry.let_go = seconds, True
        return True

    def place_waiting(self, deadline: Deadline) -> None:
        """Put what is waiting: in front of a consumer for as long as ``deadline`` lasts, else what fits at once."""
        running = self.consumer.thread is not None
        if not running:
            for _ in self.consumer.aside:
                count_out(self.queue)  # It was counted when it was put first.
            self.overflow.extendleft(reversed(self.consumer.aside))
            self.consumer.aside.clear()
        while self.overflow:
            item = self.overflow[0]
            try:
                with self.ledger.putting(item, refused="waiting"):
                    if running and self._bounded_put:
                        self._put(item, True, deadline.left())
                    else:
                        self._put(item, False)
            except Full:
                return
            self.overflow.popleft()

    def wait_drained(self, deadline: Deadline) -> None:
        """Wait until the consumer is done with all that was accepted so far, or will not be."""
        changed = self.ledger.changed
        with changed:
            for entry in self.ledger.pending():
                while entry.state in PENDING and self.consumer.thread is not None and not deadline.passed:
                    changed.wait(deadline.left())
                entry.overdue = entry.state in PENDING and self.consumer.thread is not None

    def end(self) -> None:
        """Let everything go and watch nothing any more."""
        self._watchdog.stop()
        self._wrapping.undo()

    def take_back(self) -> None:
        """Take what ``fill`` and ``log`` put into the queue out of it again, when nobody consumes it."""
        ours = [entry for entry in self.ledger.queued if entry.by in {"fill", "log"}]
        if not ours or self.consumer.thread is not None:
            return
        items: list[Any] = []
        try:
            while True:
                # What multiprocessing has accepted takes a moment to arrive at its other end.
                items.append(self.queue.get(True, 0.5) if len(items) < len(self.ledger.queued) else self._get(False))
                count_out(self.queue)
        except (Empty, TypeError):
            pass  # TypeError: a priority queue, of records that have no order.
        keep = [item for item in items if self.ledger.find(item, came_out=True) not in ours]
        last_first = type(self.queue).__name__ == "LifoQueue"
        for item in reversed(keep) if last_first else keep:
            self._put(item, False)
