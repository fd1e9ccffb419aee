"""What can be asked of a syslog message, how one is shown, and what explains a miss."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Field, Matcher, Vocabulary, equal, one_of
from pytest_loghandlers._base.report import cut, plural, show

from .message import FACILITIES, SEVERITIES, StructuredData, SyslogMessage, decoded
from .stream import Pending

TRANSPORTS: Final = ("udp", "tcp", "tls", "unix_dgram", "unix_stream")
FRAMINGS: Final = ("datagram", "octet_counting", "lf", "nul", "eof")
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


def _keyword(name: str, keywords: Sequence[str], *others: str) -> Callable[[Any], Any]:
    """Return an ``accept`` for a keyword, another name of it, or its number; ``others`` have no number."""
    only = one_of(name, *keywords, *others)

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


def _accept_flag(name: str) -> Callable[[Any], Any]:
    def accept(wanted: Any) -> Any:
        if isinstance(wanted, bool):
            return wanted
        raise ArgumentError(f"{name}={show(wanted)}: it is True or False")

    return accept


def _flag(name: str, what: str) -> Field[SyslogMessage]:
    """Return the field of a yes or no; ``what`` is what came with the message, or did not."""
    return Field(
        name,
        lambda message: getattr(message, name),
        accept=_accept_flag(name),
        brief=lambda wanted: f"{'with' if wanted else 'without'} {what}",
        clause=lambda wanted: f"{'with' if wanted else 'without'} {what}",
    )


def _accept_data(wanted: Any) -> Any:
    if isinstance(wanted, str) or (
        isinstance(wanted, Mapping) and all(isinstance(params, Mapping) for params in wanted.values())
    ):
        return wanted
    raise ArgumentError(
        f"structured_data={show(wanted)}: it is an SD-ID, or {{id: {{name: value}}}} of what must be among it"
    )


def _agree_data(wanted: Any, got: StructuredData) -> bool:
    """Return whether ``got`` holds the element, or all the elements and values, that are wanted."""
    if isinstance(wanted, str):
        return wanted in got
    return all(
        identity in got and all(equal(value, got[identity].get(name)) for name, value in params.items())
        for identity, params in wanted.items()
    )


def _say_data(value: Any) -> str:
    return show(value if isinstance(value, str) else {identity: dict(params) for identity, params in value.items()})


VOCABULARY: Final = Vocabulary[SyslogMessage](
    "message",
    lambda message: message.text,
    (
        Field(
            "facility",
            lambda message: message.facility,
            # What rsyslog calls one above local7.
            accept=_keyword("facility", FACILITIES, "invld"),
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
            accept=one_of("transport", *TRANSPORTS),
            say=_say,
            brief=lambda wanted: f"over {getattr(wanted, 'pattern', wanted)}",
        ),
        Field(
            "framing",
            lambda message: message.framing,
            accept=one_of("framing", *FRAMINGS),
            say=_say,
            brief=lambda wanted: f"framed by {getattr(wanted, 'pattern', wanted)}",
        ),
        Field(
            "structured_data",
            lambda message: message.structured_data,
            accept=_accept_data,
            agree=_agree_data,
            say=_say_data,
            clause=lambda wanted: f"whose structured_data holds {_say_data(wanted)}",
        ),
        _flag("had_bom", "a BOM"),
        _flag("had_nul", "a NUL at its end"),
        _MALFORMED,
    ),
)


def called(transport: str) -> str:
    """Return what a stream's transport is called in a sentence."""
    return "a unix stream" if transport == "unix_stream" else transport.upper()


def line(message: SyslogMessage) -> str:
    """Return one line of a listing."""
    source = "no PRI" if message.facility is None else f"{message.facility}.{message.severity}"
    tag = "" if message.app_name is None else f"{cut(message.app_name, 40)}: "
    flaw = "" if message.malformed is None else f"   malformed: {cut(message.malformed, 120)}"
    return f"+{message.arrival:.2f} s  {message.transport}  {source}  {tag}{show(message.text)}{flaw}"


def hint(matcher: Matcher[Any], items: Sequence[SyslogMessage], pending: Sequence[Pending]) -> str | None:
    """Return the one certain explanation of a miss, or None."""
    for begun in pending:
        if _is_in(matcher, begun.octets):
            what = f"{plural(len(begun.octets), 'octet')} pending over {called(begun.transport)}"
            why = f"it is in the {what}, waiting for {begun.awaits}: a syslog daemon waits too"
            if begun.awaits == "NUL or LF":
                why += ".\n          SysLogHandler ends its messages unless append_nul is False"
            return why
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
