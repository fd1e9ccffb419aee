"""Look-ups among many records: built at the first question, extended by what is new at each further one.

Records are formatted once each, when first looked at, in the reader's thread. An exact message is found in a dict; a
part of one by ``str.find`` in blocks of joined texts, and where it was found is remembered.
"""

from __future__ import annotations

import heapq
import logging
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Final

from pytest_loghandlers._base.match import Matcher, Text

from ._records import message_of
from ._wanted import formatted_by

Record = logging.LogRecord

#: Texts that are joined and searched at once. What follows the last full block is looked through one by one.
BLOCK: Final = 1024
#: Different texts whose findings are remembered.
REMEMBERED: Final = 10_000
#: So few records of the wanted level and logger that they are looked at one by one.
FEW: Final = 200
#: Conditions that the pair (logger's name, level) decides.
KEYED: Final = frozenset({"logger", "level", "min_level"})


class _Found:
    """Where one text was found so far: positions, and how many texts have been looked at."""

    __slots__ = ("looked", "positions")

    def __init__(self) -> None:
        self.positions: list[int] = []
        self.looked = 0


class TextIndex:
    """The texts that ``render`` makes of records, searchable."""

    def __init__(self, render: Callable[[Record], str]) -> None:
        self.render = render
        self.texts: list[str] = []
        #: Positions of the records that cannot be rendered: they have no text, so nothing is found in them.
        self.broken: set[int] = set()
        self._first: dict[str, int] = {}
        self._more: dict[str, list[int]] = {}
        self._blocks: list[tuple[str, list[int]]] = []
        self._found: dict[Text, _Found] = {}

    def extend(self, records: Sequence[Record]) -> None:
        """Render what is new in ``records``, which has only grown since the last time."""
        begin = len(self.texts)
        new = records[begin:]
        texts: list[str] = []
        rendered = map(self.render, new)
        while len(texts) < len(new):
            try:
                texts.extend(rendered)
            except Exception:  # noqa: BLE001, S110 - rendering runs the application's code
                pass
            if len(texts) < len(new):
                # What came before it is in the list, and the map goes on behind it; a StopIteration ends extend() too.
                self.broken.add(begin + len(texts))
                texts.append("")
        self.texts += texts
        fresh = dict(zip(texts, range(begin, len(self.texts)), strict=True))
        if not self._first and len(fresh) == len(texts):
            self._first = fresh  # All differ, as in the large captures: no need to look at each.
        else:
            for position, text in enumerate(texts, begin):
                if self._first.setdefault(text, position) != position:
                    self._more.setdefault(text, []).append(position)

    def exactly(self, text: str) -> Iterator[int]:
        """Yield the positions whose whole text is ``text``."""
        first = self._first.get(text)
        if first is not None:
            for position in (first, *self._more.get(text, ())):
                if position not in self.broken:
                    yield position

    def fits(self, position: int, wanted: Text) -> bool:
        """Return whether ``wanted`` is found at ``position``."""
        if position in self.broken:
            return False
        text = self.texts[position]
        return wanted in text if isinstance(wanted, str) else wanted.search(text) is not None

    def find(self, wanted: Text, after: int = -1) -> Iterator[int]:
        """Yield the positions behind ``after`` where ``wanted`` is found; looks no further than it is asked to."""
        found = self._found.get(wanted)
        if found is None:
            if len(self._found) >= REMEMBERED:
                self._found.clear()
            found = self._found[wanted] = _Found()
        given = bisect_right(found.positions, after)
        while True:
            while given < len(found.positions):
                if found.positions[given] > after:
                    yield found.positions[given]
                given += 1
            if found.looked >= len(self.texts):
                return
            self._look_on(wanted, found)

    def _look_on(self, wanted: Text, found: _Found) -> None:
        """Look at the rest of the block where the last look ended."""
        start = found.looked
        number, inside = divmod(start, BLOCK)
        end = min((number + 1) * BLOCK, len(self.texts))
        if isinstance(wanted, str) and not inside and end - start == BLOCK:
            found.positions += [each for each in self._in_block(number, wanted) if each not in self.broken]
        else:
            found.positions += [each for each in range(start, end) if self.fits(each, wanted)]
        found.looked = end

    def _in_block(self, number: int, wanted: str) -> Iterator[int]:
        """Yield the positions in that block whose text holds ``wanted``, found in all of them at once."""
        while len(self._blocks) <= number:
            begin = len(self._blocks) * BLOCK
            texts = self.texts[begin : begin + BLOCK]
            self._blocks.append(("\0".join(texts), [0, *accumulate(len(text) + 1 for text in texts)]))
        joined, starts = self._blocks[number]
        at = joined.find(wanted)
        while at >= 0:
            index = bisect_right(starts, at) - 1
            if at + len(wanted) < starts[index + 1]:
                yield number * BLOCK + index
                at = joined.find(wanted, starts[index + 1])
            else:  # It reaches into the next text.
                at = joined.find(wanted, at + 1)


class _KeyIndex:
    """Positions by (logger's name, level)."""

    def __init__(self) -> None:
        self.keys: list[tuple[str, int]] = []
        self.positions: dict[tuple[str, int], list[int]] = {}
        self._order: list[tuple[str, int]] = []
        self._allowed: dict[Any, tuple[set[tuple[str, int]], int]] = {}

    def extend(self, records: Sequence[Record]) -> None:
        """Sort in what is new in ``records``."""
        keys, positions = self.keys, self.positions
        for position in range(len(keys), len(records)):
            record = records[position]
            key = (record.name, record.levelno)
            keys.append(key)
            try:
                positions[key].append(position)
            except KeyError:
                positions[key] = [position]
                self._order.append(key)

    def allowed(self, conditions: tuple[tuple[Any, Any], ...], records: Sequence[Record]) -> set[tuple[str, int]]:
        """Return the keys that meet the conditions; one record of each key speaks for all of them."""
        asked = tuple((field.name, wanted) for field, wanted in conditions)
        fit, seen = self._allowed.get(asked, (set(), 0))
        if seen < len(self._order):
            for key in self._order[seen:]:
                record = records[self.positions[key][0]]
                if all(field.fits(wanted, record) for field, wanted in conditions):
                    fit.add(key)
            self._allowed[asked] = (fit, len(self._order))
        return fit


class RecordIndex:
    """Answers a matcher's questions about a list of records that only grows. Not safe for threads: lock around it."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self.messages = TextIndex(message_of)
        self._keys = _KeyIndex()
        self._formatted: dict[int, tuple[logging.Formatter, TextIndex]] = {}

    def first(self, matcher: Matcher[Record]) -> int | None:
        """Return the position of the first match: one whose message is the text before one that contains it."""
        if isinstance(matcher.text, str):
            self.messages.extend(self.records)
            found = next(self._kept(matcher, self.messages.exactly(matcher.text)), None)
            if found is not None:
                return found
        return next(self.search(matcher), None)

    def search(self, matcher: Matcher[Record], after: int = -1) -> Iterator[int]:
        """Yield the positions behind ``after`` that match, ascending, and as lazily as the consumer asks."""
        text = matcher.text
        keyed = tuple(condition for condition in matcher.conditions if condition[0].name in KEYED)
        if keyed:
            self._keys.extend(self.records)
            buckets = [self._keys.positions[key] for key in self._keys.allowed(keyed, self.records)]
            few = sum(map(len, buckets)) <= FEW
            if after >= 0:
                buckets = [bucket[bisect_right(bucket, after) :] for bucket in buckets]
            if few or (text is None and "formatted" not in {field.name for field, _ in matcher.conditions}):
                candidates: Iterable[int] = heapq.merge(*buckets) if len(buckets) > 1 else buckets[0] if buckets else ()
                if text is not None:
                    self.messages.extend(self.records)
                    candidates = (each for each in candidates if self.messages.fits(each, text))
                return self._kept(matcher, candidates, keys=False)
        if text is not None:
            self.messages.extend(self.records)
            return self._kept(matcher, self.messages.find(text, after))
        formatted = next((wanted for field, wanted in matcher.conditions if field.name == "formatted"), None)
        if formatted is not None:
            return self._kept(matcher, self._outputs(formatted.formatter).find(formatted.text, after), formatted=False)
        return self._kept(matcher, range(after + 1, len(self.records)))

    def _outputs(self, formatter: logging.Formatter) -> TextIndex:
        """Return the index of what this formatter makes of the records: each is formatted once."""
        known = self._formatted.get(id(formatter))
        if known is None:

            def render(record: Record) -> str:
                return formatted_by(formatter, record)

            # The formatter is kept, so that its id stays its own.
            known = self._formatted[id(formatter)] = (formatter, TextIndex(render))
        known[1].extend(self.records)
        return known[1]

    def _kept(
        self, matcher: Matcher[Record], candidates: Iterable[int], *, keys: bool = True, formatted: bool = True
    ) -> Iterator[int]:
        """Yield the candidates that meet the conditions that are still open."""
        keyed = tuple(condition for condition in matcher.conditions if keys and condition[0].name in KEYED)
        decided = KEYED if formatted else KEYED | {"formatted"}
        open_ones = [condition for condition in matcher.conditions if condition[0].name not in decided]
        fit: set[tuple[str, int]] | None = None
        if keyed:
            self._keys.extend(self.records)
            fit = self._keys.allowed(keyed, self.records)
        for position in candidates:
            if fit is not None and self._keys.keys[position] not in fit:
                continue
            if open_ones:
                record = self.records[position]
                if not all(field.fits(wanted, record) for field, wanted in open_ones):
                    continue
            yield position
