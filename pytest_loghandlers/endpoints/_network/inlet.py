"""Datagrams on the reactor: somebody who waits is woken, and nothing overflows while nobody looks."""

from __future__ import annotations

from typing import Final

from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers._base.inbox import Inbox

from .datagrams import Datagrams
from .reactor import READ, OnError, Reactor, Timer, Watch
from .udp_options import now

#: Seconds between two looks at how full the buffers are, while there is something unread in them.
GUARD: Final = 0.025
#: Seconds for which a thread may have to wait for its turn on a busy machine (140 ms were seen).
STARVED: Final = 0.3
#: How full they may be by then. Emptying them early would cost the sender more than it costs to let them fill.
FULL: Final = 0.9


class Inlet:
    """Watches ``datagrams`` for ``inbox``. Its methods are called while the reactor is held.

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

    @property
    def is_open(self) -> bool:
        """Whether it watches. May be asked without holding the reactor."""
        return self._watch is not None

    def open(self) -> None:
        """Begin to watch; the datagrams' sockets stay the same from here on. Need not be called while held."""
        with self._loop.held():
            if self._watch is None:
                self._datagrams.spread()
                self._watch = self._loop.watch(self._datagrams.watched, self._ready, self._on_error)

    def take(self) -> list[tuple[float, bytes]]:
        """Return what has arrived, in order, as ``(moment of arrival by RealClock.monotonic, payload)``."""
        if self._watch is not None:
            self._drain(self._watch)
        taken, self._backlog = self._backlog, []
        return taken

    def close(self) -> None:
        """Stop watching, and close the sockets."""
        if self._timer is not None:
            self._timer.cancel()
        if self._watch is not None:
            self._watch.end()
        self._datagrams.close()

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
        self._inbox.wake()

    def _drain(self, watch: Watch) -> None:
        found, more = self._datagrams.read()
        if found:
            clock, moment = now(), RealClock.monotonic()
            self._backlog += [(moment - max(0, clock - stamp) / 1e9, payload) for stamp, payload in found]
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
