"""What the octets of a frame hold: the attributes of a log record, judged before anybody looks at them. Pure.

A pickle's attributes are those that ``SocketHandler.makePickle`` sends: ``msg`` is the merged message, ``args`` and
``exc_info`` are None, a traceback is in ``exc_text``. A sender of its own may keep ``args``; they are merged here as
``LogRecord.getMessage`` does, unless that could make a text without bounds of it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from pytest_loghandlers._base.lifetime import told
from pytest_loghandlers._base.report import cut, show

from .inert import DIGITS
from .unpickling import load
from .weighing import WEIGHT, Refused, weigh

#: A function for frames that are not pickles: the octets, and what they hold.
Decoder = Callable[[bytes], Mapping[str, Any] | logging.LogRecord]

NEEDED: Final = ("name", "msg", "levelno", "levelname")
#: What ``logging.makeLogRecord`` would take from this process; the sender has not said it.
_ABSENT: Final[dict[str, Any]] = {
    "args": None,
    "pathname": "",
    "filename": "",
    "module": "",
    "exc_info": None,
    "exc_text": None,
    "stack_info": None,
    "lineno": 0,
    "funcName": None,
    "created": 0.0,
    "msecs": 0.0,
    "relativeCreated": 0.0,
    "thread": None,
    "threadName": None,
    "processName": None,
    "process": None,
    "taskName": None,
}
STANDARD: Final = frozenset({*NEEDED, *_ABSENT, "message", "asctime"})
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

# A width or precision of four digits and more, or one that an argument sets.
_WIDE: Final = re.compile(r"[%)][#0\- +]*(?:\*|\d{4,}|\d*\.(?:\*|\d{4,}))")
#: Characters of one argument at most, beside its own: a width, and the digits of the largest float.
_PADDED: Final = 2000


@dataclass(frozen=True, slots=True)
class Content:
    """What a frame holds: a record and its message, or the reason why not."""

    record: logging.LogRecord | None = None
    text: str = ""
    extra: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    refused: str | None = None


def read(octets: bytes, decode: Decoder | None = None) -> Content:
    """Return what ``octets`` hold. Never raises: what is refused, or what ``decode`` raised, is the reason."""
    try:
        if decode is None:
            return _content(_pickled(load(octets)), _merges)
        return _decoded(octets, decode)
    except Refused as refusal:
        return Content(refused=str(refusal))


def _pickled(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise Refused(f"the pickle holds a {type(value).__name__}, not the dict of a LogRecord's attributes")
    missing = [name for name in NEEDED if name not in value]
    if missing:
        raise Refused(f"the dict lacks {', '.join(missing)} of a LogRecord")
    return value


def _decoded(octets: bytes, decode: Decoder) -> Content:
    try:
        value = decode(octets)
    except Exception as error:  # noqa: BLE001 - the user's function, judged as a sender's fault
        raise Refused(f"decode raised {cut(told(error), 160)}") from None
    if isinstance(value, logging.LogRecord):
        value = vars(value)
    if not isinstance(value, Mapping):
        raise Refused(f"decode returned {show(value, 60)}: it is a mapping of attributes, or a LogRecord")
    known = dict(value)
    if "msg" not in known:
        known["msg"] = known.get("message", "")
    known.setdefault("name", "root")
    if "levelno" not in known:
        number = logging.getLevelNamesMapping().get(str(known.get("levelname", "")).upper())
        known["levelno"] = logging.NOTSET if number is None else number
    known.setdefault("levelname", logging.getLevelName(known["levelno"]))
    # Its arguments are what the function made of them: they need not be plain data.
    return _content(known, _always)


def _content(known: dict[str, Any], merges: Callable[[str, Any], bool]) -> Content:
    for name, kind in (("name", str), ("levelname", str), ("levelno", int)):
        # None is what logging.makeLogRecord leaves there.
        if type(known[name]) not in (kind, type(None)):
            raise Refused(f"{name} is {show(known[name], 60)}, not {'an' if kind is int else 'a'} {kind.__name__}")
    for name in known:
        if type(name) is not str:
            raise Refused(f"an attribute is named {show(name, 60)}, not by a str")
    for name in ("created", "msecs", "relativeCreated"):
        if type(known.get(name, 0)) not in (int, float):
            raise Refused(f"{name} is {show(known[name], 60)}, not a number")
    # Not LogRecord(...) and not makeLogRecord: those run the application's factory, and fill in this process.
    record = logging.LogRecord.__new__(logging.LogRecord)
    record.__dict__ = {**_ABSENT, **known}
    extra = {name: value for name, value in known.items() if name not in STANDARD}
    return Content(record, _message(known["msg"], known.get("args"), merges), MappingProxyType(extra))


def _message(template: Any, arguments: Any, merges: Callable[[str, Any], bool]) -> str:
    try:
        text = str(template)
        if not arguments:
            return text
        if _WIDE.search(text) or not merges(text, arguments):
            return text
        return str(text % arguments)
    except Exception as error:  # noqa: BLE001 - as getMessage would, where the sender's arguments do not fit
        return f"<no message: {show(template, 60)} % {show(arguments, 40)} raises {type(error).__name__}>"


def _always(text: str, arguments: Any) -> bool:  # noqa: ARG001 - the signature of ``_merges``
    return True


def _merges(text: str, arguments: Any) -> bool:
    """Return whether the text with its arguments stays within bounds."""
    if text.count("%") * (weigh(arguments) + _PADDED) + len(text) > WEIGHT:
        return False
    given = arguments.values() if isinstance(arguments, Mapping) else arguments
    several = isinstance(arguments, (Mapping, tuple, list))
    # As a whole number (%d) 1E+999999999 has a thousand million digits.
    return not any(
        type(each) is Decimal and each.is_finite() and each.adjusted() > DIGITS
        for each in (given if several else (given,))
    )
