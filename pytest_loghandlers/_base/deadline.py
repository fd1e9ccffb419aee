"""Real time, also while a test has frozen the clock."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Final

from .errors import ArgumentError


def _real(name: str) -> Callable[[], float]:
    # A room may be imported for the first time while a test has frozen the time: then freezegun keeps the real ones.
    found: Callable[[], float] = getattr(sys.modules.get("freezegun.api"), f"real_{name}", getattr(time, name))
    return found


class RealClock:
    """The clocks as they were before anybody froze them.

    freezegun rebinds module attributes; it does not look into classes. A wait measured with a frozen clock would
    never end.
    """

    monotonic: Final = staticmethod(_real("monotonic"))
    perf_counter: Final = staticmethod(_real("perf_counter"))
    #: The time of day, as ``time.time``.
    time: Final = staticmethod(_real("time"))


def both_clocks(samples: int = 10, good: float = 20e-6) -> tuple[float, float]:
    """Return one moment by ``RealClock.monotonic`` and by ``RealClock.time``, in seconds.

    A thread may lose its turn between two readings, for milliseconds: of ``samples`` tries the first whose readings
    lie within ``good`` seconds is taken, else the closest.
    """
    best = (float("inf"), 0.0, 0.0)
    for _ in range(samples):
        before = RealClock.monotonic()
        time_of_day = RealClock.time()
        apart = RealClock.monotonic() - before
        best = min(best, (apart, before + apart / 2, time_of_day))
        if apart <= good:
            break
    return best[1:]


class Deadline:
    """A moment that a wait must not pass, in real seconds from now."""

    __slots__ = ("_end", "timeout")

    def __init__(self, timeout: float) -> None:
        if not isinstance(timeout, (int, float)) or isinstance(timeout, bool) or not 0 <= timeout < float("inf"):
            raise ArgumentError(
                f"timeout={timeout!r}: a wait needs a finite number of seconds, 0 or more (every wait here ends)"
            )
        self.timeout = float(timeout)
        self._end = RealClock.monotonic() + self.timeout

    def left(self) -> float:
        """Return the seconds that remain, 0.0 when there are none; never more than a lock can wait."""
        return min(max(0.0, self._end - RealClock.monotonic()), threading.TIMEOUT_MAX)

    @property
    def passed(self) -> bool:
        """Whether the moment is over."""
        return RealClock.monotonic() >= self._end
