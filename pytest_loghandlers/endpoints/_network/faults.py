"""What a listener does to its connections beside serving them: the state behind the fault verbs. No sockets here."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

How = Literal["reset", "disconnect", "half_close"]


@dataclass(frozen=True, slots=True)
class Break:
    """One way to break a connection: with a RST, with a FIN, or by shutting the server's writing side only.

    ``after`` is None: when a thing (a message, a request, a record) has been taken in whole. Otherwise: when as many
    octets of the connection have been read; what came behind them is never seen. 0 is at once, before any octet.
    """

    how: How
    after: int | None = None


class Faults:
    """What is to go wrong, in which order. Asked in the reactor's thread, or while the reactor is held."""

    def __init__(self) -> None:
        self._queue: deque[Break] = deque()
        self._standing: Break | None = None
        #: Octets per second that are read of a connection; 0 is none, None as many as come.
        self.rate: float | None = None

    def set(self, fault: Break, times: int | None) -> None:
        """Break the next ``times`` so, after those already provided for; None: all after them."""
        if times is None:
            self._standing = fault
        else:
            self._queue.extend([fault] * times)

    @property
    def next(self) -> Break | None:
        """What happens next; it stays the next until ``take``."""
        return self._queue[0] if self._queue else self._standing

    def take(self) -> Break | None:
        """Return what happens next, and use it up."""
        return self._queue.popleft() if self._queue else self._standing

    def clear(self) -> None:
        """Go back to normal."""
        self._queue.clear()
        self._standing = None
        self.rate = None
