"""Who got a record, who did not, and why: the judgement behind ``assert_routed``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from pytest_loghandlers._base.match import Matcher
from pytest_loghandlers._base.report import LISTED, layout, listing, plural

from ._event import CUT, EMITTED, ESCAPED, FAILED, FILTERED, OFFERED, Meant, SpyEvent, line
from ._miss import unheard
from ._records import level_name, show_record
from .route import explain


def times(count: int) -> str:
    """Return ``once``, ``3 times``."""
    return "once" if count == 1 else f"{count:,} times"


def words(units: Sequence[Meant]) -> str:
    """Return ``'file', 'console' and 'webhook'``."""
    names = [unit.word for unit in units]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def level_came_past(unit: Meant, events: Sequence[SpyEvent]) -> str | None:
    """Return the rule behind a record that a handler emitted although its own level is above it."""
    for event in events:
        if event.record is not None and event.record.levelno < event.handler.level:
            return (
                f"{unit.word} has level {level_name(event.handler.level)}, but only a logger compares it: who passes "
                "records on\n          (MemoryHandler, QueueListener without respect_handler_level=True) does not"
            )
    return None


class Routing:
    """The question whether the records of ``matcher`` reached ``wanted``, and not ``unwanted``.

    ``labels`` are the watched handlers with their names; ``busy`` the ids of those inside a method now; ``logged``
    the records in question that loggers let through, whether or not a handler was offered them.
    """

    def __init__(
        self,
        matcher: Matcher[SpyEvent],
        wanted: Sequence[Meant],
        unwanted: Sequence[Meant],
        events: Sequence[SpyEvent],
        labels: Sequence[tuple[str, logging.Handler]],
        busy: frozenset[int],
        logged: Sequence[logging.LogRecord] = (),
    ) -> None:
        self.matcher = matcher
        self.wanted = wanted
        self.unwanted = unwanted
        self.labels = labels
        self.busy = busy
        self.logged = logged
        self.with_record = [event for event in events if event.record is not None]
        self.matched = matcher.find(self.with_record)
        self.emitted = [event for event in self.matched if event.kind == EMITTED]

    def _by(self, unit: Meant, events: Sequence[SpyEvent]) -> list[SpyEvent]:
        return [event for event in events if unit.has(event.handler)]

    def outcome(self) -> Any:
        """Return what the assertion gives back when ``failure`` is None."""
        if not self.wanted:
            return None
        found = [event for event in self.emitted if any(unit.has(event.handler) for unit in self.wanted)]
        return found[0] if self.matcher.count is None else tuple(found)

    def failure(self, who: str) -> str | None:
        """Return the text of the failure, None when all is as it was wanted."""
        missing: list[tuple[Meant, int]] = []
        surplus: list[tuple[Meant, int]] = []
        for unit in self.wanted:
            count = len(self._by(unit, self.emitted))
            if not self.matcher.satisfied(count):
                (surplus if count else missing).append((unit, count))
        spilled = [(unit, len(self._by(unit, self.emitted))) for unit in self.unwanted]
        spilled = [(unit, count) for unit, count in spilled if count]
        if missing:
            headline = f"{who} never saw {self.matcher.brief} emitted by {words([unit for unit, _ in missing])}"
        elif surplus:
            unit, count = surplus[0]
            headline = (
                f"{who} saw {self.matcher.brief} emitted by {unit.word} {times(count)}, not {self.matcher.count:,}"
            )
        elif spilled:
            unit, count = spilled[0]
            headline = f"{who} saw {self.matcher.brief} emitted by {unit.word} {times(count)}, where it was not wanted"
        else:
            return None
        bad = [unit for unit, _ in (*missing, *surplus, *spilled)]
        return layout(
            headline,
            ("wanted", self._wanted()),
            ("handlers", self._handlers(bad)),
            ("logged", None if self.matched or not self.logged else self._logged()),
            ("offered", self._offered()),
            ("hint", self._hint([unit for unit, _ in missing], [unit for unit, _ in spilled])),
        )

    def _wanted(self) -> str:
        if not self.wanted:
            return f"a record {self.matcher.clauses}".rstrip() + f", not emitted by {words(self.unwanted)}"
        tail = f", not by {words(self.unwanted)}" if self.unwanted else ""
        return f"{self.matcher.wanted}, emitted by {words(self.wanted)}{tail}"

    def _handlers(self, bad: Sequence[Meant]) -> str:
        asked = [*((unit, "wanted") for unit in self.wanted), *((unit, "not wanted") for unit in self.unwanted)]
        rows = [
            ("~" if any(unit is each for each in bad) else " ", unit.word, role, self._verdict(unit))
            for unit, role in asked
        ]
        for label, handler in self.labels:
            other = Meant(repr(label), (handler,))
            if not any(unit.has(handler) for unit, _ in asked) and self._by(other, self.matched):
                rows.append((" ", other.word, "", self._verdict(other)))
        width = max(len(word) for _, word, _, _ in rows)
        shown = [f" {mark}  {word:<{width}}  {role:<10}  {verdict}" for mark, word, role, verdict in rows[:LISTED]]
        hidden = [f"    ... {plural(len(rows) - LISTED, 'handler')} not shown"] if len(rows) > LISTED else []
        return "\n".join([f"{len(self.labels)} watched", *shown, *hidden])

    def _verdict(self, unit: Meant) -> str:
        """Return what the handler did with the records in question."""
        events = self._by(unit, self.matched)
        seen = {kind: [event for event in events if event.kind == kind] for kind in (*_VERDICTS, OFFERED)}
        parts = []
        for kind, verdict in _VERDICTS.items():
            if seen[kind]:
                error = seen[kind][-1].exception
                count = len(seen[kind])
                parts.append(verdict + (f" {times(count)}" if count > 1 else "") + (f": {error}" if error else ""))
        if parts:
            return ", ".join(parts)
        if not seen[OFFERED]:
            return "was never offered it"
        if any(id(handler) in self.busy for handler in unit.handlers):
            return "was offered it and has not returned"
        return "was offered it, but handle() did not call emit()"

    def _offered(self) -> str:
        offered = [event for event in self.with_record if event.kind == OFFERED]
        matched = [event for event in self.matched if event.kind == OFFERED]
        if matched:
            return listing(matched, line, "time")
        return listing(offered, line, "record", marks=self.matcher.nearest(offered), empty="no record to any handler")

    def _logged(self) -> str:
        return listing(self.logged, show_record, "time")

    def _hint(self, missing: Sequence[Meant], spilled: Sequence[Meant]) -> str | None:
        for unit in missing:
            if self._by(unit, self.matched):
                continue
            asked = {field.name: value for field, value in self.matcher.conditions}
            record = self.matched[0].record if self.matched else next(iter(self.logged), None)
            name = asked.get("logger") if record is None else record.name
            level = asked.get("level") if record is None else record.levelno
            if record is None and asked.keys() <= {"logger"} and not self.matcher.nearest(self.with_record):
                # Not logged as far as one can tell: what no logger lets through leaves no trace.
                if name is None:
                    return unheard()
                level = logging.DEBUG
            if isinstance(name, str) and level is not None:
                return explain(name, level, handler=unit.handlers[-1], record=record).hint
        for unit in spilled:
            return level_came_past(unit, self._by(unit, self.emitted))
        return None


#: What a handler did with a record, in the order of the telling.
_VERDICTS = {
    EMITTED: "emitted it",
    FILTERED: "its filter refused it",
    FAILED: "handleError was called",
    ESCAPED: "raised",
    CUT: "was cut off, feeding itself",
}
