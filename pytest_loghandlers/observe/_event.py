"""What a spy saw, one event at a time: what it is, how it is shown, and what can be asked of it."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, NamedTuple

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Field, Vocabulary, one_of
from pytest_loghandlers._base.report import show

from ._records import message_of, record_fields, show_record

OFFERED: Final = "offered"
FILTERED: Final = "filtered"
EMITTED: Final = "emitted"
FAILED: Final = "failed"
ESCAPED: Final = "escaped"
REENTERED: Final = "reentered"
CUT: Final = "cut"
FLUSHED: Final = "flushed"
CLOSED: Final = "closed"
KINDS: Final = (OFFERED, FILTERED, EMITTED, FAILED, ESCAPED, REENTERED, CUT, FLUSHED, CLOSED)

#: Innermost calls of a traceback that are kept.
FRAMES: Final = 8
#: Our own calls between the application's: left out of what is shown.
_OURS: Final = __file__.replace("_event.py", "_probe.py")


class SpyError:
    """An exception as it was when it was seen: class and words, nothing alive.

    The exception itself, kept, would keep its frames and so the sockets and files in them open (gh-155946).
    """

    __slots__ = ("_summary", "text", "type")

    def __init__(self, error: BaseException) -> None:
        #: The exception's class.
        self.type: type[BaseException] = type(error)
        try:
            #: ``str(error)``.
            self.text = str(error)
        except Exception as failure:  # noqa: BLE001 - __str__ is the user's
            self.text = f"<str raises {type(failure).__name__}>"
        self._summary = traceback.StackSummary.extract(
            traceback.walk_tb(_tail(error.__traceback__)), lookup_lines=False
        )

    @property
    def traceback(self) -> str:
        """Its innermost calls and its last line, as Python prints them; read from the source files now."""
        return self.tail(FRAMES)

    def tail(self, calls: int) -> str:
        """Return the traceback's last ``calls`` calls."""
        theirs = [frame for frame in self._summary if frame.filename != _OURS]
        return "".join(traceback.StackSummary.from_list(theirs[-calls:]).format()) + str(self)

    def __str__(self) -> str:
        return f"{self.type.__name__}: {self.text}" if self.text else self.type.__name__

    def __repr__(self) -> str:
        return f"<SpyError {show(str(self))}>"


def _tail(trace: TracebackType | None) -> TracebackType | None:
    """Return the last part of a traceback; that of a RecursionError has a thousand calls."""
    length, step = 0, trace
    while step is not None:
        length, step = length + 1, step.tb_next
    for _ in range(length - FRAMES):
        trace = trace.tb_next if trace else None
    return trace


@dataclass(frozen=True, slots=True)
class Link:
    """One turn of a handler in a chain of turns that led to one another.

    ``inside`` is the method of the turn before in which this one's record was logged, or ``passed_on``; None for the
    first.
    """

    handler_name: str
    handler: logging.Handler
    record: logging.LogRecord | None
    thread: str
    inside: str | None
    passed_on: bool


@dataclass(frozen=True, slots=True)
class SpyEvent:
    """One thing that a watched handler did.

    ``kind`` is one of

    - ``offered``: ``handle()`` was called. The handler's level is compared before that, in ``Logger.callHandlers``.
    - ``filtered``: the handler's ``filter()`` refused the record.
    - ``emitted``: ``emit()`` returned, and had not called ``handleError()``.
    - ``failed``: ``handleError()`` was called; ``exception`` is what it was called for.
    - ``escaped``: an exception left the handler; ``exception`` is it.
    - ``reentered``: ``emit()`` was called for a record that was logged while this handler was at work on another, on
      the same thread or, the record having been passed on, on a later one. ``depth`` turns were under way.
    - ``cut``: as ``reentered``, but not passed on to the handler, because it was feeding itself without end.
    - ``flushed``, ``closed``: ``flush()``, ``close()`` returned.

    ``started`` (seconds since the spy was started) and ``duration`` (seconds) are in real time, also under a frozen
    clock; an ``offered``, ``reentered`` or ``cut`` is a moment. ``record`` is the one that the method was called
    with; None for ``flushed`` and ``closed``. ``thread`` is the name of the thread it ran in.
    """

    kind: str
    handler: logging.Handler
    handler_name: str
    record: logging.LogRecord | None
    thread: str
    started: float
    duration: float
    exception: SpyError | None = None
    depth: int = 0
    chain: tuple[Link, ...] = field(default=(), repr=False)

    @property
    def message(self) -> str:
        """The record's message, merged with its arguments now; empty when there is no record."""
        return "" if self.record is None else message_of(self.record)


def line(event: SpyEvent) -> str:
    """Return one line of a listing."""
    record = "" if event.record is None else f"  {show_record(event.record)}"
    error = "" if event.exception is None else f"  {show(str(event.exception))[1:-1]}"
    thread = "" if event.thread == "MainThread" else f"  in thread {event.thread!r}"
    slow = f"  took {event.duration:.2f} s" if event.duration >= 0.1 else ""
    return f"+{event.started:.2f} s  {event.kind:<9}  {event.handler_name}{record}{error}{slow}{thread}"


def _record_of(event: SpyEvent) -> logging.LogRecord:
    if event.record is None:
        raise LookupError(f"a {event.kind} event has no record")
    return event.record


class Meant(NamedTuple):
    """The handlers that one name or one handler stands for."""

    word: str
    handlers: tuple[logging.Handler, ...]

    def has(self, handler: object) -> bool:
        """Return whether ``handler`` is one of them."""
        return any(handler is each for each in self.handlers)


def _handler_field() -> Field[SpyEvent]:
    return Field(
        "handler",
        lambda event: event,
        agree=lambda wanted, got: wanted.has(got.handler),
        say=lambda value: value.word if isinstance(value, Meant) else repr(value.handler_name),
        brief=lambda wanted: f"by {wanted.word}",
    )


def event_vocabulary() -> Vocabulary[SpyEvent]:
    """Return what can be asked of an event: the record's message and fields, ``kind``, ``handler`` (a ``Meant``)."""
    kind: Field[SpyEvent] = Field(
        "kind",
        lambda event: event.kind,
        accept=one_of("kind", *KINDS),
        say=str,
        brief=str,
        clause=lambda wanted: f"whose kind is {wanted}",
    )
    fields = [kind, _handler_field(), *record_fields(_record_of)]
    return Vocabulary("event", lambda event: event.message, fields, text_name="message")


def routed_vocabulary() -> Vocabulary[SpyEvent]:
    """Return what can be asked of the record of an event, in the words of records."""
    return Vocabulary("record", lambda event: event.message, record_fields(_record_of), text_name="message")


def error_vocabulary() -> Vocabulary[SpyEvent]:
    """Return what can be asked of a ``failed`` event: the exception's text, ``type`` (class or name), ``handler``."""
    kind: Field[SpyEvent] = Field(
        "type",
        lambda event: None if event.exception is None else event.exception.type,
        accept=_accept_class,
        agree=_is_class,
        say=_say_class,
        brief=lambda wanted: f"of class {_say_class(wanted)}",
        clause=lambda wanted: f"whose class is {_say_class(wanted)}",
    )
    return Vocabulary("error", _error_text, [kind, _handler_field()])


def _error_text(event: SpyEvent) -> str:
    return "" if event.exception is None else event.exception.text


def _accept_class(wanted: Any) -> Any:
    classes = wanted if isinstance(wanted, tuple) and wanted else (wanted,)
    if isinstance(wanted, str) or all(isinstance(each, type) and issubclass(each, BaseException) for each in classes):
        return wanted
    raise ArgumentError(f"type={show(wanted)}: it is an exception class, a tuple of such, or the name of one")


def _is_class(wanted: Any, got: type[BaseException] | None) -> bool:
    if got is None:
        return False
    if isinstance(wanted, str):
        return any(wanted in (each.__name__, f"{each.__module__}.{each.__qualname__}") for each in got.__mro__)
    return issubclass(got, wanted)


def _say_class(value: Any) -> str:
    if isinstance(value, tuple):
        return " or ".join(map(_say_class, value))
    return value if isinstance(value, str) else "no exception" if value is None else str(value.__name__)
