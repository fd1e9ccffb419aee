"""The fault verbs, the same on every endpoint: what the network can do to a client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import plural, show

from ._network.faults import Break, How
from ._timeline import Timeline

_DONE: dict[How, str] = {
    "reset": "reset (RST)",
    "disconnect": "closed (FIN)",
    "half_close": "half-closed (the endpoint sends no more)",
}


class Line(Protocol):
    """What the verbs act on: a ``Listener``, or what stands for one."""

    def refuse(self) -> None:
        """Refuse new connections, and reset those there are."""

    def restart(self) -> None:
        """Close everything as a process that ends does, and listen again."""

    def break_now(self, how: How) -> int:
        """Break every connection there is; return how many."""

    def break_later(self, fault: Break, times: int | None) -> None:
        """Break connections as the script says."""

    def read_at(self, rate: float | None) -> None:
        """Read ``rate`` octets per second of each connection; 0: none, None: as many as come."""

    def recover(self) -> None:
        """Go back to normal."""


class FaultVerbs:
    """A mixin of the endpoints, to be named after ``Endpoint``. A subclass gives ``_lines()`` and has a ``_timeline``.

    With ``times=n`` a fault strikes n times and is over; without, it lasts until ``recover``. Faults with ``times=``
    strike in the order in which they were set, before the one without.
    """

    _timeline: Timeline

    def _lines(self) -> Sequence[Line]:
        """Return what the verbs act on, as far as it is open."""
        raise NotImplementedError

    def _require_running(self) -> None:
        """Raise LifetimeError unless it is running: ``Lifetime``'s, which stands before this class."""
        raise NotImplementedError

    def refuse(self) -> None:
        """Refuse connections, and reset those there are, until ``recover``. The address stays the endpoint's.

        The client gets ConnectionRefusedError, as when the server is down.
        """
        self._require_running()
        for line in self._lines():
            line.refuse()
        self._timeline.state("refusing connections")

    def restart(self) -> None:
        """Stop and come back at the same address: every connection is closed, new ones are served at once.

        For a server that stays away for a while use ``refuse`` and ``recover``.
        """
        self._require_running()
        for line in self._lines():
            line.restart()
        self._timeline.event("restarted: every connection was closed")

    def stop_reading(self) -> None:
        """Accept connections and read nothing, until ``recover``: the client's send buffer fills, then it blocks."""
        self._require_running()
        for line in self._lines():
            line.read_at(0)
        self._timeline.state("reading nothing")

    def read_slowly(self, octets_per_second: float) -> None:
        """Read so many octets per second of each connection, until ``recover``."""
        if (
            not isinstance(octets_per_second, (int, float))
            or isinstance(octets_per_second, bool)
            or not 0 < octets_per_second < float("inf")
        ):
            raise ArgumentError(
                f"octets_per_second={show(octets_per_second)}: it is a number above 0 (stop_reading() reads nothing)"
            )
        self._require_running()
        for line in self._lines():
            line.read_at(octets_per_second)
        self._timeline.state(f"reading {octets_per_second:,g} octets per second")

    def reset(self, *, times: int | None = None, after: int | None = None, now: bool = False) -> None:
        """Break connections with a RST: the client gets ConnectionResetError.

        Each as soon as something whole has been received on it, and kept. With ``after=n`` in the middle of it: when n
        more octets of the connection have been read (0: at once when it has been accepted). With ``now=True`` those
        there are, at once, and no later one.
        """
        self._break("reset", times, after, now=now)

    def disconnect(self, *, times: int | None = None, after: int | None = None, now: bool = False) -> None:
        """Close connections, as a server that ends does: the client reads an end of file. Else as ``reset``."""
        self._break("disconnect", times, after, now=now)

    def half_close(self, *, times: int | None = None, after: int | None = None, now: bool = False) -> None:
        """Close the endpoint's writing side only, and go on reading what the client sends. Else as ``reset``."""
        self._break("half_close", times, after, now=now)

    def recover(self) -> None:
        """Go back to normal: accept, read and answer; what was scripted is forgotten."""
        self._require_running()
        for line in self._lines():
            line.recover()
        self._timeline.state("normal")

    def _break(self, how: How, times: Any, after: Any, *, now: Any) -> None:
        check_times(times)
        if after is not None and (not isinstance(after, int) or isinstance(after, bool) or after < 0):
            raise ArgumentError(f"after={show(after)}: it is a number of octets, 0 or more")
        self._require_running()
        if now:
            if times is not None or after is not None:
                raise ArgumentError("now=True breaks the connections there are, once: it takes no times= and no after=")
            broken = sum(line.break_now(how) for line in self._lines())
            self._timeline.event(f"{plural(broken, 'connection')} {_DONE[how]}")
            return
        for line in self._lines():
            line.break_later(Break(how, after), times)


def check_times(times: Any) -> None:
    """Raise ArgumentError unless ``times`` is None or a whole number from 1."""
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise ArgumentError(f"times={show(times)}: it is for how many, a whole number from 1")
