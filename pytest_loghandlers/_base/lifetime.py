"""Start once, stop once, undo in reverse, say what leaked."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from .errors import LeakError, LifetimeError

#: Seconds that one step of a teardown may take before it is given up and reported.
UNDO_TIMEOUT = 5.0


def stack_of(thread: threading.Thread, limit: int = 8) -> str:
    """Return where ``thread`` is right now, innermost call last; empty when it has ended."""
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - the only way to see another thread's stack
    return "" if frame is None else "".join(traceback.format_stack(frame)[-limit:]).rstrip()


def bounded(action: Callable[[], Any], what: str, timeout: float = UNDO_TIMEOUT) -> Any:
    """Return ``action()``, run in a daemon thread that is given up after ``timeout`` seconds.

    What ``action`` raises is raised here. Raises LeakError with the stack it hangs in when the time is over. For
    code that is not ours: a handler's ``flush`` or ``close`` may wait for ever.
    """
    outcome: list[Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(action())
        except BaseException as error:  # noqa: BLE001 - it is raised again in the caller's thread
            failure.append(error)

    thread = threading.Thread(target=run, name=f"loghandlers: {what}", daemon=True)
    thread.start()
    thread.join(timeout)
    if thread.is_alive():
        raise LeakError(f"{what} did not end within {timeout:g} s; it hangs in\n{stack_of(thread)}")
    if failure:
        raise failure[0]
    return outcome[0]


def told(failure: BaseException) -> str:
    """Return ``ValueError: why``, of a group each of its members."""
    if isinstance(failure, BaseExceptionGroup):
        return "; ".join(told(each) for each in failure.exceptions)
    return f"{type(failure).__name__}: {failure}"


class Lifetime:
    """The base of everything that is started and stopped: a fixture's class, usable in a ``with`` block.

    A subclass fills ``_start``; there it calls ``_defer(undo)`` after each step that must be undone. ``stop`` undoes
    in reverse order, whatever happens in between, and raises what went wrong at the end. A start that fails half way
    undoes the half that was done.
    """

    #: What the user calls it: the fixture's name.
    _who = "fixture"

    def __init__(self) -> None:
        self.__state = "new"
        self.__undo: list[tuple[Callable[[], Any], str]] = []

    def _start(self) -> None:
        """Do what starting means."""

    def _report(self) -> str:
        """Return what it saw, bounded in lines, for the report of a failed test; empty when there is nothing."""
        return ""

    def _defer(self, undo: Callable[[], Any], what: str = "") -> None:
        """Have ``undo`` called at the end, before what was deferred earlier. ``what`` names it in a report."""
        self.__undo.append((undo, what or getattr(undo, "__qualname__", repr(undo))))

    @property
    def _running(self) -> bool:
        return self.__state == "running"

    def _require_running(self) -> None:
        """Raise LifetimeError unless it is between start and stop."""
        if self.__state == "running":
            return
        if self.__state == "new":
            raise LifetimeError(
                f"this {self._who} has not been started: use the fixture, or `with {type(self).__name__}() as ...`"
            )
        raise LifetimeError(
            f"this {self._who} has been stopped: it was used after its test (or its with block) had ended"
        )

    def start(self) -> Self:
        """Start, and return itself. Raises LifetimeError when it was started before."""
        if self.__state != "new":
            raise LifetimeError(f"this {self._who} was started before; make a new {type(self).__name__}")
        self.__state = "running"
        try:
            self._start()
        except BaseException as error:
            try:
                self.stop()
            except Exception as failure:  # noqa: BLE001 - the first failure is the one to see
                error.add_note(f"{self._who} also failed to stop: {told(failure)}")
            raise
        return self

    def stop(self) -> None:
        """Undo everything that starting and using it did; a second call does nothing.

        Raises what a step raised (an ExceptionGroup if several did) after all the steps were taken; what interrupted
        a step (KeyboardInterrupt, pytest's own) goes before errors.
        """
        if self.__state != "running":
            return
        self.__state = "stopped"
        failures: list[Exception] = []
        interrupt: BaseException | None = None
        while self.__undo:
            undo, what = self.__undo.pop()
            try:
                undo()
            except Exception as error:  # noqa: BLE001 - all steps are taken, then it is raised
                error.add_note(f"while {self._who} was being stopped ({what})")
                failures.append(error)
            except BaseException as error:  # noqa: BLE001 - as above
                interrupt = error
        if interrupt is not None:
            raise interrupt
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise ExceptionGroup(f"{self._who} could not be stopped cleanly", failures)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except Exception as failure:
            if error is None:
                raise
            # What went wrong at teardown never hides the test's own failure.
            error.add_note(f"{self._who} also failed to stop: {told(failure)}")
