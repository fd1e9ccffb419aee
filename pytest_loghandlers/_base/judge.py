"""The verbs that every observer and endpoint shares: present, absent, awaited."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from .deadline import RealClock
from .errors import ArgumentError
from .inbox import Inbox
from .match import Matcher
from .report import layout, listing, plural

T = TypeVar("T")


class Judge:
    """Who judges, and how its things are shown. One per class that has ``assert_*`` methods.

    ``who`` is the fixture's name, ``line(item)`` one line of a listing, ``hint(matcher, items)`` the one certain
    explanation of a miss or None, ``extra(items)`` further sections ``(label, text)`` for every failure.
    ``nearest(matcher, items)`` finds the near misses where the matcher's own search is too short-sighted;
    ``summary(matcher, items)`` says what is there when the usual listing would not help, or returns None.
    """

    def __init__(
        self,
        who: str,
        line: Callable[[Any], str],
        *,
        verb: str = "received",
        hint: Callable[[Matcher[Any], Sequence[Any]], str | None] | None = None,
        extra: Callable[[Sequence[Any]], Sequence[tuple[str, str | None]]] | None = None,
        nearest: Callable[[Matcher[Any], Sequence[Any]], Mapping[int, str]] | None = None,
        summary: Callable[[Matcher[Any], Sequence[Any]], str | None] | None = None,
    ) -> None:
        self.who = who
        self.line = line
        self.verb = verb
        self.hint = hint
        self.extra = extra
        self.nearest = nearest or (lambda matcher, items: matcher.nearest(items))
        self.summary = summary

    def present(self, matcher: Matcher[T], items: Sequence[T], found: Sequence[T] | None = None) -> Any:
        """Return the first match (or, when a count was asked for, all of them as a tuple); raise AssertionError."""
        __tracebackhide__ = True
        matched = matcher.find(items) if found is None else found
        if matcher.satisfied(len(matched)):
            return self.outcome(matcher, matched)
        self.fail_missing(matcher, items, matched)

    @staticmethod
    def outcome(matcher: Matcher[T], matched: Sequence[T]) -> Any:
        """Return what an assertion gives back: one item, or with ``count=`` the tuple of them."""
        return matched[0] if matcher.count is None else tuple(matched)

    def absent(self, matcher: Matcher[T], items: Sequence[T], found: Sequence[T] | None = None) -> None:
        """Raise AssertionError when anything matches."""
        __tracebackhide__ = True
        matched = matcher.find(items) if found is None else found
        if not matched:
            return
        noun = matcher.vocabulary.noun
        times = "once" if len(matched) == 1 else f"{len(matched):,} times"
        raise AssertionError(
            layout(
                f"{self.who} {self.verb} {matcher.brief} {times}",
                ("wanted", f"no {noun} {matcher.clauses}".rstrip()),
                (self.verb, listing(matched, self.line, noun)),
                *(self.extra(items) if self.extra else ()),
            )
        )

    def awaited(self, matcher: Matcher[T], inbox: Inbox[T], timeout: float) -> Any:
        """Wait until the matcher is satisfied, at most ``timeout`` seconds; return like ``present``.

        With ``count=n`` the wait ends at the n-th match; whether more come later is ``assert_*``'s to judge. Raises
        ArgumentError for ``count=0``: that nothing comes is no event.
        """
        __tracebackhide__ = True
        if matcher.count == 0:
            raise ArgumentError("count=0: a wait ends when something comes; that nothing comes is for an assert")
        matched: list[T] = []
        seen: tuple[T, ...] = ()
        needed = 1 if matcher.count is None else matcher.count

        def look(items: tuple[T, ...]) -> list[T] | None:
            nonlocal seen
            if seen and (len(items) < len(seen) or items[len(seen) - 1] is not seen[-1]):  # It was cleared meanwhile.
                seen = ()
                matched.clear()
            matched.extend(matcher.find(items[len(seen) :]))
            seen = items
            return matched if len(matched) >= needed else None

        began = RealClock.monotonic()
        if inbox.wait_for(look, timeout) is None:
            # It ends early when the fixture is stopped meanwhile.
            waited = min(timeout, RealClock.monotonic() - began)
            self.fail_missing(matcher, seen, matched, waited=waited)
        return self.outcome(matcher, matched[:needed])

    def fail_missing(
        self, matcher: Matcher[T], items: Sequence[T], matched: Sequence[T], *, waited: float | None = None
    ) -> NoReturn:
        """Raise the AssertionError of a miss: too few, too many, or none."""
        __tracebackhide__ = True
        noun = matcher.vocabulary.noun
        tail = "" if waited is None else f" (waited {waited:.1f} s)"
        if not matched:
            headline = f"{self.who} never {self.verb} {matcher.brief}{tail}"
        else:
            times = "once" if len(matched) == 1 else f"{len(matched):,} times"
            headline = f"{self.who} {self.verb} {matcher.brief} {times}, not {matcher.count:,}{tail}"
        label, there = "matched", listing(matched, self.line, noun)
        if not matched:
            marks = self.nearest(matcher, items)
            short = self.summary(matcher, items) if self.summary and not marks else None
            label, there = self.verb, short or listing(items, self.line, noun, marks=marks)
        raise AssertionError(
            layout(
                headline,
                ("wanted", matcher.wanted),
                (label, there),
                ("of", f"{plural(len(items), noun)} in all" if matched and len(items) > len(matched) else None),
                *(self.extra(items) if self.extra else ()),
                ("hint", self.hint(matcher, items) if self.hint else None),
            )
        )
