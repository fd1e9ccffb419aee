"""The logger tree: what changed since the journal was opened, and how to undo it.

Only what is used is noted, so the cost follows what a test does. Looking at all loggers is left to the dict itself
(one copy, one comparison), at C speed.
"""

from __future__ import annotations

import logging
import sys
from operator import attrgetter
from typing import Any

from ._loggers import Watcher, watch
from ._mocks import patched_by_mock

_LISTS = ("handlers", "filters")


def imports_under_way() -> list[Any]:
    """Return the specs of the modules that are being imported further up the stack."""
    up: Any = sys._getframe(1)  # noqa: SLF001 - the stack is the only witness
    specs = []
    while up is not None:
        spec = up.f_globals.get("__spec__")
        if up.f_code.co_name == "<module>" and getattr(spec, "_initializing", False):
            specs.append(spec)
        up = up.f_back
    return specs


class Journal(Watcher):
    """The state of every logger when it was opened, kept for those that are used."""

    def __init__(self) -> None:
        root = logging.getLogger()
        self.manager: Any = logging.Logger.manager
        self.tree: dict[str, Any] = dict(self.manager.loggerDict)
        #: Each used logger: its attributes, and its handlers and filters as lists of their own.
        self.before: dict[logging.Logger, tuple[dict[str, Any], dict[str, list[Any]]]] = {}
        #: Loggers born since, each with the modules that were being imported then: it is theirs.
        self.born: dict[logging.Logger, list[Any]] = {}
        self._unwatch = watch(self)
        self.before_use(root)

    def before_use(self, logger: logging.Logger) -> bool:
        state = vars(logger)
        if "name" not in state:
            # It is inside its __init__.
            self.born[logger] = imports_under_way()
        elif self.born.get(logger) and any(getattr(spec, "_initializing", False) for spec in self.born[logger]):
            return True  # What the import still does to it is the module's, not the test's.
        elif logger not in self.before and (logger not in self.born or self.born[logger]):
            # The first of two threads that come at once has seen it before any change.
            self.before.setdefault(logger, (dict(state), {name: list(state.get(name, ())) for name in _LISTS}))
        return bool(self.born.get(logger)) and logger not in self.before

    def restore(self) -> None:
        """Put every logger back, take the new ones out of the tree, and close the journal.

        A logger that a module made for itself while it was imported stays in the tree, as the import left it (of its
        handlers, NullHandlers only: others end with the test): the module holds it for good, and a second one under
        its name would leave the module with one that nobody configures.
        """
        self._unwatch()
        levels = False
        for logger, (attributes, lists) in list(self.before.items()):
            state = vars(logger)
            levels = levels or state.get("level") != attributes["level"]
            for name in _LISTS:
                if name in attributes:
                    attributes[name][:] = lists[name]  # The same list object: somebody may hold it.
            if state != attributes:
                levels = levels or state.get("parent") is not attributes.get("parent")
                theirs = {name: state[name] for name in patched_by_mock(logger) - attributes.keys() if name in state}
                state.clear()
                state.update(attributes | theirs)
        tree = self.manager.loggerDict
        if self.born or len(tree) != len(self.tree):
            self._restore_tree(tree)
            levels = True
        if levels:
            clear_level_caches(tree)

    def _restore_tree(self, tree: dict[str, Any]) -> None:
        # A logging.Logger("name") that somebody made for himself stands in no tree, and stays as it is.
        ours = [logger for logger in self.born if tree.get(logger.name) is logger]
        for logger in ours:
            del tree[logger.name]
            self._leave_placeholders(tree, logger)
        for name, held in self.tree.items():
            if tree.get(name) is not held:
                tree[name] = held
        for name in [name for name in tree if name not in self.tree]:
            del tree[name]
        for logger in ours:
            if self.born[logger]:
                self._bear_again(tree, logger)

    @staticmethod
    def _leave_placeholders(tree: dict[str, Any], logger: logging.Logger) -> None:
        parts = logger.name.split(".")
        for length in range(1, len(parts)):
            above = tree.get(".".join(parts[:length]))
            if isinstance(above, logging.PlaceHolder):
                above.loggerMap.pop(logger, None)

    def _bear_again(self, tree: dict[str, Any], logger: logging.Logger) -> None:
        state = vars(logger)
        state["parent"] = None
        state["handlers"][:] = [each for each in state["handlers"] if type(each) is logging.NullHandler]
        held = tree.get(logger.name)
        if isinstance(held, logging.Logger):
            return
        tree[logger.name] = logger
        if held is not None:
            self.manager._fixupChildren(held, logger)  # noqa: SLF001 - as Manager.getLogger does
        self.manager._fixupParents(logger)  # noqa: SLF001 - as above


def clear_level_caches(tree: dict[str, Any]) -> None:
    """Empty the level cache of every logger in ``tree`` and of root; only full ones cost anything."""
    logging.getLogger()._cache.clear()  # type: ignore[attr-defined]  # noqa: SLF001 - as Manager._clear_cache does
    placeholder: Any = logging.PlaceHolder
    placeholder._cache = {}  # noqa: SLF001 - so that one attrgetter serves the whole tree at C speed
    try:
        for cache in filter(None, map(attrgetter("_cache"), list(tree.values()))):
            cache.clear()
    finally:
        del placeholder._cache  # noqa: SLF001 - as above
