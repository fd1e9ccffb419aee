"""The only place that patches ``logging.Logger``.

Nothing is patched until somebody asks, and everything is put back when the last one is done.

- ``pin(logger, handler)`` has a handler see the records of a logger *without* standing in ``logger.handlers``. So
  nothing the application does to its handlers (dictConfig, fileConfig, ``basicConfig(force=True)``,
  ``handlers.clear()``) can remove it, and nothing the application asks (``if not root.handlers``, ``hasHandlers()``,
  ``basicConfig()``, lastResort) finds it there.
- ``watch(watcher)`` tells of every logger that is looked at or changed, before that happens (the journal of the
  sandbox), of every handler that is attached, and lets a watcher keep a handler out of the list (pytest's own).

The cost per record is one Python call and one dict look-up per logger in the chain.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol


class Receiver(Protocol):
    """What can be pinned: a handler, or anything with a level and ``handle``."""

    level: int

    def handle(self, record: logging.LogRecord, /) -> Any:
        """Take the record."""


class Watcher:
    """What may be told about loggers; each method does nothing here."""

    def before_use(self, logger: logging.Logger) -> None:
        """Be told that an attribute of ``logger`` is about to be written, or its handlers or filters read."""

    def attached(self, logger: logging.Logger, handler: logging.Handler) -> None:
        """Be told that ``handler`` was attached to ``logger``."""

    def keeps_out(self, logger: logging.Logger, handler: logging.Handler) -> bool:
        """Return whether ``handler`` is not to enter the handlers of ``logger``."""
        del logger, handler
        return False

    def takes_out(self, logger: logging.Logger, handler: logging.Handler) -> None:
        """Be told that somebody removes ``handler`` from ``logger``."""


_pins: dict[logging.Logger, tuple[Receiver, ...]] = {}
_late_pins: dict[logging.Logger, tuple[Receiver, ...]] = {}
_watchers: tuple[Watcher, ...] = ()
#: What an attribute of Logger was before it was patched; absent when the class had none of its own.
_originals: dict[str, Any] = {}
_ABSENT = object()


def _patch(name: str, value: Any) -> bool:
    """Put ``value`` in place; return whether what it covers has changed since the last time."""
    now = vars(logging.Logger).get(name, _ABSENT)
    if name in _originals and now is not _originals[name]:
        return False  # Ours is still there, or below what somebody else has patched on top.
    _originals[name] = now
    setattr(logging.Logger, name, value)
    return True


def _unpatch(name: str, value: Any) -> None:
    if vars(logging.Logger).get(name) is not value:
        return  # Somebody patched on top of ours, which only passes through from now on.
    original = _originals.pop(name)
    if original is _ABSENT:
        delattr(logging.Logger, name)
    else:
        setattr(logging.Logger, name, original)


# --- pins: what sees the records ------------------------------------------------------------------------------------

_call_handlers_of_logging = logging.Logger.callHandlers


def _call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
    pins = _pins
    current: logging.Logger | None = self
    while current is not None:
        if current in pins:
            for receiver in pins[current]:
                if record.levelno >= receiver.level:
                    receiver.handle(record)
        if not current.propagate:
            break
        current = current.parent
    if not _late_pins:
        _call_handlers_of_logging(self, record)
        return
    try:
        _call_handlers_of_logging(self, record)
    finally:
        _serve_late(self, record)


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


def pin(logger: logging.Logger, receiver: Receiver, *, late: bool = False) -> None:
    """Have ``receiver.handle`` called for each record that reaches ``logger``, until ``unpin``.

    Before the handlers of the whole chain, or with ``late`` after them (also when one of them raised). The receiver's
    level counts as a handler's does. Pinned twice, it is called twice.
    """
    global _pins, _late_pins, _call_handlers_of_logging  # noqa: PLW0603 - one state per process, as logging's
    with logging._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - the same lock on every Python
        if not _pins and not _late_pins:
            below = logging.Logger.callHandlers
            if _patch("callHandlers", _call_handlers):
                _call_handlers_of_logging = below
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
            if not _pins and not _late_pins:
                _unpatch("callHandlers", _call_handlers)
            return


def pinned(logger: logging.Logger) -> tuple[Receiver, ...]:
    """Return what is pinned to ``logger``."""
    return _pins.get(logger, ())


# --- watchers: what happens to loggers --------------------------------------------------------------------------------

#: Loggers whose ``before_use`` was told since the last watcher came: the fast path of the attributes below.
_told: set[logging.Logger] = set()


def _tell(logger: logging.Logger) -> None:
    _told.add(logger)
    for watcher in _watchers:
        watcher.before_use(logger)


def _attribute(name: str) -> property:
    """Return a property over ``logger.__dict__[name]`` that tells the watchers before the first use.

    Reading is telling: the list that is read may be changed in place.
    """

    def get(self: logging.Logger) -> Any:
        try:
            value = self.__dict__[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}") from None
        if self not in _told:
            _tell(self)
            return self.__dict__[name]
        return value

    def set_(self: logging.Logger, value: Any) -> None:
        if self not in _told:
            _tell(self)
        before = self.__dict__.get(name)
        self.__dict__[name] = value
        if name == "handlers" and before is not None:
            for handler in value:
                if not any(handler is known for known in before):
                    _attached(self, handler)

    def delete(self: logging.Logger) -> None:
        del self.__dict__[name]

    return property(get, set_, delete)


def _set(self: logging.Logger, name: str, value: Any) -> None:
    if self not in _told:
        _tell(self)
    _set_of_logging(self, name, value)


def _attached(logger: logging.Logger, handler: logging.Handler) -> None:
    for watcher in _watchers:
        watcher.attached(logger, handler)


def _add_handler(self: logging.Logger, hdlr: logging.Handler) -> None:
    for watcher in _watchers:
        if watcher.keeps_out(self, hdlr):
            return
    _add_of_logging(self, hdlr)
    _attached(self, hdlr)


def _remove_handler(self: logging.Logger, hdlr: logging.Handler) -> None:
    for watcher in _watchers:
        watcher.takes_out(self, hdlr)
    _remove_of_logging(self, hdlr)


_set_of_logging = logging.Logger.__setattr__
_add_of_logging = logging.Logger.addHandler
_remove_of_logging = logging.Logger.removeHandler
_WATCHED: dict[str, Any] = {
    "handlers": _attribute("handlers"),
    "filters": _attribute("filters"),
    "__setattr__": _set,
    "addHandler": _add_handler,
    "removeHandler": _remove_handler,
}


def watch(watcher: Watcher) -> Callable[[], None]:
    """Have ``watcher`` told from now on; call what is returned to end that."""
    global _watchers, _set_of_logging, _add_of_logging, _remove_of_logging  # noqa: PLW0603 - as above
    with logging._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        if not _watchers:
            set_, add, remove = (
                getattr(logging.Logger, name) for name in ("__setattr__", "addHandler", "removeHandler")
            )
            fresh = {name for name, value in _WATCHED.items() if _patch(name, value)}
            _set_of_logging = set_ if "__setattr__" in fresh else _set_of_logging
            _add_of_logging = add if "addHandler" in fresh else _add_of_logging
            _remove_of_logging = remove if "removeHandler" in fresh else _remove_of_logging
        _watchers = (*_watchers, watcher)
        _told.clear()

    def unwatch() -> None:
        global _watchers  # noqa: PLW0603 - as above
        with logging._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - as above
            if watcher not in _watchers:
                return
            _watchers = tuple(other for other in _watchers if other is not watcher)
            if not _watchers:
                for name, value in _WATCHED.items():
                    _unpatch(name, value)
                _told.clear()

    return unwatch


class _AttachWatcher(Watcher):
    def __init__(self, callback: Callable[[logging.Logger, logging.Handler], None]) -> None:
        self.callback = callback

    def attached(self, logger: logging.Logger, handler: logging.Handler) -> None:
        self.callback(logger, handler)


def on_attach(callback: Callable[[logging.Logger, logging.Handler], None]) -> Callable[[], None]:
    """Have ``callback(logger, handler)`` called for each handler attached from now on; return what ends that.

    A handler put into the list in place (``logger.handlers.append``) is not seen.
    """
    return watch(_AttachWatcher(callback))
