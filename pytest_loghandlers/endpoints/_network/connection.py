"""One connection on the reactor, and what serves it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from .backpressure import acknowledge, narrow, widen
from .faults import Break, How
from .link import ConnectionProtocol, Owner
from .reactor import READ, WRITE, Timer, Watch

#: Bytes that one read takes at most: with 128 KiB and more each would be given, and take back, pages of its own.
CHUNK = 64 * 1024
#: Reads after which catching up with one connection ends: its client may never stop sending.
READS = 256
#: Reads a second of a connection that is read slowly, at most.
TICKS: Final = 20
_AT_ONCE: Final = struct.pack("ii", 1, 0)


class Connection:
    """One client's socket: a ``Link``."""

    __slots__ = (
        *("_closing", "_cut", "_finishing", "_half", "_left", "_narrow", "_out", "_paused", "_protocol", "_rest"),
        *("_watch", "gone", "owner", "peer", "sock"),
    )

    def __init__(
        self, owner: Owner, sock: socket.socket, peer: object, make: Callable[[Connection], ConnectionProtocol]
    ) -> None:
        self.owner = owner
        self.sock = sock
        self.peer = peer
        self.gone = False
        self._out = bytearray()
        self._closing = False
        self._finishing = False
        self._half = False
        self._paused = False
        #: While it is read slowly: what ends the rest after a read.
        self._rest: Timer | None = None
        #: The fault that strikes when ``_left`` more octets have been read.
        self._cut: Break | None = None
        self._left = 0
        #: Whether it is read slowly or not at all, with small buffers.
        self._narrow = owner.faults.rate is not None
        self._watch: Watch = owner.reactor.watch(sock, self._ready, self._failed, 0)
        self._protocol = make(self)

    @property
    def unsent(self) -> int:
        """How many octets wait until the socket takes more."""
        return len(self._out)

    def write(self, data: bytes) -> None:
        """Send ``data``."""
        # An empty send is a system call too, and gives the interpreter's lock away: 150 us beside a busy client.
        if not data or self.gone or self._closing or self._finishing or self._half:
            return
        if not self._out:
            try:
                data = data[self.sock.send(data) :]
            except (BlockingIOError, InterruptedError):
                pass
            except OSError:
                self.lose()
                return
        if data:
            self._out += data
            self._watch.want(self._watch.events | WRITE)

    def close(self) -> None:
        """Close when everything written has been sent."""
        self._closing = True
        if not self._out:
            self.lose()

    def finish(self) -> None:
        """Close the writing side when everything written has been sent; read on, into nothing."""
        self._finishing = True
        if not self._out:
            self._shut()

    def reset(self) -> None:
        """Break the connection with a RST."""
        if not self.gone:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.lose()

    def break_off(self, how: How) -> None:
        """Break it now: ``half_close`` shuts the writing side and goes on reading."""
        if self.gone:
            return
        if how == "reset":
            self.reset()
        elif how == "disconnect":
            self._end_orderly()
        elif not self._half:
            self._half = True
            self._out.clear()
            self._shut()

    def pause(self) -> None:
        """Read no more until ``resume``."""
        self._paused = True
        self.look_again()

    def resume(self) -> None:
        """Read again."""
        self._paused = False
        self.look_again()

    def took_one(self) -> bool:
        """Let a scripted fault strike; return whether the connection is gone."""
        # One that is to strike later in the stream came first.
        if self.owner.faults.next is not None and self._cut is None:
            self._strike(self._take(later=False))
        return self.gone

    def begin(self) -> None:
        """Serve it. Called once, when it has been accepted; a fault that waits for no octet strikes now."""
        fault = self.owner.faults.next
        if fault is not None and fault.after == 0:
            self._strike(self.owner.faults.take())
        # Who connects has mostly said something by now: it need not be waited for.
        self.catch_up(1)
        self.look_again()

    @property
    def _is_silent(self) -> bool:
        return self.gone or self._paused or self._rest is not None or self.owner.faults.rate == 0

    def look_again(self) -> None:
        """Read, or do not: what decides about it has changed."""
        self._watch.want(self._watch.events & ~READ | (0 if self._is_silent else READ))

    def read_at(self, rate: float | None, room: int) -> None:
        """Learn that the listener's rate of reading is ``rate`` now; normally its receive buffer has ``room``."""
        if self.gone:
            return
        if rate is not None:
            narrow(self.sock, rate)
        elif self._narrow:
            widen(self.sock, room)
        self._narrow = rate is not None
        if self._rest is not None:
            self._rest.cancel()  # It was for the rate before.
            self._rest = None
        self.look_again()

    def recover(self) -> None:
        """Forget the fault that was to strike."""
        self._cut = None

    def drop(self) -> None:
        """Close at once, without a word to the protocol."""
        if not self.gone:
            self.gone = True
            if self._rest is not None:
                self._rest.cancel()
            self._watch.end()
            self.sock.close()

    def catch_up(self, reads: int | None = None) -> None:
        """Read what the kernel holds now, in the calling thread; of what is read slowly, nothing."""
        try:
            for _ in range(0 if self._narrow else reads or READS):
                if self._is_silent:
                    return
                if not self._read():
                    acknowledge(self.sock)
                    if self._is_silent or not self._read():
                        return
        except Exception as error:  # noqa: BLE001 - as in the reactor's thread
            self._failed(error)

    def lose(self) -> None:
        """End it as the end of a process does: the system sends a FIN, or a RST when something is unread."""
        if self.gone:
            return
        self.drop()
        self.owner.connections.discard(self)
        if self._cut is not None:
            self.owner.faults.give_back(self._cut)
            self._cut = None
        try:
            self._protocol.lost()
        except Exception as error:  # noqa: BLE001 - kept, and raised when the endpoint stops
            self.owner.on_error(error)

    def _failed(self, error: Exception) -> None:
        self.owner.on_error(error)
        self.reset()

    def _ready(self, mask: int) -> None:
        if mask & WRITE:
            self._flush()
        if mask & READ and not self.gone:
            self._read()

    def _flush(self) -> None:
        try:
            del self._out[: self.sock.send(self._out)]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.lose()
            return
        if not self._out:
            self._watch.want(self._watch.events & ~WRITE)
            if self._closing:
                self.lose()
            elif self._finishing:
                self._shut()

    def _shut(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.lose()

    def _end_orderly(self) -> None:
        with suppress(OSError):  # Closing it with something unread would send a RST.
            self.sock.shutdown(socket.SHUT_WR)
            for _ in range(READS):
                if not self.sock.recv(CHUNK):
                    break
        self.lose()

    def _take(self, *, later: bool) -> Break | None:
        """Take the next fault, if it is one for this connection, now or (``later``) in the middle of something."""
        fault = self.owner.faults.next
        if fault is None or (fault.after is not None) != later or (self._half and fault.how == "half_close"):
            return None
        return self.owner.faults.take()

    def _strike(self, fault: Break | None) -> None:
        if fault is not None and not self.gone:
            self._cut = None
            self.owner.faults.tell(f"a connection was {fault}")
            self.break_off(fault.how)

    def _room(self) -> int:
        """Return how many octets the next read may take; 0 when a fault has ended the connection instead."""
        room, rate = CHUNK, self.owner.faults.rate
        if rate:
            room = min(room, max(1, int(rate / TICKS)))
        while not self.gone:
            if self._cut is None:
                self._cut = self._take(later=True)
                if self._cut is None:
                    return room
                self._left = self._cut.after or 0
            if self._left:
                return min(room, self._left)
            self._strike(self._cut)
        return 0

    def _read(self) -> bool:
        """Read once; return whether there may be more."""
        faults, room = self.owner.faults, CHUNK
        if faults.next is not None or faults.rate is not None or self._cut is not None:
            room = self._room()
            if not room:
                return False
        try:
            data = self.sock.recv(room)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            faults.tell("a client broke its connection")
            self.lose()
            return False
        if self._finishing:
            if not data:
                self.lose()
            return bool(data)
        if not data:
            self.pause()
            self._protocol.eof()
            return False
        if self._cut is not None:
            self._left -= len(data)
        self._protocol.data(data)
        if self._cut is not None and not self._left:
            self._strike(self._cut)
        if faults.rate and not self.gone:
            self._rest = self.owner.reactor.call_later(len(data) / faults.rate, self._rested, self._failed)
            self.look_again()
        return True

    def _rested(self) -> None:
        self._rest = None
        self.look_again()
