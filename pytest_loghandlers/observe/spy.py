"""``handler_spy``: what real handlers do with the records they are given."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Mapping
from typing import Any, TypedDict, Unpack, overload

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.fates import tell
from pytest_loghandlers._base.judge import Judge
from pytest_loghandlers._base.match import Text

from ._aside import in_force, set_aside
from ._event import EMITTED, SpyEvent, event_vocabulary, line, routed_vocabulary
from ._loggers import on_attach
from ._reach import on_listen
from ._records import record_vocabulary
from ._routing import Routing
from ._spy_health import Handlers, HealthJudgements
from ._spy_text import level_text, report_text

_EVENTS = event_vocabulary()
_ROUTED = routed_vocabulary()
_LOGGED = record_vocabulary()


class RecordWanted(TypedDict, total=False):
    """What can be asked of a record, besides its message."""

    level: int | str | None
    min_level: int | str | None
    logger: str | logging.Logger | re.Pattern[str] | None
    extra: Mapping[str, Any] | None
    exc_info: Any


class HandlerSpy(HealthJudgements):
    """A watch on live handlers, which does not change what they do.

    As it is, every handler is watched that logging's tree reaches: those of all loggers, those with a configured
    name, what they pass records on to (``MemoryHandler.target``, the handlers of a QueueListener), and whatever is
    attached, configured or started later. ``HandlerSpy(handler, "name", ...)`` watches only those. pytest's own
    handlers and our captures are never among them, and pytest's are set aside meanwhile.

    A handler is named by its configured name, else by its class; a further one of the same name gets ``#2``.

    One that feeds itself is cut off: while five of its turns are under way inside one another, a sixth is not passed
    on to it, and none inside another from then on.
    """

    _who = "handler_spy"

    def __init__(self, *handlers: Handlers) -> None:
        super().__init__(follow=not handlers)
        self._only = handlers
        self._judge = Judge(self._who, line, verb="saw")

    def _start(self) -> None:
        self._defer(set_aside(), "pytest's handlers back in their places")
        self._aside = in_force()
        self._first = len(self._aside.records)
        self._defer(self._recorder.inbox.close, "the end of every wait")
        self._defer(self._watching.end, "the probes out of the handlers")
        self._defer(tell(self._fate), "nobody is told more")
        if self._only:
            self._watching.add([self._watching.resolve(handler) for handler in self._only])
            return
        self._defer(on_attach(self._watching.attached), "the watch on loggers")
        self._defer(on_listen(self._watching.add), "the watch on listeners")
        self._watching.add_tree()

    @property
    def handlers(self) -> dict[str, logging.Handler]:
        """The watched handlers by the names that messages and arguments use."""
        self._require_running()
        return dict(self._watching.handlers())

    def watch(self, *handlers: Handlers) -> None:
        """Watch these too, from now on: handlers themselves, or their configured names.

        Raises UnknownHandlerError for a name that nobody has, ArgumentError for what is not a handler.
        """
        self._require_running()
        self._watching.add([self._watching.resolve(handler) for handler in handlers])

    @overload
    def wait_for(
        self,
        text: Text | None = None,
        *,
        kind: str | re.Pattern[str] | None = ...,
        handler: Handlers | None = ...,
        count: None = ...,
        timeout: float = ...,
        **wanted: Unpack[RecordWanted],
    ) -> SpyEvent: ...
    @overload
    def wait_for(
        self,
        text: Text | None = None,
        *,
        kind: str | re.Pattern[str] | None = ...,
        handler: Handlers | None = ...,
        count: int,
        timeout: float = ...,
        **wanted: Unpack[RecordWanted],
    ) -> tuple[SpyEvent, ...]: ...
    def wait_for(
        self,
        text: Text | None = None,
        *,
        kind: str | re.Pattern[str] | None = EMITTED,
        handler: Handlers | None = None,
        count: int | None = None,
        timeout: float = 5.0,
        **wanted: Unpack[RecordWanted],
    ) -> Any:
        """Wait, at most ``timeout`` seconds, for an event; return it, or with ``count=n`` the first n as a tuple.

        ``text`` is contained in the record's message (a compiled regex: searched). ``kind`` is one of the kinds of
        ``SpyEvent``, or None for any; ``level``, ``min_level``, ``logger``, ``extra``, ``exc_info`` ask of the record,
        as in ``CaptureHandler.assert_logged``. Raises AssertionError when the time is over.
        """
        __tracebackhide__ = True
        self._require_running()
        meant = None if handler is None else self._watching.meant(handler)
        matcher = _EVENTS.matcher(text, count=count, kind=kind, handler=meant, **wanted)
        return self._judge.awaited(matcher, self._recorder.inbox, timeout)

    @overload
    def assert_routed(
        self,
        text: Text | None = None,
        *,
        to: None = None,
        not_to: Handlers | Collection[Handlers],
        **wanted: Unpack[RecordWanted],
    ) -> None: ...
    @overload
    def assert_routed(
        self,
        text: Text | None = None,
        *,
        to: Handlers | Collection[Handlers],
        not_to: Handlers | Collection[Handlers] | None = ...,
        count: None = ...,
        **wanted: Unpack[RecordWanted],
    ) -> SpyEvent: ...
    @overload
    def assert_routed(
        self,
        text: Text | None = None,
        *,
        to: Handlers | Collection[Handlers],
        not_to: Handlers | Collection[Handlers] | None = ...,
        count: int,
        **wanted: Unpack[RecordWanted],
    ) -> tuple[SpyEvent, ...]: ...
    def assert_routed(
        self,
        text: Text | None = None,
        *,
        to: Handlers | Collection[Handlers] | None = None,
        not_to: Handlers | Collection[Handlers] | None = None,
        count: int | None = None,
        **wanted: Unpack[RecordWanted],
    ) -> Any:
        """Judge that each of ``to`` emitted such a record (``count`` of them), and that none of ``not_to`` did.

        Emitted means that ``emit()`` returned without an error: a QueueHandler has queued it, a MemoryHandler holds
        it. Returns the first event of kind ``emitted``, with ``count=`` all of them as a tuple, without ``to`` None.
        The record is asked for as in ``wait_for``. Raises UnknownHandlerError for a name that no watched handler has.
        """
        __tracebackhide__ = True
        self._require_running()
        if to is None and not_to is None:
            raise ArgumentError("assert_routed without to= and not_to=: it judges which handlers got the record")
        matcher = _ROUTED.matcher(text, count=count, **wanted)
        units = self._watching.all_meant(to, "to"), self._watching.all_meant(not_to, "not_to")
        busy = frozenset(id(turn.probe.handler) for turn in self._recorder.open())
        logged = _LOGGED.matcher(text, **wanted).find(self._aside.records[self._first :])
        routing = Routing(matcher, *units, self.events, self._watching.handlers(), busy, logged)
        failure = routing.failure(self._who)
        if failure is not None:
            raise AssertionError(failure)
        return routing.outcome()

    def assert_level(
        self,
        handler: Handlers,
        *,
        min_level: int | str | None = None,
        max_level: int | str | None = None,
        level: int | str | None = None,
    ) -> tuple[SpyEvent, ...]:
        """Judge that every record ``handler`` emitted has the level asked for, and that it emitted at least one.

        What counts is what it emitted, not its ``level`` attribute: a MemoryHandler or a QueueListener in front of it
        does not ask for that. Returns the events of kind ``emitted``.
        """
        __tracebackhide__ = True
        self._require_running()
        meant = self._watching.meant(handler)
        emitted = [event for event in self.events if event.kind == EMITTED and meant.has(event.handler)]
        failure = level_text(self._who, meant, emitted, min_level=min_level, max_level=max_level, level=level)
        if failure is not None:
            raise AssertionError(failure)
        return tuple(emitted)

    def _report(self) -> str:
        return report_text(self._watching, self._recorder)
