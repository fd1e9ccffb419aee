"""What kinds of queue there are, and how each is looked at without moving anything."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


class QueueStandIn:
    """Stands for a queue whose own methods cannot be replaced on the instance (SimpleQueue is written in C)."""

    def __init__(self, queue: Any) -> None:
        self.__dict__["_stands_for"] = queue

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_stands_for"], name)

    @property  # type: ignore[misc]  # mypy takes __class__ for an attribute that can be set
    def __class__(self) -> Any:  # An isinstance() in the application's enqueue goes on to say yes.
        return type(self.__dict__["_stands_for"])


def is_copying(queue: Any) -> bool:
    """Return whether ``queue`` gives out copies: it belongs to multiprocessing (looked at, not imported)."""
    return any(kind.__module__.partition(".")[0] == "multiprocessing" for kind in type(queue).__mro__)


def is_full(queue: Any) -> bool:
    """Return what the queue says itself; False when it has no answer."""
    try:
        return bool(queue.full())
    except (AttributeError, NotImplementedError):
        return False


def is_awaited(queue: Any) -> bool:
    """Return whether ``queue`` can only be used in an event loop: its ``get`` or ``put`` is a coroutine."""
    return any(inspect.iscoroutinefunction(getattr(queue, name, None)) for name in ("get", "put"))


def count_out(queue: Any) -> None:
    """Have ``queue.join`` wait no more for an item that we took out, or that its consumer never saw."""
    try:
        queue.task_done()
    except (AttributeError, ValueError):
        pass  # It does not count; or a put that failed half way (unorderable items) left it uncounted.


def takes_timeout(put: Callable[..., Any]) -> bool:
    """Return whether ``put`` is called as queue.Queue.put is: item, block, timeout."""
    try:
        names = list(inspect.signature(put).parameters)
    except (TypeError, ValueError):
        return False
    return names[1:3] == ["block", "timeout"]


def waits(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[bool, float | None]:
    """Return ``(waits for ever, seconds it waits)`` of a call to ``put``."""
    if name == "put_nowait":
        return False, None
    block = args[0] if args else kwargs.get("block", True)
    timeout = args[1] if len(args) > 1 else kwargs.get("timeout")
    if not block:
        return False, None
    return timeout is None, timeout
