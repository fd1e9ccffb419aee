"""What an assertion can ask of a record, as its arguments."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Text, accept_text
from pytest_loghandlers._base.report import show


class Wanted(TypedDict, total=False):
    """What can be asked of a record besides the text of its message. None asks for nothing."""

    #: The logger, or a name: it and everything below it; ``root`` only root itself. A regex is searched in the name.
    logger: str | logging.Logger | re.Pattern[str] | None
    #: Exactly this level: a number or a name that logging knows.
    level: int | str | None
    #: This level or above.
    min_level: int | str | None
    #: Attributes of the record, each equal to the value, or found by the regex in its text.
    extra: Mapping[str, Any] | None
    #: An exception class, an exception (the same, or of its type with equal args), True for some, False for none.
    exc_info: type[BaseException] | tuple[type[BaseException], ...] | BaseException | bool | None
    #: A text contained in (a regex searched in) what ``formatter`` makes of the record.
    formatted: Text | None
    #: A formatter, or a handler whose formatter is meant. Without it the capture's own (``setFormatter``).
    formatter: logging.Formatter | logging.Handler | None


class Formatted(NamedTuple):
    """A text looked for in what ``formatter`` makes of a record. Its name in messages is ``formatted``."""

    text: Text
    formatter: logging.Formatter

    @classmethod
    def of(cls, text: Any, formatter: Any, default: logging.Formatter | None = None) -> Formatted | None:
        """Return what the arguments ``formatted=`` and ``formatter=`` ask for.

        ``formatter`` is a ``logging.Formatter`` (anything with ``format(record)``) or a handler, whose formatter is
        meant. Raises ArgumentError when one is given without the other.
        """
        text = accept_text(text, "record")
        if text is None:
            if formatter is None:
                return None
            raise ArgumentError(f"formatter={show(formatter, 60)} without formatted=: the text to look for is missing")
        if isinstance(formatter, logging.Handler):
            # What Handler.format takes when no formatter was set.
            formatter = formatter.formatter or logging.Formatter()
        formatter = default if formatter is None else formatter
        if formatter is None:
            raise ArgumentError(
                f"formatted={show(text, 60)} without formatter=: give the logging.Formatter whose output is meant, "
                "or the handler that has it"
            )
        if not callable(getattr(formatter, "format", None)) or isinstance(formatter, (str, type)):
            raise ArgumentError(
                f"formatter={show(formatter, 60)}: it is a logging.Formatter, or a handler that has one"
            )
        return cls(text, formatter)

    def fits(self, output: str) -> bool:
        """Return whether the text is found in ``output``."""
        return self.text.search(output) is not None if isinstance(self.text, re.Pattern) else self.text in output


def formatted_by(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """Return ``formatter``'s own output for ``record``, which stays as it is.

    A copy is formatted, because ``Formatter.format`` writes ``message``, ``asctime`` and ``exc_text`` into what it is
    given. A traceback text that another formatter has cached there is not used.
    """
    twin = copy.copy(record)
    if twin.exc_info:
        twin.exc_text = None
    return str(formatter.format(twin))
