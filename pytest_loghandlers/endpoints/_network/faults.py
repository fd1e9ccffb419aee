"""What a listener does to its connections beside serving them: the state behind the fault verbs. No sockets here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from pytest_loghandlers._base.report import plural

How = Literal["reset", "disconnect", "half_close"]

#: What has then been done to a connection.
DONE: Final[dict[How, str]] = {
    "reset": "reset (RST)",
    "disconnect": "closed (FIN)",
    "half_close": "half-closed (the endpoint sends no more)",
}


@dataclass(frozen=True, slots=True)
class Break:
    """One way to break a connection: with a RST, with a FIN, or by shutting the server's writing side only.

    ``after`` is None: when a thing (a message, a request, a record) has been taken in whole. Otherwise: when as many
    octets of the connection have been read; what came behind them is never seen. 0 is at once, before any octet.
    """

    how: How
    after: int | None = None

    def __str__(self) -> str:
        if self.after is None:
            return DONE[self.how]
        return f"{DONE[self.how]} after {plural(self.after, 'octet')}"


class Faults:
    """What is to go wrong, in which order. Asked in the reactor's thread, or while the reactor is held.

    ``told(text)`` is called with what has happened, as ``a connection was reset (RST)``. The listeners of one
    endpoint share one: ``times=`` is for all of them together.
    """

    def __init__(self, told: Callable[[str], object] | None = None) -> None:
        self._told = told
        self._queue: deque[Break] = deque()
        self._standing: Break | None = None
        self._last: Break | None = None
        #: What happens next; it stays the next until ``take``.
        self.next: Break | None = None
        #: Octets per second that are read of a connection; 0 is none, None as many as come.
        self.rate: float | None = None

    def set(self, fault: Break, times: int | None) -> None:
        """Break the next ``times`` so, after those already provided for; None: all after them.

        The same object again is the same wish, which another of the endpoint's listeners was told of too.
        """
        if fault is self._last:
            return
        self._last = fault
        if times is None:
            self._standing = fault
        else:
            self._queue.extend([fault] * times)
        self._choose()

    def take(self) -> Break | None:
        """Return what happens next, and use it up."""
        taken = self._queue.popleft() if self._queue else self._standing
        self._choose()
        return taken

    def give_back(self, fault: Break) -> None:
        """Let ``fault`` happen next after all: it was taken, and its connection ended before it could strike."""
        if fault is not self._standing:
            self._queue.appendleft(fault)
        self._choose()

    def tell(self, text: str) -> None:
        """Have it noted that ``text`` has happened."""
        if self._told is not None:
            self._told(text)

    def clear(self) -> None:
        """Go back to normal."""
        self._queue.clear()
        self._standing = self.next = None
        self.rate = None

    def __str__(self) -> str:
        """Return what is to come: ``2 times reset (RST), then always closed (FIN)``; empty for nothing."""
        parts = []
        for fault, same in groupby(tuple(self._queue)):
            count = len(list(same))
            parts.append(f"{'once' if count == 1 else plural(count, 'time')} {fault}")
        if self._standing is not None:
            parts.append(f"always {self._standing}")
        return ", then ".join(parts)

    def _choose(self) -> None:
        self.next = self._queue[0] if self._queue else self._standing
