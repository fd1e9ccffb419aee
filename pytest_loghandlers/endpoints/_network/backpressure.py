"""How much a client can send to a server that does not read: the kernel's buffers, made small and made normal again.

What a client sends waits in two places: in the server's receive buffer, and in its own send buffer, which the kernel
sizes after the segments that the server takes. Over loopback a segment has 64 KiB, and a stalled server swallows 4 MB
(36,000 records of 100 octets) before the client blocks. With the segments that are used here always it is some 1 MB on
a connection that was there before; with what ``narrow`` does to a listening socket 20 to 40 KB on a new one.

Linux 6.18 was measured. It sizes a send buffer also after how badly the segments of earlier connections to the address
were out of order, remembers that for an hour, and nobody but root can make it forget: where loopback has got that bad
a name it is 0.5 MB on a new connection, and 3 MB on one that was there before.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Final

#: Octets of a segment: always (with an Ethernet's 1,460 syslog over TCP took a fifth more time), and of a client that
#: is to block soon (with 88, the least, it would recover slowly).
SEGMENT: Final = 8192
SMALL_SEGMENT: Final = 200
#: Octets of a receive buffer that is read slowly: several segments, or the client would wait for longer than it must.
SLOW_ROOM: Final = 65_536
#: Linux 5.16: whether a buffer keeps the size that it was given. Elsewhere the number is unknown, or not this.
_SO_BUF_LOCK: Final = 72


def use_segments(sock: socket.socket, octets: int = SEGMENT) -> None:
    """Take segments of ``octets`` on the connections that come to ``sock`` from here on, where it is TCP."""
    if sock.family == socket.AF_INET and hasattr(socket, "TCP_MAXSEG"):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, octets)


def narrow(sock: socket.socket, rate: float) -> None:
    """Have ``sock``, which is read at ``rate`` octets per second, hold as little as that allows; what it holds stays.

    Of a listening socket: the connections that come to it from here on. A unix socket holds what its client's send
    buffer does: some 278 small messages on Linux, whatever is asked of this side.
    """
    use_segments(sock, SEGMENT if rate else SMALL_SEGMENT)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_ROOM if rate else 1)


def widen(sock: socket.socket, room: int) -> None:
    """Give ``sock`` its receive buffer of ``room`` octets back (what SO_RCVBUF said; 0: it was never narrow)."""
    if not room:
        return
    use_segments(sock)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) > room:
            # Linux doubles what it is asked for, and tells the double.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room // 2)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_BUF_LOCK, 0)


def acknowledge(sock: socket.socket) -> None:
    """Acknowledge at once what has been read from ``sock``, where it is TCP.

    Linux may put that off for 40 ms, and for as long a client may hold back what it has sent last (Nagle's algorithm).
    """
    if hasattr(socket, "TCP_QUICKACK"):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
