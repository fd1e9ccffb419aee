"""Datagrams on the reactor: somebody who waits is woken, and nothing overflows while nobody looks."""

from __future__ import annotations

from collections import deque
from typing import Final

from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers._base.inbox import Inbox

from .datagrams import Datagrams
from .faults import Break, How
from .reactor import READ, OnError, Reactor, Timer, Watch
from .udp_options import now

#: Seconds between two looks at how full the buffers are, while there is something unread in them.
GUARD: Final = 0.025
#: Seconds for which a thread may have to wait for its turn on a busy machine (140 ms were seen).
STARVED: Final = 0.3
#: How full they may be by then. Emptying them early would cost the sender more than it costs to let them fill.
FULL: Final = 0.9


class Inlet:
    """Watches ``datagrams`` for ``inbox``: a ``Line`` for the fault verbs.

    ``take`` and ``close`` are called while the reactor is held, the rest from anywhere.

    The first datagram after a look wakes the waiters, who ``take`` it in their own thread. Nothing more is done for
    the datagrams after it: the kernel holds them until the next look. Only a guard looks from time to time whether
    they still fit. Nothing runs while nothing is unread.
    """

    def __init__(self, datagrams: Datagrams, inbox: Inbox[object], loop: Reactor, on_error: OnError) -> None:
        self._datagrams = datagrams
        self._inbox = inbox
        self._loop = loop
        self._on_error = on_error
        self._backlog: list[tuple[float, bytes]] = []
        self._timer: Timer | None = None
        self._watch: Watch | None = None
        #: When the guard last looked, and how full it was.
        self._looked = (0.0, 0.0)
        self._opened = False
        self._refusing = False
        #: Octets per second; None for all that come, 0 for none.
        self._rate: float | None = None
        #: While it is read slowly: datagrams that have been taken from the kernel and are not read yet.
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._rest: Timer | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was opened. May be asked without holding the reactor."""
        return self._opened

    def open(self) -> None:
        """Begin to watch; the datagrams' sockets stay the same from here on. Need not be called while held."""
        with self._loop.held():
            if not self._opened:
                self._opened = True
                self._begin()

    def take(self) -> list[tuple[float, bytes]]:
        """Return what has arrived, in order, as ``(moment of arrival by RealClock.monotonic, payload)``."""
        self.catch_up()
        taken, self._backlog = self._backlog, []
        return taken

    def catch_up(self) -> None:
        """Take over what the kernel holds now; of what is read slowly, nothing."""
        with self._loop.held():
            if self._rate is None and self._watch is not None:
                self._drain(self._watch)

    def refuse(self) -> None:
        """Refuse whoever sends, until ``recover`` or ``restart``; the port stays this one's."""
        with self._loop.held():
            if not self._refusing:
                self._end()
                self._datagrams.refuse()
                self._refusing = True

    def restart(self) -> None:
        """Close the sockets, and open others on the same port; what was not read is lost."""
        with self._loop.held():
            self._end()
            self._datagrams.reopen()
            self._refusing = False
            self._begin()

    def break_now(self, how: How) -> int:  # noqa: ARG002 - a ``Line``'s
        """Return 0: there are no connections."""
        return 0

    def break_later(self, fault: Break, times: int | None) -> None:
        """Do nothing: there are no connections."""

    def read_at(self, rate: float | None) -> None:
        """Read ``rate`` octets per second, whole datagrams; 0: none, None: as many as come. Nothing is lost by it."""
        with self._loop.held():
            self.catch_up()
            self._rate = rate
            self._stop_pump()
            if rate is None:
                self._backlog.extend(self._waiting)
                self._waiting.clear()
            self._pump()
            self._inbox.wake()

    def recover(self) -> None:
        """Go back to normal, on the same port."""
        with self._loop.held():
            if self._refusing:
                self.restart()
            self.read_at(None)

    def close(self) -> None:
        """Stop watching, and close the sockets. What nobody has read is gone: reading it would double a short life."""
        self._unwatch()
        self._datagrams.close()

    def _begin(self) -> None:
        if self._opened and not self._refusing:
            self._datagrams.spread()
            self._watch = self._loop.watch(self._datagrams.watched, self._ready, self._on_error)

    def _end(self) -> None:
        self.catch_up()
        self._unwatch()

    def _unwatch(self) -> None:
        self._waiting.clear()
        self._stop_pump()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watch is not None:
            self._watch.end()
            self._watch = None

    def _stop_pump(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _pump(self) -> None:
        """Read one datagram of those that are read slowly, and the next when its time has passed."""
        if not self._rate or self._watch is None or self._rest is not None:
            return
        if not self._waiting:
            self._drain(self._watch)
        if self._waiting:
            datagram = self._waiting.popleft()
            self._backlog.append(datagram)
            self._inbox.wake()
            self._rest = self._loop.call_later(max(1, len(datagram[1])) / self._rate, self._rested, self._on_error)

    def _rested(self) -> None:
        self._rest = None
        self._pump()

    def _ready(self, mask: int) -> None:  # noqa: ARG002 - it is watched for reading only
        if self._watch is None:
            return
        self._watch.want(0)
        if self._datagrams.fill is None:
            # Who cannot tell how full it is must not wait.
            self._drain(self._watch)
        else:
            self._looked = (RealClock.monotonic(), 0.0)
            self._guard_later()
        self._pump()
        self._inbox.wake()

    def _drain(self, watch: Watch) -> None:
        found, more = self._datagrams.read()
        if found:
            clock, moment = now(), RealClock.monotonic()
            into = self._backlog if self._rate is None else self._waiting
            into.extend((moment - max(0, clock - stamp) / 1e9, payload) for stamp, payload in found)
        if more:
            self._guard_later()
            self._inbox.wake()
        elif not watch.events:
            watch.want(READ)

    def _guard_later(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(GUARD, self._guard, self._on_error)

    def _guard(self) -> None:
        self._timer = None
        if self._watch is None or self._watch.events:
            return  # It has been emptied meanwhile.
        fill, moment = self._datagrams.fill or 0.0, RealClock.monotonic()
        before, filled = self._looked
        self._looked = (moment, fill)
        if fill + max(0.0, fill - filled) / max(moment - before, GUARD) * STARVED > FULL:
            self._drain(self._watch)
        if not self._watch.events:
            self._guard_later()
