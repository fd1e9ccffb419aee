"""What a test claims about all messages of a syslog endpoint: none damaged, all framed alike, nothing left over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Literal, get_args

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Text
from pytest_loghandlers._base.report import layout, listing, plural, show

from .message import SyslogMessage
from .stream import Pending
from .verbs import SyslogVerbs
from .vocabulary import VOCABULARY, called, line

Framing = Literal["datagram", "octet_counting", "nul", "lf"]

_RULES: Final[dict[str, str]] = {
    "datagram": "a datagram of its own (RFC 5426 3.1)",
    "octet_counting": "framed by its octet count (RFC 6587 3.4.1, RFC 5425 4.3)",
    "nul": "framed by a NUL at its end (RFC 6587 3.4.2)",
    "lf": "framed by an LF at its end (RFC 6587 3.4.2)",
}
#: How a message was framed, in a listing.
_NAMES: Final = {"datagram": "a datagram", "octet_counting": "octet count", "nul": "NUL", "lf": "LF", "eof": "no end"}


class SyslogClaims(SyslogVerbs):
    """The assertions over many messages. Their ``wanted`` selects messages as in ``assert_received``."""

    def _pending(self) -> Sequence[Pending]:
        """Return what has come of messages whose end has not."""
        raise NotImplementedError

    def assert_not_truncated(self, text: Text | None = None, **wanted: Any) -> tuple[SyslogMessage, ...]:
        """Judge that no message was cut, split or merged on its way; return them.

        Without arguments it judges all that have arrived; with arguments (those of ``assert_received``) those that
        match, and what was split off them. Raises AssertionError also when there is none to judge. It does not wait.

        What damages a message depends on the transport and on the daemon (``behave_like``): rsyslog cuts datagrams at
        8,096 octets, and splits a message over TCP at an LF inside it, or merges those that nothing separates.
        """
        __tracebackhide__ = True
        selected = self._selected(text, wanted)
        everything = self._inbox.snapshot()
        chosen = {id(message) for message in selected}
        damaged: list[SyslogMessage] = []
        last: dict[str, bool] = {}
        for message in everything:
            # What was split off a message is not the message that a text selects.
            mine = id(message) in chosen or (message.damage == "split" and last.get(message.transport, False))
            last[message.transport] = mine
            if mine and message.damage is not None:
                damaged.append(message)
        if damaged:
            kinds = Counter(message.damage or "" for message in damaged)
            how = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
            raise AssertionError(
                layout(
                    f"{self._who} received {plural(len(damaged), 'damaged message')}: {how}",
                    ("wanted", _every(text, wanted, "whole: not cut, not split, not merged with another")),
                    ("received", listing(damaged, lambda message: f"{message.damage}  {line(message)}", "message")),
                    *self._sections(),
                )
            )
        return selected

    def assert_framed(self, framing: Framing, text: Text | None = None, **wanted: Any) -> tuple[SyslogMessage, ...]:
        """Judge that every message was framed so; return them.

        ``framing`` is ``octet_counting``, ``nul``, ``lf`` or ``datagram``. Without further arguments it judges all
        messages that have arrived, with them (those of ``assert_received``) those that match; it raises AssertionError
        also when there is none. It does not wait.
        """
        __tracebackhide__ = True
        self._require_running()
        if framing not in get_args(Framing):
            raise ArgumentError(f"framing={show(framing)}: it is one of {', '.join(map(repr, get_args(Framing)))}")
        selected = self._selected(text, wanted)
        others = [message for message in selected if message.framing != framing]
        if others:
            raise AssertionError(
                layout(
                    f"{self._who} received {plural(len(others), 'message')} not framed as {framing}, of"
                    f" {len(selected):,}",
                    ("wanted", _every(text, wanted, _RULES[framing])),
                    (
                        "received",
                        listing(others, lambda message: f"{_NAMES[message.framing]}  {line(message)}", "message"),
                    ),
                    *self._sections(),
                    ("hint", _framing_hint(framing, others)),
                )
            )
        return selected

    def assert_nothing_pending(self) -> None:
        """Judge that no connection holds octets of a message whose end has not come. It does not wait.

        Such a message sits in the daemon until its end comes, or for ever: rsyslog files it when the connection closes.
        """
        __tracebackhide__ = True
        self._require_running()
        self._inbox.snapshot()
        pending = self._pending()
        if not pending:
            return
        octets = sum(len(begun.octets) for begun in pending)
        raise AssertionError(
            layout(
                f"{self._who} holds {plural(octets, 'octet')} of {plural(len(pending), 'message')} without an end",
                ("wanted", "every message ended: by NUL, by LF, or by its octet count"),
                ("pending", listing(pending, _pending_line, "message")),
                (
                    "hint",
                    "nothing in these octets ends a message: SysLogHandler does it unless append_nul is False,\n"
                    "          and then its formatter has to (as Formatter('...\\n'))"
                    if all(begun.awaits == "NUL or LF" for begun in pending)
                    else None,
                ),
            )
        )

    def _selected(self, text: Any, wanted: dict[str, Any]) -> tuple[SyslogMessage, ...]:
        """Return the messages to judge: at least one, or AssertionError."""
        __tracebackhide__ = True
        self._require_running()
        matcher = VOCABULARY.matcher(text, **wanted)
        items = self._inbox.snapshot()
        found = matcher.find(items)
        self._judge.present(matcher, items, found)
        return tuple(found)


def _every(text: Any, wanted: dict[str, Any], rule: str) -> str:
    clauses = VOCABULARY.matcher(text, **wanted).clauses
    return f"every message {clauses}, {rule}" if clauses else f"every message {rule}"


def _pending_line(begun: Pending) -> str:
    octets = f"{plural(len(begun.octets), 'octet')}: {show(begun.octets, 60)}"
    return f"{called(begun.transport)}  {octets}, waiting for {begun.awaits}"


def _framing_hint(framing: str, others: Sequence[SyslogMessage]) -> str | None:
    """Return what makes a handler frame otherwise than the test wants, when that is certain."""
    if any(message.framing != "nul" for message in others):
        return None
    if framing == "lf":
        return "SysLogHandler ends its messages with NUL: set append_nul to False, and let its formatter end in '\\n'"
    if framing == "octet_counting":
        return "SysLogHandler cannot count octets: it ends its messages with NUL (append_nul)"
    return None
