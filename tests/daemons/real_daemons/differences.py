"""The written list: where a real daemon and the profile that imitates it differ, and why that stays so.

A difference that is not on it fails a test; one that is on it and no longer there fails a test too. Users read it in
``docs/syslog_daemons.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

#: Octets of a message that rsyslog takes over a stream.
_RSYSLOG_LARGEST = 8096
#: PRI and a timestamp: only they may hold a space where all that follows is the tag.
_HEADER = 24
_CONTROL = re.compile(rb"[\x00-\x1f]")


@dataclass(frozen=True)
class Difference:
    """One: ``covers`` tells for the bytes that were sent, ``example`` shows it."""

    what: str
    why: str
    inputs: Sequence[str]
    covers: Callable[[bytes], bool]
    #: Empty for what is so only sometimes.
    example: bytes = b""


def known(name: str, sent: bytes) -> Difference | None:
    """Return the difference that explains why an input and its profile do not agree on what was sent."""
    return next((each for each in DIFFERENCES if name in each.inputs and each.covers(sent)), None)


def assert_agree(name: str, compared: Iterable[tuple[Any, Any, Any]]) -> None:
    """Raise AssertionError with the disagreements that no difference on the list explains.

    ``compared`` yields what was sent, what the daemon filed and what the profile filed.
    """
    __tracebackhide__ = True
    found = []
    for sent, theirs, ours in compared:
        whole = b"".join(sent) if isinstance(sent, list) else sent
        if theirs != ours and known(name, whole) is None:
            found.append(f"  sent        {_cut(sent)}\n  {name:11} {_cut(theirs)}\n  profile     {_cut(ours)}")
    if found:
        shown = "\n\n".join(found[:5])
        raise AssertionError(f"{name} and its profile disagree about {len(found)} of what was sent\n\n{shown}")


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 2000 else f"{text[:1200]} ... {text[-800:]}"


def _holds_a_long_line(sent: bytes) -> bool:
    return any(len(line) > _RSYSLOG_LARGEST for line in sent.split(b"\n"))


def _is_all_tag(sent: bytes) -> bool:
    """No text behind the tag, and something that was escaped: then there is more MSG than there was message."""
    body = sent.removesuffix(b"\0").removesuffix(b"\n")
    return b" " not in body[_HEADER:] and _CONTROL.search(body) is not None


DIFFERENCES = (
    Difference(
        "imptcp writes an over-long line more often than 1,000 times",
        "rsyslog before 8.2304 (bug 5078) writes n - 8,095 records of 8,096 octets for a line of n octets: 9 GB for "
        "300 kB. The profile shows the flood, and stops at 1,000 records",
        ("rs.imptcp", "rs.uxstream"),
        _holds_a_long_line,
        b"<14>app: " + b"x" * 9300 + b"\n",
    ),
    Difference(
        "imuxsock reads beyond a message that is nothing but a tag",
        "MSG begins where the tag ended, counted in the bytes as they came, but is read from the escaped ones (#011), "
        "which are longer: what is filed as text is whatever stands there, mostly nothing, and not always the same",
        ("rs.uxdgram",),
        _is_all_tag,
    ),
)
