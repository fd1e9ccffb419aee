"""The first draft of three parts: each as one would write it, each with a fault that its tests found.

``tests/test_first_draft.py`` shows what each costs, and that what the shop runs today does not.
"""

from __future__ import annotations

import logging
import logging.config
import queue
from logging.handlers import QueueHandler, QueueListener
from typing import Any

import httpx


class ObviousWebhookHandler(logging.Handler):
    """Posts each record. At INFO on the root logger it feeds itself: httpx logs each request at INFO."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.client = httpx.Client(timeout=2.0)

    def emit(self, record: logging.LogRecord) -> None:
        """Post the record. A 500 is taken for an answer like any other: the record is lost without a word."""
        try:
            self.client.post(self.url, json={"text": self.format(record)})
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Close the connections to the server."""
        self.client.close()
        super().close()


class ObviousQueueHandler(QueueHandler):
    """A bounded queue. Its listener does not respect the levels of the slow handlers: each mails every alert."""

    def __init__(self, capacity: int, deliver_to: str) -> None:
        super().__init__(queue.Queue(capacity))
        self.deliver_to = deliver_to
        self.listener: QueueListener | None = None

    def start(self) -> None:
        """Start delivering."""
        self.listener = QueueListener(self.queue, *logging.getLogger(self.deliver_to).handlers)
        self.listener.start()


def obvious_setup_logging(config: dict[str, Any]) -> None:
    """Apply ``config`` and start its queue. Nothing stops it: what is queued when the process ends is lost."""
    logging.config.dictConfig(config)
    for handler in logging.getLogger().handlers:
        if hasattr(handler, "start"):
            handler.start()
