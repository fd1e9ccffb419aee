"""Datagrams at a path of the file system, as at ``/dev/log``: a unix socket of type SOCK_DGRAM.

Nothing is lost here: where UDP drops, the kernel holds the sender up. On Linux ten unread datagrams are enough
(``net.unix.max_dgram_qlen``); then ``send`` blocks until somebody reads.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Final

from .faults import Break, How
from .reactor import READ, Hold, OnError, Timer, Watch, reactor

#: Octets of one datagram that are kept. A sender's buffer (``net.core.wmem_default``) is a fifth of it.
LARGEST: Final = 1024 * 1024
#: Datagrams after which one turn ends, and after which catching up does: a sender may never stop. The kernel holds
#: fewer than the latter (``net.unix.max_dgram_qlen``: 10, or 512 where systemd runs).
AT_ONCE: Final = 256
MOST_HELD: Final = 65_536


class UnixDatagrams:
    """A datagram socket at ``path``: a ``Line`` for the fault verbs.

    ``take(payload, cut)`` is called while the reactor is held, for each datagram in order; ``cut`` says that it was
    longer than LARGEST.
    """

    def __init__(self, path: str, take: Callable[[bytes, bool], object], on_error: OnError) -> None:
        self.path = path
        self.reactor = reactor()
        self._take = take
        self._on_error = on_error
        self._into = memoryview(bytearray(LARGEST))
        #: Whose path it is: a forked child has only a copy.
        self._process = os.getpid()
        self._rate: float | None = None
        #: While it is read slowly: what ends the rest after a datagram.
        self._rest: Timer | None = None
        self._sock: socket.socket | None = None
        self._watch: Watch | None = None
        self._open()

    @property
    def refusing(self) -> bool:
        """Whether there is no socket at the path now."""
        return self._sock is None

    def held(self) -> Hold:
        """Hold the reactor in a ``with`` block: nothing is taken meanwhile."""
        return self.reactor.held()

    def refuse(self) -> None:
        """Close the socket and remove it from the path, as a daemon that ends does.

        Who is connected gets ConnectionRefusedError, who is not FileNotFoundError.
        """
        with self.held():
            self._close()

    def restart(self) -> None:
        """Close the socket, and open another at the path: who was connected has to connect again."""
        with self.held():
            self._close()
            self._open()

    def break_now(self, how: How) -> int:  # noqa: ARG002 - a ``Line``'s
        """Return 0: there are no connections."""
        return 0

    def break_later(self, fault: Break, times: int | None) -> None:
        """Do nothing: there are no connections."""

    def read_at(self, rate: float | None) -> None:
        """Read ``rate`` octets per second; 0: none, None: as many as come."""
        with self.held():
            self._rate = rate
            if self._rest is not None:
                self._rest.cancel()
                self._rest = None
            self._look_again()

    def recover(self) -> None:
        """Go back to normal; the socket is at its path again."""
        with self.held():
            if self._sock is None:
                self._open()
            self.read_at(None)

    def catch_up(self) -> None:
        """Take what the kernel holds now, in the calling thread; of what is read slowly, nothing."""
        with self.held():
            if self._rate is None:
                try:
                    self._read(MOST_HELD)
                except Exception as error:  # noqa: BLE001 - as in the reactor's thread
                    self._on_error(error)

    def close(self) -> None:
        """Close the socket for good, and remove it."""
        with self.held():
            self._close()

    def _open(self) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            sock.bind(self.path)
            sock.setblocking(False)
            self._watch = self.reactor.watch(sock, self._ready, self._on_error)
        except BaseException:
            sock.close()
            raise
        self._sock = sock
        self._look_again()

    def _close(self) -> None:
        sock, self._sock = self._sock, None
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        if self._watch is not None:
            self._watch.end()
            self._watch = None
        if sock is not None:
            sock.close()
            if self._process != os.getpid():
                return
            try:
                os.unlink(self.path)  # noqa: PTH108 - the path of a socket is a str throughout
            except FileNotFoundError:
                pass

    def _look_again(self) -> None:
        if self._watch is not None:
            self._watch.want(0 if self._rate == 0 or self._rest is not None else READ)

    def _ready(self, mask: int) -> None:  # noqa: ARG002 - it is watched for reading only
        if self._rate is None:
            self._read(AT_ONCE)
            return
        came = self._read(1)
        if came and self._rate:
            self._rest = self.reactor.call_later(came / self._rate, self._rested, self._on_error)
            self._look_again()

    def _rested(self) -> None:
        self._rest = None
        self._look_again()

    def _read(self, most: int) -> int:
        """Take at most so many datagrams; return how many octets they had."""
        octets = 0
        for _ in range(most):
            if self._sock is None:
                break
            try:
                size, _, flags, _ = self._sock.recvmsg_into([self._into])
            except (BlockingIOError, InterruptedError):
                break
            octets += max(1, size)
            self._take(bytes(self._into[:size]), bool(flags & socket.MSG_TRUNC))
        return octets
