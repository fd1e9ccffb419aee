"""How the records of a saturated queue, and what its handler does with them, read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_loghandlers._base.report import show

from ._queue_entry import Entry, QueuedRecord


def queue_name(queue: Any) -> str:
    """Return ``queue.Queue(maxsize=10)``, ``multiprocessing.Queue``, ``queue.SimpleQueue``."""
    kind = type(queue)
    module = {"_queue": "queue", "multiprocessing.queues": "multiprocessing"}.get(kind.__module__, kind.__module__)
    size = getattr(queue, "maxsize", getattr(queue, "_maxsize", 0))
    known = isinstance(size, int) and 0 < size < 2**31 - 1  # multiprocessing's way to say: no limit.
    return f"{module}.{kind.__name__}" + (f"(maxsize={size})" if known else "")


def outcome(record: QueuedRecord) -> str:
    """Return what became of a record, in words."""
    words = [
        {
            "offered": "still inside emit()",
            "queued": "in the queue",
            "waiting": "still waiting for room",
            "taken": "taken by the consumer, in flight",
            "delivered": "delivered in the logging thread" if record.synchronous else "delivered",
            "failed": f"taken by the consumer, whose handle() raised {type(record.error).__name__}",
            "dropped": "never reached the queue",
            "evicted": "was in the queue, and was taken out to make room",
        }[record.fate]
    ]
    if record.blocked is not None:
        asked = "for ever" if record.asked is None else f"{record.asked:g} s"
        let_go = f" and was let go, it would have waited {asked}" if record.let_go else ""
        words.append(f"blocked its thread for {record.blocked:.2f} s{let_go}")
    if record.error is not None and record.fate != "failed":
        kind = type(record.error).__name__
        words.append(f"{kind} went to handleError" if record.handled else f"{kind} left emit()")
    elif record.fate == "dropped":
        words.append("no error, handleError was not called")
    return "; ".join(words)


def line(record: QueuedRecord) -> str:
    """Return one line of a listing."""
    whose = {"fill": "  (by fill)", "before": "  (queued before hold)"}.get(record.by, "")
    return f"{show(record.text, 60)}{whose}  {outcome(record)}"


def policy(entries: Sequence[Entry], *, full: bool | None) -> str:
    """Return what the handler was seen to do when there was no room."""
    found: dict[str, None] = {}
    for entry in entries:
        if entry.state == "evicted" and entry.evicted_by is not None:
            found["evicts the oldest" if entry.evicted_first else "evicts a record that is not the oldest"] = None
        elif entry.synchronous:
            found["delivers in the logging thread"] = None
        elif entry.state == "dropped":
            found[f"{_wait(entry)}{_drop(entry)}"] = None
        elif entry.blocked is not None:
            found["blocks for ever" if entry.asked is None and entry.let_go else "blocks until there is room"] = None
    if found:
        return " / ".join(found)
    if full is None:
        return "not known: the queue has not been filled"
    return "not known: nothing was logged into the full queue" if full else "takes everything: it never was full"


def _wait(entry: Entry) -> str:
    if entry.blocked is None:
        return ""
    return "blocks, then " if entry.asked is None else f"blocks for {entry.asked:g} s, then "


def _drop(entry: Entry) -> str:
    if entry.error is None:
        return "drops the newest, silently"
    kind = type(entry.error).__name__
    return f"drops the newest ({kind} to handleError)" if entry.handled else f"raises {kind} into the application"
