"""``capture_handler``: a BufferingHandler that never flushes, and what a test can ask of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from logging.handlers import BufferingHandler
from typing import Any, Unpack, overload

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers._base.judge import Judge
from pytest_loghandlers._base.lifetime import Lifetime
from pytest_loghandlers._base.match import Matcher, Text
from pytest_loghandlers._base.report import listing, show

from . import _miss
from ._order import find_in_order, order_failure
from ._passage import pin, unpin
from ._records import logger_name, record_vocabulary, show_record, without_message
from ._text_index import RecordIndex
from ._wanted import Formatted, Wanted

VOCABULARY = record_vocabulary()


class CaptureHandler(Lifetime, BufferingHandler):
    """A BufferingHandler that never flushes: every record that reaches its loggers, in order.

    It sees the records of ``loggers`` (root, when none is named) from its start to its stop, whatever dictConfig,
    fileConfig or ``basicConfig(force=True)`` do to the handlers meanwhile; ``flush()`` and ``close()`` keep the
    records. It changes no level: what a logger does not let through does not arrive, and a failed assertion says so.
    Where two of its loggers lie on one chain, a record is kept once.

    Records are kept as they are, by reference, as a MemoryHandler keeps them. A message is formatted when an assertion
    first looks at it: what the application has changed in a mutable argument by then is seen changed.
    """

    _who = "capture_handler"

    def __init__(self, *loggers: str | logging.Logger) -> None:
        Lifetime.__init__(self)
        BufferingHandler.__init__(self, capacity=0)
        self._loggers = loggers or ("root",)
        self._attached: list[logging.Logger] = []
        self._inbox: Inbox[logging.LogRecord] = Inbox()
        self.buffer = self._inbox.items
        self._waiters = self._inbox.waiters
        self._known: set[int] = set()
        self._lookup = threading.RLock()
        self._index = RecordIndex(self.buffer)
        self._judge = Judge(
            self._who,
            show_record,
            hint=lambda matcher, _: _miss.hint(matcher, self._index, self),
            nearest=lambda matcher, _: _miss.nearest(matcher, self._index),
            summary=lambda matcher, _: _miss.summary(matcher, self._index),
        )

    # --- as a handler ---

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record."""
        self.buffer.append(record)
        if self._waiters:
            self._inbox.wake()

    def _emit_once(self, record: logging.LogRecord) -> None:
        # Called with the handler's lock held. An id stands for its record as long as the buffer holds it.
        if id(record) not in self._known:
            self._known.add(id(record))
            CaptureHandler.emit(self, record)

    def shouldFlush(self, record: logging.LogRecord) -> bool:  # noqa: ARG002, N802 - the signature is logging's
        """Return False: no capacity is a limit here."""
        return False

    def flush(self) -> None:
        """Keep the records: dictConfig, ``logging.shutdown`` and ``basicConfig(force=True)`` flush every handler."""

    def close(self) -> None:
        """Keep the records, and go on keeping: whoever closes all handlers does not end the test's capture."""
        logging.Handler.close(self)

    # --- what it listens to ---

    def _start(self) -> None:
        self._defer(self._inbox.close, "ending its waits")
        self._defer(self._detach_all, "detaching it from its loggers")
        for logger in self._loggers:
            self.attach(logger)

    def attach(self, logger: str | logging.Logger) -> None:
        """See the records that reach ``logger`` too: one that does not propagate, for instance.

        Detached when the test ends. Attached twice is attached once.
        """
        self._require_running()
        found = logging.getLogger(logger_name(logger)) if not isinstance(logger, logging.Logger) else logger
        if found in self._attached:
            return
        if self._attached and "emit" not in vars(self):
            # With a single logger no record comes twice: there it stays at one append.
            with self._quiet():
                self._known.update(map(id, self.buffer))
                self.emit = self._emit_once  # type: ignore[method-assign]  # that is the saving
        pin(found, self)
        self._attached.append(found)

    def detach(self, logger: str | logging.Logger) -> None:
        """See the records of ``logger`` no longer. Raises ArgumentError when it is not attached there."""
        self._require_running()
        name = logger_name(logger)
        for attached in self._attached:
            if attached is logger or attached.name == name:
                self._attached.remove(attached)
                unpin(attached, self)
                return
        names = ", ".join(each.name for each in self._attached) or "no logger"
        raise ArgumentError(f"logger={show(name)}: this {self._who} is attached to {names}")

    def _detach_all(self) -> None:
        while self._attached:
            unpin(self._attached.pop(), self)
        logging.Handler.close(self)

    # --- what is there ---

    @property
    def records(self) -> tuple[logging.LogRecord, ...]:
        """Every record so far, oldest first."""
        return self._inbox.snapshot()

    @property
    def messages(self) -> tuple[str, ...]:
        """The message of each record; where formatting fails, the reason between angle brackets."""
        with self._lookup:
            index = self._index.messages
            index.extend(self.buffer)
            texts = list(index.texts)
            for position in index.broken:
                texts[position] = without_message(self.buffer[position])
            return tuple(texts)

    def clear(self) -> None:
        """Forget the records so far."""
        self._require_running()
        with self._lookup, self._quiet():
            self._inbox.clear()
            self._known.clear()
            self._index = RecordIndex(self.buffer)

    def count(self, text: Text | None = None, **wanted: Unpack[Wanted]) -> int:
        """Return how many records match."""
        return len(self._every(self._matcher(text, wanted)))

    def _report(self) -> str:
        return listing(self.records, show_record, "record") if self.buffer else ""

    # --- what is judged ---

    def expected(self, text: Text | None = None, **wanted: Unpack[Wanted]) -> Matcher[logging.LogRecord]:
        """Return a step for ``assert_logged_in_order``: a text and the arguments of ``assert_logged``."""
        return self._matcher(text, wanted)

    @overload
    def assert_logged(
        self, text: Text | None = None, *, count: None = None, **wanted: Unpack[Wanted]
    ) -> logging.LogRecord: ...
    @overload
    def assert_logged(
        self, text: Text | None = None, *, count: int, **wanted: Unpack[Wanted]
    ) -> tuple[logging.LogRecord, ...]: ...
    def assert_logged(self, text: Text | None = None, *, count: int | None = None, **wanted: Unpack[Wanted]) -> Any:
        """Return the first record that matches; with ``count=n`` a tuple of exactly n. Raises AssertionError.

        ``text`` is contained in the message, or is a regex that is searched in it; a record whose whole message is
        the text comes before one that only contains it. ``logger`` is that one and all below it; ``level`` exactly
        this level, ``min_level`` this or above (name or number). ``extra`` are attributes of the record, equal or
        found by a regex; ``exc_info`` is an exception, its class, True for some or False for none; ``formatted`` a
        text or regex looked for in what ``formatter`` (of a handler: its own) makes of the record::

            record = capture_handler.assert_logged("card declined", level="ERROR", logger="shop", extra={"order": 7})
        """
        __tracebackhide__ = True
        matcher = self._matcher(text, wanted, count)
        with self._lookup:
            found = self._first(matcher) if count is None else self._every(matcher)
            return self._judge.present(matcher, self.buffer, found)

    def assert_not_logged(self, text: Text | None = None, **wanted: Unpack[Wanted]) -> None:
        """Raise AssertionError when a record matches; the arguments are those of ``assert_logged``."""
        __tracebackhide__ = True
        matcher = self._matcher(text, wanted)
        with self._lookup:
            if self._first(matcher):
                self._judge.absent(matcher, self.buffer, self._every(matcher))

    def assert_logged_in_order(
        self, *steps: Text | Mapping[str, Any] | Matcher[logging.LogRecord]
    ) -> tuple[logging.LogRecord, ...]:
        """Return the records that match the steps, one after the other; others may lie between them.

        A step is a text, a regex, ``capture_handler.expected(...)`` or a dict of its arguments::

            capture_handler.assert_logged_in_order("starting", {"text": "ready", "level": "INFO"}, "stopped")
        """
        __tracebackhide__ = True
        self._require_running()
        if not steps:
            raise ArgumentError("assert_logged_in_order() without a step: name the records in the order they must have")
        matchers = [self._step(step) for step in steps]
        with self._lookup:
            found = find_in_order(matchers, self._index)
            if len(found) < len(matchers):
                raise AssertionError(order_failure(self._who, matchers, found, self._index))
            return tuple(self.buffer[position] for position in found)

    @overload
    def wait_for(
        self, text: Text | None = None, *, timeout: float = ..., count: None = None, **wanted: Unpack[Wanted]
    ) -> logging.LogRecord: ...
    @overload
    def wait_for(
        self, text: Text | None = None, *, timeout: float = ..., count: int, **wanted: Unpack[Wanted]
    ) -> tuple[logging.LogRecord, ...]: ...
    def wait_for(
        self, text: Text | None = None, *, timeout: float = 5.0, count: int | None = None, **wanted: Unpack[Wanted]
    ) -> Any:
        """Wait until a record matches (``count=n``: until n do), at most ``timeout`` seconds; return it (them).

        For what another thread logs. Raises AssertionError when the time is over. It is the calling thread that
        looks, each time a record has arrived.
        """
        __tracebackhide__ = True
        matcher = self._matcher(text, wanted, count)
        if count == 0:
            raise ArgumentError("count=0: a wait ends when something comes; that nothing comes is for an assert")
        needed = 1 if count is None else count

        def look(_: object) -> list[logging.LogRecord] | None:
            with self._lookup:
                found = self._first(matcher) if count is None else self._every(matcher)
            return found if len(found) >= needed else None

        found = self._inbox.wait_for(look, timeout)
        with self._lookup:
            if found is None:
                self._judge.fail_missing(matcher, self.buffer, self._every(matcher), waited=timeout)
        return self._judge.outcome(matcher, found[:needed])

    # --- how ---

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Let no record in meanwhile."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def _step(self, step: Any) -> Matcher[logging.LogRecord]:
        if isinstance(step, Matcher):
            return step
        if isinstance(step, Mapping):
            if "count" in step:
                raise ArgumentError(f"{show(step)}: a step is one record; name it again for each further one")
            return self._matcher(step.get("text"), {name: step[name] for name in step if name != "text"})
        return self._matcher(step, {})

    def _matcher(self, text: Any, wanted: Mapping[str, Any], count: int | None = None) -> Matcher[logging.LogRecord]:
        self._require_running()
        if not wanted:
            return VOCABULARY.matcher(text, count=count)
        asked = dict(wanted)
        formatted = Formatted.of(asked.pop("formatted", None), asked.pop("formatter", None), self.formatter)
        # From whom, then at which level: the order of a headline.
        order = {name: asked.pop(name) for name in ("logger", "level", "min_level") if name in asked}
        return VOCABULARY.matcher(text, count=count, **order, **asked, formatted=formatted)

    def _first(self, matcher: Matcher[logging.LogRecord]) -> list[logging.LogRecord]:
        with self._lookup:
            position = self._index.first(matcher)
            return [] if position is None else [self.buffer[position]]

    def _every(self, matcher: Matcher[logging.LogRecord]) -> list[logging.LogRecord]:
        with self._lookup:
            return [self.buffer[position] for position in self._index.search(matcher)]
