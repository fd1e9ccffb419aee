"""What can be asked of a log record, and how one is shown."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Field, Vocabulary, equal, say_wanted
from pytest_loghandlers._base.report import show

from ._wanted import formatted_by

T = TypeVar("T")


def level_number(level: Any, name: str = "level") -> int:
    """Return ``level`` (a number, or a name that logging knows, in any case) as a number.

    Raises ArgumentError, which names the argument and the value, for anything else.
    """
    if isinstance(level, int) and not isinstance(level, bool):
        return int(level)
    known = logging.getLevelNamesMapping()
    if isinstance(level, str):
        found = known.get(level, known.get(level.upper()))
        if found is not None:
            return found
    raise ArgumentError(
        f"{name}={show(level)}: it is a number or one of the level names that logging knows: "
        f"{', '.join(sorted(known, key=lambda each: known[each]))}"
    )


def level_name(level: int) -> str:
    """Return what logging calls ``level``; the bare number when it has no name."""
    name = str(logging.getLevelName(level))
    return str(level) if name == f"Level {level}" else name


def logger_name(logger: Any, name: str = "logger") -> str:
    """Return the name of ``logger``, itself or already a name; '' is root's too, as for ``logging.getLogger``."""
    if isinstance(logger, logging.LoggerAdapter):
        logger = logger.logger
    if isinstance(logger, logging.Logger):
        return logger.name
    if isinstance(logger, str):
        return logger or "root"
    raise ArgumentError(f"{name}={show(logger)}: it is the name of a logger, or a logging.Logger")


def is_at_or_below(name: str, above: str) -> bool:
    """Return whether the logger ``name`` is ``above`` or one of its descendants; root has only itself here."""
    return name == above or (above != "root" and name.startswith(f"{above}."))


def message_of(record: logging.LogRecord) -> str:
    """Return the record's message, its arguments merged now. Raises what the formatting raises."""
    message = record.getMessage()
    return message if type(message) is str else str(message)


def exception_of(record: logging.LogRecord) -> BaseException | None:
    """Return the exception that the record carries, None when it has none (also for ``(None, None, None)``)."""
    held: Any = record.exc_info
    if isinstance(held, tuple) and len(held) > 1:
        held = held[1]
    return held if isinstance(held, BaseException) else None


def without_message(record: logging.LogRecord) -> str:
    """Return what stands for the message of a record that cannot be formatted: template, arguments and the reason."""
    try:
        return message_of(record)
    except Exception as error:  # noqa: BLE001 - formatting runs the application's code
        return f"<no message: {show(record.msg, 60)} % {show(record.args, 40)} raises {type(error).__name__}>"


def show_record(record: logging.LogRecord) -> str:
    """Return the record on one line: level, logger, message, exception. Survives one that cannot be formatted."""
    try:
        message = show(message_of(record))
    except Exception:  # noqa: BLE001 - as above
        message = without_message(record)
    raised = exception_of(record)
    tail = "" if raised is None else f"  {show(raised, 60)}"
    return f"{record.levelname:<8} {record.name:<12} {message}{tail}"


class _RecordField(Field[T]):
    """A field whose ``fault`` is the judge: it has more to say than what is there and what is wanted."""

    def fits(self, wanted: Any, item: T) -> bool:
        return self.fault(wanted, item) is None


class _MinLevel(_RecordField[T]):
    """``min_level=``: this level or above."""

    def fault(self, wanted: Any, item: T) -> str | None:
        got = self.read(item)
        return None if got >= wanted else f"level is {level_name(got)}, below {level_name(wanted)}"


class _Logger(_RecordField[T]):
    """``logger=``: this logger or one below it; a regex is searched in the name."""

    def fault(self, wanted: Any, item: T) -> str | None:
        got = self.read(item)
        if equal(wanted, got) if isinstance(wanted, re.Pattern) else is_at_or_below(got, wanted):
            return None
        return f"logger is {show(got)}, not {_from(wanted)}"


class _Extra(_RecordField[T]):
    """``extra=``: attributes of the record, each equal, or matched by a regex."""

    def fault(self, wanted: Any, item: T) -> str | None:
        held = vars(self.read(item))
        for key, value in wanted.items():
            if key not in held:
                return f"it has no {key}"
            try:
                same = equal(value, held[key])
            except Exception as error:  # noqa: BLE001 - __eq__ and __bool__ are the user's
                return f"{key} cannot be compared: {type(error).__name__}"
            if not same:
                return f"{key} is {show(held[key], 40)}, not {say_wanted(value)}"
        return None


class _ExcInfo(_RecordField[T]):
    """``exc_info=``: an exception class, an exception like this one, True for some, False for none."""

    def fault(self, wanted: Any, item: T) -> str | None:
        record = self.read(item)
        got = exception_of(record)
        if _same_exception(wanted, got):
            return None
        if got is None:
            # QueueHandler.prepare merges the traceback into the message and drops exc_info.
            where = ", only the text of one" if record.exc_text else ""
            return f"it carries no exception{where}"
        return f"exception is {show(got, 60)}" + (f", not {_exception_words(wanted)}" if wanted is not False else "")


class _Formatted(_RecordField[T]):
    """``formatted=`` with ``formatter=``: a text in that formatter's output."""

    def fault(self, wanted: Any, item: T) -> str | None:
        try:
            output = formatted_by(wanted.formatter, self.read(item))
        except Exception as error:  # noqa: BLE001 - the formatter is the user's
            return f"{type(wanted.formatter).__name__} cannot format it: {type(error).__name__}"
        return None if wanted.fits(output) else f"formatted it is {show(output)}"


def _same_exception(wanted: Any, got: BaseException | None) -> bool:
    if isinstance(wanted, bool):
        return wanted is (got is not None)
    if isinstance(wanted, BaseException):
        return got is wanted or (type(got) is type(wanted) and got is not None and got.args == wanted.args)
    return isinstance(got, wanted)


def _accept_logger(wanted: Any) -> Any:
    return wanted if isinstance(wanted, re.Pattern) else logger_name(wanted)


def _accept_extra(wanted: Any) -> dict[str, Any]:
    if isinstance(wanted, Mapping) and wanted and all(isinstance(key, str) for key in wanted):
        return dict(wanted)
    raise ArgumentError(f"extra={show(wanted)}: it is a dict of record attributes and their values, at least one")


def _accept_exc_info(wanted: Any) -> Any:
    if isinstance(wanted, (bool, BaseException)):
        return wanted
    classes = wanted if isinstance(wanted, tuple) else (wanted,)
    if classes and all(isinstance(each, type) and issubclass(each, BaseException) for each in classes):
        return wanted
    raise ArgumentError(
        f"exc_info={show(wanted)}: it is an exception class, an exception, True (there is one) or False (there is none)"
    )


def _from(wanted: Any) -> str:
    if isinstance(wanted, re.Pattern):
        return say_wanted(wanted)
    return "root itself" if wanted == "root" else f"{wanted!r} or below it"


def _pairs(wanted: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={say_wanted(value)}" for key, value in wanted.items())


def _exception_words(wanted: Any) -> str:
    if isinstance(wanted, bool):
        return "an exception"
    if isinstance(wanted, tuple):
        return " or ".join(each.__name__ for each in wanted)
    return wanted.__name__ if isinstance(wanted, type) else show(wanted, 60)


def record_fields(record_of: Callable[[T], logging.LogRecord]) -> list[Field[T]]:
    """Return the fields that can be asked of anything that has a record, which ``record_of`` gets.

    ``logger``, ``level``, ``min_level``, ``extra``, ``exc_info``, ``formatted`` (its value is a ``Formatted``).
    """
    return [
        _Logger(
            "logger",
            lambda item: record_of(item).name,
            accept=_accept_logger,
            brief=lambda wanted: f"from {say_wanted(wanted)}",
            clause=lambda wanted: (
                f"whose logger {'matches' if isinstance(wanted, re.Pattern) else 'is'} {_from(wanted)}"
            ),
        ),
        Field(
            "level",
            lambda item: record_of(item).levelno,
            accept=level_number,
            say=level_name,
            brief=lambda wanted: f"at {level_name(wanted)}",
        ),
        _MinLevel(
            "min_level",
            lambda item: record_of(item).levelno,
            accept=lambda wanted: level_number(wanted, "min_level"),
            brief=lambda wanted: f"at {level_name(wanted)} or above",
            clause=lambda wanted: f"whose level is {level_name(wanted)} or above",
        ),
        _Extra(
            "extra",
            record_of,
            accept=_accept_extra,
            brief=lambda wanted: f"with {_pairs(wanted)}",
            clause=lambda wanted: f"with {_pairs(wanted)}",
        ),
        _ExcInfo(
            "exc_info",
            record_of,
            accept=_accept_exc_info,
            brief=lambda wanted: f"{'without' if wanted is False else 'with'} {_exception_words(wanted or True)}",
            clause=lambda wanted: f"{'without' if wanted is False else 'with'} {_exception_words(wanted or True)}",
        ),
        _Formatted(
            "formatted",
            record_of,
            brief=lambda wanted: f"formatted {say_wanted(wanted.text)}",
            clause=lambda wanted: (
                f"which {type(wanted.formatter).__name__} turns into a text that "
                f"{'matches' if isinstance(wanted.text, re.Pattern) else 'contains'} {say_wanted(wanted.text)}"
            ),
        ),
    ]


def record_vocabulary() -> Vocabulary[logging.LogRecord]:
    """Return what can be asked of a record itself: its message and ``record_fields``."""
    return Vocabulary("record", message_of, record_fields(lambda record: record), text_name="message")
