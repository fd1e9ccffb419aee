"""One listening socket, TCP or unix; many connections; a protocol object for each."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from pytest_loghandlers._base.deadline import Deadline

from .backpressure import narrow, use_segments, widen
from .connection import Connection
from .faults import Break, Faults, How
from .link import ConnectionProtocol
from .reactor import READ, Hold, Watch, reactor

#: Clients that may wait to be accepted; the system may allow fewer.
BACKLOG = 4096
#: Seconds for which a listener rests when the process has no file descriptor left for a new connection.
REST = 0.05
#: Clients after which catching up goes on with those that it has: they may never stop coming.
ACCEPTS = BACKLOG + 1
#: Seconds after which it does so too: whoever else wants the reactor waits meanwhile.
LONGEST = 0.5


class Listener:
    """A listening socket and its connections. ``make(connection)`` gives each its protocol.

    ``sock`` is a bound one, not listening yet; without it, 127.0.0.1 and a port of the system's choice. ``faults`` is
    shared by the listeners of one endpoint.
    """

    def __init__(
        self,
        make: Callable[[Connection], ConnectionProtocol],
        on_error: Callable[[Exception], object],
        sock: socket.socket | None = None,
        *,
        faults: Faults | None = None,
    ) -> None:
        self.make = make
        self.on_error = on_error
        self.faults = Faults() if faults is None else faults
        self.connections: set[Connection] = set()
        self.reactor = reactor()
        self._sock = bound(("127.0.0.1", 0)) if sock is None else sock
        #: Whose path it is: a forked child has only a copy.
        self._process = os.getpid()
        #: ``(host, port)``; of a unix socket its path.
        self.address: Any = self._sock.getsockname()
        #: What its receive buffer has normally; 0 until somebody makes it small.
        self._room = 0
        self._watch: Watch | None = None
        try:
            self._listen()
        except BaseException:
            self._sock.close()
            raise

    @property
    def refusing(self) -> bool:
        """Whether new connections are refused."""
        return self._watch is None

    def held(self) -> Hold:
        """Hold the reactor in a ``with`` block: no protocol runs meanwhile."""
        return self.reactor.held()

    def refuse(self) -> None:
        """Refuse new connections, and reset those there are. The address stays this listener's."""
        with self.reactor.held():
            if self._watch is None:
                return
            self._close_listener()
            if not isinstance(self.address, str):
                # A socket that is bound and does not listen keeps the port, and the system refuses whoever comes. So
                # it does at the path of a unix socket that was closed.
                self._sock = bound(self.address)
            self._break_all("reset")

    def accept(self) -> None:
        """Accept connections again, at the same address."""
        with self.reactor.held():
            if self._watch is None:
                if isinstance(self.address, str):
                    self._sock = bound(self.address)
                self._listen()

    def restart(self) -> None:
        """Close everything as a process that ends does, and listen again at the same address."""
        with self.reactor.held():
            self._close_listener()
            for connection in tuple(self.connections):
                connection.lose()
            self._sock = bound(self.address)
            self._listen()

    def break_now(self, how: How) -> int:
        """Break every connection there is; return how many."""
        with self.reactor.held():
            return self._break_all(how)

    def break_later(self, fault: Break, times: int | None) -> None:
        """Break connections as the script says, ``times`` times (None: from here on)."""
        with self.reactor.held():
            self.faults.set(fault, times)

    def read_at(self, rate: float | None) -> None:
        """Read ``rate`` octets per second of each connection; 0: none, None: as many as come."""
        with self.reactor.held():
            self.faults.rate = rate
            if self._watch is not None:
                self._set_window()
            for connection in tuple(self.connections):
                connection.read_at(rate, self._room)

    def recover(self) -> None:
        """Go back to normal: no fault, nothing refused."""
        with self.reactor.held():
            self.faults.clear()
            self.accept()
            for connection in tuple(self.connections):
                connection.recover()
            self.read_at(None)

    def catch_up(self) -> None:
        """Accept and read what the kernel holds now, in the calling thread, not waiting for the reactor's turn."""
        with self.reactor.held():
            deadline = Deadline(LONGEST)
            for _ in range(ACCEPTS):
                if self._watch is None or not self._watch.events or not self._accept() or deadline.passed:
                    break
            for connection in tuple(self.connections):
                connection.catch_up()

    def stop(self) -> None:
        """Close the listener and every connection. When this returns, no protocol is running or runs again."""
        with self.reactor.held():
            self._close_listener()
            if isinstance(self.address, str) and self._process == os.getpid():
                _remove(self.address)
            for connection in tuple(self.connections):
                connection.drop()
            self.connections.clear()

    def _break_all(self, how: How) -> int:
        broken = tuple(self.connections)
        for connection in broken:
            connection.break_off(how)
        return len(broken)

    def _set_window(self) -> None:
        if self.faults.rate is not None:
            self._room = self._room or self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
            narrow(self._sock, self.faults.rate)
        elif self._room:
            widen(self._sock, self._room)

    def _listen(self) -> None:
        use_segments(self._sock)
        if self.faults.rate is not None:
            self._set_window()
        self._sock.listen(BACKLOG)
        self._sock.setblocking(False)
        self._watch = self.reactor.watch(self._sock, self._ready, self.on_error)

    def _close_listener(self) -> None:
        if self._watch is not None:
            self._watch.end()
            self._watch = None
        self._sock.close()

    def _ready(self, mask: int) -> None:  # noqa: ARG002 - it is watched for reading only
        self._accept()

    def _accept(self) -> bool:
        """Accept one connection; return whether there may be more."""
        try:
            sock, peer = self._sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as error:
            # No file descriptor left: the client stays in the backlog, and the thread must not spin on it.
            self.on_error(error)
            if self._watch is not None:
                self._watch.want(0)
                self.reactor.call_later(REST, partial(self._watch.want, READ), self.on_error)
            return False
        sock.setblocking(False)
        if not isinstance(self.address, str):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection = Connection(self, sock, peer, self.make)
        except Exception as error:  # noqa: BLE001 - kept, and raised when the endpoint stops
            self.on_error(error)
            sock.close()
            return True
        if not connection.gone:
            self.connections.add(connection)
            connection.begin()
        return True


def bound(address: tuple[str, int] | str) -> socket.socket:
    """Return a stream socket bound to ``address``: TCP (port 0 lets the system choose), or unix for a path.

    What is left of an earlier socket at that path is removed.
    """
    if isinstance(address, str):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        _remove(address)
    else:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if isinstance(address, str):
            pass
        elif os.name == "nt":
            # There SO_REUSEADDR would let another program share the port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # type: ignore[attr-defined,unused-ignore]  # Windows only
        else:
            # Coming back to a port must not wait for the connections that were closed on it.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except BaseException:
        sock.close()
        raise
    return sock


def _remove(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 - the path of a socket is a str throughout
    except FileNotFoundError:
        pass
