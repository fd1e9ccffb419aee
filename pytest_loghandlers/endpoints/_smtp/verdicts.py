"""How many mails there may be: one for each of something, or so many in so many seconds. Pure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import layout, listing, plural, show
from pytest_loghandlers.endpoints._delivery import Delivery, compare
from pytest_loghandlers.endpoints._loss import Logged, message_of

from .mail import Mail, line

#: What a mail can be counted by, beside records and a function.
KEYS: Final[dict[str, Callable[[Mail], Hashable]]] = {
    "connection": lambda mail: mail.connection,
    "subject": lambda mail: mail.subject,
    "text": lambda mail: mail.text,
}
#: Records, or groups of mails, that are told.
TOLD: Final = 10


def records_of(what: Any) -> list[Logged] | None:
    """Return the records that ``what`` is; None when it is a key. Raises ArgumentError when it is neither."""
    if callable(what) or (isinstance(what, str) and what in KEYS):
        return None
    if isinstance(what, (str, bytes, logging.LogRecord)) or not isinstance(what, Iterable):
        raise ArgumentError(
            f"{show(what)}: one mail per what? A list of log records or of their messages, a function of a mail, "
            f"or one of {', '.join(map(repr, KEYS))}"
        )
    records = list(what)
    for each in records:
        if not isinstance(each, (str, logging.LogRecord)):
            raise ArgumentError(f"the records have {show(each)} among them: each is a log record, or a message as str")
    return records


def one_per_record(who: str, records: Sequence[Logged], mails: Sequence[Mail]) -> tuple[Mail, ...]:
    """Return the mail of each record, in their order. Raises AssertionError unless each has one and no mail is left."""
    __tracebackhide__ = True
    delivery = compare([message_of(record) for record in records], [mail.text for mail in mails])
    places = [place for place in delivery.places if place is not None]
    shared = {place for place in places if places.count(place) > 1}
    told = {place for places in delivery.twice.values() for place in places}
    strange = [index for index in range(len(mails)) if index not in {*places, *told}]
    if not (delivery.missing or delivery.twice or shared or strange):
        return tuple(mails[place] for place in places)
    counted = plural(len(records), "record")
    parts = [
        f"{plural(len(delivery.missing), 'record')} without a mail" if delivery.missing else "",
        f"{plural(len(delivery.twice), 'record')} with more than one" if delivery.twice else "",
        f"{plural(len(shared), 'mail')} with more than one record" if shared else "",
        f"{plural(len(strange), 'mail')} of no record" if strange else "",
    ]
    raise AssertionError(
        layout(
            f"{who} did not receive one mail per record: {', '.join(part for part in parts if part)}",
            ("wanted", f"{counted}, each in a mail of its own, and no other mail"),
            ("missing", _told([f"[{index}]  {_said(records[index])}" for index in delivery.missing])),
            ("twice", _twice(records, delivery)),
            ("shared", _shared(delivery, sorted(shared))),
            ("strange", _told([f"mail [{index}]  {show(mails[index].text)}" for index in strange])),
            ("received", listing(mails, line, "mail")),
        )
    )


def one_per_key(
    who: str, name: str, key: Callable[[Mail], Hashable], mails: Sequence[Mail], empty: Sequence[Hashable] = ()
) -> tuple[Mail, ...]:
    """Return the mails. Raises AssertionError unless all their keys differ, and none of the keys has no mail."""
    __tracebackhide__ = True
    groups: dict[Hashable, list[int]] = {}
    for index, mail in enumerate(mails):
        groups.setdefault(key(mail), []).append(index)
    several = {value: indices for value, indices in groups.items() if len(indices) > 1}
    if not several and not empty:
        return tuple(mails)
    parts = [
        f"{plural(len(several), name)} with more than one" if several else "",
        f"{plural(len(empty), name)} with none" if empty else "",
    ]
    twice = [f"{show(value)}  in {_places(indices)}" for value, indices in several.items()]
    raise AssertionError(
        layout(
            f"{who} did not receive one mail per {name}: {' and '.join(part for part in parts if part)}",
            (
                "wanted",
                f"mails of which no two have the same {name}" + (f", and no {name} without one" if empty else ""),
            ),
            ("twice", _told(twice)),
            ("none", _told([show(value) for value in empty])),
            ("received", listing(mails, line, "mail")),
        )
    )


def busiest(mails: Sequence[Mail], per: float | None) -> tuple[int, int]:
    """Return where in ``mails`` (by arrival) the most come within ``per`` seconds: ``(first, behind the last)``."""
    if per is None:
        return 0, len(mails)
    best, first = (0, 0), 0
    for last, mail in enumerate(mails):
        while mail.arrival - mails[first].arrival > per:
            first += 1
        if last + 1 - first > best[1] - best[0]:
            best = (first, last + 1)
    return best


def at_most(
    who: str, wanted: tuple[str, str], mails: Sequence[Mail], limit: int, per: float | None
) -> tuple[Mail, ...]:
    """Return the mails. Raises AssertionError when more than ``limit`` came within any ``per`` seconds.

    ``wanted`` is what the test asked for, in short and as conditions.
    """
    __tracebackhide__ = True
    first, end = busiest(mails, per)
    worst = mails[first:end]
    if len(worst) <= limit:
        return tuple(mails)
    brief, clauses = wanted
    which = "" if brief == "a mail" else f" for {brief}"
    within = "" if per is None else f" within {worst[-1].arrival - worst[0].arrival:.2f} s"
    window = "in all" if per is None else f"in any {per:g} s"
    raise AssertionError(
        layout(
            f"{who} received {plural(len(worst), 'mail')}{which}{within}, not at most {limit:,}",
            ("wanted", f"at most {plural(limit, 'mail') if limit else '0 mails'} {window} {clauses}".rstrip()),
            ("received", listing(worst, line, "mail")),
            ("of", f"{plural(len(mails), 'mail')} in all" if len(mails) > len(worst) else None),
        )
    )


def _said(record: Logged) -> str:
    if isinstance(record, str):
        return show(record)
    return f"{record.levelname:<8} {record.name:<12} {show(message_of(record))}"


def _twice(records: Sequence[Logged], delivery: Delivery) -> str | None:
    return _told(
        [f"[{index}]  {_said(records[index])}  in {_places(places)}" for index, places in delivery.twice.items()]
    )


def _shared(delivery: Delivery, shared: Sequence[int]) -> str | None:
    lines = []
    for place in shared:
        inside = [index for index, found in enumerate(delivery.places) if found == place]
        lines.append(f"mail [{place}] has {plural(len(inside), 'record')}: {_places(inside)}")
    return _told(lines)


def _places(places: Sequence[int]) -> str:
    rest = f" and {len(places) - TOLD:,} more" if len(places) > TOLD else ""
    return ", ".join(f"[{place}]" for place in places[:TOLD]) + rest


def _told(lines: Sequence[str]) -> str | None:
    shown = list(lines[:TOLD])
    if len(lines) > TOLD:
        shown.append(f"... {len(lines) - TOLD:,} more")
    return f"\n{' ' * 10}".join(shown) or None
