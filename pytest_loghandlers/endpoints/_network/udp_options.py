"""What UDP on Linux can do and Python has no name for; each probed, each with an answer elsewhere too."""

from __future__ import annotations

import socket
import struct
import sys
import time
from array import array
from typing import Final

#: Whether the numbers below hold: they are Linux's, but for a few processors (there SO_RCVBUF is not 8 either).
LINUX: Final = sys.platform == "linux" and getattr(socket, "SO_RCVBUF", 0) == 8
_SO_RCVBUFFORCE: Final = 33
_SO_TIMESTAMPNS: Final = 35
_SO_ATTACH_REUSEPORT_CBPF: Final = 51
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("9I")
_STAMP: Final = struct.Struct("qq")
STAMP_SPACE: Final = socket.CMSG_SPACE(_STAMP.size) if hasattr(socket, "CMSG_SPACE") else 0


def now() -> int:
    """Return the nanoseconds of the clock that the arrival stamps are of, also while a test has frozen the time."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME) if LINUX else time.monotonic_ns()


def enlarge(sock: socket.socket, octets: int, *, force: bool) -> None:
    """Give ``sock`` a receive buffer of ``octets``, or as much of it as the system grants."""
    if force and LINUX:
        try:
            sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, octets)
            return
        except OSError:
            pass  # Not for us: it takes CAP_NET_ADMIN.
    while octets > 65_536:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)
            return
        except OSError:
            octets //= 2  # Linux takes what it grants of it, others refuse what is too much.


def memory(sock: socket.socket) -> tuple[int, ...] | None:
    """Return the kernel's account of the socket: 0 octets held, 1 octets of room, 8 datagrams dropped."""
    if not LINUX:
        return None
    try:
        found = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
    except OSError:
        return None
    return _MEMINFO.unpack(found) if len(found) == _MEMINFO.size else None


def stamp(extra: list[tuple[int, int, bytes]]) -> int:
    """Return the moment of arrival in nanoseconds of ``now()`` from what ``recvmsg`` gave besides; 0 for none."""
    for _, kind, data in extra:
        if kind == _SO_TIMESTAMPNS and len(data) == _STAMP.size:
            seconds, nanoseconds = _STAMP.unpack(data)
            return int(seconds * 1_000_000_000 + nanoseconds)
    return 0


def stamp_arrivals(sock: socket.socket) -> None:
    """Ask for the moment of arrival with each datagram; without it, it has arrived when it is read."""
    if LINUX:
        try:
            sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        except OSError:
            pass  # A kernel without it: ``stamp`` is 0.


def deal(sock: socket.socket, ways: int) -> bool:
    """Have the kernel deal the datagrams of the port at random among its ``ways`` sockets."""
    # Load a random number; modulo ways; return it.
    steps = ((0x20, 0, 0, 0xFFFFF000 + 56), (0x94, 0, 0, ways), (0x16, 0, 0, 0))
    program = array("B", b"".join(struct.pack("HBBI", *step) for step in steps))
    try:
        sock.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_REUSEPORT_CBPF, struct.pack("HP", len(steps), program.buffer_info()[0])
        )
    except OSError:
        return False
    return True
