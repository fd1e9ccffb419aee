"""Quicker turns of the threads, for as long as a test waits."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Final

#: Seconds after which a computing thread lets a woken one run. CPython's own 5 ms is what a wait would else cost.
QUICK: Final = 0.00005


class QuickTurns:
    """A ``with`` block in which threads take turns every 50 us (``sys.setswitchinterval``).

    Any number of threads may be in it at once; the last to leave puts back what the first has found, unless somebody
    has set another interval meanwhile.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = 0.0
        self._ours = 0.0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._before = sys.getswitchinterval()
                if self._before > QUICK:
                    sys.setswitchinterval(QUICK)
                self._ours = sys.getswitchinterval()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and sys.getswitchinterval() == self._ours:
                sys.setswitchinterval(self._before)


#: The one of this process.
quick_turns: Final = QuickTurns()
