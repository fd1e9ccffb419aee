"""What a failed ``assert_delivered`` says: which records are missing, what the handlers and the network did then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.fates import fate_of, somebody_watches
from pytest_loghandlers._base.report import layout, listing, plural, show

from ._delivery import Delivery
from ._timeline import Timeline, when

#: Missing records that are told in full.
TOLD: Final = 10
Logged = logging.LogRecord | str


def checked(records: Any) -> list[Logged]:
    """Return what was logged as a list. Raises ArgumentError for what is not a list of records or texts."""
    if isinstance(records, (str, bytes, logging.LogRecord)) or not isinstance(records, Iterable):
        raise ArgumentError(f"records={show(records)}: it is a list of log records, or of their messages")
    found = list(records)
    if not found:
        raise ArgumentError(
            "records=[]: nothing was logged, so nothing can be delivered (is the logger's level right?)"
        )
    for each in found:
        if not isinstance(each, (str, logging.LogRecord)):
            raise ArgumentError(f"records has {show(each)} in it: each is a log record, or a message as str")
    return found


def message_of(logged: Logged) -> str:
    """Return the message of a record; without its arguments when they do not fit."""
    if isinstance(logged, str):
        return logged
    try:
        return logged.getMessage()
    except Exception:  # noqa: BLE001 - the record is the user's
        return logged.msg if isinstance(logged.msg, str) else show(logged.msg)


class Loss:
    """A comparison that found something, and what is known about it.

    ``age_of(record)`` is the endpoint's age when it was logged, None when the clock cannot tell; ``now`` the age of
    this judgement.
    """

    def __init__(
        self,
        who: str,
        logged: Sequence[Logged],
        delivery: Delivery,
        timeline: Timeline,
        age_of: Callable[[logging.LogRecord], float | None],
        now: float,
    ) -> None:
        self.who = who
        self.logged = logged
        self.delivery = delivery
        self.timeline = timeline
        self.age_of = age_of
        self.now = now

    def text(
        self,
        items: Sequence[Any],
        line: Callable[[Any], str],
        noun: str,
        extra: Sequence[tuple[str, str | None]],
        *,
        in_order: bool,
    ) -> str:
        """Return the whole failure message."""
        delivery = self.delivery
        parts = []
        if delivery.missing:
            parts.append(f"did not receive {len(delivery.missing):,} of {plural(len(self.logged), 'logged record')}")
        if delivery.twice:
            parts.append(f"received {plural(len(delivery.twice), 'record')} more than once")
        if in_order and delivery.early:
            parts.append(f"received {plural(len(delivery.early), 'record')} out of order")
        order = ", in the order in which they were logged" if in_order else ""
        return layout(
            f"{self.who} {' and '.join(parts)}",
            ("wanted", f"{plural(len(self.logged), 'record')}, each once{order}"),
            ("missing", self._missing()),
            ("twice", self._twice()),
            ("order", self._order() if in_order else None),
            ("received", listing(items, line, noun)),
            *extra,
            ("hint", self._hint()),
        )

    def _missing(self) -> str | None:
        missing = self.delivery.missing
        if not missing:
            return None
        lines = [plural(len(missing), "record") + (", oldest first" if len(missing) > 1 else "")]
        for index in missing[:TOLD]:
            lines.append(f"     {self._line(index)}")
            if index in self.delivery.cut:
                lines.append(f"           arrived   only the beginning, in [{self.delivery.cut[index]}]")
            if index in self.delivery.refused:
                lines.append(f"           arrived   {self.delivery.refused[index]}")
            record = self.logged[index]
            if isinstance(record, logging.LogRecord):
                lines.append(f"           handlers  {self._fate(record)}")
                lines.append(f"           network   {self._story(index, record)}")
        if len(missing) > TOLD:
            lines.append(f"     ... {plural(len(missing) - TOLD, 'record')} not shown")
        return "\n".join(lines)

    def _line(self, index: int) -> str:
        record = self.logged[index]
        if isinstance(record, str):
            return f"[{index}]  {show(record)}"
        age = self.age_of(record)
        moment = "" if age is None else f"{when(age)}  "
        return f"[{index}]  {moment}{record.levelname:<8} {record.name:<12} {show(message_of(record))}"

    def _fate(self, record: logging.LogRecord) -> str:
        fate = fate_of(record)
        if fate is not None:
            return fate
        if somebody_watches():
            return "no watched handler was offered it"
        return "unknown: a test that uses handler_spy is told whether handleError was called"

    def _story(self, index: int, record: logging.LogRecord) -> str:
        begin = self.age_of(record)
        if begin is None:
            return "unknown: the record's time is not the real one"
        later = (self.age_of(each) for each in self.logged[index + 1 :] if isinstance(each, logging.LogRecord))
        end = next((age for age in later if age is not None and age > begin), self.now)
        return self.timeline.story(begin, end)

    def _twice(self) -> str | None:
        lines = [
            f"{self._line(index)}   in {', '.join(f'[{place}]' for place in places[:5])}"
            for index, places in list(self.delivery.twice.items())[:TOLD]
        ]
        return "\n       ".join(lines) or None

    def _order(self) -> str | None:
        lines = [f"{self._line(index)}   is in [{self.delivery.places[index]}]" for index in self.delivery.early[:TOLD]]
        return "\n       ".join(lines) or None

    def _hint(self) -> str | None:
        records = [self.logged[index] for index in self.delivery.missing[:TOLD]]
        fates = [fate_of(record) for record in records if isinstance(record, logging.LogRecord)]
        if fates and all(fate is not None and "handleError" not in fate and "raised" not in fate for fate in fates):
            return "nobody was told: no handler raised or called handleError for what is missing"
        return None
