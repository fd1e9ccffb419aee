"""Why did it not arrive? The way of a record from its logger to a handler, judged without logging one.

The rules are those of ``Logger.isEnabledFor``, ``Logger.handle``, ``Logger.callHandlers`` and ``Handler.handle``. No
filter and no handler is called, no logger is created, nothing is changed.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import plural, show

from ._chain import (
    all_loggers,
    asks_level,
    chain_of,
    draw,
    filters_of,
    find_logger,
    handlers_of,
    is_name_filter,
    lets_nothing_through,
    level_of,
    nearest_ancestor,
    own_handlers,
    say_filter,
    say_handler,
    say_logger,
    way_through,
)
from ._records import level_name, level_number, logger_name

#: More names than these are not searched for a similar one.
SIMILAR: Final = 2000


class _Obstacle(NamedTuple):
    """What stops the record: the whole sentence, and the logger whose line of the drawing gets the mark."""

    words: str
    at: logging.Logger | None


@dataclass(frozen=True)
class Route:
    """What logging's rules do to a record of ``level`` that is logged on ``logger``."""

    logger: str
    level: int
    #: The first rule that stops it, as a sentence; None when no rule does.
    stopped_by: str | None
    #: The chain of loggers with levels and handlers, root first; ``<-`` marks where the record stops.
    text: str
    #: The handlers that get it, in logging's order; empty when it is stopped.
    reached: tuple[logging.Handler, ...] = ()
    #: What cannot be known without a record: filters that are code.
    doubts: tuple[str, ...] = ()

    @property
    def hint(self) -> str | None:
        """The sentence with the drawing below it, for the hint of a failure; None when nothing certain stops it."""
        if self.stopped_by is None:
            return None
        return "\n".join([self.stopped_by, *(f"{'':12}{line}" for line in self.text.split("\n"))])

    def __str__(self) -> str:
        end = self.stopped_by
        if end is None:
            names = " and ".join(say_handler(handler) for handler in self.reached)
            end = f"{_a_record(self.level)} from {say_logger(self.logger)} reaches {names}"
        doubts = "".join(f"\n{doubt}" for doubt in self.doubts)
        return f"{end}{doubts}\n{self.text}"


def _a_record(level: int) -> str:
    name = level_name(level)
    if name.lstrip("-").isdigit():
        return f"a record of level {name}"
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name} record"


def _a_way_out(logger: logging.Logger, level: int, name: str, doubts: list[str]) -> list[_Obstacle]:
    """Return what keeps the record from leaving its own logger, in logging's order."""
    start = f"{_a_record(level)} cannot leave {say_logger(logger)}: "
    obstacles: list[_Obstacle] = []
    if logger.disabled:
        why = "the logger is disabled (dictConfig and fileConfig do that unless disable_existing_loggers is False)"
        obstacles.append(_Obstacle(start + why, logger))
    disable = logger.manager.disable
    if disable >= level:
        obstacles.append(_Obstacle(f"{start}logging.disable({level_name(disable)}) is in force", None))
    source = next((each for each in chain_of(logger) if each.level), None)
    if source is not None and level < source.level:
        if source is logger:
            why = f"its level is {level_name(source.level)}"
        else:
            why = f"its effective level is {level_name(source.level)}, set on {say_logger(source)}"
        obstacles.append(_Obstacle(start + why, source))
    allowed = not (disable >= level or (source is not None and level < source.level))
    cached = getattr(logger, "_cache", {}).get(level)
    if cached is not None and bool(cached) is not allowed:
        told = "enabled" if cached else "disabled"
        why = f"its level cache says {told}, against the levels: one of them was written without setLevel()"
        if cached:
            # The cache is what logging asks; so the level does not stop the record, and disabled came before.
            obstacles = [each for each in obstacles if each.at is logger and logger.disabled][:1]
            doubts.append(f"{_a_record(level)} leaves {say_logger(logger)} only because {why}")
        else:
            obstacles.append(_Obstacle(start + why, logger))
    return obstacles + _refused_by_filters(logger, f"{start}its ", logger, name, doubts)


def _refused_by_filters(
    owner: Any, start: str, at: logging.Logger, name: str, doubts: list[str], wording: str = "stops it"
) -> list[_Obstacle]:
    """Judge logging's own filters, which look at the logger's name; any other goes to ``doubts``."""
    obstacles = []
    for each in filters_of(owner):
        if not is_name_filter(each):
            who = say_handler(owner) if isinstance(owner, logging.Handler) else say_logger(owner)
            doubts.append(f"{say_filter(each)} on {who} may stop it")
        elif each.name and name != each.name and not name.startswith(f"{each.name}."):
            obstacles.append(_Obstacle(f"{start}{say_filter(each)} {wording}", at))
    return obstacles


def _at_handler(
    handler: logging.Handler, at: logging.Logger, level: int, name: str, doubts: list[str], *, asked_level: bool = True
) -> list[_Obstacle]:
    """Return what keeps the record from being emitted by ``handler``, which it has reached."""
    start = f"{_a_record(level)} from {say_logger(name)} reaches {say_handler(handler)}, but "
    obstacles = []
    if asked_level and level < level_of(handler):
        obstacles.append(_Obstacle(f"{start}its level is {level_name(level_of(handler))}", at))
    obstacles += _refused_by_filters(handler, f"{start}its ", at, name, doubts)
    if lets_nothing_through(handler):
        obstacles.append(_Obstacle(f"{start}it was closed, and a closed file of mode 'w' takes no record", at))
    if getattr(type(handler), "handle", None) is logging.NullHandler.handle:
        obstacles.append(_Obstacle(f"{start}a NullHandler drops every record", at))
    return obstacles


def _to_one(
    chain: Sequence[logging.Logger], handler: logging.Handler, level: int, name: str, doubts: list[str]
) -> list[_Obstacle]:
    """Return what lies between the logger and this handler on its best way there."""
    best: tuple[list[_Obstacle], list[str]] | None = None
    walls: list[_Obstacle] = []
    for logger in chain:
        for held in handlers_of(logger):
            way = way_through(held, handler)
            if way is None:
                continue
            unknown: list[str] = []
            obstacles = list(walls)
            for index, each in enumerate(way):
                obstacles += _at_handler(each, logger, level, name, unknown, asked_level=asks_level(way, index))
                if each is not handler:
                    obstacles += _held_back(each, logger, level, name, unknown)
            if best is None or len(obstacles) < len(best[0]):
                best = (obstacles, unknown)
        if not logger.propagate and logger.parent is not None:
            words = f"does not get past {say_logger(logger)}: propagate is False there"
            walls.append(_Obstacle(f"{_a_record(level)} from {say_logger(name)} {words}", logger))
    if best is not None:
        doubts += best[1]
        return best[0]
    # What dictConfig of Python 3.11 or code of one's own builds does not tell the QueueHandler about its listener.
    queues = [held for logger in chain for held in own_handlers(logger) if hasattr(held, "enqueue")]
    queues = [held for held in queues if getattr(held, "listener", None) is None]
    if queues:
        doubts.append(f"{say_handler(queues[0])} may hand it on: which handlers its listener has is not known")
        return []
    where = [each for each in all_loggers() if any(way_through(held, handler) for held in handlers_of(each))]
    if len(chain) == 1:
        words = f"{say_handler(handler)} is not attached to {say_logger(name)}"
    else:
        words = f"{say_handler(handler)} is attached neither to {say_logger(name)} nor to a parent of it"
    if where:
        words += f", but to {' and '.join(say_logger(each) for each in where[:3])}"
    return [_Obstacle(words, None)]


def _held_back(
    carrier: logging.Handler, at: logging.Logger, level: int, name: str, doubts: list[str]
) -> list[_Obstacle]:
    """Return why a handler that hands records on does not hand on this one, now."""
    listener = getattr(carrier, "listener", None)
    # Private, and the only sign there is; a listener that keeps it elsewhere is taken to run.
    if listener is not None and getattr(listener, "_thread", listener) is None:
        words = (
            f"{_a_record(level)} from {say_logger(name)} reaches {say_handler(carrier)}, but its listener does not run"
        )
        return [_Obstacle(f"{words} (dictConfig makes one without starting it)", at)]
    flush_level = getattr(carrier, "flushLevel", None)
    if isinstance(flush_level, int) and level < flush_level:
        doubts.append(f"{say_handler(carrier)} holds it back until {level_name(flush_level)} or until it is full")
    return []


def _to_any(
    chain: Sequence[logging.Logger], level: int, name: str, doubts: list[str]
) -> tuple[list[logging.Handler], list[_Obstacle]]:
    """Return the application's handlers that get the record, and what keeps it from the others."""
    reached: list[logging.Handler] = []
    obstacles: list[_Obstacle] = []
    last, refused = chain[0], 0
    for logger in chain:
        last = logger
        for handler in own_handlers(logger):
            against = _at_handler(handler, logger, level, name, doubts)
            obstacles += against
            refused += bool(against)
            if not against:
                reached.append(handler)
        if not logger.propagate:
            break
    if not reached and not refused:
        return _to_last_resort(last, level, name)
    if reached:
        return reached, []
    first, *others = obstacles
    if refused > 1:
        first = first._replace(
            words=f"{first.words}; the other {plural(refused - 1, 'handler')} on its way refuse it too"
        )
    return [], [first, *others]


def _to_last_resort(last: logging.Logger, level: int, name: str) -> tuple[list[logging.Handler], list[_Obstacle]]:
    resort = logging.lastResort
    if resort is not None and level >= resort.level:
        return [resort], []
    cut_off = last.parent is not None
    way = f"between {say_logger(name)} and {say_logger(last)}" if last.name != name else f"on {say_logger(name)}"
    words = f"{_a_record(level)} from {say_logger(name)} finds no handler: there is none {way}"
    words += ", where propagate=False ends its way" if cut_off else ""
    least = "is None" if resort is None else f"takes {level_name(resort.level)} and above"
    return [], [_Obstacle(f"{words}, and logging.lastResort {least}", last if cut_off else None)]


def _nobody(name: str, level: int) -> Route:
    """Return the route of a logger that does not exist."""
    words = f"no logger named {say_logger(name)} exists"
    known = logging.getLogger().manager.loggerDict
    if name in known:
        below = [each.name for each in all_loggers() if each.name.startswith(f"{name}.")]
        words += f", only below it ({', '.join(show(each) for each in below[:3])})" if below else ""
    elif len(known) <= SIMILAR:
        similar = difflib.get_close_matches(name, [each.name for each in all_loggers()], 1)
        words += f"; the nearest name is {show(similar[0])}" if similar else ""
    return Route(name, level, words, draw(nearest_ancestor(name), {}, missing=name))


def explain(
    logger: str | logging.Logger,
    level: int | str,
    *,
    handler: logging.Handler | None = None,
    record: logging.LogRecord | None = None,
) -> Route:
    """Return the route of a record of ``level`` logged on ``logger``: to ``handler``, or to any of the application's.

    ``record``, when there is one, gives the name that name filters look at. ``handler`` may also be the target of a
    MemoryHandler or a handler of a QueueListener. A filter that is not logging's own is named in ``doubts``: what it
    says about a record cannot be known beforehand. Raises ArgumentError for a level that logging does not know.
    """
    number = level_number(level)
    if handler is not None and not isinstance(handler, logging.Handler):
        raise ArgumentError(f"handler={show(handler)}: it is a logging.Handler")
    name = logger_name(logger)
    origin = logger if isinstance(logger, logging.Logger) else find_logger(name)
    if origin is None:
        return _nobody(name, number)
    seen_as = name if record is None else record.name
    doubts: list[str] = []
    obstacles = _a_way_out(origin, number, seen_as, doubts)
    chain = chain_of(origin)
    if handler is None:
        reached, more = _to_any(chain, number, seen_as, doubts)
    else:
        more = _to_one(chain, handler, number, seen_as, doubts)
        reached = [handler]
    obstacles += more
    marks: dict[logging.Logger, str] = {}
    for index, obstacle in enumerate(obstacles):
        if obstacle.at is not None:
            marks[obstacle.at] = "and it would stop here" if index else "it stops here"
    stopped_by = obstacles[0].words if obstacles else None
    return Route(name, number, stopped_by, draw(origin, marks), () if obstacles else tuple(reached), tuple(doubts))
