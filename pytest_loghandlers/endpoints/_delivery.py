"""What was logged held against what arrived: what is missing, what came twice, what came out of order. Pure.

How a text is recognised in what arrived: white space counts as one space, whatever its kind; the text stands between
characters that are no letters or digits, so that ``item 1`` is not found in ``item 10``; where texts overlap the longer
one has it, so that ``failed`` is not found in ``payment failed`` when that was logged too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_WORD: Final = re.compile(r"\w+")
#: Characters of a long text by which its beginning is recognised.
BEGINNING: Final = 40


@dataclass(frozen=True, slots=True)
class Delivery:
    """The comparison of texts, in the order in which they were logged, with things, in the order of their arrival."""

    #: For each text the index of the thing that carries it; None when nothing does.
    places: list[int | None]
    #: For each text that came more often than it was logged, by its first index: the things that carry it.
    twice: dict[int, list[int]] = field(default_factory=dict)
    #: Indices of texts that arrived out of order: all but a longest run of those that did not.
    early: list[int] = field(default_factory=list)
    #: For each missing text of which only the beginning came: the thing that has it.
    cut: dict[int, int] = field(default_factory=dict)
    #: For each missing text that came in a thing which was refused: why, and in which.
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[int]:
        """The indices of the texts that no thing carries."""
        return [index for index, place in enumerate(self.places) if place is None]


def squeezed(text: str) -> str:
    """Return ``text`` with each run of white space as one space."""
    return " ".join(text.split())


def compare(texts: Sequence[str], carried: Sequence[str], refusals: Mapping[int, str] | None = None) -> Delivery:
    """Compare what was logged with what each thing carries.

    ``refusals`` says of things that the endpoint did not take why: what they carry is not delivered.
    """
    refusals = refusals or {}
    delivery = _compare(texts, ["\0" if thing in refusals else text for thing, text in enumerate(carried)])
    missing = delivery.missing
    if refusals and missing:
        things = list(refusals)
        came = _compare([texts[index] for index in missing], [carried[thing] for thing in things]).places
        for index, place in zip(missing, came, strict=True):
            if place is not None:
                delivery.refused[index] = f"{refusals[things[place]]}, in [{things[place]}]"
    return delivery


def _compare(texts: Sequence[str], carried: Sequence[str]) -> Delivery:
    wanted = [squeezed(text) for text in texts]
    found = _occurrences(set(wanted), [squeezed(text) for text in carried])
    logged: dict[str, list[int]] = defaultdict(list)
    for index, text in enumerate(wanted):
        logged[text].append(index)
    places: list[tuple[int, int] | None] = [None] * len(wanted)
    twice: dict[int, list[int]] = {}
    for text, indices in logged.items():
        spots = _choose(sorted(found.get(text, ())), len(indices))
        for index, spot in zip(indices, spots, strict=False):
            places[index] = spot
        things = sorted({thing for thing, _ in spots})
        if len(spots) > len(indices):
            twice[indices[0]] = things
    delivery = Delivery([None if place is None else place[0] for place in places], twice, _early(places))
    for index in delivery.missing[:100]:
        beginning = wanted[index][:BEGINNING]
        if len(wanted[index]) > BEGINNING:
            of = next((thing for thing, text in enumerate(carried) if beginning in squeezed(text)), None)
            if of is not None:
                delivery.cut[index] = of
    return delivery


def _choose(spots: list[tuple[int, int]], wanted: int) -> list[tuple[int, int]]:
    """Return where a text that was logged ``wanted`` times arrived.

    One thing that has it several times (a JSON body with ``message`` and ``formatted``, say) brought it once, unless
    it was logged as many times: a batch.
    """
    seen: set[int] = set()
    firsts: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    for spot in spots:
        (others if spot[0] in seen else firsts).append(spot)
        seen.add(spot[0])
    lacking = max(0, wanted - len(firsts))
    return sorted(firsts + others[:lacking])


def _early(places: Sequence[tuple[int, int] | None]) -> list[int]:
    """Return the indices that stand out of order: all but a longest run of those that do not."""
    there = [(index, place) for index, place in enumerate(places) if place is not None]
    #: The last place of the best run of each length, the position in ``there`` where it ends, and what precedes each.
    ends: list[tuple[int, int]] = []
    at: list[int] = []
    before: list[int] = []
    for position, (_, place) in enumerate(there):
        length = bisect_left(ends, place)
        before.append(at[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        at[length : length + 1] = [position]
    kept: set[int] = set()
    position = at[-1] if at else -1
    while position >= 0:
        kept.add(position)
        position = before[position]
    return [index for position, (index, _) in enumerate(there) if position not in kept]


def _occurrences(texts: set[str], carried: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """Return, for each text, where it stands: ``(thing, offset)``."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    rest: list[tuple[int, str]] = []
    for thing, text in enumerate(carried):
        if text in texts:
            found[text].append((thing, 0))
        else:
            rest.append((thing, text))
    if not rest:
        return found
    # Each text is looked for where its rarest word stands.
    words: dict[str, list[tuple[int, int]]] = defaultdict(list)
    needed = {match.group() for text in texts for match in _WORD.finditer(text)}
    for position, (_, text) in enumerate(rest):
        for match in _WORD.finditer(text):
            if match.group() in needed:
                words[match.group()].append((position, match.start()))
    common = Counter({word: len(spots) for word, spots in words.items()})
    taken: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for text in sorted(texts, key=len, reverse=True):
        marks = list(_WORD.finditer(text))
        if not marks:
            continue
        rarest = min(marks, key=lambda match: common[match.group()])
        for position, at in words.get(rarest.group(), ()):
            thing, whole = rest[position]
            begin = at - rarest.start()
            end = begin + len(text)
            if begin < 0 or not whole.startswith(text, begin) or _inside_a_word(whole, begin, end):
                continue
            if any(begin < other_end and other_begin < end for other_begin, other_end in taken[position]):
                continue
            taken[position].append((begin, end))
            found[text].append((thing, begin))
    return found


def _inside_a_word(whole: str, begin: int, end: int) -> bool:
    before = begin > 0 and _is_word(whole[begin - 1]) and _is_word(whole[begin])
    after = end < len(whole) and _is_word(whole[end]) and _is_word(whole[end - 1])
    return before or after


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
