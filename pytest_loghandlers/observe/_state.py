"""What is global in ``logging`` besides the loggers: saved, and put back in place.

The list follows logging/__init__.py of CPython 3.11 to 3.15; a name that a version lacks is passed over.
"""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

from pytest_loghandlers._base.lifetime import Lifetime

from ._mocks import patched_by_mock

_ABSENT = object()
_MODULE = (
    "root",
    "raiseExceptions",
    "lastResort",
    "_loggerClass",
    "_logRecordFactory",
    "logThreads",
    "logProcesses",
    "logMultiprocessing",
    "logAsyncioTasks",
    "_srcfile",
    "_defaultFormatter",
    "_defaultLastResort",
)
_IN_PLACE = ("_levelToName", "_nameToLevel")
_CLASSES = (
    ("logging", "Formatter", ("converter", "default_time_format", "default_msec_format")),
    ("logging", "Handler", ("handleError",)),
    ("logging", "StreamHandler", ("terminator",)),
    ("logging", "Logger", ("manager", "root")),
    ("logging.handlers", "SysLogHandler", ("append_nul", "ident")),
    ("logging.handlers", "SocketHandler", ("handleError",)),
)
#: What belongs to a handler's configuration; the rest (streams, sockets, buffers) is its running state.
_OF_A_HANDLER = ("level", "formatter", "lock", "handle", "emit", "handleError", "flush", "close", "format")


class HandlerState:
    """The configuration of one handler that was there before the test."""

    def __init__(self, handler: logging.Handler) -> None:
        self.handler = handler
        state = vars(handler)
        self.attributes = {name: state.get(name, _ABSENT) for name in _OF_A_HANDLER}
        self.name = state.get("_name")
        self.filter_list = state.get("filters", [])
        self.filters = list(self.filter_list)
        self.closed = state.get("_closed", _ABSENT)
        self.was_open = state.get("stream") is not None
        self.target = state.get("target", _ABSENT)

    def restore(self) -> None:
        """Put the configuration back; open a FileHandler again that the test's configuration closed."""
        state, theirs = vars(self.handler), patched_by_mock(self.handler)
        for name, value in self.attributes.items():
            if value is _ABSENT:
                if name not in theirs:
                    state.pop(name, None)
                continue
            state[name] = value
            spied = getattr(value, "_loghandlers_probe", None)
            if spied is not None and not spied.live:
                spied.remove()  # A spy that was at work when this was saved, and has ended before.
        state["_name"] = self.name
        if isinstance(self.filter_list, list):
            self.filter_list[:] = self.filters
        state["filters"] = self.filter_list
        if self.closed is not _ABSENT:
            state["_closed"] = self.closed
        if self.target is not _ABSENT and state.get("target") is None:
            state["target"] = self.target
        if self.was_open and isinstance(self.handler, logging.FileHandler) and self.handler.stream is None:
            # With mode 'w' it would empty the file, or (3.10 and later) stay silent for good.
            mode, self.handler.mode = self.handler.mode, "a"
            try:
                self.handler.stream = self.handler._open()  # noqa: SLF001 - as FileHandler.emit does
            except OSError:
                pass  # Its directory is gone by now: it opens at its next record, as it was born to.
            finally:
                self.handler.mode = mode


class GlobalState:
    """A snapshot of what is global; ``restore`` makes it so again."""

    def __init__(self) -> None:
        module: Any = logging
        self.module = {name: getattr(module, name, _ABSENT) for name in _MODULE}
        self.in_place = {name: dict(getattr(module, name)) for name in _IN_PLACE}
        self.names = dict(module._handlers)  # noqa: SLF001 - logging's own table
        self.references = list(module._handlerList)  # noqa: SLF001 - as above
        self.known = self._listed()
        self.handlers = [HandlerState(handler) for handler in self.known]
        self.manager = module.Logger.manager
        self.of_manager = {name: value for name, value in vars(self.manager).items() if name != "loggerDict"}
        self.classes = [
            (holder, name, vars(holder).get(name, _ABSENT))
            for module_name, class_name, names in _CLASSES
            if (holder := getattr(sys.modules.get(module_name), class_name, None)) is not None
            for name in names
        ]
        self.captures_warnings = module._warnings_showwarning  # noqa: SLF001 - what captureWarnings keeps
        self.listener = getattr(sys.modules.get("logging.config"), "_listener", _ABSENT)

    @staticmethod
    def _listed() -> list[logging.Handler]:
        references = logging._handlerList  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        listed = [handler for reference in references if (handler := reference()) is not None]
        # A capture of ours is a handler, and minds itself.
        return [handler for handler in listed if not isinstance(handler, Lifetime)]

    def made_since(self) -> list[logging.Handler]:
        """Return the handlers that were made since the snapshot and are still listed, the oldest first."""
        known = {id(handler) for handler in self.known}
        return [handler for handler in self._listed() if id(handler) not in known]

    def restore(self) -> bool:
        """Put everything back; return whether ``logging.disable`` or the manager had changed."""
        module: Any = logging
        for name, value in self.module.items():
            if value is not _ABSENT:
                setattr(module, name, value)
        for name, value in self.in_place.items():
            table = getattr(module, name)
            if table != value:
                table.clear()
                table.update(value)
        for state in self.handlers:
            state.restore()
        module._handlers.clear()  # noqa: SLF001 - as above
        module._handlers.update(self.names)  # noqa: SLF001 - as above
        module._handlerList[:] = [ref for ref in self.references if ref() is not None]  # noqa: SLF001 - as above
        for holder, name, value in self.classes:
            if vars(holder).get(name, _ABSENT) is value:
                continue
            if value is _ABSENT:
                delattr(holder, name)
            else:
                setattr(holder, name, value)
        now = {name: value for name, value in vars(self.manager).items() if name != "loggerDict"}
        if changed := now != self.of_manager:
            for name in now.keys() - self.of_manager.keys():
                delattr(self.manager, name)
            vars(self.manager).update(self.of_manager)
        self._restore_warnings()
        if self.listener is not _ABSENT:
            config = vars(sys.modules["logging.config"])
            if config["_listener"] not in (None, self.listener):
                config["_listener"].abort = 1  # As stopListening() does; nobody could stop it any more.
            config["_listener"] = self.listener
        return changed

    def _restore_warnings(self) -> None:
        module: Any = logging
        if self.captures_warnings is None and module._warnings_showwarning is not None:  # noqa: SLF001 - as above
            # pytest sets warnings.showwarning anew in each phase: only what captureWarnings put there is ours to undo.
            if warnings.showwarning is module._showwarning:  # noqa: SLF001 - as above
                warnings.showwarning = module._warnings_showwarning  # noqa: SLF001 - as above
            module._warnings_showwarning = None  # noqa: SLF001 - as above
        elif self.captures_warnings is not None and module._warnings_showwarning is None:  # noqa: SLF001 - as above
            module.captureWarnings(True)
