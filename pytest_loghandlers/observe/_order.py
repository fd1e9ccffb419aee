"""Records in a given order: how far it got, and what came too early."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_loghandlers._base.match import Matcher
from pytest_loghandlers._base.report import layout, listing, plural

from ._miss import nearest
from ._records import show_record
from ._text_index import Record, RecordIndex


def find_in_order(steps: Sequence[Matcher[Record]], index: RecordIndex) -> list[int]:
    """Return the position of each step's record, each the first after the one before; fewer when a step has none."""
    found: list[int] = []
    for step in steps:
        position = next(index.search(step, found[-1] if found else -1), None)
        if position is None:
            break
        found.append(position)
    return found


def order_failure(who: str, steps: Sequence[Matcher[Record]], found: Sequence[int], index: RecordIndex) -> str:
    """Return the whole failure of an order that ended after ``found``."""
    missing = steps[len(found)]
    early = list(index.search(missing))
    if found:
        headline = (
            f"{who} received {len(found)} of {len(steps)} records in order: "
            f"no {missing.brief} after {steps[len(found) - 1].brief}"
        )
    else:
        headline = f"{who} received none of {len(steps)} records in order: no {missing.brief}"
    briefs = [step.brief for step in steps]
    width = max(map(len, briefs))
    lines = [f"{plural(len(steps), 'record')} in this order"]
    for number, brief in enumerate(briefs):
        if number < len(found):
            state = f"[{found[number]}]"
        elif number > len(found):
            state = "not looked for"
        elif early:
            state = f"only before [{found[-1]}]"
        else:
            state = "never"
        lines.append(f"      {number + 1}.  {brief:<{width}}  {state}")
    marks = {early[-1]: "too early"} if early else nearest(missing, index)
    return layout(
        headline,
        ("wanted", "\n".join(_bounded(lines, len(found)))),
        ("received", listing(index.records, show_record, "record", marks=marks)),
    )


def _bounded(lines: list[str], at: int, most: int = 20) -> list[str]:
    """Return the lines around the step that failed; of a long order the ends are left out."""
    if len(lines) <= most:
        return lines
    first = max(1, min(at + 1 - most // 2, len(lines) - most))
    last = first + most
    before = [f"      ... {plural(first - 1, 'step')}"] if first > 1 else []
    after = [f"      ... {plural(len(lines) - last, 'step')}"] if last < len(lines) else []
    return [lines[0], *before, *lines[first:last], *after]
