"""The sockets of one record endpoint: UDP and TCP on one port from the start, unix sockets when somebody asks."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from functools import partial
from typing import Final, cast

from pytest_loghandlers._base.errors import LogHandlersError
from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers.endpoints._faults import Line
from pytest_loghandlers.endpoints._network.datagrams import Datagrams
from pytest_loghandlers.endpoints._network.faults import Faults
from pytest_loghandlers.endpoints._network.inlet import Inlet
from pytest_loghandlers.endpoints._network.listener import Listener, bound
from pytest_loghandlers.endpoints._network.pair import open_pair
from pytest_loghandlers.endpoints._network.unix_datagrams import LARGEST, UnixDatagrams

from .framing import Frame
from .stream import Streams

#: Octets of a unix socket's path that every system takes: Linux has 108, others 104, with the NUL at its end.
LONGEST_PATH: Final = 103


class Doors:
    """All sockets of an endpoint, which share ``faults``. ``age_at(moment)`` is its age at a moment of RealClock."""

    def __init__(
        self,
        streams: Streams,
        age_at: Callable[[float], float],
        on_error: Callable[[Exception], object],
        faults: Faults,
        make_datagrams: Callable[[], Datagrams] = Datagrams,
    ) -> None:
        self._streams = streams
        self._age_at = age_at
        self._on_error = on_error
        self._faults = faults
        self.listener, self.datagrams = open_pair(partial(streams.open, "tcp"), on_error, make_datagrams)
        self.listener.faults = faults
        self._inlet = Inlet(self.datagrams, cast("Inbox[object]", streams.inbox), self.listener.reactor, on_error)
        #: In which process the folder was made: a forked child that ends leaves it there.
        self._process = os.getpid()
        self._folder: str | None = None
        self._unix_stream: Listener | None = None
        self._unix: UnixDatagrams | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """What the fault verbs act on: every socket that is open."""
        return (self.listener, self._inlet, *self._later())

    def address(self) -> tuple[str, int]:
        """Return ``(host, port)`` of UDP and TCP."""
        # Nothing can come before somebody knows where to: so a test that never asks pays for no bank of sockets.
        if not self._inlet.is_open:
            self._inlet.open()
        return self.datagrams.address

    def unix_stream(self) -> str:
        """Return the path of the unix stream socket, opened by the first call."""
        with self.listener.held():
            if self._unix_stream is None:
                make = partial(self._streams.open, "unix_stream")
                sock = bound(self._path("stream"))
                self._unix_stream = Listener(make, self._on_error, sock, faults=self._faults)
                self._join(self._unix_stream)
            return str(self._unix_stream.address)

    def unix_datagram(self) -> str:
        """Return the path of the unix datagram socket, opened by the first call."""
        with self.listener.held():
            if self._unix is None:
                self._unix = UnixDatagrams(self._path("dgram"), self._take_unix, self._on_error)
                self._join(self._unix)
            return self._unix.path

    def look(self) -> None:
        """Fetch what the kernel holds, in the calling thread."""
        with self.listener.held():
            self.listener.catch_up()
            for line in self._later():
                line.catch_up()
            self.take_datagrams()

    def take_datagrams(self) -> None:
        """Put the UDP datagrams that have arrived. While held."""
        for moment, payload in self._inlet.take():
            self._streams.take_datagram("udp", payload, self._age_at(moment))

    def close(self) -> None:
        """Close all of them, and remove what they left in the file system."""
        with self.listener.held():
            self._inlet.close()
            self.listener.stop()
            if self._unix is not None:
                self._unix.close()
            if self._unix_stream is not None:
                self._unix_stream.stop()
        if self._folder is not None and self._process == os.getpid():
            shutil.rmtree(self._folder, ignore_errors=True)

    def _later(self) -> list[UnixDatagrams | Listener]:
        return [line for line in (self._unix_stream, self._unix) if line is not None]

    def _join(self, line: UnixDatagrams | Listener) -> None:
        """Let a fault that is in force hold for a socket that is opened under it."""
        line.read_at(self._faults.rate)
        if self.listener.refusing:
            line.refuse()

    def _take_unix(self, payload: bytes, cut: bool) -> None:
        self._streams.first()
        if cut:
            frame = Frame(payload, f"a datagram that is too long: of it the first {LARGEST:,} octets are kept")
            self._streams.put((frame,), "unix_dgram", self._streams.age(), None)
        else:
            self._streams.take_datagram("unix_dgram", payload, self._streams.age())

    def _path(self, name: str) -> str:
        """Return a path for a unix socket, in a folder of ours that nobody else may enter."""
        if not hasattr(socket, "AF_UNIX"):
            raise LogHandlersError("this system has no unix sockets (socket.AF_UNIX): use address, over UDP or TCP")
        if self._folder is None:
            self._folder = _new_folder()
        return os.path.join(self._folder, name)  # noqa: PTH118 - the path of a socket is a str throughout


def _new_folder() -> str:
    folder = tempfile.mkdtemp(prefix="loghandlers-")
    if len(os.fsencode(folder)) + len("/stream") <= LONGEST_PATH:
        return folder
    # A temporary folder deep in somebody's tree: a socket's path has no room for it.
    os.rmdir(folder)  # noqa: PTH106 - as above
    return tempfile.mkdtemp(prefix="loghandlers-", dir="/tmp")
