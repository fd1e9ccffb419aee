"""The instrumentation of one handler: instance attributes that call what was there, and tell.

Nothing of the handler's class is touched, nothing it returns or raises is changed, and ``remove`` leaves its
``__dict__`` as it was. Only a turn that would feed itself without end is not passed on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

from pytest_loghandlers._base.deadline import RealClock

from ._event import CLOSED, CUT, EMITTED, ESCAPED, FAILED, FILTERED, FLUSHED, OFFERED, REENTERED, SpyError
from ._turns import TURNS, Cause, Recorder, Stack, Turn, Within

_ABSENT: Any = object()
_MARK = "_loghandlers_probe"


class Probe:
    """One handler under watch. ``before_pass_on``, when given, is called before the handler may pass records on."""

    def __init__(self, handler: Any, recorder: Recorder, before_pass_on: Callable[[], object] | None = None) -> None:
        self.handler = handler
        self.recorder = recorder
        self.before_pass_on = before_pass_on
        #: It was seen to feed itself without end: from now on no turn of it inside another is passed on.
        self.runaway = False
        self.live = True
        held = handler.__dict__
        self._ours: dict[str, Any] = {
            "handle": self._handle(),
            "filter": self._filter(),
            "emit": self._emit(),
            "handleError": self._handle_error(),
            "flush": self._step("flush", FLUSHED),
            "close": self._step("close", CLOSED),
            "__reduce_ex__": self._reduce(),
        }
        self.saved = {name: held.get(name, _ABSENT) for name in self._ours}
        for wrapper in self._ours.values():
            setattr(wrapper, _MARK, self)
        # Not by setattr: a handler may have its own __setattr__.
        held.update(self._ours)

    def remove(self) -> None:
        """Take the instrumentation out again. What somebody has put on top of it stays, and is passed through."""
        self.live = False
        held = self.handler.__dict__
        for name, wrapper in self._ours.items():
            if held.get(name) is not wrapper:
                continue
            before = self.before(name)
            if before is _ABSENT:
                del held[name]
            else:
                held[name] = before

    def before(self, name: str) -> Any:
        """Return what the handler had before; of two spies the lower one may have been removed first."""
        before = self.saved[name]
        lower = getattr(before, _MARK, None)
        return lower.before(name) if isinstance(lower, Probe) and not lower.live else before

    def _original(self, name: str) -> Callable[..., Any]:
        """Return what calls the handler's own method: the instance's when it has one, else its class's of that moment.

        Looked up at each call, because a test may replace a method of the class while the spy is on.
        """
        handler = self.handler
        if name in handler.__dict__:
            own: Callable[..., Any] = handler.__dict__[name]
            return own

        def original(*args: Any, **kwargs: Any) -> Any:
            found = getattr(type(handler), name)
            if type(found) is FunctionType:
                return found(handler, *args, **kwargs)
            # A mock put in the method's place does not bind.
            bind = getattr(type(found), "__get__", None)
            return (found if bind is None else bind(found, handler, type(handler)))(*args, **kwargs)

        return original

    def escaped(self, stack: Stack, record: Any, began: float, error: BaseException) -> None:
        """Tell that ``error`` leaves the handler."""
        duration = RealClock.perf_counter() - began
        self._tell(ESCAPED, record, stack, began, duration, SpyError(error))

    def _tell(
        self,
        kind: str,
        record: Any,
        stack: Stack,
        began: float,
        duration: float = 0.0,
        error: SpyError | None = None,
        turn: Turn | None = None,
    ) -> None:
        depth, chain = (0, ()) if turn is None else (turn.depth(), turn.chain())
        self.recorder.raw.append((kind, self, record, stack, began, duration, error, depth, chain))
        if self.recorder.inbox.waiters:
            self.recorder.inbox.wake()

    # The wrappers. They are closures over locals, and repeat themselves: each runs for every record.

    def _handle(self) -> Callable[[Any], Any]:
        handler, original, kind = self.handler, self._original("handle"), type(self.handler)
        plain = "handle" not in handler.__dict__
        recorder, append, waiters = self.recorder, self.recorder.raw.append, self.recorder.inbox.waiters
        here, causes, now = self.recorder.here, self.recorder.causes, RealClock.perf_counter
        frame = sys._getframe  # noqa: SLF001 - who calls is asked only inside another turn

        def handle(record: Any) -> Any:
            if not self.live:
                return original(record)
            stack = here.stack
            began = now()
            cause = recorder.cause(record, stack, frame(1)) if stack or causes else None
            turn = Turn(self, record, cause, stack, "handle", began)
            append((OFFERED, self, record, stack, began, 0.0, None, 0, ()))
            if waiters:
                recorder.inbox.wake()
            # A filter that logs comes this far and no further.
            if cause is not None and turn.depth() >= TURNS:
                self.runaway = True
                self._tell(CUT, record, stack, began, turn=turn)
                return False
            stack.append(turn)
            try:
                if plain and type(found := kind.handle) is FunctionType:
                    return found(handler, record)
                return original(record)
            except BaseException as error:
                self.escaped(stack, record, began, error)
                raise
            finally:
                stack.pop()

        return handle

    def _filter(self) -> Callable[[Any], Any]:
        handler, original, kind = self.handler, self._original("filter"), type(self.handler)
        plain = "filter" not in handler.__dict__
        here, now = self.recorder.here, RealClock.perf_counter

        def filter_(record: Any) -> Any:
            if plain and type(found := kind.filter) is FunctionType:
                passed = found(handler, record)
            else:
                passed = original(record)
            if not passed and self.live:
                stack = here.stack
                began = stack[-1].began if stack and stack[-1].probe is self else now()
                self._tell(FILTERED, record, stack, began, now() - began)
            return passed

        return filter_

    def _emit(self) -> Callable[[Any], Any]:
        handler, original, kind = self.handler, self._original("emit"), type(self.handler)
        plain = "emit" not in handler.__dict__
        recorder, append, waiters = self.recorder, self.recorder.raw.append, self.recorder.inbox.waiters
        here, now, before_pass_on = self.recorder.here, RealClock.perf_counter, self.before_pass_on

        def emit(record: Any) -> Any:
            if not self.live:
                return original(record)
            stack = here.stack
            top = stack[-1] if stack else None
            began = now()
            mine = top is not None and top.probe is self
            if mine and top.step == "handle":  # type: ignore[union-attr]  # mine says that there is one
                turn: Turn = top  # type: ignore[assignment]  # as above
                direct = mine = False
            else:
                cause = None if top is None else Cause(top, top.step, passed_on=True)
                turn = Turn(self, record, cause, stack, "emit", began)
                direct = True
            if turn.cause is not None and (depth := turn.depth()):
                if depth >= TURNS:
                    self.runaway = True
                # Also the nearer ones from now on: a turn that logs ten records would still make ten to the fifth.
                if self.runaway:
                    self._tell(CUT, record, stack, began, turn=turn)
                    return None
                # emit() that calls itself, for the parts of a record, feeds itself only if that does not end.
                if not mine:
                    self._tell(REENTERED, record, stack, began, turn=turn)
            if before_pass_on is not None:
                before_pass_on()
            turn.step = "emit"
            turn.failed = False
            if direct:
                stack.append(turn)
            try:
                if plain and type(found := kind.emit) is FunctionType:
                    result = found(handler, record)
                else:
                    result = original(record)
            except BaseException as error:
                if direct:
                    self.escaped(stack, record, began, error)
                raise
            finally:
                turn.step = "handle"
                if direct:
                    stack.pop()
            if not turn.failed:
                append((EMITTED, self, record, stack, began, now() - began, None, 0, ()))
                if waiters:
                    recorder.inbox.wake()
            return result

        return emit

    def _handle_error(self) -> Callable[[Any], Any]:
        original = self._original("handleError")
        here, now = self.recorder.here, RealClock.perf_counter

        def handle_error(record: Any) -> Any:
            if not self.live:
                return original(record)
            raised = sys.exception()
            seen = None if raised is None else SpyError(raised)
            del raised
            stack, began = here.stack, now()
            with Within(self, stack, record, "handleError", began) as turn:
                turn.failed = True
                try:
                    return original(record)
                finally:
                    self._tell(FAILED, record, stack, began, now() - began, seen)

        return handle_error

    def _step(self, name: str, kind: str) -> Callable[..., Any]:
        original, recorder, now = self._original(name), self.recorder, RealClock.perf_counter
        here, append, waiters = recorder.here, recorder.raw.append, recorder.inbox.waiters
        before_pass_on = self.before_pass_on

        def step(*args: Any, **kwargs: Any) -> Any:
            if not self.live:
                return original(*args, **kwargs)
            if before_pass_on is not None:
                before_pass_on()
            stack, began = here.stack, now()
            top = stack[-1] if stack else None
            if top is not None and top.probe is self:
                # A StreamHandler comes here for every record: what Within does, without its calls.
                before, top.step = top.step, name
                try:
                    result = original(*args, **kwargs)
                finally:
                    top.step = before
            else:
                with Within(self, stack, None, name, began):
                    result = original(*args, **kwargs)
            append((kind, self, None, stack, began, now() - began, None, 0, ()))
            if waiters:
                recorder.inbox.wake()
            return result

        step.__name__ = name
        return step

    def _reduce(self) -> Callable[[Any], Any]:
        """Return an ``__reduce_ex__`` for ``copy`` and ``pickle``: the copy is the handler without the spy."""
        handler = self.handler

        def reduce(protocol: Any) -> Any:
            own: Any = type(handler)
            reduced = own.__reduce_ex__(handler, protocol)
            if not isinstance(reduced, tuple) or len(reduced) < 3:
                return reduced
            state = reduced[2]
            if isinstance(state, dict):
                state = self._without(state)
            elif isinstance(state, tuple) and state and isinstance(state[0], dict):
                state = (self._without(state[0]), *state[1:])
            return (*reduced[:2], state, *reduced[3:])

        return reduce

    def _without(self, state: dict[str, Any]) -> dict[str, Any]:
        kept = {}
        for name, value in state.items():
            owner = getattr(value, _MARK, None) if name in self._ours else None
            while isinstance(owner, Probe):
                value = owner.saved[name]  # noqa: PLW2901 - what stands below it
                owner = getattr(value, _MARK, None)
            if value is not _ABSENT:
                kept[name] = value
        return kept
