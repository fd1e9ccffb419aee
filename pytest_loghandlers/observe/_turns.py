"""Who is at work in which handler, on which thread, and what led to it.

A *turn* is one call into a handler from outside (``handle``, or ``emit``, ``flush``, ... called directly). Its parent
is the turn it was called from, on the same thread, or the turn inside which its record was logged: a record that went
through a queue comes back on another thread, where the call stack tells nothing. It is known by what a copy keeps.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers._base.inbox import Inbox

from ._event import Link, SpyError, SpyEvent

if TYPE_CHECKING:
    from ._probe import Probe

#: Turns of one handler that may be under way inside one another; the next one is cut off.
TURNS: Final = 5
#: Records whose cause is remembered: those of a loop are young.
REMEMBERED: Final = 4096


class Cause(NamedTuple):
    """What led to a turn: the ``step`` of another, in which its record was logged, or passed on."""

    turn: Turn
    step: str
    passed_on: bool


class Turn:
    """One call into a handler, while it lasts."""

    __slots__ = ("began", "cause", "failed", "probe", "record", "stack", "step")

    def __init__(self, probe: Probe, record: Any, cause: Cause | None, stack: Stack, step: str, began: float) -> None:
        self.probe = probe
        self.record = record
        self.cause = cause
        self.stack = stack
        #: The method that runs now.
        self.step = step
        self.began = began
        #: Whether ``handleError`` was called for the record being emitted.
        self.failed = False

    def depth(self) -> int:
        """Return how many turns of the same handler led to this one."""
        depth, cause = 0, self.cause
        while cause is not None:
            if cause.turn.probe is self.probe:
                depth += 1
            cause = cause.turn.cause
        return depth

    def chain(self) -> tuple[Turn, ...]:
        """Return the turns that led to this one, and itself last."""
        turns = [self]
        while (cause := turns[-1].cause) is not None:
            turns.append(cause.turn)
        return tuple(reversed(turns))


class Stack(list[Turn]):
    """The turns under way on one thread, innermost last."""

    __slots__ = ("thread",)

    def __init__(self, thread: threading.Thread) -> None:
        super().__init__()
        self.thread = thread


class Within:
    """A step inside the handler's own turn, or a turn of its own when it was called from outside."""

    __slots__ = ("before", "began", "probe", "record", "stack", "step", "turn")

    def __init__(self, probe: Probe, stack: Stack, record: Any, step: str, began: float) -> None:
        self.probe = probe
        self.stack = stack
        self.record = record
        self.step = step
        self.began = began

    def __enter__(self) -> Turn:
        top = self.stack[-1] if self.stack else None
        if top is not None and top.probe is self.probe:
            self.before: str | None = top.step
            self.turn = top
            top.step = self.step
        else:
            self.before = None
            cause = None if top is None else Cause(top, top.step, passed_on=True)
            self.turn = Turn(self.probe, self.record, cause, self.stack, self.step, self.began)
            self.stack.append(self.turn)
        return self.turn

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self.before is not None:
            self.turn.step = self.before
            return
        self.stack.pop()
        if error is not None:
            self.probe.escaped(self.stack, self.record, self.began, error)


class _Here(threading.local):
    """The stack of the current thread."""

    def __init__(self, stacks: list[Stack]) -> None:
        self.stack = Stack(threading.current_thread())
        stacks.append(self.stack)


#: kind, probe, record, stack, began, duration, exception, depth, chain
Raw: TypeAlias = "tuple[str, Probe, Any, Stack, float, float, SpyError | None, int, tuple[Turn, ...]]"


class Recorder:
    """Takes what the probes of one spy see: one append each; events are made of it when they are looked at."""

    def __init__(self) -> None:
        self.started: float = RealClock.perf_counter()
        self.raw: list[Raw] = []
        self.stacks: list[Stack] = []
        self.here = _Here(self.stacks)
        self.inbox: Inbox[SpyEvent] = Inbox(self._refresh)
        self.label: Callable[[Probe], str] = lambda probe: type(probe.handler).__name__
        #: What a record is known by -> the turn in which it was logged.
        self.causes: dict[tuple[Any, ...], Cause] = {}
        self._lock = threading.Lock()

    def cause(self, record: Any, stack: Stack, caller: FrameType) -> Cause | None:
        """Return what led to ``record`` being offered, by ``caller``, on the thread of ``stack``."""
        held = record.__dict__
        key = (held.get("created"), held.get("thread"), held.get("name"), held.get("lineno"), held.get("levelno"))
        if not stack:
            return self.causes.get(key)
        top = stack[-1]
        # Whoever passes a record on (MemoryHandler, QueueListener) calls handle(); a logger does it in callHandlers.
        if caller.f_code.co_name != "callHandlers":
            return self.causes.get(key) or Cause(top, top.step, passed_on=True)
        cause = Cause(top, top.step, top.record is record)
        if not cause.passed_on:
            if len(self.causes) >= REMEMBERED:
                self.causes.pop(next(iter(self.causes)), None)
            self.causes[key] = cause
        return cause

    def _refresh(self) -> None:
        with self._lock:
            raw = self.raw[:]
            if not raw:
                return
            # Other threads append meanwhile: only what was copied goes.
            del self.raw[: len(raw)]
            self.inbox.items.extend(map(self._event, raw))

    def _event(self, raw: Raw) -> SpyEvent:
        kind, probe, record, stack, began, duration, exception, depth, chain = raw
        return SpyEvent(
            kind,
            probe.handler,
            self.label(probe),
            record if isinstance(record, logging.LogRecord) else None,
            stack.thread.name,
            began - self.started,
            duration,
            exception,
            depth,
            tuple(self._link(turn) for turn in chain),
        )

    def _link(self, turn: Turn) -> Link:
        cause = turn.cause
        return Link(
            self.label(turn.probe),
            turn.probe.handler,
            turn.record,
            turn.stack.thread.name,
            None if cause is None else cause.step,
            cause is not None and cause.passed_on,
        )

    def open(self) -> list[Turn]:
        """Return the turns under way now, the innermost of each thread, except in the thread that asks."""
        me = threading.current_thread()
        return [turn for stack in tuple(self.stacks) if stack.thread is not me for turn in tuple(stack)[-1:]]
