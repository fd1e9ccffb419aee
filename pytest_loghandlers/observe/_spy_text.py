"""What a spy's judgements say when they fail, and its section in the report of a failed test."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.lifetime import stack_of
from pytest_loghandlers._base.match import Matcher
from pytest_loghandlers._base.report import LISTED, layout, listing, plural, show

from ._event import EMITTED, ESCAPED, FAILED, FILTERED, KINDS, Meant, SpyEvent, line
from ._records import level_name, level_number, show_record
from ._routing import level_came_past, times
from ._turns import Recorder
from ._watching import Watching

#: Calls of a traceback that are shown.
CALLS = 3
INDENT = " " * 10


def level_text(who: str, meant: Meant, emitted: Sequence[SpyEvent], **bounds: Any) -> str | None:
    """Return the failure of ``assert_level``, None when every record is within the bounds."""
    wanted = {name: level_number(level, name) for name, level in bounds.items() if level is not None}
    if not wanted:
        raise ArgumentError("assert_level without a level: give min_level=, max_level= or level=")
    words = " and ".join(_WORDS[name].format(level_name(level)) for name, level in wanted.items())
    wish = f"every record that {meant.word} emits {words}, and at least 1 of them"
    if not emitted:
        return layout(f"{who} never saw {meant.word} emit a record: nothing is known of its level", ("wanted", wish))
    marks = {}
    for index, event in enumerate(emitted):
        level = 0 if event.record is None else event.record.levelno
        spoilt = next((name for name, bound in wanted.items() if _OUTSIDE[name](level, bound)), None)
        if spoilt is not None:
            marks[index] = f"level is {level_name(level)}, not {_WORDS[spoilt].format(level_name(wanted[spoilt]))}"
    if not marks:
        return None
    spoiling = [emitted[index] for index in marks]
    return layout(
        f"{who} saw {meant.word} emit {plural(len(marks), 'record')} not {words}",
        ("wanted", wish),
        ("emitted", listing(emitted, line, "record", marks=dict(list(marks.items())[: LISTED // 2]))),
        ("hint", level_came_past(meant, spoiling)),
    )


_WORDS = {"min_level": "at {} or above", "max_level": "at {} or below", "level": "at {}"}
_OUTSIDE = {
    "min_level": lambda level, bound: level < bound,
    "max_level": lambda level, bound: level > bound,
    "level": lambda level, bound: level != bound,
}


def handled_text(
    who: str,
    matcher: Matcher[SpyEvent],
    failed: Sequence[SpyEvent],
    found: Sequence[SpyEvent],
    escaped: Sequence[SpyEvent],
) -> str:
    """Return the failure of ``assert_handled_error``."""
    if found:
        headline = f"{who} saw handleError called for {matcher.brief} {times(len(found))}, not {matcher.count:,}"
    else:
        headline = f"{who} never saw handleError called for {matcher.brief}"
    hint = None
    if not found and matcher.find(escaped):
        hint = "it left the handler instead: what emit() does not catch, handleError never sees"
    return layout(
        headline,
        ("wanted", matcher.wanted),
        ("handled", listing(found or failed, line, "error", marks={} if found else matcher.nearest(failed))),
        ("escaped", listing(escaped, line, "error") if escaped else None),
        ("hint", hint),
    )


def errors_text(who: str, events: Sequence[SpyEvent]) -> str:
    """Return the failure of ``assert_no_errors``."""
    kinds = Counter(event.kind for event in events)
    parts = [f"{kinds[FAILED]:,} handled"] * bool(kinds[FAILED]) + [f"{kinds[ESCAPED]:,} escaped"] * bool(
        kinds[ESCAPED]
    )
    first = events[0].exception
    return layout(
        f"{who} saw {plural(len(events), 'error')}: {', '.join(parts)}",
        ("wanted", "no call of handleError, and no exception that leaves a handler"),
        ("errors", listing(events, line, "error")),
        ("first", None if first is None else _dedented(first.tail(CALLS))),
    )


def done_text(
    who: str, meant: Meant, kind: str, count: int | None, found: Sequence[SpyEvent], mine: Sequence[SpyEvent]
) -> str:
    """Return the failure of ``assert_flushed`` and ``assert_closed``."""
    tail = "" if count is None else f", not {count:,}"
    seen = f"never saw {meant.word} {kind}" if not found else f"saw {meant.word} {kind} {times(len(found))}{tail}"
    call = "flush()" if kind == "flushed" else "close()"
    wanted = f"1 {call}" if count is None else f"exactly {plural(count, call)}"
    return layout(
        f"{who} {seen}",
        ("wanted", f"{wanted} of {meant.word} that returns"),
        ("saw", listing(found or mine, line, "event")),
    )


def report_text(watching: Watching, recorder: Recorder) -> str:
    """Return what each handler did, and which are still at work, with the stacks of their threads."""
    events = recorder.inbox.snapshot()
    watched = watching.handlers()
    if not watched and not watching.refused:
        return ""
    counts: dict[int, Counter[str]] = {}
    for event in events:
        counts.setdefault(id(event.handler), Counter())[event.kind] += 1
    lines = [f"{plural(len(watched), 'handler')} watched, {plural(len(events), 'event')}"]
    for label, handler in watched[:LISTED]:
        mine = counts.get(id(handler), Counter())
        did = ", ".join(f"{mine[kind]:,} {kind}" for kind in KINDS if mine[kind]) or "nothing"
        lines.append(f"    {label} ({type(handler).__name__}, {level_name(handler.level)}): {did}")
    if len(watched) > LISTED:
        lines.append(f"    ... {plural(len(watched) - LISTED, 'handler')} not shown")
    errors = [event for event in events if event.kind in (FAILED, ESCAPED)]
    if errors:
        lines += ["errors", *(f"    {said}" for said in listing(errors, line, "error", listed=6).split("\n"))]
    for turn in recorder.open()[:4]:
        what = "" if turn.record is None else f" with {show_record(turn.record)}"
        label = watching.label(turn.probe)
        since = RealClock.perf_counter() - turn.began
        lines.append(
            f"{label!r} is still inside {turn.step}, in thread {turn.stack.thread.name!r}, {since:.2f} s{what}"
        )
        lines += [f"    {said}" for said in stack_of(turn.stack.thread).split("\n")]
    if watching.refused:
        lines += ["could not be watched", *(f"    {show(each)}" for each in watching.refused[:4])]
    return "\n".join(lines)


def _dedented(trace: str) -> str:
    return f"\n{INDENT}".join(said.removeprefix("  ") for said in trace.split("\n"))


def fate_text(events: Sequence[SpyEvent], record: logging.LogRecord) -> str | None:
    """Return what each handler did with ``record``; None when no event is about it."""
    ends: dict[str, str] = {}
    for event in events:
        if event.record is None or not _is_same(event.record, record):
            continue
        name = event.handler_name
        if event.kind == FAILED:
            ends[name] = f"{name} called handleError: {event.exception or 'for no exception'}"
        elif event.kind == ESCAPED:
            ends[name] = f"{name} raised {event.exception}"
        elif event.kind == EMITTED:
            ends.setdefault(name, f"{name} emitted it without an error")
        elif event.kind == FILTERED:
            ends[name] = f"{name}'s filter refused it"
    pending = {event.handler_name for event in events if event.record is not None and _is_same(event.record, record)}
    ends |= {name: f"{name} has not returned yet" for name in pending if name not in ends}
    return "; ".join(ends.values()) or None


def _is_same(one: logging.LogRecord, other: logging.LogRecord) -> bool:
    """Return whether they are one record, or one a copy of the other (QueueHandler, SocketHandler make copies).

    The texts are looked at too: under a frozen or a coarse clock two records of one line are alike but for them.
    """
    if one is other:
        return True
    marks = ("created", "name", "levelno", "pathname", "lineno", "thread", "process")
    if any(getattr(one, mark, None) != getattr(other, mark, None) for mark in marks):
        return False
    # A QueueHandler with a formatter has put the message into a longer one.
    shorter, longer = sorted((_message(one), _message(other)), key=len)
    return re.search(rf"(?<!\w){re.escape(shorter)}(?!\w)", longer) is not None


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - the record is the user's
        return ""
