"""What is to go wrong at which stage of an SMTP conversation: the state behind the verbs. No sockets here."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Any, Final, Literal

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Text, equal
from pytest_loghandlers._base.report import show

#: The stages, in their order, each with the code that says yes.
STAGES: Final = {
    "greeting": 220,
    "EHLO": 250,
    "HELO": 250,
    "STARTTLS": 220,
    "AUTH": 235,
    "MAIL": 250,
    "RCPT": 250,
    "DATA": 354,
    "end of data": 250,
    "RSET": 250,
    "NOOP": 250,
    "QUIT": 221,
}
_BY_NAME: Final = {name.lower(): name for name in STAGES}
#: Codes behind which a server closes the connection (RFC 5321 section 3.8).
CLOSING: Final = 421

Kind = Literal["reply", "raw", "wait", "stall", "reset", "disconnect", "half_close"]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done instead of the usual answer, ``delay`` seconds late.

    ``reply``: ``lines`` with ``code``; ``raw``: ``data`` as it is; ``wait``: the usual answer; ``stall``: nothing until
    ``recover``; the others break the connection.
    """

    kind: Kind
    code: int = 0
    lines: tuple[str, ...] = ()
    data: bytes = b""
    delay: float = 0.0
    #: With RCPT: for which recipient alone.
    to: Text | None = None

    @property
    def wire(self) -> bytes:
        """The octets to be sent: of several lines all but the last with a hyphen (RFC 5321 section 4.2.1)."""
        if self.kind != "reply":
            return self.data
        last = len(self.lines) - 1
        return b"".join(
            f"{self.code}{' ' if index == last else '-'}{line}\r\n".encode() for index, line in enumerate(self.lines)
        )

    @property
    def refuses(self) -> bool:
        """Whether it is a reply that says no."""
        return self.kind == "reply" and self.code >= 400

    def __str__(self) -> str:
        return f"{self.code} {' / '.join(self.lines)}" if self.kind == "reply" else show(self.data, 60)


class Script:
    """The steps to come. Used with the reactor held."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Step]] = {}
        self._standing: dict[str, list[Step]] = {}

    def set(self, stage: str, step: Step, times: int | None) -> None:
        """Do this the next ``times`` the stage is reached, after what is queued for it; None: all times after those."""
        if times is not None:
            self._queues.setdefault(stage, deque()).extend([step] * times)
            return
        others = [held for held in self._standing.get(stage, ()) if held.to != step.to]
        # One for a single recipient goes before the one for all.
        self._standing[stage] = sorted([*others, step], key=lambda held: held.to is None)

    def take(self, stage: str, recipient: str = "") -> Step | None:
        """Return what is to be done at ``stage``, and use it up; None: the usual."""
        queue = self._queues.get(stage)
        for index, step in enumerate(queue or ()):
            if queue is not None and _meant(step, recipient):
                del queue[index]
                return step
        return next((step for step in self._standing.get(stage, ()) if _meant(step, recipient)), None)

    def clear(self) -> None:
        """Go back to normal."""
        self._queues.clear()
        self._standing.clear()


def _meant(step: Step, recipient: str) -> bool:
    return step.to is None or equal(step.to, recipient)


def stage_of(at: Any) -> str:
    """Return the stage's name, however it is capitalised. Raises ArgumentError for what is none."""
    found = _BY_NAME.get(at.lower().replace("_", " ")) if isinstance(at, str) else None
    if found is None:
        raise ArgumentError(f"at={show(at)}: a stage is one of {', '.join(STAGES)}")
    return found


def recipient_of(to: Any, stage: str) -> Text | None:
    """Return which recipient is meant. Raises ArgumentError where there is none."""
    if to is not None and stage != "RCPT":
        raise ArgumentError(f"to={show(to)}: only at='RCPT' is about one recipient, not at={show(stage)}")
    if to is None or isinstance(to, str) or (isinstance(to, re.Pattern) and isinstance(to.pattern, str)):
        return to
    raise ArgumentError(f"to={show(to)}: it is an address as str, or a compiled regex that is searched in it")


def lines_of(code: Any, text: Any) -> tuple[str, ...]:
    """Return the lines of a reply. Raises ArgumentError for what cannot be one."""
    if not isinstance(code, int) or isinstance(code, bool) or not 200 <= code <= 599:
        raise ArgumentError(
            f"code={show(code)}: a reply code is a whole number from 200 to 599 (reply_raw sends any octets)"
        )
    if not isinstance(text, str):
        raise ArgumentError(f"text={show(text)}: the text of a reply is a str; its lines become lines of the reply")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ArgumentError(f"text={show(text)}: it cannot be sent in UTF-8 (reply_raw sends any octets)") from None
    if "\r" in text:
        raise ArgumentError(f"text={show(text)}: a CR would end the line (reply_raw sends any octets)")
    return tuple(text.split("\n"))


def seconds_of(name: str, value: Any) -> float:
    """Return a number of seconds. Raises ArgumentError for what is none."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < float("inf"):
        raise ArgumentError(f"{name}={show(value)}: it is a finite number of seconds, 0 or more")
    return float(value)
