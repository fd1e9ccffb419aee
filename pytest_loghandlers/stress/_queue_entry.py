"""One record on its way through a queue."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Literal

from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers._base.report import show

Fate = Literal["offered", "queued", "waiting", "taken", "delivered", "failed", "dropped", "evicted"]
By = Literal["fill", "log", "test", "before"]

#: On its way to the consumer.
PENDING = frozenset({"queued", "waiting", "taken"})


@dataclass(frozen=True, slots=True)
class QueuedRecord:
    """What became of one record.

    ``fate`` is ``offered`` (the handler still has it), ``queued``, ``waiting`` (its thread waited for room and was
    let go; it is put when there is room), ``taken`` (by the consumer, in flight), ``delivered``, ``failed`` (the
    consumer raised ``error``), ``dropped`` (it never reached the queue) or ``evicted`` (it was in the queue, and the
    handler took it out to make room).

    ``by`` is who logged it: ``test``, ``log`` or ``fill`` (the methods), ``before`` (it was in the queue before
    ``hold``). ``blocked`` is for how many seconds the logging thread waited for room, or None; ``asked`` for how
    long the handler would have waited (None: for ever), ``let_go`` whether the fixture ended that wait. ``error`` is
    what went wrong, ``handled`` whether it went to ``handleError`` (otherwise it left ``emit``). ``synchronous`` says
    that it was delivered in the logging thread, past the queue.
    """

    record: logging.LogRecord
    text: str
    by: By
    fate: Fate
    blocked: float | None
    asked: float | None
    let_go: bool
    error: BaseException | None
    handled: bool
    synchronous: bool


class Entry:
    """One record while it is being watched; ``snapshot`` is what a test sees."""

    __slots__ = (
        "asked", "blocked", "bounded", "by", "error", "evicted_by", "evicted_first", "evicts", "handled", "item",
        "let_go", "overdue", "probe", "putting", "record", "refused_first", "refused_last", "started", "state",
        "synchronous",
    )  # fmt: skip

    def __init__(self, record: Any, by: By, state: Fate = "offered") -> None:
        self.record = record
        self.by: By = by
        self.state: Fate = state
        self.item: Any = None
        self.overdue = False
        # Its wait is bounded by _put_patiently: not the watchdog's business.
        self.bounded = False
        self.probe = False
        self.putting = False
        self.blocked: float | None = None
        self.asked: float | None = None
        self.let_go = False
        self.error: BaseException | None = None
        self.handled = False
        self.synchronous = False
        self.evicted_by: Entry | None = None
        self.evicted_first = False
        self.evicts = 0
        self.refused_first: float | None = None
        self.refused_last = 0.0
        self.started = RealClock.monotonic()

    @property
    def fits(self) -> bool:
        """Whether it found room without anybody having to wait or to go."""
        return self.state not in {"dropped", "waiting", "offered"} and self.blocked is None and not self.evicts

    @property
    def counts(self) -> bool:
        """Whether it is the test's business: not what ``fill`` had to try in order to see that the queue is full."""
        if self.state == "evicted" and self.evicted_by is not None:
            return not self.evicted_by.probe
        return not self.probe

    def snapshot(self) -> QueuedRecord:
        """Return what is known now."""
        return QueuedRecord(
            self.record, text_of(self.record), self.by, self.state, self.blocked, self.asked, self.let_go,
            self.error, self.handled, self.synchronous,
        )  # fmt: skip


def text_of(record: Any) -> str:
    """Return the message of ``record``; of something else that was queued, what it looks like."""
    if not isinstance(record, logging.LogRecord):
        return show(record)
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - the arguments are the application's, and may not fit
        return str(record.msg)
