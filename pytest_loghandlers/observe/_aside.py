"""pytest's own handlers, set aside while handlers are judged.

They re-raise from ``handleError``, they format every record, and dictConfig flushes and closes them for the rest of
the run (``--log-file`` and live log fall silent). While they are set aside they stand in no ``handlers`` list and in
no ``logging._handlerList``; what a user asked to see at once (``--log-file``, live log, the caplog fixture) is handed
to them after the application's handlers, and what they raise is dropped.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pytest_loghandlers._base.errors import LifetimeError

from ._loggers import Watcher, watch
from ._passage import pin, unpin, witness


def owned_by_pytest(handler: object) -> bool:
    """Return whether ``handler`` is one of those that pytest's logging plugin attaches."""
    return type(handler).__module__ == "_pytest.logging"


#: The capture handlers that tests read through caplog.
_read_by_tests: list[logging.Handler] = []


@contextmanager
def forwarding_to(handler: logging.Handler) -> Iterator[None]:
    """Hand records on to this capture handler of pytest's, although it is set aside: a test reads it."""
    _read_by_tests.append(handler)
    try:
        yield
    finally:
        _read_by_tests.remove(handler)


def _wanted_at_once(handler: logging.Handler) -> bool:
    """Return whether the user asked to see records through ``handler`` while the test runs."""
    kind = type(handler).__name__
    if kind == "LogCaptureHandler":
        return any(handler is known for known in _read_by_tests)
    if kind == "_LiveLoggingNullHandler":
        return False
    # Without --log-file, pytest formats every record into the null device.
    return getattr(handler, "baseFilename", None) != os.path.abspath(os.devnull)  # noqa: PTH100 - as FileHandler does


class _Forward:
    """Hands records on to one of pytest's handlers, as a guest that does no harm."""

    level = 0

    def __init__(self, handler: logging.Handler) -> None:
        self.handler = handler

    def handle(self, record: logging.LogRecord) -> None:
        if record.levelno < self.handler.level:
            return
        try:
            self.handler.handle(record)
        except Exception:  # noqa: BLE001, S110 - LogCaptureHandler.handleError re-raises: that must judge nothing here
            pass


class Aside(Watcher):
    """The setting aside, from its first user to its last."""

    def __init__(self) -> None:
        #: Every record that a logger let through meanwhile, for the report of a test that fails.
        self.records: list[logging.LogRecord] = []
        #: What each logger would carry of pytest's handlers by now, with what forwards to it.
        self.held: dict[logging.Logger, list[tuple[logging.Handler, _Forward | None]]] = {}
        self.unlisted: list[Any] = []
        self._ends: list[Callable[[], None]] = []

    def start(self) -> None:
        """Take them out. Only the root logger is visited; others as they are used."""
        references = logging._handlerList  # type: ignore[attr-defined]  # noqa: SLF001 - what dictConfig closes
        self.unlisted = [reference for reference in references if owned_by_pytest(reference())]
        references[:] = [reference for reference in references if not owned_by_pytest(reference())]
        self._ends = [watch(self), witness(self.records.append)]
        self.before_use(logging.getLogger())

    def before_use(self, logger: logging.Logger) -> bool:
        handlers = logger.__dict__.get("handlers")
        if not handlers or logger in self.held:
            return False
        theirs = [handler for handler in handlers if owned_by_pytest(handler)]
        if theirs:
            handlers[:] = [handler for handler in handlers if not owned_by_pytest(handler)]
            for handler in theirs:
                self._hold(logger, handler)
        return False

    def _hold(self, logger: logging.Logger, handler: logging.Handler) -> None:
        held = self.held.setdefault(logger, [])
        if any(handler is known for known, _ in held):
            return
        forward = _Forward(handler) if _wanted_at_once(handler) else None
        if forward is not None:
            pin(logger, forward, late=True)
        held.append((handler, forward))

    def keeps_out(self, logger: logging.Logger, handler: logging.Handler) -> bool:
        if not owned_by_pytest(handler):
            return False
        self._hold(logger, handler)  # pytest begins its next phase.
        return True

    def takes_out(self, logger: logging.Logger, handler: logging.Handler) -> None:
        held = self.held.get(logger, [])
        for known, forward in held:
            if known is handler:
                if forward is not None:
                    unpin(logger, forward)
                held.remove((known, forward))
                return

    def stop(self) -> None:
        """Put back what pytest has attached by now."""
        for end in self._ends:
            end()
        for logger, held in self.held.items():
            handlers = logger.__dict__["handlers"]
            handlers[:0] = [handler for handler, _ in held if not any(handler is known for known in handlers)]
            for _, forward in held:
                if forward is not None:
                    unpin(logger, forward)
        self.held.clear()
        references = logging._handlerList  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        references[:0] = [reference for reference in self.unlisted if reference() is not None]


_current: Aside | None = None
_users = 0


def set_aside() -> Callable[[], None]:
    """Set pytest's handlers aside until what is returned is called; several users may overlap."""
    global _current, _users  # noqa: PLW0603 - one state per process, as logging's
    if _current is None:
        _current = Aside()
        _current.start()
    _users += 1
    ended = False

    def put_back() -> None:
        nonlocal ended
        global _current, _users  # noqa: PLW0603 - as above
        if ended:
            return
        ended = True
        _users -= 1
        if not _users and _current is not None:
            _current.stop()
            _current = None

    return put_back


def current() -> Aside | None:
    """Return the setting aside that is in force, if any."""
    return _current


def in_force() -> Aside:
    """Return the setting aside that is in force, for whoever has just asked for it."""
    if _current is None:
        raise LifetimeError("pytest's handlers are not set aside now")
    return _current
