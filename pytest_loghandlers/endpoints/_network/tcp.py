"""TCP on the reactor: one listener, many connections, a protocol object for each."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import Protocol

from .reactor import READ, WRITE, Hold, Reactor, Watch, reactor

#: Bytes that one read takes at most.
CHUNK = 256 * 1024
BACKLOG = 512
#: Reads after which catching up with one connection ends: its client may never stop sending.
READS = 64
#: Seconds for which a listener rests when the process has no file descriptor left for a new connection.
REST = 0.05
_AT_ONCE = struct.pack("ii", 1, 0)


class ConnectionProtocol(Protocol):
    """What serves one connection. All three run in the reactor's thread and never block.

    An exception out of one of them is kept as a fault of the endpoint, and the connection is reset.
    """

    def data(self, data: bytes) -> None:
        """Take the bytes that have just arrived: any number of them, cut anywhere."""

    def eof(self) -> None:
        """Learn that the client will send no more; it may still read. The protocol closes the connection."""

    def lost(self) -> None:
        """Learn that the connection is gone, however it ended: the last call, exactly once.

        Not called for the connections that are still open when the endpoint stops.
        """


class Connection:
    """One client. Its methods are called while the reactor is held, or in the reactor's thread."""

    __slots__ = ("_closing", "_finishing", "_out", "_protocol", "_watch", "gone", "listener", "peer", "sock")

    def __init__(
        self,
        listener: Listener,
        sock: socket.socket,
        peer: object,
        make: Callable[[Connection], ConnectionProtocol],
        loop: Reactor,
    ) -> None:
        self.listener = listener
        self.sock = sock
        self.peer = peer
        self.gone = False
        self._out = bytearray()
        self._closing = False
        self._finishing = False
        self._protocol = make(self)
        self._watch = loop.watch(sock, self._ready, self._failed)

    def write(self, data: bytes) -> None:
        """Send ``data``: now as much as the socket takes, the rest when it takes more. Ignored when it is gone."""
        if self.gone or self._closing or self._finishing:
            return
        if not self._out:
            try:
                data = data[self.sock.send(data) :]
            except (BlockingIOError, InterruptedError):
                pass
            except OSError:
                self._lose()
                return
        if data:
            self._out += data
            self._watch.want(self._watch.events | WRITE)

    def close(self) -> None:
        """Close when everything written has been sent."""
        self._closing = True
        if not self._out:
            self._lose()

    def finish(self) -> None:
        """Close the writing side when everything written has been sent; read on, into nothing, until the client ends.

        So a client that is still sending gets to read why it is refused: closing at once would send it a RST.
        """
        self._finishing = True
        if not self._out:
            self._shut()

    def reset(self) -> None:
        """Break the connection with a RST: the client gets a ConnectionResetError."""
        if not self.gone:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self._lose()

    def pause(self) -> None:
        """Read no more until ``resume``: what the client sends fills the kernel's buffers."""
        self._watch.want(self._watch.events & ~READ)

    def resume(self) -> None:
        """Read again."""
        if not self.gone:
            self._watch.want(self._watch.events | READ)

    def drop(self) -> None:
        """Close at once, without a word to the protocol."""
        if not self.gone:
            self.gone = True
            self._watch.end()
            self.sock.close()

    def _lose(self) -> None:
        if self.gone:
            return
        self.drop()
        self.listener.connections.discard(self)
        try:
            self._protocol.lost()
        except Exception as error:  # noqa: BLE001 - kept, and raised when the endpoint stops
            self.listener.on_error(error)

    def _failed(self, error: Exception) -> None:
        self.listener.on_error(error)
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
            self._lose()
            return
        if not self._out:
            self._watch.want(self._watch.events & ~WRITE)
            if self._closing:
                self._lose()
            elif self._finishing:
                self._shut()

    def _shut(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._lose()

    def catch_up(self) -> None:
        """Read what the kernel holds now, in the calling thread."""
        try:
            for _ in range(READS):
                if self.gone or not self._watch.events & READ or not self._read():
                    return
        except Exception as error:  # noqa: BLE001 - as in the reactor's thread
            self._failed(error)

    def _read(self) -> bool:
        """Read once; return whether there may be more."""
        try:
            data = self.sock.recv(CHUNK)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            self._lose()
            return False
        if self._finishing:
            if not data:
                self._lose()
        elif data:
            self._protocol.data(data)
        else:
            self.pause()
            self._protocol.eof()
        return bool(data)


class Listener:
    """A listening TCP socket and its connections. ``make(connection)`` gives each its protocol.

    ``sock`` serves on an already bound socket instead of a new one on 127.0.0.1 and a port of the system's choice.
    """

    def __init__(
        self,
        make: Callable[[Connection], ConnectionProtocol],
        on_error: Callable[[Exception], object],
        sock: socket.socket | None = None,
    ) -> None:
        self.make = make
        self.on_error = on_error
        self.connections: set[Connection] = set()
        self.reactor = reactor()
        self._sock = bound(("127.0.0.1", 0)) if sock is None else sock
        self.address: tuple[str, int] = self._sock.getsockname()[:2]
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
        """Refuse new connections, and reset those there are. The port stays this listener's."""
        with self.reactor.held():
            if self._watch is None:
                return
            self._close_listener()
            # A socket that is bound and does not listen keeps the port, and the system refuses whoever comes.
            self._sock = bound(self.address)
            for connection in tuple(self.connections):
                connection.reset()

    def accept(self) -> None:
        """Accept connections again, on the same port."""
        with self.reactor.held():
            if self._watch is None:
                self._listen()

    def catch_up(self) -> None:
        """Accept and read what the kernel holds now, in the calling thread, not waiting for the reactor's turn."""
        with self.reactor.held():
            if self._watch is not None and self._watch.events:
                self._accept(READ)
            for connection in tuple(self.connections):
                connection.catch_up()

    def stop(self) -> None:
        """Close the listener and every connection. When this returns, no protocol is running or runs again."""
        with self.reactor.held():
            self._close_listener()
            for connection in tuple(self.connections):
                connection.drop()
            self.connections.clear()

    def _listen(self) -> None:
        self._sock.listen(BACKLOG)
        self._sock.setblocking(False)
        self._watch = self.reactor.watch(self._sock, self._accept, self.on_error)

    def _close_listener(self) -> None:
        if self._watch is not None:
            self._watch.end()
            self._watch = None
        self._sock.close()

    def _accept(self, mask: int) -> None:  # noqa: ARG002 - it is watched for reading only
        while True:
            try:
                sock, peer = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # No file descriptor left: the client stays in the backlog, and the thread must not spin on it.
                self.on_error(error)
                if self._watch is not None:
                    self._watch.want(0)
                    self.reactor.call_later(REST, partial(self._watch.want, READ), self.on_error)
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.add(Connection(self, sock, peer, self.make, self.reactor))


def bound(address: tuple[str, int]) -> socket.socket:
    """Return a TCP socket bound to ``address``; port 0 lets the system choose."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "nt":
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
