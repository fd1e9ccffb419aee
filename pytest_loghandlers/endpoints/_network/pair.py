"""UDP and TCP on one port of 127.0.0.1, as daemons that speak both have it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Final

from .connection import Connection
from .datagrams import Datagrams
from .link import ConnectionProtocol
from .listener import Listener, bound

#: Ports to try: the one that the system chose for UDP may be taken for TCP.
TRIES: Final = 100


def open_pair(
    make: Callable[[Connection], ConnectionProtocol],
    on_error: Callable[[Exception], object],
    make_datagrams: Callable[[], Datagrams] = Datagrams,
) -> tuple[Listener, Datagrams]:
    """Return a TCP listener and the datagrams of the same port, which the system chose.

    Raises OSError when there is no such port, or no descriptor left.
    """
    attempt = 0
    while True:
        attempt += 1
        datagrams = make_datagrams()
        try:
            sock = bound(datagrams.address)
        except OSError as error:
            datagrams.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES) or attempt == TRIES:
                raise
            continue
        try:
            return Listener(make, on_error, sock), datagrams
        except BaseException:
            datagrams.close()
            raise
