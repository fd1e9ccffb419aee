"""The fault verbs, the same on every endpoint: what the network can do to a client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import plural, show

from ._network.faults import DONE, Break, Faults, How
from ._network.reactor import reactor
from ._timeline import Timeline


class Line(Protocol):
    """What the verbs act on: a ``Listener``, or what stands for one. Each may be called from any thread."""

    def catch_up(self) -> None:
        """Take in what has been sent so far, as far as that is possible at once: a fault begins after it."""

    def refuse(self) -> None:
        """Refuse new connections, and reset those there are."""

    def restart(self) -> None:
        """Close everything as a process that ends does, and listen again."""

    def break_now(self, how: How) -> int:
        """Break every connection there is; return how many."""

    def break_later(self, fault: Break, times: int | None) -> None:
        """Break connections as the script says; lines that share a ``Faults`` are all told, and it is set once."""

    def read_at(self, rate: float | None) -> None:
        """Read ``rate`` octets per second of each connection; 0: none, None: as many as come."""

    def recover(self) -> None:
        """Go back to normal."""


class FaultVerbs:
    """A mixin of the endpoints, to be named after ``Endpoint``. A subclass gives ``_lines()`` and has a ``_timeline``.

    With ``times=n`` a fault strikes n times and is over; without, it lasts until ``recover``. Faults with ``times=``
    strike in the order in which they were set, before the one without. What a client had sent before a verb was called
    is received as if there were no fault.

    Datagrams have no connections: UDP can be refused, read slowly or not at all, and restarted, and nothing else.
    """

    _timeline: Timeline

    @cached_property
    def _faults(self) -> Faults:
        """What is scripted: the endpoint makes its listeners with it, so that they share it."""
        return Faults(self._timeline.event)

    @cached_property
    def _lasting(self) -> dict[str, str]:
        """What lasts until ``recover``, by its kind."""
        return {}

    def _lines(self) -> Sequence[Line]:
        """Return what the verbs act on, as far as it is open."""
        raise NotImplementedError

    def _require_running(self) -> None:
        """Raise LifetimeError unless it is running: ``Lifetime``'s, which stands before this class."""
        raise NotImplementedError

    def refuse(self) -> None:
        """Refuse connections, and reset those there are, until ``recover``. The address stays the endpoint's.

        The client gets ConnectionRefusedError, as when the server is down. Over UDP only a connected socket hears of
        it, at its next call; ``sendto`` never does.
        """
        with self._acting() as lines:
            for line in lines:
                line.refuse()
        self._lasts("door", "refusing connections")

    def restart(self) -> None:
        """Stop and come back at the same address: every connection is closed, new ones are served at once.

        What had been received stays; what was not read (after ``stop_reading``) is lost, as when a process ends. A
        refusal is over; all other faults go on. For a server that stays away for a while use ``refuse`` and
        ``recover``.
        """
        with self._acting() as lines:
            for line in lines:
                line.restart()
        self._lasting.pop("door", None)
        self._timeline.event("restarted: every connection was closed")

    def stop_reading(self) -> None:
        """Accept connections and read nothing, until ``recover``: the client's send buffer fills, then it blocks.

        On Linux a client that connects now can send some 30 KB, at worst 0.5 MB (over a unix socket 28 KB in messages
        of 100 octets, 200 KB in large ones), one that was connected before 1 to 3 MB. A sender of UDP never blocks:
        the endpoint holds what it sends. After ``recover`` all of it is received.
        """
        with self._acting() as lines:
            for line in lines:
                line.read_at(0)
        self._lasts("reading", "reading nothing")

    def read_slowly(self, octets_per_second: float) -> None:
        """Read so many octets per second of each connection, until ``recover``.

        A client that goes on sending faster blocks, on Linux after 1 to 3 MB (over a unix socket as in
        ``stop_reading``).
        """
        if (
            not isinstance(octets_per_second, (int, float))
            or isinstance(octets_per_second, bool)
            or not 0 < octets_per_second < float("inf")
        ):
            raise ArgumentError(
                f"octets_per_second={show(octets_per_second)}: it is a number above 0 (stop_reading() reads nothing)"
            )
        with self._acting() as lines:
            for line in lines:
                line.read_at(octets_per_second)
        self._lasts("reading", f"reading {octets_per_second:,g} octets per second")

    def reset(self, *, times: int | None = None, after: int | None = None, now: bool = False) -> None:
        """Break connections with a RST: the client gets ConnectionResetError.

        Each as soon as something whole has been received on it, and kept. With ``after=n`` in the middle of it: when n
        more octets of the connection have been read (0: at once when it has been accepted), of TLS the encrypted ones.
        With ``now=True`` those there are, at once, and no later one.

        A unix socket knows no RST: its client reads the end of the stream, or gets ConnectionResetError when it had
        sent more than was read.
        """
        self._break("reset", times, after, now=now)

    def disconnect(self, *, times: int | None = None, after: int | None = None, now: bool = False) -> None:
        """Close connections, as a server that ends does: the client reads an end of file. Else as ``reset``."""
        self._break("disconnect", times, after, now=now)

    def half_close(self, *, times: int | None = None, after: int | None = None, now: bool = False) -> None:
        """Close the endpoint's writing side only, and go on reading what the client sends. Else as ``reset``."""
        self._break("half_close", times, after, now=now)

    def recover(self) -> None:
        """Go back to normal: accept, read and answer; what was scripted is forgotten.

        What was sent while nothing was read is received now, in order. A connection that is half-closed stays so.
        """
        with self._acting(catching_up=False) as lines:
            for line in lines:
                line.recover()
        self._lasting.clear()
        self._timeline.state("normal")

    def _faults_in_force(self) -> str | None:
        """Return which faults are in force or still to come, for a failure's text; None when all is normal."""
        script = str(self._faults)
        told = [*self._lasting.values(), *([f"to come: {script}"] if script else [])]
        return "; ".join(told) or None

    @contextmanager
    def _acting(self, *, catching_up: bool = True) -> Iterator[Sequence[Line]]:
        """Give the lines, with all that has reached them; nothing comes between, a stop in another thread neither."""
        self._require_running()
        with reactor().held():
            self._require_running()
            lines = self._lines()
            for line in lines if catching_up else ():
                line.catch_up()
            yield lines

    def _catch_up(self) -> None:
        with self._acting():
            pass

    def _lasts(self, kind: str, text: str) -> None:
        self._lasting[kind] = text
        self._timeline.state("; ".join(self._lasting.values()))

    def _break(self, how: How, times: Any, after: Any, *, now: Any) -> None:
        check_times(times)
        if after is not None and (not isinstance(after, int) or isinstance(after, bool) or after < 0):
            raise ArgumentError(f"after={show(after)}: it is a number of octets, 0 or more")
        if now and (times is not None or after is not None):
            raise ArgumentError("now=True breaks the connections there are, once: it takes no times= and no after=")
        with self._acting() as lines:
            if now:
                broken = sum(line.break_now(how) for line in lines)
                self._timeline.event(f"{plural(broken, 'connection')} {DONE[how]}")
                return
            fault = Break(how, after)
            for line in lines:
                line.break_later(fault, times)


def check_times(times: Any) -> None:
    """Raise ArgumentError unless ``times`` is None or a whole number from 1."""
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise ArgumentError(f"times={show(times)}: it is for how many, a whole number from 1")
