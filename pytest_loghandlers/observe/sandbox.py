"""``logging_sandbox``: what a test does to logging, undone; and the application's own configuration, applied."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping
from os import PathLike
from typing import Any

from pytest_loghandlers._base.errors import ArgumentError, LeakError, UnknownHandlerError
from pytest_loghandlers._base.lifetime import UNDO_TIMEOUT, Lifetime, bounded, stack_of
from pytest_loghandlers._base.report import listing, show

from ._aside import in_force, set_aside
from ._configuration import apply
from ._journal import Journal, clear_level_caches
from ._records import show_record
from ._state import GlobalState
from .route import Route, explain


class LoggingSandbox(Lifetime):
    """Logging's whole global state, saved at the start and put back at the end.

    Loggers (levels, handlers, filters, ``propagate``, ``disabled``, parents), the logger tree, level names, handler
    names, ``logging.disable``, ``lastResort``, ``raiseExceptions``, factories, ``captureWarnings`` and the
    configuration of the handlers that were there before. The cost follows what the test changes.

    While it is on, pytest's own handlers are set aside: they neither decide a test's outcome (they re-raise from
    ``handleError``) nor are they closed by dictConfig. caplog, in a test that asks for it, ``--log-file`` and live
    log are served all the same.

    Handlers made during the test are flushed and closed at its end, the newest first, each within
    ``UNDO_TIMEOUT`` (5) seconds; one that raises or hangs there is reported as LeakError. A logger that the test
    made is forgotten; one that a module made while it was imported stays, as it was born.

    ::

        with LoggingSandbox() as sandbox:
            sandbox.configure({"version": 1, "root": {"level": "INFO"}})
    """

    _who = "logging_sandbox"

    def _start(self) -> None:
        self._defer(set_aside(), "putting pytest's handlers back")
        self._kept = in_force()
        self._first = len(self._kept.records)
        self._state = GlobalState()
        self._journal = Journal()
        self._manager_changed = True
        # Two steps: what one of them cannot restore does not keep the other from it.
        self._defer(self._restore_loggers, "restoring the loggers")
        self._defer(self._restore_state, "restoring logging's state")
        self._defer(self._close_handlers, "closing the handlers made during the test")

    def _restore_state(self) -> None:
        self._manager_changed = self._state.restore()

    def _restore_loggers(self) -> None:
        self._journal.restore()
        if self._manager_changed:
            clear_level_caches(self._journal.manager.loggerDict)

    def configure(
        self,
        config: Mapping[str, Any] | str | PathLike[str],
        *,
        defaults: Mapping[str, str] | None = None,
        disable_existing_loggers: bool | None = None,
    ) -> None:
        """Apply a configuration: a dictConfig mapping, or the path of a file that holds one.

        A ``.json``, ``.toml``, ``.yaml`` or ``.yml`` file is read as a dictConfig mapping; any other (``.ini``,
        ``.cfg``, ``.conf``) goes to ``logging.config.fileConfig`` with ``defaults``. The mapping is not changed.
        ``disable_existing_loggers``, when given, takes the place of what the configuration says (or of
        logging's default, True).

        Raises ConfigurationError with the whole chain of causes when logging.config refuses it, ArgumentError for
        what is no configuration, MissingExtraError when YAML is not installed.
        """
        self._require_running()
        apply(config, defaults=defaults, disable_existing_loggers=disable_existing_loggers)

    def handler(self, name: str) -> Any:
        """Return the handler that was configured under ``name``, on every supported Python.

        Raises UnknownHandlerError with the names there are.
        """
        self._require_running()
        if not isinstance(name, str):
            raise ArgumentError(f"handler({show(name)}): a handler is asked for by its configured name, a str")
        found: Any = logging._handlers.get(name)  # type: ignore[attr-defined]  # noqa: SLF001 - getHandlerByName is 3.12's
        if found is None:
            # Closing another handler of the same name removes the name from logging's table.
            named = [handler for handler in self.handlers if _name(handler) == name]
            found = next((handler for handler in reversed(named) if not getattr(handler, "_closed", False)), None)
        if found is None:
            names = sorted({_name(handler) for handler in self.handlers if _name(handler)})
            known = ", ".join(show(name) for name in names) if names else "none: nothing was configured"
            raise UnknownHandlerError(f"no handler is named {show(name)}; the names there are: {known}")
        return found

    @property
    def handlers(self) -> tuple[logging.Handler, ...]:
        """Every live handler that logging knows of, pytest's apart, the oldest first."""
        references = logging._handlerList  # type: ignore[attr-defined]  # noqa: SLF001 - the list of shutdown()
        listed = [handler for reference in references if (handler := reference()) is not None]
        return tuple(listed)

    def explain(self, logger: str | logging.Logger, level: int | str, *, handler: Any = None) -> Route:
        """Return the route of such a record, without logging one: what stops it, and the chain drawn as text.

        ``handler`` (a handler or its configured name) asks whether it reaches that one.
        """
        self._require_running()
        if isinstance(handler, str):
            handler = self.handler(handler)
        return explain(logger, level, handler=handler)

    def _close_handlers(self) -> None:
        failures: list[str] = []
        for handler in reversed(self._state.made_since()):
            listener: Any = getattr(handler, "listener", None)  # dictConfig makes them since 3.12.
            if getattr(listener, "_thread", None) is not None:
                failures += _put_away(handler, "listener.stop", listener.stop)
            failures += _put_away(handler, "flush", handler.flush) + _put_away(handler, "close", handler.close)
        if failures:
            raise LeakError("handlers made during the test could not be put away:\n" + "\n".join(failures))

    def _report(self) -> str:
        records = self._kept.records[self._first :]
        return listing(records, show_record, "record") if records else ""


def _name(handler: logging.Handler) -> str:
    """Return the configured name; a handler may have made a property of its own of ``name``, which may raise."""
    return str(vars(handler).get("_name") or "")


def _in_use(handler: logging.Handler) -> str:
    """Return which threads are in ``emit`` of ``handler``, and so hold its lock; empty when none is."""
    text = ""
    for thread in threading.enumerate():
        frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - the only way to see another thread's stack
        while frame is not None:
            if frame.f_code.co_name == "emit" and frame.f_locals.get("self") is handler:
                text += (
                    f"\n  because thread {thread.name!r} is in its emit() still, and holds its lock, in\n"
                    f"{stack_of(thread, 4)}\n"
                    "  let it go before the end of the test: recover() of the endpoint, or whatever it waits for"
                )
                break
            frame = frame.f_back
    return text


def _put_away(handler: logging.Handler, verb: str, action: Any) -> list[str]:
    given = _name(handler)
    name = f"{given!r} ({type(handler).__name__})" if given else type(handler).__name__
    closed_before = getattr(handler, "_closed", False)
    try:
        bounded(action, f"{verb}() of handler {name}", UNDO_TIMEOUT)
    except LeakError as error:
        return [f"- {error}{_in_use(handler)}"]
    except Exception as error:  # noqa: BLE001 - the handler is the user's
        if isinstance(error, ValueError) and getattr(getattr(handler, "stream", None), "closed", False):
            # Its stream was of pytest's capturing, which has ended; logging.shutdown() passes this over too.
            return []
        if closed_before:
            return []  # The test has put it away itself.
        return [f"- {verb}() of handler {name} raised {type(error).__name__}: {show(str(error))}"]
    return []
