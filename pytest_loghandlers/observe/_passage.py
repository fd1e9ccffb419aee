"""Seeing the records that pass through ``Logger.callHandlers``, without standing in any ``handlers`` list.

- ``pin(logger, receiver)`` has a handler see the records that reach a logger. Nothing the application does to its
  handlers (dictConfig, fileConfig, ``basicConfig(force=True)``, ``handlers.clear()``) can remove it, and nothing the
  application asks (``if not root.handlers``, ``hasHandlers()``, ``basicConfig()``, lastResort) finds it there.
- ``witness(callback)`` has every record seen that a logger lets through, also one that no handler wants.

The cost per record is one Python call, and with pins one dict look-up per logger in the chain.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from ._patching import patch, unpatch


class Receiver(Protocol):
    """What can be pinned: a handler, or anything with a level and ``handle``."""

    level: int

    def handle(self, record: logging.LogRecord, /) -> Any:
        """Take the record."""


_pins: dict[logging.Logger, tuple[Receiver, ...]] = {}
_late_pins: dict[logging.Logger, tuple[Receiver, ...]] = {}
_witnesses: tuple[Callable[[logging.LogRecord], object], ...] = ()

#: The function that stands in ``Logger.callHandlers`` for us; any other of ours only passes through.
_cover: Any = None


def _covering(below: Any) -> Any:
    def call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
        if _cover is not call_handlers:
            below(self, record)
            return
        for see in _witnesses:
            see(record)
        pins = _pins
        current: logging.Logger | None = self if pins else None
        while current is not None:
            if current in pins:
                for receiver in pins[current]:
                    if record.levelno >= receiver.level:
                        receiver.handle(record)
            if not current.propagate:
                break
            current = current.parent
        if not _late_pins:
            below(self, record)
            return
        try:
            below(self, record)
        finally:
            _serve_late(self, record)

    return call_handlers


def _serve_late(origin: logging.Logger, record: logging.LogRecord) -> None:
    """Let those see the record who format it, and so must come after the application's handlers."""
    current: logging.Logger | None = origin
    while current is not None:
        for receiver in _late_pins.get(current, ()):
            if record.levelno >= receiver.level:
                receiver.handle(record)
        if not current.propagate:
            break
        current = current.parent


def _begin() -> None:
    global _cover  # noqa: PLW0603 - one state per process, as logging's
    if not (_pins or _late_pins or _witnesses):
        _cover = patch("callHandlers", _covering)


def _end() -> None:
    global _cover  # noqa: PLW0603 - as above
    if not (_pins or _late_pins or _witnesses):
        unpatch("callHandlers", _cover)
        _cover = None


def witness(callback: Callable[[logging.LogRecord], object]) -> Callable[[], None]:
    """Have ``callback(record)`` called for each record that a logger handles, until what is returned is called.

    Before any handler, in the thread that logs; it must not raise.
    """
    global _witnesses  # noqa: PLW0603 - one state per process, as logging's
    with logging._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - the same lock on every Python
        _begin()
        _witnesses = (*_witnesses, callback)

    def end() -> None:
        global _witnesses  # noqa: PLW0603 - as above
        with logging._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - as above
            if callback in _witnesses:
                _witnesses = tuple(other for other in _witnesses if other is not callback)
                _end()

    return end


def pin(logger: logging.Logger, receiver: Receiver, *, late: bool = False) -> None:
    """Have ``receiver.handle`` called for each record that reaches ``logger``, until ``unpin``.

    Before the handlers of the whole chain, or with ``late`` after them (also when one of them raised). The receiver's
    level counts as a handler's does. Pinned twice, it is called twice.
    """
    global _pins, _late_pins  # noqa: PLW0603 - one state per process, as logging's
    with logging._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - the same lock on every Python
        _begin()
        # Replaced, never changed in place: other threads are walking it.
        if late:
            _late_pins = {**_late_pins, logger: (*_late_pins.get(logger, ()), receiver)}
        else:
            _pins = {**_pins, logger: (*_pins.get(logger, ()), receiver)}


def unpin(logger: logging.Logger, receiver: Receiver) -> None:
    """Undo one ``pin``; nothing happens when there was none."""
    global _pins, _late_pins  # noqa: PLW0603 - as above
    with logging._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        for late, table in ((False, _pins), (True, _late_pins)):
            if not any(pinned is receiver for pinned in table.get(logger, ())):
                continue
            left = list(table[logger])
            left.pop(next(index for index, pinned in enumerate(left) if pinned is receiver))
            table = {**table, logger: tuple(left)}  # noqa: PLW2901 - a changed copy, see pin
            if not left:
                del table[logger]
            if late:
                _late_pins = table
            else:
                _pins = table
            _end()
            return


def pinned(logger: logging.Logger) -> tuple[Receiver, ...]:
    """Return what is pinned to ``logger``."""
    return _pins.get(logger, ())
