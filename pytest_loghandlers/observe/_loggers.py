"""Being told what happens to loggers, before it happens.

``watch(watcher)`` tells of every logger that is looked at or changed (the journal of the sandbox), of every handler
that is attached, and lets a watcher keep a handler out of the list (pytest's own). Nothing is patched until somebody
watches, and everything is put back when the last one is done. Records are ``_passage``'s matter.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ._patching import patch, unpatch


class Watcher:
    """What may be told about loggers; each method does nothing here."""

    def before_use(self, logger: logging.Logger) -> bool:
        """Be told that an attribute of ``logger`` is about to be written, or its handlers or filters read.

        Return whether to be told at the next use too; otherwise this was the only time.
        """
        del logger
        return False

    def attached(self, logger: logging.Logger, handler: logging.Handler) -> None:
        """Be told that ``handler`` was attached to ``logger``."""

    def keeps_out(self, logger: logging.Logger, handler: logging.Handler) -> bool:
        """Return whether ``handler`` is not to enter the handlers of ``logger``."""
        del logger, handler
        return False

    def takes_out(self, logger: logging.Logger, handler: logging.Handler) -> None:
        """Be told that somebody removes ``handler`` from ``logger``."""


_watchers: tuple[Watcher, ...] = ()
#: Loggers whose ``before_use`` was told since the last watcher came: the fast path of the attributes below.
_told: set[logging.Logger] = set()


def _tell(logger: logging.Logger) -> None:
    # Marked when all are told, not before: another thread may be about to write to the same logger. And marked where
    # it was missing: a watcher that has come meanwhile begins with a set of its own.
    told = _told
    again = [watcher.before_use(logger) for watcher in _watchers]
    if not any(again):
        told.add(logger)


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


def _attached(logger: logging.Logger, handler: logging.Handler) -> None:
    for watcher in _watchers:
        watcher.attached(logger, handler)


def _setting(below: Any) -> Any:
    def set_(self: logging.Logger, name: str, value: Any) -> None:
        if _covers.get("__setattr__") is set_ and self not in _told:
            _tell(self)
        below(self, name, value)

    return set_


def _adding(below: Any) -> Any:
    def add_handler(self: logging.Logger, hdlr: logging.Handler) -> None:
        if _covers.get("addHandler") is not add_handler:
            below(self, hdlr)
            return
        for watcher in _watchers:
            if watcher.keeps_out(self, hdlr):
                return
        below(self, hdlr)
        _attached(self, hdlr)

    return add_handler


def _removing(below: Any) -> Any:
    def remove_handler(self: logging.Logger, hdlr: logging.Handler) -> None:
        if _covers.get("removeHandler") is remove_handler:
            for watcher in _watchers:
                watcher.takes_out(self, hdlr)
        below(self, hdlr)

    return remove_handler


_WATCHED: dict[str, Callable[[Any], Any]] = {
    "handlers": lambda _: _attribute("handlers"),
    "filters": lambda _: _attribute("filters"),
    "__setattr__": _setting,
    "addHandler": _adding,
    "removeHandler": _removing,
}
#: What stands in Logger for us now; what is left of an earlier time only passes through.
_covers: dict[str, Any] = {}


def watch(watcher: Watcher) -> Callable[[], None]:
    """Have ``watcher`` told from now on; call what is returned to end that."""
    global _watchers, _told  # noqa: PLW0603 - one state per process, as logging's
    with logging._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - the same lock on every Python
        if not _watchers:
            _covers.update({name: patch(name, make) for name, make in _WATCHED.items()})
        _watchers = (*_watchers, watcher)
        _told = set()

    def unwatch() -> None:
        global _watchers, _told  # noqa: PLW0603 - as above
        with logging._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - as above
            if watcher not in _watchers:
                return
            _watchers = tuple(other for other in _watchers if other is not watcher)
            if not _watchers:
                for name, cover in _covers.items():
                    unpatch(name, cover)
                _covers.clear()
                _told = set()

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
