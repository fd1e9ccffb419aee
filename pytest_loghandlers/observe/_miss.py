"""Why a capture missed a record: the one certain explanation, and what is there instead."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_loghandlers._base.match import Matcher
from pytest_loghandlers._base.report import listing, plural, show

from ._chain import all_loggers, find_logger
from ._records import is_at_or_below, level_name
from ._text_index import KEYED, Record, RecordIndex
from ._wanted import formatted_by
from .route import Route, explain

#: With more loggers than these, nothing is said about all of them.
LOGGERS: Final = 500
#: So many of the last records with the wanted text are looked at for a near miss.
NEAR: Final = 1000
#: So many disabled loggers are named.
NAMED: Final = 8


def nearest(matcher: Matcher[Record], index: RecordIndex) -> Mapping[int, str]:
    """Return ``{position: what spoils it}`` of the nearest miss, also when thousands of records came after it."""
    if matcher.text is None:
        return matcher.nearest(index.records)
    # A record that cannot be formatted may be the wanted one, when no other comes near.
    for positions in (list(index.messages.find(matcher.text)), sorted(index.messages.broken)):
        last = positions[-NEAR:]
        near = matcher.nearest([index.records[position] for position in last], limit=NEAR)
        if near:
            return {last[at]: why for at, why in near.items()}
    return {}


def summary(matcher: Matcher[Record], index: RecordIndex) -> str | None:
    """Return what is there when the records' messages do not tell: other loggers' records, or formatted texts."""
    asked = _asked(matcher)
    name, formatted = asked.get("logger"), asked.get("formatted")
    if name is not None and index.records and not _any_of(matcher, index, {"logger"}):
        whose = f"a logger that matches /{name.pattern}/" if isinstance(name, re.Pattern) else _below(name)
        return f"no record from {whose} ({len(index.records):,} from other loggers)"
    if formatted is not None and index.records:
        return listing(index.records, lambda record: show(formatted_by(formatted.formatter, record)), "record")
    return None


def hint(matcher: Matcher[Record], index: RecordIndex, handler: logging.Handler) -> str | None:
    """Return the rule of logging that keeps such a record from ``handler``, with the chain drawn; None if unsure."""
    asked = _asked(matcher)
    name = asked.get("logger")
    if isinstance(name, re.Pattern):
        return None
    if asked.keys() & KEYED and _any_of(matcher, index, KEYED):
        # Such a record did arrive; what this one lacks is something else, unless it was logged at a lower level.
        return _too_low(asked, matcher, index, handler)
    # Whatever stops a CRITICAL record stops those below it.
    level = asked.get("level", max(asked.get("min_level", 0), logging.CRITICAL))
    if name is not None:
        loggers = [each for each in all_loggers() if is_at_or_below(each.name, name)]
        if not loggers:
            return explain(name, level, handler=handler).hint
        routes = _stopped(loggers, level, handler)
        # The logger itself, or where only a placeholder stands, the first one below it.
        own = find_logger(name) or loggers[0]
        certain = next((route.hint for route in routes if route.logger == own.name), None)
        return certain or _too_low(asked, matcher, index, handler)
    loggers = list(itertools.islice(all_loggers(), LOGGERS + 1))
    if len(loggers) > LOGGERS:
        return None
    routes = _stopped(loggers, level, handler)
    if routes:
        route = routes[0]
        others = f"; no other logger lets one through to {getattr(handler, '_who', 'it')} either"
        return (route.hint or "").replace("\n", others + "\n", 1)
    return _unheard(loggers) if not asked and _is_nowhere(matcher, index) else None


def _is_nowhere(matcher: Matcher[Record], index: RecordIndex) -> bool:
    """Return whether there is no record with the wanted text, whatever else it has or lacks."""
    return not index.records or (matcher.text is not None and not list(index.messages.find(matcher.text)))


def _too_low(
    asked: Mapping[str, Any], matcher: Matcher[Record], index: RecordIndex, handler: logging.Handler
) -> str | None:
    """Return what stops DEBUG records of the logger, when nothing but the text and that logger was asked for."""
    name = asked.get("logger")
    if asked.keys() != {"logger"} or not isinstance(name, str) or not _is_nowhere(matcher, index):
        return None
    loggers = [each for each in all_loggers() if is_at_or_below(each.name, name)]
    own = find_logger(name)
    routes = _stopped(loggers, logging.DEBUG, handler)
    return next((route.hint for route in routes if own is not None and route.logger == own.name), None)


def _asked(matcher: Matcher[Record]) -> dict[str, Any]:
    return {field.name: wanted for field, wanted in matcher.conditions}


def _below(name: str) -> str:
    return "root itself" if name == "root" else f"{name!r} or below it"


def _any_of(matcher: Matcher[Record], index: RecordIndex, names: set[str] | frozenset[str]) -> bool:
    """Return whether any record meets those conditions of the matcher that have these names."""
    kept = [condition for condition in matcher.conditions if condition[0].name in names]
    return index.first(Matcher(matcher.vocabulary, None, None, kept)) is not None


def _stopped(loggers: Sequence[logging.Logger], level: int, handler: logging.Handler) -> list[Route]:
    """Return the routes from all these loggers when every one is stopped; nothing when one may get through."""
    routes = []
    for each in loggers:
        route = explain(each, level, handler=handler)
        if route.stopped_by is None:
            return []
        routes.append(route)
    return routes


def unheard() -> str | None:
    """Return what keeps records of any text away: root's level when none is lower, and which loggers are disabled."""
    loggers = list(itertools.islice(all_loggers(), LOGGERS + 1))
    return None if len(loggers) > LOGGERS else _unheard(loggers)


def _unheard(loggers: Sequence[logging.Logger]) -> str | None:
    root, *others = loggers
    told = []
    if root.level > logging.DEBUG and not any(0 < each.level < root.level for each in others):
        least = level_name(root.level)
        told.append(f"no record below {least} can arrive: that is root's level, and no other logger has a lower one")
    disabled = [show(each.name) for each in others if each.disabled]
    if disabled:
        names = ", ".join(disabled[:NAMED]) + (f" and {len(disabled) - NAMED:,} more" if len(disabled) > NAMED else "")
        told.append(f"{plural(len(disabled), 'logger')} {'is' if len(disabled) == 1 else 'are'} disabled: {names}")
    return ("\n" + " " * 12).join(told) or None
