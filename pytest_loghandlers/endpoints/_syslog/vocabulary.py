"""What can be asked of a syslog message, how one is shown, and what explains a miss."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Field, Matcher, Vocabulary, one_of
from pytest_loghandlers._base.report import cut, plural, show

from .message import FACILITIES, SEVERITIES, SyslogMessage, decoded

#: Names that SysLogHandler takes as well.
_OTHER_NAMES: Final = {
    "critical": "crit",
    "error": "err",
    "warn": "warning",
    "panic": "emerg",
    "security": "auth",
    "console": "alert",
    "solaris-cron": "clock",
}


def _keyword(name: str, keywords: Sequence[str]) -> Callable[[Any], Any]:
    """Return an ``accept`` for a keyword, another name of it, or its number."""
    only = one_of(name, *keywords)

    def accept(wanted: Any) -> Any:
        if isinstance(wanted, int) and not isinstance(wanted, bool) and 0 <= wanted < len(keywords):
            return keywords[wanted]
        if isinstance(wanted, str):
            wanted = wanted.lower()
            wanted = _OTHER_NAMES.get(wanted, wanted)
        return only(wanted)

    return accept


def _accept_malformed(wanted: Any) -> Any:
    if isinstance(wanted, (bool, str, re.Pattern)):
        return wanted
    raise ArgumentError(f"malformed={show(wanted)}: it is True, False, or a text or regex to look for in the reason")


def _agree_malformed(wanted: Any, got: str | None) -> bool:
    if isinstance(wanted, bool):
        return wanted is (got is not None)
    return got is not None and (wanted in got if isinstance(wanted, str) else wanted.search(got) is not None)


def _say_malformed(value: Any) -> str:
    if value is True:
        return "malformed"
    if value in (False, None):
        return "well-formed"
    return show(value)


def _say(value: Any) -> str:
    return "none" if value is None else str(value)


_MALFORMED: Final = Field[SyslogMessage](
    "malformed",
    lambda message: message.malformed,
    accept=_accept_malformed,
    agree=_agree_malformed,
    say=_say_malformed,
    brief=lambda wanted: (
        f"that is {_say_malformed(wanted)}"
        if isinstance(wanted, bool)
        else f"that is malformed as {show(getattr(wanted, 'pattern', wanted))}"
    ),
    clause=lambda wanted: (
        f"that could {'not ' if wanted else ''}be parsed"
        if isinstance(wanted, bool)
        else f"that could not be parsed, the reason containing {show(getattr(wanted, 'pattern', wanted))}"
    ),
)

VOCABULARY: Final = Vocabulary[SyslogMessage](
    "message",
    lambda message: message.text,
    (
        Field(
            "facility",
            lambda message: message.facility,
            accept=_keyword("facility", FACILITIES),
            say=_say,
            brief=lambda wanted: f"from facility {getattr(wanted, 'pattern', wanted)}",
        ),
        Field(
            "severity",
            lambda message: message.severity,
            accept=_keyword("severity", SEVERITIES),
            say=_say,
            brief=lambda wanted: f"at severity {getattr(wanted, 'pattern', wanted)}",
        ),
        Field("app_name", lambda message: message.app_name),
        Field("hostname", lambda message: message.hostname),
        Field(
            "procid",
            lambda message: message.procid,
            accept=lambda wanted: str(wanted) if isinstance(wanted, int) else wanted,
        ),
        Field("msgid", lambda message: message.msgid),
        Field(
            "transport",
            lambda message: message.transport,
            accept=one_of("transport", "udp", "tcp"),
            say=_say,
            brief=lambda wanted: f"over {getattr(wanted, 'pattern', wanted)}",
        ),
        _MALFORMED,
    ),
)


def line(message: SyslogMessage) -> str:
    """Return one line of a listing."""
    source = "no PRI" if message.facility is None else f"{message.facility}.{message.severity}"
    tag = "" if message.app_name is None else f"{cut(message.app_name, 40)}: "
    flaw = "" if message.malformed is None else f"   malformed: {cut(message.malformed, 120)}"
    return f"+{message.arrival:.2f} s  {message.transport}  {source}  {tag}{show(message.text)}{flaw}"


def hint(matcher: Matcher[Any], items: Sequence[SyslogMessage], pending: Sequence[bytes]) -> str | None:
    """Return the one certain explanation of a miss, or None."""
    for rest in pending:
        if _is_in(matcher, rest):
            return (
                f"it is in the {plural(len(rest), 'octet')} pending over TCP, which no NUL, LF or octet count ends; a "
                "syslog daemon waits for it too.\n          SysLogHandler ends its messages unless append_nul is False"
            )
    for index in range(len(items) - 1, max(-1, len(items) - 1000), -1):
        message = items[index]
        content = message.raw.partition(b">")[2].removesuffix(b"\0").removesuffix(b"\n")
        # With a header before it, the tag was meant to be one.
        tagged = message.app_name is not None and decoded(content).startswith(message.app_name)
        if tagged and _is_in(matcher, content) and not _is_in(matcher, message.text.encode()):
            return (
                f"the bytes of [{index}] hold it, but their first word was read as the tag, as syslog daemons do: "
                f"app_name is {show(message.app_name)}, text is {show(message.text, 60)}"
            )
    return None


def _is_in(matcher: Matcher[Any], data: bytes) -> bool:
    if matcher.text is None or not data:
        return False
    text = decoded(data)
    return matcher.text in text if isinstance(matcher.text, str) else matcher.text.search(text) is not None
