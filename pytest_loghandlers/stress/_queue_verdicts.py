"""What was seen of a saturated queue, and the assertions about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, overload

from pytest_loghandlers._base.errors import ArgumentError, LifetimeError
from pytest_loghandlers._base.lifetime import Lifetime
from pytest_loghandlers._base.report import layout, listing, plural, show

from ._queue_entry import PENDING, Entry, QueuedRecord
from ._queue_text import line, policy, queue_name
from ._queue_watch import Watch


class Verdicts(Lifetime):
    """The part of ``QueueSaturation`` that only looks."""

    def __init__(self) -> None:
        super().__init__()
        self._watch: Watch | None = None
        self._released = False
        self._fitted = 0
        # Whether fill() found an end; None before it was called.
        self._full: bool | None = None

    # -- what was seen -----------------------------------------------------------------------------------------

    @property
    def offered(self) -> tuple[QueuedRecord, ...]:
        """Everything the handler was given since ``hold``, in order, with what became of it; also ``fill``'s."""
        return self._snapshots(lambda entry: entry.by != "before")

    @property
    def accepted(self) -> tuple[QueuedRecord, ...]:
        """What got into the queue and was not pushed out of it: still there, in flight or delivered."""
        return self._snapshots(lambda entry: entry.state in {"queued", "taken", "delivered", "failed"})

    @property
    def dropped(self) -> tuple[QueuedRecord, ...]:
        """What never reached the queue: the newest."""
        return self._snapshots(lambda entry: entry.state == "dropped")

    @property
    def evicted(self) -> tuple[QueuedRecord, ...]:
        """What was in the queue, and was taken out by the handler to make room: the oldest, as a rule."""
        return self._snapshots(lambda entry: entry.state == "evicted")

    @property
    def blocked(self) -> tuple[QueuedRecord, ...]:
        """What made its logging thread wait for room; ``blocked`` of each says for how many seconds."""
        return self._snapshots(lambda entry: entry.blocked is not None)

    @property
    def raised(self) -> tuple[QueuedRecord, ...]:
        """What made the handler call ``handleError``, or raise into the application; ``error`` is the exception."""
        return self._snapshots(lambda entry: entry.error is not None and entry.state != "failed")

    @property
    def delivered(self) -> tuple[QueuedRecord, ...]:
        """What the consumer is done with, in the order in which it was."""
        watch = self._looked_at()
        return tuple(entry.snapshot() for entry in tuple(watch.ledger.delivered) if entry.counts)

    @property
    def policy(self) -> str:
        """What the handler was seen to do with a record for which there was no room, in words."""
        return policy(tuple(self._looked_at().ledger.entries), full=self._full)

    # -- judging -----------------------------------------------------------------------------------------------

    @overload
    def assert_dropped(self) -> QueuedRecord: ...
    @overload
    def assert_dropped(self, count: int) -> tuple[QueuedRecord, ...]: ...
    def assert_dropped(self, count: int | None = None) -> Any:
        """Pass when ``count`` records (without it: at least one) never reached the queue; return them (it).

        Not counted: the one record with which ``fill`` had to find out that the queue is full.
        """
        __tracebackhide__ = True
        return self._assert("drop", "dropped", "that never reached the queue", self.dropped, count)

    @overload
    def assert_evicted(self) -> QueuedRecord: ...
    @overload
    def assert_evicted(self, count: int) -> tuple[QueuedRecord, ...]: ...
    def assert_evicted(self, count: int | None = None) -> Any:
        """Pass when ``count`` records (without it: at least one) were taken out to make room; return them (it)."""
        __tracebackhide__ = True
        return self._assert("evict", "evicted", "that had been in the queue", self.evicted, count)

    @overload
    def assert_raised(self, kind: type[BaseException] = ...) -> QueuedRecord: ...
    @overload
    def assert_raised(self, kind: type[BaseException] = ..., *, count: int) -> tuple[QueuedRecord, ...]: ...
    def assert_raised(self, kind: type[BaseException] = BaseException, *, count: int | None = None) -> Any:
        """Pass when an exception of ``kind`` went to ``handleError`` or left ``emit``; return the record (s)."""
        __tracebackhide__ = True
        found = tuple(record for record in self.raised if isinstance(record.error, kind))
        name = "an exception" if kind is BaseException else kind.__name__
        return self._assert(f"raise {name} for", "raised", f"for which {name} was raised", found, count)

    @overload
    def assert_blocked(self, *, at_least: float = ...) -> QueuedRecord: ...
    @overload
    def assert_blocked(self, count: int, *, at_least: float = ...) -> tuple[QueuedRecord, ...]: ...
    def assert_blocked(self, count: int | None = None, *, at_least: float = 0.0) -> Any:
        """Pass when ``count`` records (without it: at least one) blocked their thread, each ``at_least`` seconds."""
        __tracebackhide__ = True
        found = tuple(record for record in self.blocked if (record.blocked or 0.0) >= at_least)
        long = f" for {at_least:g} s or longer" if at_least else ""
        return self._assert("block on", "blocked", f"that blocked their thread{long}", found, count)

    def assert_never_blocked(self) -> None:
        """Pass when no thread that logged had to wait for room."""
        __tracebackhide__ = True
        blocked = self.blocked
        if blocked:
            seconds = max(record.blocked or 0.0 for record in blocked)
            self._fail(
                f"block its caller on {plural(len(blocked), 'record')} (up to {seconds:.2f} s)",
                "no record that blocks the thread that logs it",
                "blocked",
                blocked,
            )

    def assert_nothing_lost(self) -> None:
        """Pass when every record that was offered is delivered, or can still be.

        Lost are the dropped and the evicted; what a listener took and failed on; and after ``release`` also what its
        listener did not deliver in the time ``release`` gave it, or does not run to deliver. Without any listener,
        what is in the queue is not lost.
        """
        __tracebackhide__ = True
        consumer = self._looked_at().consumer
        stuck = self._released and consumer.listener is not None and consumer.thread is None

        def is_lost(entry: Entry) -> bool:
            if entry.state in PENDING:
                return entry.overdue or stuck or (self._released and entry.state == "waiting")
            return entry.state in {"dropped", "evicted", "failed"} or (
                entry.state == "offered" and entry.blocked is not None
            )

        lost = self._snapshots(is_lost)
        if lost:
            self._fail(f"lose {plural(len(lost), 'record')}", "no record lost", "lost", lost)

    def _assert(
        self, does: str, label: str, clause: str, found: tuple[QueuedRecord, ...], count: int | None
    ) -> QueuedRecord | tuple[QueuedRecord, ...]:
        __tracebackhide__ = True
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
            raise ArgumentError(f"count={show(count)}: it is how many records, a whole number from 0")
        if count is None and found:
            return found[0]
        if count is not None and len(found) == count:
            return found
        much = f"{does} {plural(len(found), 'record')}" + (f", not {count:,}" if count is not None else "")
        wanted = "1 record or more" if count is None else f"exactly {plural(count, 'record')}"
        self._fail(much, f"{wanted} {clause}", label, found)

    def _fail(self, saw: str, wanted: str, label: str, found: Sequence[QueuedRecord]) -> NoReturn:
        __tracebackhide__ = True
        watch = self._looked_at()
        others = [] if found else [record for record in self.offered if record.by != "fill"]
        raise AssertionError(
            layout(
                f"queue_saturation saw {type(watch.handler).__name__} {saw}",
                ("wanted", wanted),
                (label, listing(found, line, "record") if found else None),
                (
                    "logged",
                    listing(others, line, "record", empty="no record, apart from fill's") if not found else None,
                ),
                *self._facts(),
                ("hint", self._hint()),
            )
        )

    # -- inside ------------------------------------------------------------------------------------------------

    def _looked_at(self) -> Watch:
        self._require_running()
        if self._watch is None:
            raise LifetimeError("queue_saturation has seen nothing: hold(handler) comes first")
        return self._watch

    def _snapshots(self, which: Callable[[Entry], bool]) -> tuple[QueuedRecord, ...]:
        entries = tuple(self._looked_at().ledger.entries)
        return tuple(entry.snapshot() for entry in entries if entry.counts and which(entry))

    def _facts(self) -> list[tuple[str, str]]:
        watch = self._watch
        if watch is None:
            return []
        entries = [
            entry for entry in tuple(watch.ledger.entries) if entry.counts and entry.by not in {"fill", "before"}
        ]
        states = [entry.state for entry in entries]
        amounts = [f"{states.count(state)} {state}" for state in dict.fromkeys(states)]
        full = {None: "not filled", True: f"{self._fitted:,} fitted", False: f"not full after {self._fitted:,} records"}
        return [
            ("of", f"{plural(len(entries), 'record')} offered" + (f": {', '.join(amounts)}" if amounts else "")),
            ("queue", f"{queue_name(watch.queue)}; fill: {full[self._full]}"),
            ("policy", policy(tuple(watch.ledger.entries), full=self._full)),
            ("consumer", watch.consumer.state),
        ]

    def _hint(self) -> str | None:
        watch = self._watch
        if watch is not None and watch.consumer.died is not None:
            died_in = f"an exception that leaves {watch.consumer.died_in}()"
            return f"{died_in} ends the listener's thread: QueueListener._monitor survives none"
        if self._full is None:
            return "fill() fills the queue first"
        if not self._full:
            return "the queue is unbounded, or larger than fill(limit=...)"
        if watch is not None and watch.consumer.listener is not None and not watch.consumer.ran:
            return "the listener was not running: dictConfig makes it and does not start it; start() does"
        return None

    def _report(self) -> str:
        watch = self._watch
        if watch is None:
            return ""
        seen = [entry.snapshot() for entry in tuple(watch.ledger.entries) if entry.by != "fill" and entry.counts]
        return layout(
            f"{type(watch.handler).__name__}, {'released' if self._released else 'held'}",
            *self._facts(),
            ("records", listing(seen, line, "record")),
        )
