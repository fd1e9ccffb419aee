"""The one matcher: what a test asks for, held against what is there.

A ``Vocabulary`` says what can be asked of one kind of thing (a record, a syslog message, a mail); it makes a
``Matcher`` from the arguments of an ``assert_*`` or ``wait_for``. The matcher finds, counts, and explains a miss.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from .errors import ArgumentError
from .report import a, cut, plural, show

T = TypeVar("T")
Text = str | re.Pattern[str]


class Field(Generic[T]):
    """One thing that can be asked of an item.

    ``read(item)`` gets it. ``accept(wanted)`` checks and normalises what the test wrote, raising ArgumentError.
    ``agree(wanted, got)`` compares (default ``==``; a regex is searched in ``str(got)``). ``brief(wanted)`` is its
    place in a headline (``at DEBUG``, ``from 'shop.db'``), ``clause(wanted)`` in the wanted line.
    """

    __slots__ = ("accept", "agree", "brief", "clause", "name", "read", "say")

    def __init__(
        self,
        name: str,
        read: Callable[[T], Any],
        *,
        accept: Callable[[Any], Any] | None = None,
        agree: Callable[[Any, Any], bool] | None = None,
        say: Callable[[Any], str] = show,
        brief: Callable[[Any], str] | None = None,
        clause: Callable[[Any], str] | None = None,
    ) -> None:
        self.name = name
        self.read = read
        self.accept = accept or (lambda wanted: wanted)
        self.agree = agree or equal
        self.say = say
        self.brief = brief or (lambda wanted: f"with {name} {say_wanted(wanted, say)}")
        self.clause = clause or (lambda wanted: f"whose {name} {verb(wanted)} {say_wanted(wanted, say)}")

    def fits(self, wanted: Any, item: T) -> bool:
        """Return whether ``item`` has it; what cannot be read or compared has it not."""
        try:
            return self.agree(wanted, self.read(item))
        except Exception:  # noqa: BLE001 - reading may run the user's __str__, comparing their __eq__
            return False

    def fault(self, wanted: Any, item: T) -> str | None:
        """Return why ``item`` does not have it, or None when it has."""
        try:
            got = self.read(item)
        except Exception as error:  # noqa: BLE001 - reading may run the user's __str__
            return f"{self.name} cannot be read: {type(error).__name__}"
        try:
            if self.agree(wanted, got):
                return None
        except Exception as error:  # noqa: BLE001 - comparing may run the user's __eq__
            return f"{self.name} cannot be compared: {type(error).__name__}"
        return f"{self.name} is {self.say(got)}, not {say_wanted(wanted, self.say)}"


def equal(wanted: Any, got: Any) -> bool:
    """Compare by ``==``; a compiled regex is searched in the text of what is there."""
    if isinstance(wanted, re.Pattern):
        return got is not None and wanted.search(str(got)) is not None
    return bool(wanted == got)


def verb(wanted: Any) -> str:
    """Return how a condition on ``wanted`` reads: ``is`` or ``matches``."""
    return "matches" if isinstance(wanted, re.Pattern) else "is"


def say_wanted(wanted: Any, say: Callable[[Any], str] = show) -> str:
    """Return ``wanted`` as words; a regex between slashes."""
    return f"/{cut(str(wanted.pattern))}/" if isinstance(wanted, re.Pattern) else say(wanted)


def one_of(name: str, *choices: str) -> Callable[[Any], Any]:
    """Return an ``accept`` that takes only ``choices``."""

    def accept(wanted: Any) -> Any:
        if wanted in choices or isinstance(wanted, re.Pattern):
            return wanted
        raise ArgumentError(f"{name}={show(wanted)}: it is one of {', '.join(choices)}")

    return accept


def accept_text(text: Any, noun: str) -> Text | None:
    """Return ``text`` when a test can look for it; raise ArgumentError otherwise."""
    if text is None or isinstance(text, str):
        return text
    if isinstance(text, re.Pattern) and isinstance(text.pattern, str):
        return text
    raise ArgumentError(
        f"{show(text)} is {a(type(text).__name__)}: the text of {a(noun)} is looked for with a str (contained in it) "
        "or a compiled regex of str (searched in it)"
    )


class Matcher(Generic[T]):
    """What one assertion asks for. Made by ``Vocabulary.matcher``."""

    __slots__ = ("conditions", "count", "text", "vocabulary")

    def __init__(
        self,
        vocabulary: Vocabulary[T],
        text: Text | None,
        count: int | None,
        conditions: Sequence[tuple[Field[T], Any]],
    ) -> None:
        self.vocabulary = vocabulary
        self.text = text
        self.count = count
        self.conditions = tuple(conditions)

    def matches(self, item: T) -> bool:
        """Return whether ``item`` is what was asked for."""
        return not self._has_fault(item)

    def _has_fault(self, item: T) -> bool:
        # Without a word about why: of 100,000 items nearly all miss.
        if self.text is not None:
            try:
                got = self.vocabulary.text(item)
            except Exception:  # noqa: BLE001 - reading may run the user's __str__
                return True
            if not (self.text in got if isinstance(self.text, str) else self.text.search(got)):
                return True
        return not all(field.fits(wanted, item) for field, wanted in self.conditions)

    def _text_fault(self, item: T) -> str | None:
        name = self.vocabulary.text_name
        try:
            got = self.vocabulary.text(item)
        except Exception as error:  # noqa: BLE001 - reading may run the user's __str__
            return f"{name} cannot be read: {type(error).__name__}"
        if isinstance(self.text, re.Pattern):
            return None if self.text.search(got) else f"{name} does not match /{self.text.pattern}/"
        return None if self.text is None or self.text in got else f"{name} does not contain {show(self.text)}"

    def faults(self, item: T) -> list[str]:
        """Return every reason why ``item`` is not it, the text's first; empty when it is."""
        text = None if self.text is None else self._text_fault(item)
        rest = (field.fault(wanted, item) for field, wanted in self.conditions)
        return [fault for fault in (text, *rest) if fault is not None]

    def find(self, items: Iterable[T]) -> list[T]:
        """Return the items that match, in their order."""
        return [item for item in items if not self._has_fault(item)]

    def satisfied(self, found: int) -> bool:
        """Return whether ``found`` matches are what was asked for: exactly ``count``, or at least one."""
        return found >= 1 if self.count is None else found == self.count

    def nearest(self, items: Sequence[T], limit: int = 1000) -> dict[int, str]:
        """Return ``{index: the one field that spoils it}`` for the nearest miss among the last ``limit`` items.

        Only an item that fails in exactly one condition out of several is near; of several such, the last one whose
        text fits is taken.
        """
        if len(self.conditions) + (self.text is not None) < 2:
            return {}
        best: dict[int, str] = {}
        for index in range(max(0, len(items) - limit), len(items)):
            faults = self.faults(items[index])
            if len(faults) == 1 and not faults[0].startswith(f"{self.vocabulary.text_name} does not"):
                best = {index: faults[0]}
        return best

    @property
    def brief(self) -> str:
        """What was asked for, short enough for a headline: ``'disk full' at severity error``."""
        words = [a(self.vocabulary.noun) if self.text is None else say_wanted(self.text)]
        words += [field.brief(wanted) for field, wanted in self.conditions]
        return " ".join(words)

    @property
    def wanted(self) -> str:
        """What was asked for, whole: ``1 message whose text contains 'disk full' and whose severity is error``."""
        amount = 1 if self.count is None else self.count
        many = f"{'' if self.count is None else 'exactly '}{plural(amount, self.vocabulary.noun)}"
        return f"{many} {self.clauses}".rstrip()

    @property
    def clauses(self) -> str:
        """The conditions alone: ``whose text contains 'disk full' and whose severity is error``."""
        clauses = []
        if self.text is not None:
            how = "matches" if isinstance(self.text, re.Pattern) else "contains"
            clauses.append(f"whose {self.vocabulary.text_name} {how} {say_wanted(self.text)}")
        clauses += [field.clause(wanted) for field, wanted in self.conditions]
        return " and ".join(clauses)


class Vocabulary(Generic[T]):
    """What can be asked of one kind of thing, and what it is called."""

    def __init__(
        self, noun: str, text: Callable[[T], str], fields: Iterable[Field[T]] = (), *, text_name: str = "text"
    ) -> None:
        self.noun = noun
        self.text = text
        self.text_name = text_name
        self.fields = {field.name: field for field in fields}

    def matcher(self, text: Any = None, *, count: int | None = None, **wanted: Any) -> Matcher[T]:
        """Return the matcher for these arguments; an argument that is None asks for nothing.

        Raises ArgumentError for a field this kind of thing does not have, or a value that it cannot have.
        """
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 0):
            raise ArgumentError(f"count={show(count)}: it is how many must match, a whole number from 0")
        conditions = []
        for name, value in wanted.items():
            if value is None:
                continue
            if name not in self.fields:
                raise ArgumentError(
                    f"{name}={show(value)}: {a(self.noun)} has no such field; it has {', '.join(sorted(self.fields))}"
                )
            conditions.append((self.fields[name], self.fields[name].accept(value)))
        return Matcher(self, accept_text(text, self.noun), count, conditions)
