"""A handler that feeds itself: the text behind ``assert_no_recursion``."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pytest_loghandlers._base.report import cut, layout, plural, show

from ._event import CUT, REENTERED, Link, SpyEvent
from ._records import show_record
from ._routing import times
from ._turns import TURNS

INDENT = " " * 10
#: Loggers that are named in the hint.
NAMES = 6


def loop_text(who: str, events: Sequence[SpyEvent]) -> str:
    """Return the failure for ``events``, re-entries of any handlers; at least one."""
    first = next((event for event in events if event.kind == CUT), events[0])
    mine = [event for event in events if event.handler is first.handler]
    reentered = sum(event.kind == REENTERED for event in mine)
    cuts = len(mine) - reentered
    ends = [f"re-entered {times(reentered)}"] if reentered else []
    ends += [f"then cut off {TURNS} turns deep"] if cuts else []
    others = Counter(event.handler_name for event in events if event.handler is not first.handler)
    return layout(
        f"{who} saw {first.handler_name!r} feed itself: {', '.join(ends)}",
        ("wanted", "no handler called for a record that was logged while it was at work"),
        ("cycle", _joined(_drawing(first))),
        ("origin", _joined(_record(first.chain[0].record)) if first.chain else None),
        ("also", ", ".join(f"{name!r} {times(count)}" for name, count in others.items())),
        ("hint", _hint(mine)),
    )


def _joined(lines: Sequence[str]) -> str:
    return f"\n{INDENT}".join(lines)


def _drawing(event: SpyEvent) -> list[str]:
    links = _cycle(event)
    lines = []
    for index, (link, following) in enumerate(pairwise(links)):
        moved = link.thread != following.thread
        lines.append(f"{'│ ' if index else '┌>'} {link.handler_name}, inside {following.inside}")
        if following.passed_on:
            lines.append("│     passes it on to")
        else:
            lines += [f"│     {said}" for said in _record(following.record)]
        if moved:
            lines.append(f"│     goes on in thread {following.thread!r}")
    end = f"cut off, {event.depth} turns inside one another" if event.kind == CUT else f"{event.depth} deep"
    return [*lines, f"└─ {event.handler_name} again: {end}"]


def _cycle(event: SpyEvent) -> Sequence[Link]:
    """Return the last round of the chain: from the handler's previous turn to this one."""
    chain = event.chain
    for index in range(len(chain) - 2, -1, -1):
        if chain[index].handler is event.handler:
            return chain[index:]
    return chain


def _record(record: logging.LogRecord | None) -> list[str]:
    return ["flush() or close()"] if record is None else [show_record(record), f"at {_site(record)}"]


def _site(record: logging.LogRecord) -> str:
    """Return ``file:line in function``; the file as seen from the working directory when it is below it."""
    path = str(getattr(record, "pathname", "?"))
    below = os.getcwd() + os.sep  # noqa: PTH109 - pathnames are text
    path = path.removeprefix(below)
    return f"{cut(path, 70)}:{record.lineno} in {record.funcName}"


def _hint(mine: Sequence[SpyEvent]) -> str:
    """Return the way out: which loggers' records brought the handler to work again."""
    names = list(dict.fromkeys(event.record.name for event in mine if event.record is not None))
    shown = [show(name) for name in names[:NAMES]]
    shown += [plural(len(names) - NAMES, "other")] if len(names) > NAMES else []
    logged = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"keep the records of {logged} from {mine[0].handler_name!r}: by a filter on it, or by their loggers' level"
