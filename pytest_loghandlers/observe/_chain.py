"""The chain of loggers from root down to one logger: found without creating a logger, and drawn as text."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_loghandlers._base.report import cut, show

from ._aside import owned_by_pytest
from ._passage import pinned
from ._records import level_name

#: Loggers of one chain that are drawn; of a longer one the middle is left out.
DRAWN: Final = 12


def find_logger(name: str) -> logging.Logger | None:
    """Return the logger of that name, None when there is none (a placeholder is none); nothing is created."""
    root = logging.getLogger()
    if name in ("", root.name):
        return root
    found = root.manager.loggerDict.get(name)
    return found if isinstance(found, logging.Logger) else None


def nearest_ancestor(name: str) -> logging.Logger:
    """Return the logger that a logger of that name has, or would have, as its parent."""
    while "." in name:
        name = name.rpartition(".")[0]
        found = find_logger(name)
        if found is not None:
            return found
    return logging.getLogger()


def chain_of(logger: logging.Logger) -> list[logging.Logger]:
    """Return ``logger`` and its parents, root last."""
    chain: list[logging.Logger] = []
    current: logging.Logger | None = logger
    while current is not None and current not in chain:
        chain.append(current)
        current = current.parent
    return chain


def all_loggers() -> Iterator[logging.Logger]:
    """Yield root and every other logger that exists."""
    root = logging.getLogger()
    yield root
    for known in tuple(root.manager.loggerDict.values()):
        if isinstance(known, logging.Logger):
            yield known


def own_handlers(logger: logging.Logger) -> list[logging.Handler]:
    """Return the application's handlers on ``logger``: neither pytest's nor what is pinned."""
    # Not logger.handlers: a sandbox would take reading that for a change to come.
    return [handler for handler in vars(logger).get("handlers", ()) if not owned_by_pytest(handler)]


def handlers_of(logger: logging.Logger) -> list[logging.Handler]:
    """Return what is pinned to ``logger`` (a capture) and then the application's handlers on it."""
    guests = [guest for guest in pinned(logger) if isinstance(guest, logging.Handler) and not owned_by_pytest(guest)]
    return guests + own_handlers(logger)


def say_logger(logger: logging.Logger | str) -> str:
    """Return what a sentence calls the logger: its name in quotes, root without."""
    name = logger if isinstance(logger, str) else logger.name
    return "root" if name in ("", "root") else show(name)


# What stands in a ``handlers`` list may be anything: a Mock, an object that only has a level and handle().


def configured_name(handler: logging.Handler) -> str | None:
    """Return the handler's configured name, None when it has none, or none that can be read."""
    try:
        name = handler.name
    except Exception:  # noqa: BLE001 - a property of the user's
        return None
    return name if name and isinstance(name, str) else None


def level_of(handler: logging.Handler) -> int:
    """Return the handler's level; NOTSET when that is none."""
    level = getattr(handler, "level", None)
    return level if isinstance(level, int) else logging.NOTSET


def filters_of(owner: logging.Logger | logging.Handler) -> list[Any]:
    """Return the filters of a logger or a handler; none where they are no list."""
    filters = getattr(owner, "filters", None)
    return list(filters) if isinstance(filters, (list, tuple)) else []


def handler_name(handler: logging.Handler) -> str:
    """Return the handler's configured name, its fixture's name, or the name of its class."""
    who = configured_name(handler) or getattr(handler, "_who", None)
    return who if isinstance(who, str) else type(handler).__name__


def say_handler(handler: logging.Handler) -> str:
    """Return what a sentence calls the handler: ``'file' (RotatingFileHandler)``, or its class when it has no name."""
    name = configured_name(handler)
    return f"{show(name)} ({type(handler).__name__})" if name else handler_name(handler)


def say_filter(each: object) -> str:
    """Return what a drawing calls the filter: the name that a logging.Filter asks for, else its class or function."""
    if is_name_filter(each):
        return f"filter {getattr(each, 'name', '')!r}"
    return f"filter {getattr(each, '__name__', None) or type(each).__name__}"


def is_name_filter(each: object) -> bool:
    """Return whether the filter is logging's own, which judges a record by its logger's name alone."""
    return isinstance(each, logging.Filter) and type(each).filter is logging.Filter.filter


def carried_by(handler: logging.Handler) -> list[logging.Handler]:
    """Return the handlers that ``handler`` hands its records on to.

    A MemoryHandler's target, the handlers of a QueueHandler's listener (known to it since Python 3.12, by dictConfig).
    """
    target = getattr(handler, "target", None)
    listener = getattr(handler, "listener", None)
    found = [target] if isinstance(target, logging.Handler) else []
    behind = getattr(listener, "handlers", None)
    if isinstance(behind, (list, tuple)):
        found += [each for each in behind if isinstance(each, logging.Handler)]
    return found


def way_through(held: logging.Handler, wanted: logging.Handler, depth: int = 4) -> list[logging.Handler] | None:
    """Return the handlers from ``held`` to ``wanted``, both included; None when no record goes that way."""
    if held is wanted:
        return [held]
    for onward in carried_by(held) if depth else ():
        way = way_through(onward, wanted, depth - 1)
        if way is not None:
            return [held, *way]
    return None


def asks_level(way: Sequence[logging.Handler], index: int) -> bool:
    """Return whether the level of this handler counts: only ``callHandlers`` and a respectful listener ask for it."""
    return index == 0 or bool(getattr(getattr(way[index - 1], "listener", None), "respect_handler_level", False))


def draw_handler(handler: logging.Handler, depth: int = 0) -> str:
    """Return the handler as it stands in a drawing: ``file (RotatingFileHandler, ERROR)``."""
    name = handler_name(handler)
    facts = [type(handler).__name__] if name != type(handler).__name__ and not hasattr(handler, "_who") else []
    if level := level_of(handler):
        facts.append(level_name(level))
    facts += [say_filter(each) for each in filters_of(handler)]
    if lets_nothing_through(handler):
        facts.append("closed")
    text = cut(f"{name} ({', '.join(facts)})" if facts else name, 80)
    onward = carried_by(handler) if depth < 3 else []
    return f"{text} -> {' + '.join(draw_handler(each, depth + 1) for each in onward)}" if onward else text


def lets_nothing_through(handler: logging.Handler) -> bool:
    """Return whether the handler is a FileHandler that was closed in mode 'w': it drops every record (bpo-42378)."""
    return (
        isinstance(handler, logging.FileHandler)
        and bool(getattr(handler, "_closed", False))
        and handler.stream is None
        and handler.mode == "w"
    )


def draw(logger: logging.Logger, marks: Mapping[logging.Logger, str], missing: str | None = None) -> str:
    """Return the chain as text, root first, one line per logger.

    ``marks`` puts words behind ``<-`` at a logger. ``missing`` is the name of a logger below that does not exist.
    pytest's own handlers are left out.
    """
    rows: list[tuple[str, str]] = []
    for depth, each in enumerate(reversed(chain_of(logger))):
        facts = [level_name(each.level)] if each.level else ["(inherits)"] if depth else ["NOTSET"]
        handlers = handlers_of(each)
        if handlers:
            facts.append(f"handlers: {', '.join(draw_handler(handler) for handler in handlers)}")
        if not each.propagate and depth:
            facts.append("propagate=False")
        if each.disabled:
            facts.append("disabled")
        if each.filters:
            facts.append(", ".join(say_filter(one) for one in each.filters))
        if each in marks:
            facts.append(f"<- {marks[each]}")
        rows.append((_branch(depth, each.name), "\0".join(facts)))
    if missing is not None:
        rows.append((_branch(len(rows), missing), "(does not exist)"))
    width = max(len(branch) for branch, _ in rows)
    level_width = max(len(row.partition("\0")[0]) for _, row in rows if not row.startswith("("))
    lines = []
    for branch, row in rows:
        level, _, rest = row.partition("\0")
        line = f"{branch:<{width}} {f'{level:<{level_width}}' if rest else level}"
        lines.append(f"{line}   {rest.replace(chr(0), '   ')}" if rest else line)
    if len(lines) > DRAWN:
        hidden = len(lines) - DRAWN
        lines[4 : 4 + hidden] = [f"... {hidden} loggers between them"]
    return "\n".join(lines)


def _branch(depth: int, name: str) -> str:
    return f"{'  ' * (depth - 1)}└ {name}" if depth else name
