"""What was logged held against what arrived: what is missing, what came twice, what came out of order. Pure.

How a text is recognised in what arrived: as it is or as JSON writes it, without colours; white space counts as one
space, whatever its kind; the text stands between characters that are no letters or digits, so that ``item 1`` is not
found in ``item 10`` (one that has none itself, like ``-----``, between spaces); where texts overlap the longer one has
it, so that ``failed`` is not found in ``payment failed`` when that was logged too. An empty text is found only where
there is nothing else.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

_WORD: Final = re.compile(r"\w")
#: What a text is taken apart into: words, and single characters between them.
_PIECE: Final = re.compile(r"\w+|\W")
#: Pieces of a text by which it is looked for.
_PIECES: Final = 8
#: What colours a terminal: ECMA-48 section 5.4 (CSI).
_COLOUR: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
#: Characters of a long text by which its beginning is recognised.
BEGINNING: Final = 40
#: Missing texts whose beginning is looked for.
LOOKED_FOR: Final = 100


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
    """Return ``text`` without colours, each run of white space as one space."""
    return " ".join((_COLOUR.sub("", text) if "\x1b" in text else text).split())


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
    arrived = [squeezed(text) for text in carried]
    found = _occurrences(dict(zip(wanted, texts, strict=True)), arrived)
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
    whole = {spot for spots in found.values() for spot in spots}
    for index in delivery.missing[:LOOKED_FOR]:
        beginning = wanted[index][:BEGINNING]
        if len(wanted[index]) > BEGINNING:
            begun = ((thing, text.find(beginning)) for thing, text in enumerate(arrived))
            # Where another text begins that is there as a whole, it is that one's beginning.
            of = next((spot[0] for spot in begun if spot[1] >= 0 and spot not in whole), None)
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


def _occurrences(texts: Mapping[str, str], carried: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """Return, for each squeezed text (and as it was logged), where it stands: ``(thing, offset)``."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    starts = _Starts(texts)
    for thing, whole in enumerate(carried):
        if whole in texts:
            found[whole].append((thing, 0))
            continue
        taken = bytearray(len(whole))
        for length, begin, text in sorted(starts.in_(whole), key=lambda spot: (-spot[0], spot[1])):
            if 1 not in taken[begin : begin + length]:
                taken[begin : begin + length] = b"\1" * length
                found[text].append((thing, begin))
    return found


class _Starts:
    """The texts, in each spelling, by their first words: so that each is looked for only where it may begin."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._first: set[str] = set()
        #: By the number of pieces of the beginning: the beginning, the length of the whole, the whole: its text.
        self._by_pieces: dict[int, dict[str, dict[int, dict[str, str]]]] = {}
        for text, logged in texts.items():
            for spelled in {text, *_spellings(logged)}:
                ends = [match.end() for match in islice(_PIECE.finditer(spelled), _PIECES)]
                if ends:
                    self._first.add(spelled[: ends[0]])
                    begun = self._by_pieces.setdefault(len(ends), {}).setdefault(spelled[: ends[-1]], {})
                    begun.setdefault(len(spelled), {})[spelled] = text

    def in_(self, whole: str) -> Iterator[tuple[int, int, str]]:
        """Yield what stands in ``whole``, also where it overlaps: ``(length, offset, text)``."""
        pieces = [match.span() for match in _PIECE.finditer(whole)]
        for position, (begin, end) in enumerate(pieces):
            if whole[begin:end] not in self._first:
                continue
            for count, beginnings in self._by_pieces.items():
                if position + count > len(pieces):
                    continue
                for length, spellings in beginnings.get(whole[begin : pieces[position + count - 1][1]], {}).items():
                    text = spellings.get(whole[begin : begin + length])
                    if text is not None and _stands_apart(whole, begin, begin + length):
                        yield length, begin, text


def _spellings(logged: str) -> Iterator[str]:
    """Yield ``logged`` as it stands in a JSON string, where that is something else."""
    if not (logged.isascii() and logged.isprintable() and '"' not in logged and "\\" not in logged):
        for ascii_only in (True, False):
            yield squeezed(json.dumps(logged, ensure_ascii=ascii_only)[1:-1])


def _stands_apart(whole: str, begin: int, end: int) -> bool:
    """Return whether no word is cut at the end (at the beginning none is); of a text without words, any character."""
    if end < len(whole) and _WORD.match(whole, end) and _WORD.match(whole, end - 1):
        return False
    if _WORD.search(whole, begin, end):
        return True
    return whole[begin - 1 : begin] in ("", " ") and whole[end : end + 1] in ("", " ")
