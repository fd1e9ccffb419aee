"""What became of each record that was offered to a queue: found out by watching, never by declaration."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pytest_loghandlers._base.deadline import RealClock

from ._queue_entry import PENDING, Entry, Fate

#: A handler that came back to a full queue again and again for this many seconds waited for it, whatever it called.
RETRY_SECONDS = 0.02


def parts(item: Any) -> Iterator[Any]:
    """Yield ``item`` and the records in it: a priority queue holds tuples, or objects that can be compared."""
    yield item
    inner = item if isinstance(item, (tuple, list)) else vars(item).values() if hasattr(item, "__dict__") else ()
    for part in inner:
        if isinstance(part, logging.LogRecord):
            yield part


def fingerprint(item: Any) -> object:
    """Return what a copy of ``item`` from another process can be recognised by."""
    if isinstance(item, logging.LogRecord):
        return (item.created, item.thread, item.name, item.levelno, item.lineno, str(item.msg))
    return repr(item)


class Ledger:
    """The records offered to one handler and where each is. Any thread may write in it.

    ``copies`` says that the queue gives out copies (it pickles), which are recognised by their content.
    """

    def __init__(self, *, copies: bool) -> None:
        self.copies = copies
        self.entries: list[Entry] = []
        self.delivered: list[Entry] = []
        # In the order of the queue; a dict because entries leave from the middle too.
        self.queued: dict[Entry, None] = {}
        # Re-entrant: a finalizer may log in the middle of anything.
        self.changed = threading.Condition(threading.RLock())
        self.local = threading.local()
        self._by_id: dict[int, Entry] = {}
        self._by_print: dict[object, deque[Entry]] = {}

    # -- the handler's side ------------------------------------------------------------------------------------

    def begin(self, record: logging.LogRecord) -> Entry:
        """Open an entry: this thread is now inside ``emit``."""
        entry = Entry(record, getattr(self.local, "by", "test"))
        with self.changed:
            self.entries.append(entry)
        self._stack().append(entry)
        self.local.last = entry
        return entry

    def end(self, entry: Entry, error: BaseException | None) -> None:
        """Close it: what has not reached the queue by now was dropped."""
        self._stack().pop()
        with self.changed:
            if error is not None:
                entry.error, entry.handled = error, False
            if entry.state == "offered":
                entry.state = "dropped"
            if entry.refused_first is not None and entry.blocked is None:
                seconds = entry.refused_last - entry.refused_first
                if seconds >= RETRY_SECONDS:
                    entry.blocked = seconds
            self.changed.notify_all()

    def _stack(self) -> list[Entry]:
        try:
            stack: list[Entry] = self.local.stack
        except AttributeError:
            stack = self.local.stack = []
        return stack

    def current(self) -> Entry | None:
        """Return the record that this thread is emitting, if it is inside ``emit``."""
        stack = self._stack()
        return stack[-1] if stack else None

    def refused(self) -> None:
        """Note that the queue had no room for what this thread is emitting."""
        entry = self.current()
        if entry is not None:
            now = RealClock.monotonic()
            entry.refused_first = entry.refused_first or now
            entry.refused_last = now

    def failed(self, error: BaseException | None) -> None:
        """Note that this thread's record went to ``handleError``."""
        entry = self.current()
        if entry is not None and error is not None:
            entry.error, entry.handled = error, True

    # -- the queue's side --------------------------------------------------------------------------------------

    def know(self, entry: Entry, item: Any) -> None:
        """Remember that ``item`` is what ``entry`` looks like in the queue."""
        with self.changed:
            entry.item = item  # Kept alive, so that no other object gets its id.
            for part in parts(item):
                self._by_id[id(part)] = entry
            if self.copies:
                self._by_print.setdefault(fingerprint(item), deque()).append(entry)

    def find(self, item: Any, *, came_out: bool = False) -> Entry | None:
        """Return the entry of ``item``, or None when it did not come from the handler."""
        with self.changed:
            entry = self._by_id.get(id(item))
            if entry is not None and any(part is item for part in parts(entry.item)):
                return entry
            if not self.copies:
                return None
            alike = self._by_print.get(fingerprint(item))
            if not alike:
                return None
            return alike.popleft() if came_out else alike[0]

    @contextmanager
    def putting(self, item: Any, *, refused: Fate | None = None) -> Iterator[None]:
        """Note that ``item`` is in the queue from here on, since the consumer may have it before ``put`` returns.

        Taken back when ``put`` raises; its record is then what it was before, or ``refused``.
        """
        entry = self.find(item) or self.current()
        if entry is None:
            yield
            return
        with self.changed:
            before = entry.state
            self.know(entry, item)
            entry.putting = True
            entry.state = "queued"
            self.queued[entry] = None
            self._not_evicted(entry)  # If it was, then only to be sorted in again.
        try:
            yield
        except BaseException:
            with self.changed:
                if entry.state == "queued":
                    entry.state = refused or before
                    self.queued.pop(entry, None)
            raise
        finally:
            entry.putting = False

    def taken(self, item: Any, *, consumer: bool) -> Entry | None:
        """Note that ``item`` left the queue: evicted when this thread is emitting, else to whoever consumes."""
        current = self.current()
        with self.changed:
            entry = self.find(item, came_out=True)
            if current is not None:
                if entry is None:
                    entry = Entry(item, "before", "queued")
                    self.entries.append(entry)
                if entry.item is not item:
                    self.know(entry, item)  # It may be sorted in again.
                self.evict(entry, current)
            elif entry is not None:
                self.queued.pop(entry, None)
                self._not_evicted(entry)
                entry.state = "taken"
                if not consumer:
                    self.came_through(entry)
            self.changed.notify_all()
        return entry

    def evict(self, entry: Entry, by: Entry) -> None:
        """Note that ``by`` pushed ``entry`` out of the queue."""
        with self.changed:
            self._not_evicted(entry)
            entry.evicted_first = entry.by == "before" or next(iter(self.queued), None) is entry
            self.queued.pop(entry, None)
            entry.state = "evicted"
            entry.evicted_by = by
            by.evicts += 1

    @staticmethod
    def _not_evicted(entry: Entry) -> None:
        if entry.evicted_by is not None:
            entry.evicted_by.evicts -= 1
            entry.evicted_by = None

    def came_through(self, entry: Entry, error: BaseException | None = None) -> None:
        """Note that the consumer is done with it: delivered, or ``failed`` with what it raised."""
        with self.changed:
            if error is None:
                entry.state = "delivered"
                self.delivered.append(entry)
            else:
                entry.state, entry.error = "failed", error
            self.changed.notify_all()

    def compare(self, contents: list[Any], by: Entry) -> None:
        """Hold the watched state against what really is in the queue: a handler may reach into it directly."""
        with self.changed:
            present = {id(item) for item in contents}
            for entry in list(self.queued):
                if id(entry.item) not in present and not entry.putting:
                    self.evict(entry, by)
            if by.state == "offered" and by.item is not None and id(by.item) in present:
                by.state = "queued"
                self.queued[by] = None

    def pending(self) -> list[Entry]:
        """Return what is on its way to the consumer."""
        with self.changed:
            return [entry for entry in self.entries if entry.state in PENDING]
