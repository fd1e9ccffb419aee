"""The handlers that one spy watches: found, named, and let go."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Any

from pytest_loghandlers._base.errors import ArgumentError, UnknownHandlerError
from pytest_loghandlers._base.report import show

from ._event import Meant
from ._probe import Probe
from ._reach import hook_listeners, is_handler, listened_handlers, named_handlers, reached_from, tree_handlers
from ._turns import Recorder


class Watching:
    """The probes of a spy. With ``follow`` everything that what it watches can reach is watched too."""

    def __init__(self, who: str, recorder: Recorder, *, follow: bool) -> None:
        self.who = who
        self.recorder = recorder
        self.follow = follow
        #: Handlers that could not be instrumented, with the reason.
        self.refused: list[str] = []
        self._probes: dict[int, Probe] = {}
        self._labels: dict[int, tuple[str, str]] = {}
        self._lock = threading.RLock()
        self._ended = False
        recorder.label = self.label

    def add(self, handlers: Iterable[object]) -> None:
        """Watch ``handlers`` and, with ``follow``, all behind them. Never raises: it runs inside ``addHandler``."""
        try:
            found = reached_from(handlers) if self.follow else list(filter(is_handler, handlers))
        except Exception as error:  # noqa: BLE001 - a handler's attributes are the user's
            self.refused.append(f"{type(error).__name__}: {show(str(error))}")
            return
        with self._lock:
            for handler in found:
                if id(handler) in self._probes or self._ended:
                    continue
                try:
                    self._probes[id(handler)] = Probe(handler, self.recorder, self._before_pass_on(handler))
                except Exception as error:  # noqa: BLE001 - as above
                    self.refused.append(f"{type(handler).__name__}: {type(error).__name__}: {show(str(error))}")

    def add_tree(self) -> None:
        """Watch all that logging's tree reaches now."""
        self.add(tree_handlers())

    def attached(self, logger: logging.Logger, handler: logging.Handler) -> None:
        """Watch a handler that was just attached, and listeners that ``logging.handlers`` has brought since."""
        del logger
        hook_listeners()
        self.add((handler, *listened_handlers()))

    def _before_pass_on(self, handler: Any) -> Any:
        """Return what notices that a MemoryHandler, or one like it, got another target."""
        if not self.follow or "target" not in vars(handler):
            return None
        known = handler.target

        def look() -> None:
            nonlocal known
            target = vars(handler).get("target")
            if target is not known:
                known = target
                self.add((target,))

        return look

    def end(self) -> None:
        """Take every probe out."""
        with self._lock:
            self._ended = True
            for probe in reversed(self._probes.values()):
                probe.remove()

    def handlers(self) -> list[tuple[str, logging.Handler]]:
        """Return the watched handlers with the names that messages use, in the order they were found."""
        return [(self.label(probe), probe.handler) for probe in list(self._probes.values())]

    def label(self, probe: Probe) -> str:
        """Return the configured name of the handler, else its class's; a later one of the same name gets a number."""
        handler = probe.handler
        base = _name(handler)
        held = self._labels.get(id(handler))
        if held is None or held[0] != base:
            with self._lock:
                count = sum(known[0] == base for known in self._labels.values())
                held = self._labels[id(handler)] = (base, base if not count else f"{base}#{count + 1}")
        return held[1]

    def meant(self, wanted: Any, name: str = "handler") -> Meant:
        """Return the handlers that a handler, or a name, stands for.

        A configured name (or a class's) stands for every watched handler that has it: a configuration applied during
        the test makes a new one. Raises UnknownHandlerError when there is none, ArgumentError for anything else.
        """
        if is_handler(wanted):
            for label, handler in self.handlers():
                if handler is wanted:
                    return Meant(repr(label), (handler,))
            raise UnknownHandlerError(f"{self.who} does not watch {show(wanted)}; it watches {self._known()}")
        if not isinstance(wanted, str):
            raise ArgumentError(
                f"{name}={show(wanted)} is not a handler: give a logging.Handler, or the name of one that is watched"
            )
        if self.follow and (configured := named_handlers().get(wanted)) is not None:
            # Configured, but attached to nothing so far.
            self.add((configured,))
        found = [handler for label, handler in self.handlers() if wanted in (label, _name(handler))]
        if not found:
            raise UnknownHandlerError(f"{self.who} watches no handler named {wanted!r}; it watches {self._known()}")
        return Meant(repr(wanted), tuple(found))

    def all_meant(self, wanted: Any, name: str) -> list[Meant]:
        """Return what a handler, a name, or a sequence of them stands for; None is nobody."""
        if wanted is None:
            return []
        several = isinstance(wanted, (list, tuple, set, frozenset))
        return [self.meant(each, name) for each in (wanted if several else (wanted,))]

    def _known(self) -> str:
        return ", ".join(repr(label) for label, _ in self.handlers()) or "none"

    def resolve(self, wanted: Any) -> logging.Handler:
        """Return a handler to be watched, given itself or by its configured name. Raises as ``meant``."""
        if is_handler(wanted):
            return wanted
        if not isinstance(wanted, str):
            raise ArgumentError(
                f"{show(wanted)} is not a handler: give a logging.Handler, or the configured name of one"
            )
        named = named_handlers()
        for handler in reached_from(tree_handlers()):
            named.setdefault(_name(handler), handler)
        if wanted not in named:
            known = ", ".join(map(repr, named)) or "none"
            raise UnknownHandlerError(f"no handler is named {wanted!r}; there are {known}")
        return named[wanted]


def _name(handler: logging.Handler) -> str:
    """Return the configured name, else the class's name; survives a handler whose __init__ never ran."""
    try:
        return str(handler.name or type(handler).__name__)
    except Exception:  # noqa: BLE001 - get_name may be the user's
        return type(handler).__name__
