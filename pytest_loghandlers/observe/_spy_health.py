"""Whether the handlers are well: errors, recursion, flush and close. The second half of ``HandlerSpy``."""

from __future__ import annotations

import logging
from typing import Any, TypeAlias, overload

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.lifetime import Lifetime
from pytest_loghandlers._base.match import Text
from pytest_loghandlers._base.report import show

from ._event import CLOSED, CUT, ESCAPED, FAILED, FLUSHED, REENTERED, Meant, SpyEvent, error_vocabulary
from ._loops import loop_text
from ._spy_text import done_text, errors_text, fate_text, handled_text
from ._turns import Recorder
from ._watching import Watching

Handlers: TypeAlias = str | logging.Handler
_ERRORS = error_vocabulary()


class HealthJudgements(Lifetime):
    """What a spy keeps, and its judgements on the state of the handlers."""

    _who = "handler_spy"

    def __init__(self, *, follow: bool) -> None:
        super().__init__()
        self._recorder = Recorder()
        self._watching = Watching(self._who, self._recorder, follow=follow)

    @property
    def events(self) -> tuple[SpyEvent, ...]:
        """What was seen so far, oldest first: immutable, safe to read while records still come."""
        self._require_running()
        return self._recorder.inbox.snapshot()

    def _fate(self, record: logging.LogRecord) -> str | None:
        """Return what the watched handlers did with ``record`` (or a copy of it), None when they have not seen it."""
        return fate_text(self._recorder.inbox.snapshot(), record)

    def _meant(self, handler: Handlers | None) -> Meant | None:
        self._require_running()
        return None if handler is None else self._watching.meant(handler)

    def _events_of(self, handler: Handlers | None, *kinds: str) -> list[SpyEvent]:
        meant = self._meant(handler)
        return [event for event in self.events if event.kind in kinds and (meant is None or meant.has(event.handler))]

    @overload
    def assert_handled_error(
        self,
        type: type[BaseException] | str | None = ...,
        text: Text | None = ...,
        *,
        handler: Handlers | None = ...,
        count: None = ...,
    ) -> SpyEvent: ...
    @overload
    def assert_handled_error(
        self,
        type: type[BaseException] | str | None = ...,
        text: Text | None = ...,
        *,
        handler: Handlers | None = ...,
        count: int,
    ) -> tuple[SpyEvent, ...]: ...
    def assert_handled_error(
        self,
        type: Any = None,  # noqa: A002 - the word for it
        text: Text | None = None,
        *,
        handler: Handlers | None = None,
        count: int | None = None,
    ) -> Any:
        """Judge that ``handleError`` was called for an exception of this class (or class name), with this text.

        A class stands for its subclasses too. Returns the first event of kind ``failed``, with ``count=n`` the tuple
        of exactly n.
        """
        __tracebackhide__ = True
        meant = self._meant(handler)
        matcher = _ERRORS.matcher(text, count=count, type=type, handler=meant)
        failed = self._events_of(None, FAILED)
        found = matcher.find(failed)
        if not matcher.satisfied(len(found)):
            raise AssertionError(handled_text(self._who, matcher, failed, found, self._events_of(None, ESCAPED)))
        return found[0] if count is None else tuple(found)

    def assert_no_errors(self, handler: Handlers | None = None) -> None:
        """Judge that ``handleError`` was never called and no exception left a handler: this one, or any."""
        __tracebackhide__ = True
        events = self._events_of(handler, FAILED, ESCAPED)
        if events:
            raise AssertionError(errors_text(self._who, events))

    def assert_no_recursion(self, handler: Handlers | None = None, *, max_depth: int = 0) -> None:
        """Judge that no handler (or not this one) was called for a record logged while it was at work.

        On the same thread, or round another: the record of a handler at work that comes back through a queue. A record
        that the handler's own filter refuses is no recursion. ``max_depth`` turns inside the first are let pass: a
        small finite echo may be meant; what had to be cut off never is.
        """
        __tracebackhide__ = True
        if not isinstance(max_depth, int) or isinstance(max_depth, bool) or max_depth < 0:
            raise ArgumentError(f"max_depth={show(max_depth)}: it is how many turns may be inside the first, from 0")
        events = self._events_of(handler, REENTERED, CUT)
        events = [event for event in events if event.depth > max_depth or event.kind == CUT]
        if events:
            raise AssertionError(loop_text(self._who, events))

    @overload
    def assert_flushed(self, handler: Handlers, *, count: None = ...) -> SpyEvent: ...
    @overload
    def assert_flushed(self, handler: Handlers, *, count: int) -> tuple[SpyEvent, ...]: ...
    def assert_flushed(self, handler: Handlers, *, count: int | None = None) -> Any:
        """Judge that ``flush()`` of ``handler`` was called and returned (``count`` times).

        The handler's own calls count: a StreamHandler flushes after each record.
        """
        __tracebackhide__ = True
        return self._done(handler, FLUSHED, count)

    @overload
    def assert_closed(self, handler: Handlers, *, count: None = ...) -> SpyEvent: ...
    @overload
    def assert_closed(self, handler: Handlers, *, count: int) -> tuple[SpyEvent, ...]: ...
    def assert_closed(self, handler: Handlers, *, count: int | None = None) -> Any:
        """Judge that ``close()`` of ``handler`` was called and returned (``count`` times)."""
        __tracebackhide__ = True
        return self._done(handler, CLOSED, count)

    def _done(self, handler: Handlers, kind: str, count: int | None) -> Any:
        __tracebackhide__ = True
        self._require_running()
        meant = self._watching.meant(handler)
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
            raise ArgumentError(f"count={show(count)}: it is how many must match, a whole number from 0")
        found = self._events_of(handler, kind)
        if not found if count is None else len(found) != count:
            mine = [event for event in self.events if meant.has(event.handler)]
            raise AssertionError(done_text(self._who, meant, kind, count, found, mine))
        return found[0] if count is None else tuple(found)
