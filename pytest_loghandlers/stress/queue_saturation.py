"""A queue whose consumer can be held back, and what then happens to the records that do not fit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from pytest_loghandlers._base.deadline import Deadline, RealClock
from pytest_loghandlers._base.errors import ArgumentError, LeakError, LifetimeError
from pytest_loghandlers._base.lifetime import UNDO_TIMEOUT, stack_of
from pytest_loghandlers._base.report import a, show

from ._queue_consumer import is_listener, listener_of
from ._queue_entry import By, Entry, QueuedRecord
from ._queue_kinds import is_awaited, is_full
from ._queue_verdicts import Verdicts
from ._queue_watch import Watch

__all__ = ["QueueSaturation", "QueuedRecord"]


class QueueSaturation(Verdicts):
    """A queue whose consumer can be held back.

    Hold it, fill it, log, and see which records did not fit; release it, and see which survived::

        queue_saturation.hold(handler)
        queue_saturation.fill()
        logger.info("one too many")
        queue_saturation.assert_dropped(1)
        queue_saturation.assert_never_blocked()

    For ``queue.Queue`` and its kinds, ``queue.SimpleQueue`` and ``multiprocessing.Queue`` behind any handler that
    has the queue as its ``queue``, with a QueueListener that runs, is stopped, or is not there. What the handler does
    is found out by watching this handler, queue and listener (the instances only); what it says of itself counts for
    nothing. The consumer is let go when the test ends, also when the test forgot to, and what ``fill`` and ``log``
    left in a queue that nobody consumes is taken out again.
    """

    _who = "queue_saturation"

    def __init__(self) -> None:
        super().__init__()
        self._ended = False
        self._helpers: list[threading.Thread] = []

    def _start(self) -> None:
        self._defer(self._join_helpers, "a thread that still logs")
        self._defer(self._end_watch, "letting the consumer go")

    # -- acting ------------------------------------------------------------------------------------------------

    def hold(self, handler: logging.Handler, *, listener: Any = None, patience: float = 0.25) -> None:
        """Let the consumer of ``handler``'s queue take nothing more until ``release``, and watch from now on.

        Returns when the listener has stopped taking: with nothing in its hands if it was idle; a record that it is
        just handling counts as in flight. Without ``listener=`` it is the handler's own (``handler.listener``, Python
        3.12+), or the running one of the same queue; a listener that does not run, or none, leaves nothing to hold.

        ``patience`` is for how many seconds a thread may wait for room before it is let go (and reported as
        blocked). Stopping the listener while it is held lets it go.

        Raises ArgumentError for something that has no queue, or a listener of another queue; LifetimeError when it
        holds something already.
        """
        self._require_running()
        if self._watch is not None and not self._released:
            raise LifetimeError(
                f"queue_saturation holds {type(self._watch.handler).__name__} already: release() it first"
            )
        queue = _queue_of(handler)
        if listener is None:
            listener = listener_of(handler, queue)
        elif not is_listener(listener):
            raise ArgumentError(f"listener={show(listener)}: a QueueListener is held by its dequeue() and handle()")
        elif getattr(listener, "queue", queue) is not queue:
            raise ArgumentError(f"listener={show(listener)} listens to another queue than {show(handler)} puts into")
        patience = Deadline(patience).timeout
        self._end_watch()
        self._released, self._ended, self._fitted, self._full = False, False, 0, None
        self._watch = Watch(handler, queue, listener, patience)
        try:
            self._watch.consumer.hold()
        except BaseException:
            self._end_watch()
            self._watch = None
            raise

    def fill(
        self,
        *,
        limit: int = 10_000,
        logger: str = "loghandlers.fill",
        level: int = logging.INFO,
        timeout: float = 10.0,
    ) -> int:
        """Log through the handler until a record does not fit; return how many fitted.

        The records, of that ``logger`` name and ``level``, go to ``handler.handle`` from a thread of their own; a
        filter of the handler has to let them through, or ArgumentError is raised.
        A queue that tells when it is full is not overfilled; where the limit is the handler's own, the one record
        that had to be tried is nobody's loss: it is not counted. After ``limit`` records the queue is taken for
        unbounded, and every failure says so. Ends after ``timeout`` seconds whatever the handler does.
        """
        watch = self._held_watch("fill()")
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
            raise ArgumentError(
                f"limit={show(limit)}: it is after how many records a queue counts as unbounded, 1 or more"
            )
        fitted = 0
        self._full = False

        def run(deadline: Deadline) -> None:
            nonlocal fitted
            while fitted < limit and not deadline.passed:
                if is_full(watch.queue):
                    self._full = True
                    return
                entry = self._offer(watch, logger, f"queue_saturation.fill {self._fitted}", level)
                if not entry.fits:
                    entry.probe = True
                    self._full = True
                    return
                fitted += 1
                self._fitted += 1

        self._in_helper(run, "fill", timeout)
        return fitted

    def log(
        self,
        count: int = 1,
        message: str = "queue_saturation.log",
        *,
        logger: str = "loghandlers.log",
        level: int = logging.INFO,
        timeout: float = 10.0,
    ) -> tuple[QueuedRecord, ...]:
        """Log ``count`` records ``message 0``, ``message 1``, ... through the handler; return what became of them.

        From a thread of their own, of that ``logger`` name and ``level``; ends after ``timeout`` seconds, with the
        records that were offered until then.
        """
        watch = self._held_watch("log()", also_released=True)
        entries: list[Entry] = []

        def run(deadline: Deadline) -> None:
            for number in range(count):
                if deadline.passed:
                    return
                entries.append(self._offer(watch, logger, f"{message} {number}", level))

        self._in_helper(run, "log", timeout)
        return tuple(entry.snapshot() for entry in entries)

    def release(self, *, timeout: float = 5.0) -> None:
        """Let the consumer go; return when it is done with what was accepted, or after ``timeout`` seconds.

        Records whose threads had waited for room are put now. What is not delivered in time is not an error here:
        ``assert_nothing_lost`` tells.
        """
        watch = self._held_watch("release()")
        deadline = Deadline(timeout)
        self._released = True
        watch.consumer.gate.open()
        watch.place_waiting(deadline)
        watch.wait_drained(deadline)

    # -- inside ------------------------------------------------------------------------------------------------

    def _held_watch(self, what: str, *, also_released: bool = False) -> Watch:
        self._require_running()
        if self._watch is None:
            raise LifetimeError(f"queue_saturation.{what} came before hold(handler): there is no queue to work on")
        if self._released and not also_released:
            raise LifetimeError(f"queue_saturation.{what} came after release(): hold(handler) again")
        return self._watch

    def _offer(self, watch: Watch, name: str, text: str, level: int) -> Entry:
        """Hand a record of our own to the handler, as a logger would; return its entry."""
        record = logging.makeLogRecord(
            {"name": name, "msg": text, "levelno": level, "levelname": logging.getLevelName(level)}
        )
        local = watch.ledger.local
        local.last = None
        try:
            watch.handler.handle(record)
        except Exception:
            if local.last is None:  # Else what left emit() is in the entry.
                raise
        entry: Entry | None = local.last
        if entry is None:
            raise ArgumentError(
                f"{show(watch.handler)} did not take a record of {name}: a filter of the handler rejects it; logger= "
                "and level= say what it is to look like"
            )
        return entry

    def _in_helper(self, run: Callable[[Deadline], None], by: By, timeout: float) -> None:
        """Run it in a thread of its own, for ``timeout`` seconds at most; raise what it raised."""
        watch, deadline = self._watch, Deadline(timeout)
        failure: list[BaseException] = []

        def helper() -> None:
            if watch is not None:
                watch.ledger.local.by = by
            try:
                run(deadline)
            except BaseException as error:  # noqa: BLE001 - it is raised again in the caller's thread
                failure.append(error)

        thread = threading.Thread(target=helper, name=f"loghandlers: queue_saturation.{by}", daemon=True)
        thread.start()
        thread.join(timeout)
        if thread.is_alive():
            self._helpers.append(thread)
            for entry in tuple(watch.ledger.entries) if watch is not None else ():
                if entry.state == "offered":
                    entry.blocked = RealClock.monotonic() - entry.started
        if failure:
            raise failure[0]

    def _end_watch(self) -> None:
        watch = self._watch
        if watch is None or self._ended:
            return
        self._ended = True
        deadline = Deadline(UNDO_TIMEOUT)
        if not self._released:
            watch.consumer.gate.open()
            watch.place_waiting(deadline)
            watch.wait_drained(deadline)
        watch.end()
        watch.take_back()

    def _join_helpers(self) -> None:
        deadline = Deadline(UNDO_TIMEOUT)
        for thread in self._helpers:
            thread.join(deadline.left())
            if thread.is_alive():
                raise LeakError(f"{thread.name} still hangs in the handler, in\n{stack_of(thread)}")


def _queue_of(handler: Any) -> Any:
    """Return the queue of ``handler``; raise ArgumentError when it has none."""
    queue = getattr(handler, "queue", None)
    if isinstance(handler, logging.Handler) and is_awaited(queue):
        raise ArgumentError(
            f"{show(handler)} cannot be held: its queue is {a(type(queue).__name__)} of {type(queue).__module__}, "
            "whose put() and get() are coroutines; a handler logs from any thread, and needs a queue.Queue"
        )
    if isinstance(handler, logging.Handler) and all(callable(getattr(queue, name, None)) for name in ("put", "get")):
        return queue
    raise ArgumentError(
        f"{show(handler)} cannot be held: it is not a QueueHandler (a logging.Handler whose "
        "`queue` has put() and get())"
    )
