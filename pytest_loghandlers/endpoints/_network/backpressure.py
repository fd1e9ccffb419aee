"""How much a client can send to a server that does not read: the kernel's buffers, made small and made normal again.

What a client sends waits in two places: in the server's receive buffer, and in its own send buffer, which the kernel
sizes after the segments that the server takes. Over loopback a segment has 64 KiB, and a stalled server swallows 4 MB
(36,000 records of 100 octets) before the client blocks. With the segments of an Ethernet, as here always, it is 0.1 to
1 MB on a connection that was there before; with what ``narrow`` does to a listening socket 20 to 40 KB on every new one.

Linux 6.18 was measured. It sizes a send buffer also after how badly the segments of earlier connections to the address
were out of order, remembers that for an hour, and nobody but root can make it forget: where loopback has got that bad
a name it is 0.5 MB on a new connection, and 3 MB on one that was there before.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Final

#: Octets of a segment: of an Ethernet, and of a client that is to block soon (with fewer it would recover slowly).
SEGMENT: Final = 1460
SMALL_SEGMENT: Final = 200
#: Linux 5.16: whether a buffer keeps the size that it was given. Elsewhere the number is unknown, or not this.
_SO_BUF_LOCK: Final = 72


def use_segments(sock: socket.socket, octets: int = SEGMENT) -> None:
    """Take segments of ``octets`` on the connections that come to ``sock`` from here on, where it is TCP."""
    if sock.family == socket.AF_INET and hasattr(socket, "TCP_MAXSEG"):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, octets)


def narrow(sock: socket.socket) -> None:
    """Have ``sock`` hold as little as the system allows; what it holds already stays.

    Of a listening socket: the connections that come to it from here on. A unix socket holds what its client's send
    buffer does: some 278 small messages on Linux, whatever is asked of this side.
    """
    use_segments(sock, SMALL_SEGMENT)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)


def widen(sock: socket.socket, room: int) -> None:
    """Give ``sock`` its receive buffer of ``room`` octets back (what SO_RCVBUF said), and normal segments."""
    use_segments(sock)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) > room:
            # Linux doubles what it is asked for, and tells the double.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room // 2)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_BUF_LOCK, 0)
