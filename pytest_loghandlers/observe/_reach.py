"""Which handlers there are: those that logging's tree reaches, and those behind them."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any, TypeGuard

from ._aside import owned_by_pytest

_SEQUENCES = (list, tuple, set, frozenset)


def is_handler(value: object) -> TypeGuard[logging.Handler]:
    """Return whether ``value`` is really a handler; a ``Mock(spec=Handler)`` only says so."""
    return issubclass(type(value), logging.Handler)


def may_be_watched(value: object) -> TypeGuard[logging.Handler]:
    """Return whether ``value`` is a handler of the application: neither pytest's nor one of ours."""
    return (
        is_handler(value)
        and not owned_by_pytest(value)
        and not type(value).__module__.startswith("pytest_loghandlers.")
    )


def beneath(handler: logging.Handler) -> Iterator[logging.Handler]:
    """Yield the handlers that ``handler`` holds: a ``target``, a listener's handlers, any in a list or dict of it."""
    for value in list(vars(handler).values()):
        yield from _handlers_in(value)


def _handlers_in(value: Any) -> Iterator[logging.Handler]:
    if is_handler(value):
        yield value
    elif isinstance(value, _SEQUENCES):
        yield from filter(is_handler, tuple(value))
    elif isinstance(value, dict):
        yield from filter(is_handler, tuple(value.values()))
    elif (module := _handlers_module()) is not None and isinstance(value, module.QueueListener):
        yield from filter(is_handler, tuple(value.handlers))


def reached_from(start: Iterable[object]) -> list[logging.Handler]:
    """Return the watchable handlers among ``start`` and all behind them, each once, nearest first."""
    found: dict[int, logging.Handler] = {}
    waiting = [handler for handler in start if is_handler(handler)]
    seen: set[int] = set()
    while waiting:
        later: list[logging.Handler] = []
        for handler in waiting:
            if id(handler) in seen:
                continue
            seen.add(id(handler))
            if may_be_watched(handler):
                found[id(handler)] = handler
                later.extend(beneath(handler))
        waiting = later
    return list(found.values())


def tree_handlers() -> Iterator[object]:
    """Yield what stands on root and every logger, has a configured name, or is served by a running QueueListener."""
    with logging._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - the same lock on every Python
        loggers = [logging.root, *logging.Logger.manager.loggerDict.values()]
        named = list(logging._handlers.values())  # type: ignore[attr-defined]  # noqa: SLF001 - getHandlerNames is 3.12's
    for logger in loggers:
        # Not logger.handlers: the sandbox keeps a journal of the loggers whose handlers were asked for.
        yield from tuple(vars(logger).get("handlers", ()))
    yield from named
    yield from listened_handlers()


def listened_handlers() -> Iterator[object]:
    """Yield the handlers of the QueueListeners whose thread runs."""
    module = _handlers_module()
    if module is None:
        return
    for thread in threading.enumerate():
        # Thread forgets its target when it ends.
        listener = getattr(getattr(thread, "_target", None), "__self__", None)
        if isinstance(listener, module.QueueListener):
            yield from tuple(listener.handlers)


def named_handlers() -> dict[str, logging.Handler]:
    """Return the handlers that have a configured name, by it."""
    with logging._lock:  # type: ignore[attr-defined]  # noqa: SLF001 - the same lock on every Python
        named = dict(logging._handlers)  # type: ignore[attr-defined]  # noqa: SLF001 - getHandlerNames is 3.12's
    return {str(name): handler for name, handler in named.items() if may_be_watched(handler)}


def _handlers_module() -> ModuleType | None:
    """Return ``logging.handlers`` if the application has it; it costs ten milliseconds otherwise."""
    return sys.modules.get("logging.handlers")


_told: tuple[Callable[[Iterable[object]], object], ...] = ()
_start_of_logging: Callable[..., Any] | None = None


def _start(self: Any, *args: Any, **kwargs: Any) -> Any:
    for callback in _told:
        callback(tuple(self.handlers))
    return _start_of_logging(self, *args, **kwargs) if _start_of_logging is not None else None


def on_listen(callback: Callable[[Iterable[object]], object]) -> Callable[[], None]:
    """Have ``callback(handlers)`` called when a QueueListener starts; return what ends that.

    ``hook_listeners`` makes it so as soon as the application has loaded ``logging.handlers``.
    """
    global _told  # noqa: PLW0603 - one class per process
    _told = (*_told, callback)
    hook_listeners()

    def undo() -> None:
        global _told, _start_of_logging  # noqa: PLW0603 - as above
        _told = tuple(other for other in _told if other is not callback)
        module = _handlers_module()
        if not _told and module is not None and vars(module.QueueListener).get("start") is _start:
            module.QueueListener.start = _start_of_logging
            _start_of_logging = None

    return undo


def hook_listeners() -> None:
    """See the listeners that are started from now on, if ``logging.handlers`` is there by now."""
    global _start_of_logging  # noqa: PLW0603 - as above
    module = _handlers_module()
    if _told and _start_of_logging is None and module is not None and hasattr(module, "QueueListener"):
        _start_of_logging = module.QueueListener.start
        module.QueueListener.start = _start
