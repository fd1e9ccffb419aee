"""Lost, doubled and displaced records, told from a number that their sender counts up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pytest_loghandlers._base.report import plural, show

from .received import ReceivedRecord

#: Ranges that are told of one sender.
TOLD: Final = 8


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is wrong with the numbers of one sender."""

    #: What the records of this sender have in common: its process id, or what ``per=`` names.
    sender: Any
    #: The lowest and the highest number that came.
    first: int
    last: int
    #: Ranges of numbers that never came, both ends included, between the first and the last one expected.
    missing: tuple[tuple[int, int], ...]
    #: Numbers that came more than once, each once.
    duplicated: tuple[int, ...]
    #: Numbers that came after a higher one, in the order in which they came.
    reordered: tuple[int, ...]

    @property
    def lost(self) -> int:
        """How many numbers are missing."""
        return sum(high - low + 1 for low, high in self.missing)

    def __str__(self) -> str:
        parts = []
        if self.missing:
            parts.append(f"{self.lost:,} missing: {_listed([_range(*each) for each in self.missing])}")
        if self.duplicated:
            parts.append(f"{len(self.duplicated):,} twice or more: {_listed(list(map(str, self.duplicated)))}")
        if self.reordered:
            parts.append(f"{len(self.reordered):,} after a higher one: {_listed(list(map(str, self.reordered)))}")
        return "; ".join(parts)


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _listed(parts: Sequence[str]) -> str:
    more = len(parts) - TOLD
    return ", ".join(parts[:TOLD]) + (f" and {more:,} more" if more > 0 else "")


def numbered(
    items: Iterable[ReceivedRecord], key: str, per: str | None
) -> tuple[dict[Any, list[int]], list[ReceivedRecord], list[str]]:
    """Return the numbers of each sender, the records that have one, and what is wrong with other values of ``key``."""
    senders: dict[Any, list[int]] = {}
    marked: list[ReceivedRecord] = []
    odd: list[str] = []
    for item in items:
        if item.record is None:
            continue
        attributes = vars(item.record)
        if key not in attributes:
            continue
        value = attributes[key]
        if type(value) is not int:
            odd.append(f"{key} is {show(value, 40)} in {show(item.text, 40)}")
            continue
        sender = None if per is None else attributes.get(per)
        try:
            senders.setdefault(sender, []).append(value)
        except TypeError:
            senders.setdefault(show(sender), []).append(value)
        marked.append(item)
    return senders, marked, odd


def judge(senders: dict[Any, list[int]], first: int | None = None, last: int | None = None) -> tuple[Gaps, ...]:
    """Return what is wrong, of each sender with something wrong. ``first`` and ``last`` are expected of each."""
    found = []
    for sender, numbers in senders.items():
        seen: set[int] = set()
        duplicated: dict[int, None] = {}
        reordered: list[int] = []
        highest: int | None = None
        for number in numbers:
            if number in seen:
                duplicated[number] = None
                continue
            seen.add(number)
            if highest is not None and number < highest:
                reordered.append(number)
            else:
                highest = number
        missing = []
        low, high = min(numbers), max(numbers)
        expected = low if first is None else first
        end = high if last is None else last
        for number in sorted(seen):
            if number > end:
                break
            if number > expected:
                missing.append((expected, number - 1))
            expected = max(expected, number + 1)
        if expected <= end:
            missing.append((expected, end))
        if missing or duplicated or reordered:
            found.append(Gaps(sender, low, high, tuple(missing), tuple(duplicated), tuple(reordered)))
    return tuple(found)


def described(gaps: Sequence[Gaps], per: str | None) -> str:
    """Return a line for each sender with something wrong, at most TOLD."""
    lines = [str(each) if per is None else f"{per} {show(each.sender, 40)}: {each}" for each in gaps[:TOLD]]
    if len(gaps) > TOLD:
        lines.append(f"and {plural(len(gaps) - TOLD, 'sender')} more")
    return "\n          ".join(lines)
