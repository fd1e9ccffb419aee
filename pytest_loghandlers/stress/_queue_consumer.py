"""The consumer of a queue, held back: a gate before its next ``dequeue`` and before its next ``handle``."""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty
from typing import Any

from pytest_loghandlers._base.deadline import Deadline
from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.lifetime import stack_of

from ._queue_kinds import count_out
from ._queue_ledger import Ledger, parts
from ._wrapping import Wrapping

#: Seconds in which a listener that was waking up has to come to the gate.
SETTLE = 5.0


class Gate:
    """Where a thread waits while it is closed."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.closed = False
        self._waiting = 0

    def close(self) -> None:
        """Let nobody through from now on."""
        with self._condition:
            self.closed = True

    def open(self) -> None:
        """Let everybody through."""
        with self._condition:
            self.closed = False
            self._condition.notify_all()

    def pass_through(self, then: Callable[[], object] = lambda: None) -> None:
        """Wait until it is open. Whoever waits here is a daemon thread, and the fixture's end opens it.

        Who closes the gate afterwards finds ``then()`` done.
        """
        with self._condition:
            self._waiting += 1
            self._condition.notify_all()
            try:
                while self.closed:
                    self._condition.wait()
                then()
            finally:
                self._waiting -= 1

    def wait_for_somebody(self, timeout: float) -> bool:
        """Return whether a thread waits at it, within ``timeout`` seconds."""
        deadline = Deadline(timeout)
        with self._condition:
            while not self._waiting:
                if not self._condition.wait(deadline.left()) and deadline.passed:
                    return False
            return True


def listener_of(handler: logging.Handler, queue: Any) -> Any:
    """Return the QueueListener of ``handler``: the one dictConfig gave it (3.12+), or a running one of its queue."""
    given = getattr(handler, "listener", None)
    if given is not None:
        return given
    for thread in threading.enumerate():
        owner = getattr(getattr(thread, "_target", None), "__self__", None)
        if owner is not None and getattr(owner, "queue", None) is queue and is_listener(owner):
            return owner
    return None


def is_listener(value: Any) -> bool:
    """Return whether ``value`` has what a QueueListener is held by."""
    return all(callable(getattr(value, name, None)) for name in ("dequeue", "handle", "start", "stop"))


class Consumer:
    """A QueueListener that can be held, also while it is blocked in ``queue.get``, without losing a record.

    A listener that waits inside ``get`` is woken with a marker of ours; so it waits at the gate with nothing in its
    hands, and the whole capacity of the queue is free. A listener that is started while it is held comes to the gate
    by itself.
    """

    def __init__(self, listener: Any, ledger: Ledger, wrapping: Wrapping, put_marker: Callable[[Any], None]) -> None:
        self.listener = listener
        self.gate = Gate()
        #: What ended its thread, and out of which of its methods it came.
        self.died: BaseException | None = None
        self.died_in = ""
        #: Whether its thread was ever seen alive.
        self.ran = getattr(listener, "_thread", None) is not None
        self._ended: threading.Thread | None = None
        # Whether it has come through the gate and not yet back with something.
        self._taking = False
        # What was taken out of the queue to let somebody go: given out first.
        self.aside: deque[Any] = deque()
        self._ledger = ledger
        self._put_marker = put_marker
        self._marker: logging.LogRecord | None = None
        if listener is not None:
            self._dequeue = wrapping.wrap(listener, "dequeue", self._gated_dequeue)
            wrapping.wrap(listener, "handle", self._gated_handle)

    @property
    def thread(self) -> threading.Thread | None:
        """Its thread while that is alive."""
        thread = getattr(self.listener, "_thread", None)
        return thread if thread is not None and thread.is_alive() and thread is not self._ended else None

    def _end(self) -> None:
        """Note that this thread, the listener's, goes no further: it is still alive for a moment."""
        with self._ledger.changed:
            self._ended = threading.current_thread()
            self._ledger.changed.notify_all()

    @property
    def state(self) -> str:
        """What it is, in words."""
        if self.listener is None:
            return "no listener"
        name = type(self.listener).__name__
        if self.thread is None and self.died is not None:
            return f"{name}, dead: {type(self.died).__name__} left its {self.died_in}()"
        if self.thread is None:
            return f"{name}, stopped" if self.ran else f"{name}, not running"
        return f"{name}, {'held' if self.gate.closed else 'running'}"

    def is_sentinel(self, item: Any) -> bool:
        """Return whether ``item`` is what ends the listener: ``stop`` waits for it to be read."""
        return self.listener is not None and item is getattr(self.listener, "_sentinel", None)

    def hold(self) -> None:
        """Close the gate; return when the listener takes nothing more."""
        self.gate.close()
        thread = self.thread
        if thread is None or not self._inside_dequeue(thread):
            return
        self._marker = logging.makeLogRecord(
            {"name": "loghandlers.hold", "msg": f"queue_saturation holds {id(self)}", "levelno": logging.CRITICAL}
        )
        try:
            self._put_marker(self._marker)
        except Exception:  # noqa: BLE001 - the queue is full after all: then a record wakes the listener
            self._marker = None
        if self.gate.wait_for_somebody(SETTLE):
            return
        raise ArgumentError(
            f"{type(self.listener).__name__} cannot be held: woken by a record, it came neither to its dequeue() nor "
            f"to its handle() within {SETTLE:g} s; it is in\n{stack_of(thread)}"
        )

    def _inside_dequeue(self, thread: threading.Thread) -> bool:
        """Return whether ``thread`` is in a ``dequeue`` that began before the gate was closed, or was there."""
        if self._taking:
            return True
        codes = {
            code
            for kind in type(self.listener).__mro__
            if (code := getattr(vars(kind).get("dequeue"), "__code__", None)) is not None
        }
        frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - the only way to see another thread's stack
        while frame is not None:
            if frame.f_code in codes:
                return True
            frame = frame.f_back
        return False

    def _is_marker(self, item: Any) -> bool:
        marker = self._marker
        if marker is None:
            return False
        if any(part is marker or str(marker.msg) in str(getattr(part, "msg", "")) for part in parts(item)):
            return True
        # A handler of its own kind may queue text; a marker that is not recognised would reach its sink.
        return isinstance(item, (str, bytes, dict)) and str(marker.msg) in str(item)

    def _begin_taking(self) -> None:
        self._taking = True

    def _gated_dequeue(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.ran = True
        self.gate.pass_through(self._begin_taking)
        self._ledger.local.consumer = True
        try:
            if self.aside:
                return self.aside.popleft()
            item = original(*args, **kwargs)
        except BaseException as error:
            if not isinstance(error, Empty):  # _monitor's own way to end.
                self.died, self.died_in = error, "dequeue"
            self._end()
            raise
        finally:
            self._ledger.local.consumer = self._taking = False
        if self.is_sentinel(item):
            self._end()
        return item

    def _gated_handle(self, original: Callable[..., Any], record: Any, *args: Any, **kwargs: Any) -> Any:
        ledger = self._ledger
        emitting = ledger.current()
        if emitting is not None:
            # The handler falls back to delivering in the caller's own thread: to hold that would be a deadlock.
            result = original(record, *args, **kwargs)
            if emitting.state == "offered":
                emitting.synchronous = True
                ledger.came_through(emitting)
            return result
        if self._is_marker(record):
            self._marker = None
            return None
        # A listener of its own kind may make a new object of what it took.
        entry = getattr(ledger.local, "last_taken", None) or ledger.find(record)
        ledger.local.last_taken = None
        if entry is not None and entry.state == "queued":
            ledger.taken(record, consumer=True)
        if self.gate.closed:
            self._fetch_marker()
            self.gate.pass_through()
        try:
            result = original(record, *args, **kwargs)
        except BaseException as error:
            # Nothing but queue.Empty is survived by the loop that called this (QueueListener._monitor).
            self.died, self.died_in = error, "handle"
            self._end()
            if entry is not None:
                ledger.came_through(entry, error)
            raise
        if entry is not None and entry.state == "taken":
            ledger.came_through(entry)
        return result

    def _fetch_marker(self) -> None:
        """Take the marker out of the queue again: a record came first and woke the listener."""
        while self._marker is not None:
            item = self._dequeue(True)
            if self._is_marker(item):
                self._marker = None
                count_out(self.listener.queue)
            else:
                self.aside.append(item)
