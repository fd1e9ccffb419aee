"""What was logged, held against all generations of the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ._rotation_files import Generation


@dataclass(frozen=True, slots=True)
class Expected:
    """A text that has to be there: as whole lines of its own when ``exact``, else somewhere in a line."""

    text: str
    exact: bool = False
    #: What is known of its writing: the inode it went to, the error that it met.
    inode: tuple[int, int] | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """The outcome of ``assert_nothing_lost``.

    ``expected`` is how many texts were looked for, ``duplicated`` those that are there more often than they were
    logged, ``nul_bytes`` how many NULs are in the files (the hole that a truncation leaves under a handler that does
    not append). ``generations`` are the files that were read, oldest first.
    """

    expected: int
    missing: tuple[Expected, ...]
    duplicated: tuple[str, ...]
    nul_bytes: int
    generations: tuple[Generation, ...]


class _Lines:
    """The lines of some generations, found by the words in them."""

    def __init__(self, generations: Sequence[Generation]) -> None:
        self.contents = [generation.text.replace("\r\n", "\n") for generation in generations]
        self.lines = [line for generation in generations for line in generation.lines]
        self.whole = Counter(self.lines)
        self._by_word: dict[str, list[int]] | None = None

    def count(self, expected: Expected) -> int:
        """Return how often it is there."""
        # As the generations are read: see there.
        text = expected.text.replace("\r\n", "\n").replace("\0", "")
        if "\n" in text:
            return sum(content.count(text) for content in self.contents)
        if expected.exact:
            return self.whole[text]
        # 'line 1' is not in 'line 10': where the text begins or ends with a word, the word has to end there too.
        before = r"(?<!\w)" if re.match(r"\w", text) else ""
        after = r"(?!\w)" if re.search(r"\w\Z", text) else ""
        found = re.compile(f"{before}{re.escape(text)}{after}").search
        return sum(1 for line in self._candidates(text) if found(line))

    def _candidates(self, text: str) -> Iterable[str]:
        words = re.findall(r"\w+", text)
        if not words:
            return self.lines
        if self._by_word is None:
            self._by_word = {}
            for index, line in enumerate(self.lines):
                for word in set(re.findall(r"\w+", line)):
                    self._by_word.setdefault(word, []).append(index)
        rarest = min((self._by_word.get(word, []) for word in words), key=len)
        return [self.lines[index] for index in rarest]


def audit(expected: Sequence[Expected], generations: Sequence[Generation]) -> Audit:
    """Return what of ``expected`` is missing from the files that have a name, and what is there too often.

    What is only in a deleted file is missing: nobody else can read it.
    """
    lines = _Lines([generation for generation in generations if generation.path is not None])
    wanted: dict[tuple[str, bool], list[Expected]] = {}
    for item in expected:
        wanted.setdefault((item.text, item.exact), []).append(item)
    gone: set[int] = set()
    duplicated = []
    for (text, _), items in wanted.items():
        count = lines.count(items[0])
        if count > len(items):
            duplicated.append(text)
        # Of several alike, the one that met an error is taken for the missing one.
        items.sort(key=lambda item: item.error is None)
        gone.update(id(item) for item in items[: max(0, len(items) - count)])
    return Audit(
        len(expected),
        tuple(item for item in expected if id(item) in gone),
        tuple(duplicated),
        sum(generation.nul_bytes for generation in generations if generation.path is not None),
        tuple(generations),
    )


def holder(item: Expected, generations: Iterable[Generation]) -> Generation | None:
    """Return the deleted generation in which ``item`` can still be read, if there is one."""
    for generation in generations:
        if generation.path is None and _Lines([generation]).count(item):
            return generation
    return None
