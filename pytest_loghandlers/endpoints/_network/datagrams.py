"""UDP that loses nothing: one port of 127.0.0.1 whose datagrams the kernel holds until somebody looks.

A reader thread loses datagrams on a busy machine: every ``sendto`` lets go of the GIL for so short a moment that the
thread may starve for 100 ms and longer. So the kernel holds everything, and whoever looks reads it in their own thread:

- One socket, with the largest buffer that the system grants: SO_RCVBUFFORCE where we may (CAP_NET_ADMIN), else
  SO_RCVBUF.
- Where that holds less than ENOUGH small datagrams (Linux grants 212,992 to 4,194,304 octets), a bank of sockets on
  one port: a classic BPF program deals the datagrams out at random, the kernel's arrival stamps restore the order.
- The kernel counts what it had to drop (SO_MEMINFO): a loss is known exactly.

Elsewhere than on Linux there is one socket, and nobody knows what was lost (``fill`` and ``dropped`` are None).
"""

from __future__ import annotations

import select
import socket
from typing import Any, Final

from pytest_loghandlers._base.deadline import Deadline

from .reactor import also_end
from .udp_options import LINUX, STAMP_SPACE, deal, enlarge, memory, now, stamp, stamp_arrivals

#: Octets of buffer to ask for. The kernel doubles it.
BUFFER: Final = 64 * 1024 * 1024
#: Small datagrams (up to some 200 octets of payload) that must fit, and what one costs the buffer.
ENOUGH: Final = 60_000
SMALL: Final = 832
MOST_SOCKETS: Final = 128
#: Datagrams after which one ``read`` ends: more than the buffers hold, for under an endless flood it must end.
MOST_AT_ONCE = 500_000
LARGEST_DATAGRAM: Final = 65_536

Datagram = tuple[int, bytes]


class _Stamper:
    """One stamping socket for as long as the endpoints serve.

    The kernel stamps arrivals while some socket asks for it, and begins a moment after the first one does; until then
    a datagram is stamped when it is read, which says nothing about the order.
    """

    def __init__(self) -> None:
        self._sock: socket.socket | None = None
        self._good = False

    def keep(self) -> None:
        """Have the kernel stamp arrivals from some moment on."""
        if self._sock is None:
            sock = _bound(("127.0.0.1", 0))
            stamp_arrivals(sock)
            self._sock = sock

    def good(self) -> bool:
        """Return whether arrivals are stamped when they arrive; wait for it for at most a second."""
        self.keep()
        deadline = Deadline(1.0)
        while not self._good and not deadline.passed:
            self._good = self._probe()
        return self._good

    def _probe(self) -> bool:
        if self._sock is None:
            return False
        self._sock.sendto(b"", self._sock.getsockname())
        sent = now()
        try:
            arrived = stamp(self._sock.recvmsg(0, STAMP_SPACE)[1])
        except BlockingIOError:
            return False
        return 0 < arrived <= sent

    def end(self) -> None:
        """Close the socket; the next endpoint opens another."""
        sock, self._sock, self._good = self._sock, None, False
        if sock is not None:
            sock.close()


_stamper: Final = _Stamper()
also_end(_stamper.end)


class Datagrams:
    """The datagrams that reach one port of 127.0.0.1, in the order of their arrival.

    ``force=False`` does without SO_RCVBUFFORCE, ``sockets=n`` makes the bank that size whatever the buffers. Not safe
    for use by several threads at once.
    """

    def __init__(self, *, buffer: int = BUFFER, force: bool = True, sockets: int | None = None) -> None:
        self._buffer = buffer
        self._force = force
        self._wanted = sockets
        self._into: memoryview | None = None
        self._kept: list[Datagram] = []
        self._poll: Any = None
        self._by_number: dict[int, socket.socket] = {}
        #: What the sockets that are closed had to drop.
        self._dropped = 0
        first = _bound(("127.0.0.1", 0))
        self._sockets = [first]
        self.address: tuple[str, int] = first.getsockname()
        if LINUX:
            _stamper.keep()
        self._prepare(first)

    @property
    def sockets(self) -> int:
        """How many sockets there are."""
        return len(self._sockets)

    @property
    def watched(self) -> Any:
        """What is readable when a datagram is there: something with a ``fileno()``."""
        return self._sockets[0] if self._poll is None else self._poll

    @property
    def fill(self) -> float | None:
        """How full the fullest buffer is, from 0 to 1; None where the system does not tell."""
        known = [account for sock in self._sockets if (account := memory(sock)) is not None]
        return max(account[0] / account[1] for account in known) if known else None

    @property
    def dropped(self) -> int | None:
        """How many datagrams the kernel dropped for want of room; None where the system does not tell."""
        known = [account for sock in self._sockets if (account := memory(sock)) is not None]
        return self._dropped + sum(account[8] for account in known) if known else None

    def spread(self) -> None:
        """Make a bank of the socket where one is too small. To be called before anybody knows the port."""
        if len(self._sockets) > 1 or not LINUX:
            return
        room = self._sockets[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        # Twice, because chance does not deal evenly; all that small buffers allow is MOST_SOCKETS.
        needed = 1 if room >= ENOUGH * SMALL else min(MOST_SOCKETS, -(-2 * ENOUGH * SMALL // room))
        if self._wanted is not None:
            needed = self._wanted
        if needed > 1 and _stamper.good():
            self._make_bank(needed)

    def read(self) -> tuple[list[Datagram], bool]:
        """Return what the kernel holds, as ``(arrival stamp, payload)`` in order, and whether there is more.

        A stamp is in nanoseconds of ``now()``.
        """
        if self._poll is None:
            found: list[Datagram] = []
            return found, not self._drain(self._sockets[0], found)
        gathered, self._kept = self._kept, []
        most = len(gathered) + MOST_AT_ONCE
        # What arrived before this moment has been read.
        complete = 0
        while True:
            began = now()
            ready = self._poll.poll(0)
            if not ready:
                # What is not read yet arrived after all that is.
                gathered.sort(key=_by_stamp)
                return gathered, False
            if len(gathered) >= most:
                gathered.sort(key=_by_stamp)
                settled = [datagram for datagram in gathered if datagram[0] < complete]
                self._kept = gathered[len(settled) :]
                return settled, True
            whole = True
            for number, _ in ready:
                whole &= self._drain(self._by_number[number], gathered)
            if whole:
                complete = began

    def refuse(self) -> None:
        """Close the sockets, and keep the port: who sends is refused. What nobody read is gone; ``reopen`` undoes it.

        The port is held by a socket that is connected to itself: nobody else's datagram is for it.
        """
        self._replace(refusing=True)

    def reopen(self) -> None:
        """Close the sockets, and open others on the same port; what nobody read is gone."""
        self._replace(refusing=False)

    def close(self) -> None:
        """Close the sockets; what nobody read is gone."""
        if self._poll is not None:
            self._poll.close()
        for sock in self._sockets:
            sock.close()

    def _replace(self, *, refusing: bool) -> None:
        self._dropped = self.dropped or 0
        old, poll = self._sockets, self._poll
        new = _heir(old, self.address)
        self._sockets, self._poll, self._by_number, self._kept = [new], None, {}, []
        if poll is not None:
            poll.close()
        if refusing:
            new.connect(self.address)
        else:
            self._prepare(new)

    def _drain(self, sock: socket.socket, found: list[Datagram]) -> bool:
        """Append what ``sock`` holds; return whether all of it."""
        into = self._into = self._into or memoryview(bytearray(LARGEST_DATAGRAM))
        buffers = [into]
        for _ in range(MOST_AT_ONCE):
            try:
                if STAMP_SPACE:
                    size, extra, _, _ = sock.recvmsg_into(buffers, STAMP_SPACE)
                    arrived = stamp(extra)
                else:
                    size, arrived = sock.recv_into(into), 0
            except (BlockingIOError, InterruptedError):
                return True
            found.append((arrived or now(), bytes(into[:size])))
        return False

    def _prepare(self, sock: socket.socket) -> None:
        enlarge(sock, self._buffer, force=self._force)
        stamp_arrivals(sock)

    def _make_bank(self, wanted: int) -> None:
        first = self._sockets[0]
        try:
            # It was bound without SO_REUSEPORT: with it, the system might have given out a port that another process
            # of this user shares.
            first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            poll = select.epoll()
        except OSError:
            return
        try:
            while len(self._sockets) < wanted:
                sock = _bound(self.address, option=socket.SO_REUSEPORT)
                self._sockets.append(sock)
                self._prepare(sock)
        except OSError:
            pass  # No file descriptor left, say: the bank is as large as it got.
        if len(self._sockets) > 1 and not deal(first, len(self._sockets)):
            # Without the program the kernel deals by sender: all of one sender's datagrams go to one socket.
            for sock in self._sockets[1:]:
                sock.close()
            del self._sockets[1:]
        if len(self._sockets) == 1:
            poll.close()
            return
        for sock in self._sockets:
            poll.register(sock, select.EPOLLIN)
        self._by_number = {sock.fileno(): sock for sock in self._sockets}
        self._poll = poll


def _bound(address: tuple[str, int], *, option: int | None = None) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        if option is not None:
            sock.setsockopt(socket.SOL_SOCKET, option, 1)
        sock.setblocking(False)
        sock.bind(address)
    except BaseException:
        sock.close()
        raise
    return sock


def _heir(old: list[socket.socket], address: tuple[str, int]) -> socket.socket:
    """Return a socket on the port of ``old``, which are closed; on Linux nobody can take it in between."""
    new = None
    if LINUX:
        # Not SO_REUSEPORT: in a group that has had a connected socket the kernel looks at each member.
        try:
            for sock in old:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            new = _bound(address, option=socket.SO_REUSEADDR)
        except OSError:
            pass
    for sock in old:
        sock.close()
    if new is None:
        return _bound(address)
    new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    return new


def _by_stamp(datagram: Datagram) -> int:
    return datagram[0]
