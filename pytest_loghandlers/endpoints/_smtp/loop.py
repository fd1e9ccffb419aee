"""aiosmtpd's SMTP protocol and one asyncio loop in one thread, without a log record.

This file and ``_smtp_server`` are the only ones that import asyncio; only ``smtp_endpoint`` imports them.

aiosmtpd logs each step to ``mail.log``. A handler under test sits on the root logger and waits, with its lock held,
for this very server: a record from here would wait for that lock, and both for each other until a timeout. So the
protocol is run from a copy of its module whose logger is in nobody's tree: no configuration reaches it, and the user's
own aiosmtpd, if there is one, keeps its logger.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import sys
import threading
import warnings
from asyncio import selector_events
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, Final, Protocol

from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers._base.errors import LeakError
from pytest_loghandlers._base.lifetime import UNDO_TIMEOUT, stack_of
from pytest_loghandlers.endpoints._network.reactor import also_end

_SILENT: Final = logging.Logger("pytest_loghandlers.silent")  # noqa: LOG001 - outside the tree is the point
_SILENT.disabled = True


def _copy_of_aiosmtpd() -> ModuleType:
    found = importlib.util.find_spec("aiosmtpd.smtp")
    if found is None or found.origin is None:
        raise ImportError("aiosmtpd.smtp cannot be found; pytest-loghandlers requires aiosmtpd>=1.4.6")
    name = f"{__package__}._aiosmtpd_smtp"
    spec = importlib.util.spec_from_file_location(name, found.origin)
    if spec is None or spec.loader is None:
        raise ImportError(f"aiosmtpd.smtp cannot be loaded from {found.origin}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # Its decorators look the module up.
    with warnings.catch_warnings():
        # aiosmtpd 1.4.6 imports typing.ByteString, which 3.15 warns of: nothing that the user's test could mend.
        warnings.simplefilter("ignore", DeprecationWarning)
        spec.loader.exec_module(module)
    vars(module)["log"] = _SILENT
    return module


SMTP: Any = _copy_of_aiosmtpd().SMTP


class _SilentStart(selector_events.BaseSelectorEventLoop):
    """asyncio logs which selector it uses when a loop is made; this one has its logger replaced for that."""

    _init = selector_events.BaseSelectorEventLoop.__init__
    __init__ = FunctionType(
        _init.__code__, {**_init.__globals__, "logger": _SILENT}, "__init__", _init.__defaults__, _init.__closure__
    )


class _Loop(asyncio.SelectorEventLoop, _SilentStart):
    """A loop that logs nothing and that a frozen clock does not stop."""

    def time(self) -> float:
        return RealClock.monotonic()


class Guest(Protocol):
    """A server that runs on the loop."""

    on_error: Callable[[Exception], object]


class LoopThread:
    """The thread in which the loop runs."""

    def __init__(self) -> None:
        self.loop = _Loop()
        self.loop.set_debug(False)  # PYTHONASYNCIODEBUG would make it log.
        self.loop.set_exception_handler(self._failed)
        self.servers: set[Guest] = set()
        self.thread = threading.Thread(target=self._run, name="loghandlers: smtp loop", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.loop.run_forever()
        finally:
            self.loop.close()

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # noqa: ARG002 - asyncio's signature
        error = context.get("exception")
        kept = error if isinstance(error, Exception) else RuntimeError(str(context.get("message")))
        for server in tuple(self.servers):
            server.on_error(kept)

    def end(self) -> None:
        """End the thread. Raises LeakError when it does not end within UNDO_TIMEOUT seconds."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(UNDO_TIMEOUT)
        if self.thread.is_alive():
            raise LeakError(f"the smtp loop did not end within {UNDO_TIMEOUT:g} s:\n{stack_of(self.thread)}")


_guard = threading.Lock()
_current: LoopThread | None = None
_inherited: list[LoopThread | None] = []


def running_loop() -> LoopThread:
    """Return the running loop's thread; start it when there is none."""
    global _current  # noqa: PLW0603 - one per process is the point
    with _guard:
        if _current is None or not _current.thread.is_alive():
            _current = LoopThread()
        return _current


def _end_loop() -> None:
    global _current
    with _guard:
        ending, _current = _current, None
    if ending is not None:
        ending.end()


also_end(_end_loop)


def _before_fork() -> None:
    # As the reactor's: a thread that serves nobody must not be seen by a later test's fork.
    held = _current
    if held is not None and not held.servers:
        _end_loop()


def _in_child() -> None:
    global _current, _guard
    _inherited.append(_current)  # A loop that is dropped says so in a warning; it is the parent's to close.
    _guard, _current = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_in_child)
