"""What can be asked of a received record, how one is shown, and what explains a miss."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Field, Matcher, Vocabulary, equal, one_of, say_wanted
from pytest_loghandlers._base.report import cut, plural, show

from .received import ReceivedRecord

TRANSPORTS: Final = ("udp", "tcp", "unix_stream", "unix_dgram")


def _accept_level(wanted: Any) -> int:
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return int(wanted)
    known = logging.getLevelNamesMapping()
    if isinstance(wanted, str) and (found := known.get(wanted, known.get(wanted.upper()))) is not None:
        return found
    raise ArgumentError(
        f"level={show(wanted)}: it is a number or one of the level names that logging knows: "
        f"{', '.join(sorted(known, key=lambda each: known[each]))}"
    )


def _level_name(level: Any) -> str:
    if level is None:
        return "none"
    name = str(logging.getLevelName(level))
    return str(level) if name == f"Level {level}" else name


def _accept_logger(wanted: Any) -> Any:
    if isinstance(wanted, logging.LoggerAdapter):
        wanted = wanted.logger
    if isinstance(wanted, logging.Logger):
        return wanted.name
    if isinstance(wanted, re.Pattern):
        return wanted
    if isinstance(wanted, str):
        return wanted or "root"
    raise ArgumentError(f"logger={show(wanted)}: it is the name of a logger, or a logging.Logger")


def _agree_logger(wanted: Any, got: str | None) -> bool:
    if got is None or isinstance(wanted, re.Pattern):
        return got is not None and equal(wanted, got)
    return got == wanted or (wanted != "root" and got.startswith(f"{wanted}."))


def _from(wanted: Any) -> str:
    return f"a logger matching {say_wanted(wanted)}" if isinstance(wanted, re.Pattern) else show(wanted)


def _accept_extra(wanted: Any) -> Any:
    if isinstance(wanted, Mapping) and all(isinstance(key, str) for key in wanted):
        return dict(wanted)
    raise ArgumentError(f"extra={show(wanted)}: it is a mapping of attribute names to values")


class _Extra(Field[ReceivedRecord]):
    """``extra=``: attributes of the record, each equal, or matched by a regex."""

    def fits(self, wanted: Any, item: ReceivedRecord) -> bool:
        return self.fault(wanted, item) is None

    def fault(self, wanted: Any, item: ReceivedRecord) -> str | None:
        held: Mapping[str, Any] = {} if item.record is None else vars(item.record)
        for key, value in wanted.items():
            if key not in held:
                return f"it has no {key}"
            try:
                same = equal(value, held[key])
            except Exception as error:  # noqa: BLE001 - __eq__ of what the test looks for
                return f"{key} cannot be compared: {type(error).__name__}"
            if not same:
                return f"{key} is {show(held[key], 40)}, not {say_wanted(value)}"
        return None


def _accept_exception(wanted: Any) -> Any:
    if isinstance(wanted, (bool, str, re.Pattern)) or (isinstance(wanted, type) and issubclass(wanted, BaseException)):
        return wanted
    raise ArgumentError(
        f"exc_info={show(wanted)}: only a traceback's text is sent, so it is True or False, a text or regex to look "
        "for in it, or an exception class whose name it ends with"
    )


def _agree_exception(wanted: Any, got: str | None) -> bool:
    if isinstance(wanted, bool) or got is None:
        return wanted is (got is not None)
    if isinstance(wanted, type):
        # The line of the exception itself, also in a chain or a group; its classes above it are not sent.
        return (
            re.search(rf"^[ |+]*(?:[\w.<>]+\.)?{re.escape(wanted.__qualname__)}(?::|$)", got, re.MULTILINE) is not None
        )
    return wanted in got if isinstance(wanted, str) else wanted.search(got) is not None


def _say_exception(value: Any) -> str:
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, str) and "\n" in value:
        return show(value.strip().rpartition("\n")[2], 60)
    return {True: "some", False: "none", None: "none"}.get(value, "") or say_wanted(value)


def _exception_brief(wanted: Any) -> str:
    if isinstance(wanted, bool):
        return "with an exception" if wanted else "without an exception"
    return f"with exception {_say_exception(wanted)}"


def _exception_clause(wanted: Any) -> str:
    if isinstance(wanted, bool):
        return f"that carries {'a' if wanted else 'no'} traceback"
    how = "is of" if isinstance(wanted, type) else "matches" if isinstance(wanted, re.Pattern) else "contains"
    return f"whose traceback {how} {_say_exception(wanted)}"


def _reason(name: str, good: str, bad: str) -> Field[ReceivedRecord]:
    """Return the field of a reason: True, False, or a text or regex to look for in it."""

    def accept(wanted: Any) -> Any:
        if isinstance(wanted, (bool, str, re.Pattern)):
            return wanted
        raise ArgumentError(f"{name}={show(wanted)}: it is True, False, or a text or regex to look for in the reason")

    def agree(wanted: Any, got: str | None) -> bool:
        if isinstance(wanted, bool) or got is None:
            return wanted is (got is not None)
        return wanted in got if isinstance(wanted, str) else wanted.search(got) is not None

    def brief(wanted: Any) -> str:
        return f"that is {name if wanted else f'not {name}'}" + (
            "" if isinstance(wanted, bool) else f" as {say_wanted(wanted)}"
        )

    def clause(wanted: Any) -> str:
        if isinstance(wanted, bool):
            return bad if wanted else good
        how = "matching" if isinstance(wanted, re.Pattern) else "containing"
        return f"{bad}, the reason {how} {say_wanted(wanted)}"

    def say(value: Any) -> str:
        return show(value) if isinstance(value, str) else "some" if value is True else "none"

    return Field(
        name, lambda item: getattr(item, name), accept=accept, agree=agree, say=say, brief=brief, clause=clause
    )


VOCABULARY: Final = Vocabulary[ReceivedRecord](
    "record",
    lambda item: item.text,
    (
        Field(
            "level",
            lambda item: item.level,
            accept=_accept_level,
            say=_level_name,
            brief=lambda wanted: f"at {_level_name(wanted)}",
        ),
        Field(
            "logger",
            lambda item: item.logger,
            accept=_accept_logger,
            agree=_agree_logger,
            say=show,
            brief=lambda wanted: f"from {_from(wanted)}",
        ),
        _Extra(
            "extra",
            lambda item: item.extra,
            accept=_accept_extra,
            brief=lambda wanted: f"with extra {', '.join(wanted) or '{}'}",
            clause=lambda wanted: (
                "whose " + " and ".join(f"{key} is {say_wanted(value)}" for key, value in wanted.items())
                if wanted
                else "with any extra"
            ),
        ),
        Field(
            "exc_info",
            lambda item: item.exc_text,
            accept=_accept_exception,
            agree=_agree_exception,
            say=_say_exception,
            brief=_exception_brief,
            clause=_exception_clause,
        ),
        Field(
            "transport",
            lambda item: item.transport,
            accept=one_of("transport", *TRANSPORTS),
            say=str,
            brief=lambda wanted: f"over {getattr(wanted, 'pattern', wanted)}",
        ),
        Field("connection", lambda item: item.connection, brief=lambda wanted: f"on connection {wanted}"),
        _reason("malformed", "in a whole frame", "that is no whole frame"),
        _reason("refused", "whose content was taken", "whose content was refused"),
    ),
)


def line(item: ReceivedRecord) -> str:
    """Return one line of a listing."""
    where = item.transport if item.connection is None else f"{item.transport} #{item.connection}"
    head = f"+{item.arrival:.2f} s  {where}"
    if item.malformed is not None:
        return f"{head}  malformed: {cut(item.malformed, 160)}"
    if item.refused is not None:
        return f"{head}  refused: {cut(item.refused, 160)}   {show(item.raw, 50)}"
    raised = item.exc_text
    tail = "" if raised is None else f"  {_say_exception(raised) if chr(10) in raised else show(raised, 60)}"
    return f"{head}  {cut(item.level_name or '', 12):<8} {cut(item.logger or '', 40):<12} {show(item.text)}{tail}"


def hint(matcher: Matcher[Any], items: Sequence[ReceivedRecord], pending: Sequence[bytes]) -> str | None:
    """Return the one certain explanation of a miss, or None."""
    for rest in pending:
        if _is_in(matcher, rest):
            wanted = int.from_bytes(rest[:4], "big")
            return (
                f"it is in a frame without an end: {len(rest) - 4:,} of {plural(wanted, 'octet')} have come. "
                "Its sender has not sent the rest, or its length is too large"
            )
    for index in range(len(items) - 1, max(-1, len(items) - 1000), -1):
        item = items[index]
        if item.malformed is not None and _is_in(matcher, item.raw):
            return f"the octets of [{index}] hold it, but they are no whole frame: {cut(item.malformed, 160)}"
        if item.refused is not None and _is_in(matcher, item.raw):
            return f"the octets of [{index}] hold it, but were refused: {cut(item.refused, 160)}"
    return None


def _is_in(matcher: Matcher[Any], data: bytes) -> bool:
    if matcher.text is None or not data:
        return False
    text = data.decode("utf-8", "replace")
    return matcher.text in text if isinstance(matcher.text, str) else matcher.text.search(text) is not None
