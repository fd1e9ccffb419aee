"""Slow sinks behind a queue: the shop never waits for them."""

from __future__ import annotations

import logging
import queue
import time
from logging.handlers import QueueHandler, QueueListener
from typing import Any

logger = logging.getLogger(__name__)


class BoundedListener(QueueListener):
    """A listener whose stop ends: what is not delivered ``patience`` seconds later is given up, and counted."""

    def __init__(self, records: Any, *handlers: logging.Handler, patience: float) -> None:
        # A QueueListener ignores the level of its handlers unless it is told to respect it.
        super().__init__(records, *handlers, respect_handler_level=True)
        self.patience = patience
        self.deadline = float("inf")
        self.abandoned = 0

    def handle(self, record: logging.LogRecord) -> None:
        """Deliver the record, unless the listener has been stopping for too long."""
        if time.monotonic() < self.deadline:
            super().handle(record)
        else:
            self.abandoned += 1

    def enqueue_sentinel(self) -> None:
        """Ask the listener's thread to end; wait for room in the queue (the stdlib's raises queue.Full)."""
        self.deadline = time.monotonic() + self.patience
        self.queue.put(self._sentinel)  # type: ignore[attr-defined]  # the stdlib keeps it private


class DroppingQueueHandler(QueueHandler):
    """Puts records on a bounded queue and drops, counted, those that do not fit.

    ``deliver_to`` names a logger: its handlers are the slow ones behind the queue. (A dictConfig can name them there
    on every Python; only since 3.12 can it build a listener.)
    """

    def __init__(self, capacity: int, deliver_to: str, patience: float = 5.0) -> None:
        super().__init__(queue.Queue(capacity))
        self.deliver_to = deliver_to
        self.patience = patience
        self.dropped = 0
        self.listener: BoundedListener | None = None

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put the record on the queue if there is room."""
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1

    def start(self) -> None:
        """Start delivering."""
        slow = logging.getLogger(self.deliver_to).handlers
        self.listener = BoundedListener(self.queue, *slow, patience=self.patience)
        self.listener.start()

    def stop(self) -> None:
        """Deliver what is queued, end the thread, and say how many records were lost."""
        if self.listener is None:
            return
        listener, self.listener = self.listener, None
        listener.stop()
        if self.dropped or listener.abandoned:
            logger.warning("alerts were lost: %d dropped, %d given up", self.dropped, listener.abandoned)
