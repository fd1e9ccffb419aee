"""Paired ratios: variants interleaved in shuffled order, the ratio taken round by round, its median reported.

A busy machine disturbs neighbours in time alike; so a ratio of neighbours says what absolute times cannot. A bench
file defines ``measure() -> list[Row]`` and ends with ``main(measure)``::

    def measure() -> list[Row]:
        ratio = compare({"bare": bare, "ours": ours}, base="bare")["ours"]
        return [Row("a captured record", ratio, most=1.05, beside="a bare BufferingHandler")]

    if __name__ == "__main__":
        main(measure)
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Ratio:
    """One variant against the base: the median of the rounds' ratios, how far they spread, and its own median time."""

    value: float
    low: float  # 10th percentile of the rounds' ratios
    high: float  # 90th percentile
    seconds: float  # median time of one call of this variant
    base_seconds: float  # median time of one call of the base


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure beside its limit. With neither ``most`` nor ``least`` it has no target."""

    what: str
    figure: Ratio | float
    most: float | None = None
    beside: str = ""
    unit: str = "x"
    #: What the issue hopes for beyond ``most``; missing it is not a failure.
    goal: float | None = None
    least: float | None = None

    @property
    def value(self) -> float:
        return self.figure.value if isinstance(self.figure, Ratio) else self.figure

    @property
    def kept(self) -> bool:
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)


def compare(
    variants: Mapping[str, Callable[[], object]],
    *,
    base: str,
    rounds: int = 25,
    calls: int = 1,
    clock: Callable[[], float] = time.perf_counter,
    before: Callable[[], object] | None = None,
) -> dict[str, Ratio]:
    """Time ``calls`` calls of each variant in each round, in shuffled order; return each variant's ratio to ``base``.

    ``clock`` is ``time.process_time`` or ``time.thread_time`` where only CPU counts. ``before`` runs untimed before
    each variant. The garbage collector is off while a variant runs. One round is run first and thrown away.
    """
    taken: dict[str, list[float]] = {name: [] for name in variants}
    order = list(variants)
    for turn in range(rounds + 1):
        random.shuffle(order)
        for name in order:
            action = variants[name]
            if before is not None:
                before()
            gc.collect()
            gc.disable()
            try:
                start = clock()
                for _ in range(calls):
                    action()
                spent = clock() - start
            finally:
                gc.enable()
            if turn:
                taken[name].append(spent / calls)
    return {name: ratio(taken[name], taken[base]) for name in variants}


def ratio(ours: Sequence[float], base: Sequence[float]) -> Ratio:
    """Return the paired ratio of times taken round by round."""
    each = [one / other for one, other in zip(ours, base, strict=True)]
    cuts = quantiles(each, n=10) if len(each) > 1 else each * 9
    return Ratio(median(each), cuts[0], cuts[-1], median(ours), median(base))


def say(row: Row) -> str:
    """Return ``row`` as one line of the table."""
    if row.most is None and row.least is None:
        verdict = ""
    elif not row.kept:
        verdict = "MISSED"
    else:
        verdict = "kept" if row.goal is None or row.value <= row.goal else "kept (not the goal)"
    spread = ""
    if isinstance(row.figure, Ratio):
        spread = (
            f"p10 {row.figure.low:.2f}, p90 {row.figure.high:.2f}; "
            f"{row.figure.seconds * 1e6:,.1f} us beside {row.figure.base_seconds * 1e6:,.1f} us"
        )
    if row.least is not None:
        most = f"at least {row.least:g}"
    else:
        most = (
            "" if row.most is None else f"at most {row.most:g}" + ("" if row.goal is None else f", goal {row.goal:g}")
        )
    return (
        f"{row.what:<44} {row.value:>10,.3f} {row.unit:<3} {most:<22} {verdict:<20} "
        f"{'beside ' + row.beside if row.beside else ''}{' (' + spread + ')' if spread else ''}"
    ).rstrip()


def main(measure: Callable[[], list[Row]]) -> None:
    """Print the table; end with status 1 when a target was missed."""
    rows = measure()
    for row in rows:
        print(say(row))
    sys.exit(0 if all(row.kept for row in rows) else 1)
