"""The sockets of one syslog endpoint: UDP and TCP on one port, and others as soon as somebody asks for them."""

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
from pytest_loghandlers.endpoints._network.link import ConnectionProtocol, Link
from pytest_loghandlers.endpoints._network.listener import Listener, bound
from pytest_loghandlers.endpoints._network.pair import open_pair
from pytest_loghandlers.endpoints._network.unix_datagrams import LARGEST, UnixDatagrams

from .framing import Frame
from .stream import Streams

#: Octets of a unix socket's path that every system takes: Linux has 108, others 104, with the NUL at its end.
LONGEST_PATH: Final = 103

Make = Callable[[Link], ConnectionProtocol]


class Doors:
    """All sockets of an endpoint. Its methods may be called from any thread.

    ``age_at(moment)`` is the endpoint's age at a moment of ``RealClock.monotonic``. ``faults`` is for all of them.
    """

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
        self.inlet = Inlet(self.datagrams, cast("Inbox[object]", streams.inbox), self.listener.reactor, on_error)
        #: In which process the folder was made: a forked child that ends leaves it there.
        self._process = os.getpid()
        self._folder: str | None = None
        self._unix: UnixDatagrams | None = None
        self._unix_stream: Listener | None = None
        self._tls: Listener | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """What the fault verbs act on: every socket that is open."""
        return (self.listener, self.inlet, *(line for line in self._later() if line is not None))

    def address(self) -> tuple[str, int]:
        """Return ``(host, port)`` of UDP and TCP."""
        # Nothing can come before somebody knows where to: so a test that never asks pays for no bank of sockets.
        if not self.inlet.is_open:
            self.inlet.open()
        return self.datagrams.address

    def unix_address(self) -> str:
        """Return the path of the unix datagram socket, opened by the first call."""
        with self.listener.held():
            if self._unix is None:
                self._unix = UnixDatagrams(self._path("log"), self._take_unix, self._on_error)
                self._join(self._unix)
            return self._unix.path

    def unix_stream_address(self) -> str:
        """Return the path of the unix stream socket, opened by the first call."""
        with self.listener.held():
            if self._unix_stream is None:
                make = partial(self._streams.open, "unix_stream")
                sock = bound(self._path("stream"))
                self._unix_stream = Listener(make, self._on_error, sock, faults=self._faults)
                self._join(self._unix_stream)
            return str(self._unix_stream.address)

    def tls_address(self, secured: Callable[[Make], Make]) -> tuple[str, int]:
        """Return ``(host, port)`` of TLS, opened by the first call: ``secured(make)`` lets ``make`` speak it."""
        with self.listener.held():
            if self._tls is None:
                make = secured(partial(self._streams.open, "tls"))
                self._tls = Listener(make, self._on_error, faults=self._faults)
                self._join(self._tls)
            host, port = self._tls.address
            return host, port

    def look(self) -> None:
        """Fetch what the kernel holds, in the calling thread."""
        with self.listener.held(), self._streams.looked_at():
            self.listener.catch_up()
            for line in self._later():
                if line is not None:
                    line.catch_up()
            self.settle()

    def settle(self) -> None:
        """Put all that has come, UDP datagrams and what waits of streams, in the order of its arrival. While held."""
        streams = self._streams
        datagrams, index = self.inlet.take(), 0
        for age, stream, data in streams.waiting():
            while index < len(datagrams) and self._age_at(datagrams[index][0]) <= age:
                self._put(*datagrams[index])
                index += 1
            stream.take(data, age)
        for moment, payload in datagrams[index:]:
            self._put(moment, payload)

    def _put(self, moment: float, payload: bytes) -> None:
        streams = self._streams
        arrival = self._age_at(moment)
        for message in streams.profile().read(Frame(payload, "datagram"), transport="udp", arrival=arrival):
            streams.inbox.put(message)

    def close(self) -> None:
        """Close all of them, and remove what they left in the file system."""
        with self.listener.held():
            self._streams.rouse()
            self.inlet.close()
            self.listener.stop()
            if self._unix is not None:
                self._unix.close()
            for listener in (self._unix_stream, self._tls):
                if listener is not None:
                    listener.stop()
        if self._folder is not None and self._process == os.getpid():
            shutil.rmtree(self._folder, ignore_errors=True)

    def _later(self) -> tuple[UnixDatagrams | Listener | None, ...]:
        return (self._unix, self._unix_stream, self._tls)

    def _join(self, line: UnixDatagrams | Listener) -> None:
        """Let a fault that is in force hold for a socket that is opened under it."""
        line.read_at(self._faults.rate)
        if self.listener.refusing:
            line.refuse()

    def _take_unix(self, payload: bytes, cut: bool) -> None:
        streams = self._streams
        streams.first()
        frame = Frame(payload, "datagram")
        if cut:
            frame = Frame(payload, "datagram", f"too long: of it the first {LARGEST:,} octets are kept", damage="cut")
        for message in streams.profile().read(frame, transport="unix_dgram", arrival=streams.age()):
            streams.inbox.put(message)

    def _path(self, name: str) -> str:
        """Return a path for a unix socket, in a folder of ours that nobody else may enter."""
        if not hasattr(socket, "AF_UNIX"):
            raise LogHandlersError("this system has no unix sockets (socket.AF_UNIX): use address, over UDP or TCP")
        if self._folder is None:
            self._folder = _new_folder()
        return os.path.join(self._folder, name)  # noqa: PTH118 - the path of a socket is a str throughout


def _new_folder() -> str:
    folder = tempfile.mkdtemp(prefix="syslog-")
    if len(os.fsencode(folder)) + len("/stream") <= LONGEST_PATH:
        return folder
    # A temporary folder deep in somebody's tree: a socket's path has no room for it.
    os.rmdir(folder)  # noqa: PTH106 - as above
    return tempfile.mkdtemp(prefix="syslog-", dir="/tmp")
