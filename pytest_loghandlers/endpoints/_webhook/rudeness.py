"""The verbs with which a test says what requests get: a good answer, or any rudeness of a server."""

from __future__ import annotations

import json as encoding
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import show

from .answer import Answer, Endless, Malformed, endless, malformed, response

#: Octets per second of an answer without an end.
ENDLESS_RATE: Final = 100_000


class AnswerVerbs:
    """A mixin of the endpoint and of its routes. What each verb sets takes effect with the next request.

    With ``times=n`` it is for the next n requests, after those already provided for; without, for all after them,
    until ``recover``. ``reset``, ``disconnect`` and ``half_close`` stand in the same order.
    """

    def _require_running(self) -> None:
        raise NotImplementedError

    def _next(self, answer: Answer, times: int | None) -> None:
        """Put ``answer`` into the script."""
        raise NotImplementedError

    def answer(
        self,
        status: int = 200,
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        *,
        json: Any = None,
        retry_after: float | str | None = None,
        delay: float = 0.0,
        octets_per_second: float | None = None,
        cut: int | None = None,
        close: bool = False,
        times: int | None = None,
    ) -> None:
        """Answer with this from now on; with ``times=n`` only the next n requests, before what else is set.

        What is set with ``times=`` is used up in the order it was set; the answer without it comes after them.
        ``body`` as str is sent in UTF-8, ``json=`` is sent as JSON instead of it. Content-Length is set by the
        endpoint. ``retry_after`` is the header of that name: whole seconds, or a date as HTTP has it.

        ``delay`` seconds pass before it; other clients are served meanwhile. With ``octets_per_second`` it is sent
        slowly, head and body. ``cut=n`` closes the connection after n octets of the body; ``close=True`` behind the
        answer, without announcing it: a client that keeps connections alive finds out with its next request (with
        ``headers={"Connection": "close"}`` it is told). Raises ArgumentError for what HTTP cannot carry.
        """
        if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 999:
            raise ArgumentError(f"status={show(status)}: an answer has a status of 200 to 999")
        if not isinstance(headers, Mapping | None):
            raise ArgumentError(f"headers={show(headers)}: it is a mapping of names to values")
        fields = list((headers or {}).items())
        if json is not None:
            body = _as_json(json, body)
            fields.append(("content-type", "application/json"))
        try:
            sent = body.encode() if isinstance(body, str) else bytes(memoryview(body))
        except (TypeError, UnicodeEncodeError):
            raise ArgumentError(f"body={show(body)}: a body is bytes, or a str that is sent in UTF-8") from None
        if not _is_number(delay) or not 0 <= delay < float("inf"):
            raise ArgumentError(f"delay={show(delay)}: it is a finite number of seconds, 0 or more")
        if octets_per_second is not None:
            _check_rate(octets_per_second)
        if cut is not None and (not isinstance(cut, int) or isinstance(cut, bool) or not 0 <= cut < len(sent)):
            raise ArgumentError(f"cut={show(cut)}: it is a number of octets of the body, fewer than its {len(sent):,}")
        if retry_after is not None:
            fields.append(("retry-after", _retry_after(retry_after)))
        head = response(status, fields, sent)
        answer = Answer(head=head, body=sent, delay=float(delay), rate=octets_per_second, cut=cut, close=bool(close))
        self._next(answer, times)

    def redirect(self, to: str | None = None, *, status: int = 307, times: int | None = None) -> None:
        """Redirect each request: to a path of the endpoint, to a URL on loopback, or (None) to itself, a loop.

        Clients repeat a POST with its body for 307 and 308; for 301, 302 and 303 most send a GET without it. Raises
        ArgumentError for a URL elsewhere: a test that follows it would leave the machine.
        """
        self._require_running()
        if status not in (301, 302, 303, 307, 308):
            raise ArgumentError(f"status={show(status)}: a redirection has 301, 302, 303, 307 or 308")
        if to is not None and (not isinstance(to, str) or not _is_near(to)):
            raise ArgumentError(f"to={show(to)}: it is a path that begins with /, or a URL of this machine's loopback")
        fields = [] if to is None else [("location", to)]
        self._next(Answer(head=response(status, fields, b""), to_itself=to is None), times)

    def stall(self, *, times: int | None = None) -> None:
        """Read each request and keep it, and never answer; with ``times=n`` the next n.

        The clients wait until ``recover``, ``refuse`` or the end of the test, or until they give up.
        """
        self._next(Answer("stall"), times)

    def answer_malformed(self, what: Malformed = "status line", *, times: int | None = None) -> None:
        """Answer what no client should take: a broken ``status line``, ``header`` or ``chunk size``, ``two lengths``,
        a ``length too long`` or ``length too short`` for the body, or ``garbage`` that is no HTTP at all.

        The connection is closed behind it; behind ``length too short`` it stays open, for what is too much is in the
        way of the next answer.
        """  # noqa: D205 - the list of what can be wrong is the summary
        self._next(malformed(what), times)

    def answer_endlessly(
        self, what: Endless = "body", *, octets_per_second: float = ENDLESS_RATE, times: int | None = None
    ) -> None:
        """Answer without an end: a ``body``, ``headers``, or one ``100 Continue`` after the other.

        It goes on until the client closes the connection, or ``recover`` or the end of the test does. A client whose
        timeout is of each read alone never notices: let it read in a thread, or it holds the test. For a client that
        does not read, 64 KiB wait at most, beside what the system's buffers hold.
        """
        _check_rate(octets_per_second)
        self._next(endless(what, octets_per_second), times)

    def answer_raw(self, data: bytes, *, close: bool = True, times: int | None = None) -> None:
        """Answer with exactly these octets, whatever they are; then close the connection, or keep it (``close``)."""
        self._require_running()
        try:
            sent = bytes(memoryview(data))
        except TypeError:
            raise ArgumentError(f"data={show(data)}: it is bytes, sent as they are") from None
        flaw = f"{len(sent):,} octets of the test's own"
        self._next(replace(Answer("raw"), body=sent, flaw=flaw, close=bool(close)), times)


def _as_json(value: Any, body: Any) -> str:
    if body not in (b"", ""):
        raise ArgumentError("json= is the body: it goes without body=")
    try:
        return encoding.dumps(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"json={show(value)}: {error}") from None


def _retry_after(value: Any) -> str:
    if isinstance(value, str):
        return value
    # A delay-seconds is a whole number (RFC 9110 section 10.2.3).
    if not _is_number(value) or value < 0 or value != int(value):
        raise ArgumentError(f"retry_after={show(value)}: it is a whole number of seconds, or a date as str")
    return str(int(value))


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and value == value
        and abs(value) != float("inf")
    )


def _check_rate(rate: Any) -> None:
    if not _is_number(rate) or not rate > 0:
        raise ArgumentError(f"octets_per_second={show(rate)}: it is a number above 0")


def _is_near(to: str) -> bool:
    import ipaddress

    try:
        to.encode("ascii")
        parts = urlsplit(to)
    except ValueError:
        return False
    if not parts.scheme and not parts.netloc:
        return to[:1] == "/"
    if parts.scheme not in ("http", "https"):
        return False
    try:
        return parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
