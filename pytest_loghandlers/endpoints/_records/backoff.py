"""SocketHandler's waits between attempts to connect, walked through in no time."""

from __future__ import annotations

import logging.handlers
from typing import Any

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import show


class _Time:
    """What ``logging.handlers`` sees instead of the module ``time`` while a clock holds: ``time()`` is the clock's."""

    def __init__(self, clock: BackoffClock, before: Any) -> None:
        self._clock = clock
        self._before = before

    def time(self) -> float:
        return self._clock.now if self._clock.holds else float(self._before.time())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._before, name)


class BackoffClock:
    """The time as ``logging.handlers`` reads it: it stands still until ``advance``.

    A SocketHandler that could not connect tries again after ``retryStart`` seconds, and then after ``retryFactor``
    times as many, at most ``retryMax``; until then it drops every record without a word (its ``createSocket``).
    Only ``time.time()`` inside ``logging.handlers`` is replaced, also for its timed rotation; ``record.created``, other
    modules and freezegun are not touched. It begins at the time that it found, frozen or not.
    """

    def __init__(self) -> None:
        self.holds = False
        self._now = 0.0
        self._put: _Time | None = None

    def hold(self) -> None:
        """Begin: ``logging.handlers`` reads this clock from here on."""
        before: Any = vars(logging.handlers)["time"]
        self._now = float(before.time())
        self._put = _Time(self, before)
        self.holds = True
        vars(logging.handlers)["time"] = self._put

    def release(self) -> None:
        """End: ``logging.handlers`` reads the time that it read before, whoever else replaced it meanwhile."""
        self.holds = False
        if self._put is not None and vars(logging.handlers)["time"] is self._put:
            vars(logging.handlers)["time"] = self._put._before  # noqa: SLF001 - of this file

    @property
    def now(self) -> float:
        """The time, in seconds since the epoch."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass; nothing is tried by that: the next record tries."""
        if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 <= seconds < float("inf"):
            raise ArgumentError(f"seconds={show(seconds)}: it is a finite number of seconds, 0 or more")
        self._now += seconds

    def next_attempt(self, handler: logging.handlers.SocketHandler) -> float | None:
        """Return the seconds until a record makes ``handler`` try to connect; 0.0: the next record does.

        None while it has a connection, as far as it knows: it learns of the end of one when sending fails.
        """
        if not isinstance(handler, logging.handlers.SocketHandler):
            raise ArgumentError(f"{show(handler)}: only a SocketHandler waits between its attempts")
        if handler.sock is not None:
            return None
        due: float | None = getattr(handler, "retryTime", None)
        return 0.0 if due is None else max(0.0, due - self._now)
