from __future__ import annotations

import logging
import select
import socket
import sys
import threading
from contextlib import suppress

import pytest


@pytest.fixture
def counting(logger):
    """Return a function that makes a handler which counts its errors, and gives it to ``logger``."""

    def made(handler_class, *args, **options):
        class Counting(handler_class):
            def __init__(self, *args, **options):
                self.errors = []
                super().__init__(*args, **options)

            def handleError(self, record):
                self.errors.append(sys.exc_info()[0])

        handler = Counting(*args, **options)
        logger.addHandler(handler)
        return handler

    return made


@pytest.fixture
def say(logger):
    """Return a function that logs texts, and returns what kind of error each meant for ``handler``; None for none."""

    def said(handler, *texts):
        kinds = []
        for text in texts:
            before = len(handler.errors)
            logger.info(text)
            kinds.append(handler.errors[-1] if len(handler.errors) > before else None)
        return kinds

    return said


def sock_of(handler):
    return getattr(handler, "sock", None) or getattr(handler, "socket", None)


class Talking:
    """A thread that logs numbered texts, and how far it has come."""

    def __init__(self, logger, count, text):
        self.count = count
        self.texts = [text % number for number in range(count)]
        self.done = 0
        self._logger = logger
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        for text in self.texts:
            self._logger.info(text)
            self.done += 1

    def is_stuck(self):
        """Whether one and the same call does not come back within 0.3 s, and no handler's socket takes anything."""
        for _ in range(100):
            before = self.done
            self._thread.join(0.3)
            if not self._thread.is_alive():
                return False
            if self.done == before and self._is_full():
                return True
        return False

    def _is_full(self):
        # Who has merely no turn, on a machine that is busy, is not stuck.
        socks = [sock for handler in self._logger.handlers if (sock := sock_of(handler)) is not None]
        return not socks or not select.select([], socks, [], 0)[1]

    def ends(self):
        """Whether it comes to its end within ten seconds."""
        self._thread.join(10)
        return not self._thread.is_alive()


@pytest.fixture
def talk(logger):
    """Return a function that logs so many texts in another thread; at the end whoever is still stuck is let go."""
    threads = []

    def talking(count, text="%06d"):
        threads.append(Talking(logger, count, text))
        return threads[-1]

    yield talking
    for handler in logger.handlers:
        sock = sock_of(handler)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        assert thread.ends()


@pytest.fixture(autouse=True)
def errors_are_not_printed(monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
