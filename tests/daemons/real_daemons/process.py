"""One daemon in the foreground: bytes in through its sockets, records out through a FIFO.

Nothing sleeps and nothing is polled. That a daemon has dealt with all that came before is known from a sentinel: a
message of our own, behind them on the same input, whose record has come out of the FIFO.
"""

from __future__ import annotations

import itertools
import os
import queue
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from .installed import Program

#: Seconds that anything may take: a daemon answers within milliseconds.
PATIENCE = 20
_TRIES = 3
#: Sentinels that show what was before them: as many as it takes on an idle machine, and when more is expected.
_TURNS = 5
_MOST_TURNS = 200
#: Its socket buffers hold the largest datagram there is; a unix datagram needs its overhead besides.
_BUFFER = 1 << 20


@dataclass(frozen=True)
class Input:
    """One input of a daemon."""

    #: As the recorded answers call it: ``rs.udp``, ``ng.syslog_tcp``, ...
    name: str
    transport: str  # udp, tcp, unix_dgram, unix_stream
    #: What a sentinel's text is sent in.
    sentinel: Callable[[bytes], bytes] = lambda text: b"<14>" + text + b": x\n"

    @property
    def is_stream(self) -> bool:
        return self.transport in {"tcp", "unix_stream"}


@dataclass(frozen=True)
class Streamed:
    """What became of one connection."""

    #: The records before the client ended the stream, those after, and whether the daemon closed by itself.
    while_open: Sequence[Any]
    after_close: Sequence[Any]
    daemon_closed: bool

    @property
    def records(self) -> list[Any]:
        return [*self.while_open, *self.after_close]


@dataclass
class RealDaemon:
    """A running daemon. ``configure(folder, addresses)`` returns its command line; ``decode(line)`` a record."""

    program: Program
    folder: Path
    inputs: Sequence[Input]
    configure: Callable[[Program, Path, dict[str, Any]], list[str]]
    #: Returns the name of the input and the record; the name is empty for what the daemon says itself.
    decode: Callable[[bytes], tuple[str, Any]]
    _numbers: Any = field(default_factory=itertools.count)

    def __enter__(self) -> Self:
        for attempt in range(_TRIES):
            try:
                self._start(self.folder / str(attempt))
            except Exception:
                self.__exit__()
                if attempt == _TRIES - 1:
                    raise
            else:
                return self
        raise AssertionError("unreachable")

    def _start(self, folder: Path) -> None:
        folder.mkdir()
        self.version = self.program.version
        self._fifo = folder / "out"
        os.mkfifo(self._fifo)
        self._addresses = _free_addresses(self.inputs, folder)
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._sockets: dict[str, socket.socket] = {}
        # Without a writer the FIFO would be at its end before the daemon has opened it.
        writer = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)
        self._reader = threading.Thread(target=self._read, args=(os.open(self._fifo, os.O_RDONLY),), daemon=True)
        self._reader.start()
        self._stderr = (folder / "stderr").open("wb")
        try:
            self._process = subprocess.Popen(
                self.configure(self.program, folder, self._addresses),
                env=self.program.environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=self._stderr,
                stderr=self._stderr,
            )
            # While there is a writer of ours the FIFO has no end, so the end of the process has to be told.
            self._watch = threading.Thread(target=self._tell_of_the_end, daemon=True)
            self._watch.start()
            first = self._line("said nothing on its start")
        finally:
            os.close(writer)
        if self.decode(first)[0]:
            raise AssertionError(f"{self.program.path.name} began with a record: {first!r}")
        for each in self.inputs:
            self._sentinel(each)

    def __exit__(self, *_: object) -> None:
        process = getattr(self, "_process", None)
        if process is not None:
            process.kill()
            self._watch.join(PATIENCE)
        for sock in getattr(self, "_sockets", {}).values():
            sock.close()
        if hasattr(self, "_reader"):
            # Whatever was the last writer, this one is after it.
            os.close(os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK))
            self._reader.join(PATIENCE)
            self._stderr.close()

    def datagram(self, name: str, payload: bytes) -> list[Any]:
        """Return the records of one datagram."""
        each = self._input(name)
        self._socket(each).send(payload)
        return self._sentinel(each)

    def stream(self, name: str, chunks: Sequence[bytes], *, at_least: int = 0, closes: bool = False) -> Streamed:
        """Return what became of a connection on which ``chunks`` are sent and the end of the stream after them.

        Before its end ``at_least`` so many records are waited for, and the daemon's end if it ``closes``, within
        reason.
        """
        each = self._input(name)
        self._socket(each)
        with self._connect(each) as sock:
            closed = False
            try:
                for chunk in chunks:
                    sock.sendall(chunk)
            except ConnectionError:
                closed = True
            while_open = self._settled(each, at_least)
            closed = closed or _is_closed(sock, PATIENCE if closes else 0)
            try:
                if not closed:
                    sock.shutdown(socket.SHUT_WR)
                    while sock.recv(65536):
                        pass
            except ConnectionError:
                closed = True
        after = self._settled(each)
        return Streamed(while_open, after, closed)

    def connect(self, name: str) -> socket.socket:
        """Return a new connection to a stream input, the caller's to close."""
        return self._connect(self._input(name))

    def address(self, name: str) -> Any:
        """Return ``(host, port)`` or the path of a unix socket: what ``SysLogHandler(address=...)`` takes."""
        return self._addresses[name]

    def settled(self, name: str, *, at_least: int = 0) -> list[Any]:
        """Return the records of what was sent to an input by others; ``at_least`` as in ``stream``."""
        return self._settled(self._input(name), at_least)

    def _settled(self, each: Input, at_least: int = 0) -> list[Any]:
        # A daemon wakes up for several sockets at once, and takes them in any order: our sentinel's may come first. One
        # wake-up is for the connection itself, one for its bytes, more for further reads; and a busy system may bring
        # the bytes of one connection later than those of another.
        records: list[Any] = []
        for turn in range(_MOST_TURNS):
            if turn >= _TURNS and len(records) >= at_least:
                break
            records += self._sentinel(each)
        return records

    def _input(self, name: str) -> Input:
        return next(each for each in self.inputs if each.name == name)

    def _socket(self, each: Input) -> socket.socket:
        if each.name not in self._sockets:
            self._sockets[each.name] = self._connect(each)
        return self._sockets[each.name]

    def _connect(self, each: Input) -> socket.socket:
        family = socket.AF_UNIX if each.transport.startswith("unix") else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM if each.is_stream else socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        sock.settimeout(PATIENCE)
        if family == socket.AF_INET and each.is_stream:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect(self._addresses[each.name])
        return sock

    def _sentinel(self, each: Input) -> list[Any]:
        """Send one, and return the records that came out before it."""
        text = f"sentinel{next(self._numbers):09}x"
        self._socket(each).sendall(each.sentinel(text.encode()))
        records = []
        while True:
            name, record = self.decode(self._line(f"did not answer on {each.name}"))
            if not name:
                continue
            if name != each.name:
                raise AssertionError(f"a record of {name} came while {each.name} was asked: {record}")
            if text in repr(record):
                return records
            records.append(record)

    def _line(self, failure: str) -> bytes:
        try:
            line = self._lines.get(timeout=PATIENCE)
        except queue.Empty:
            line = None
        if line is not None:
            return line
        self._stderr.flush()
        said = Path(self._stderr.name).read_text(errors="backslashreplace")[-4000:]
        status = self._process.poll()
        ended = "" if status is None else f" (it ended with status {status})"
        raise AssertionError(f"{self.program.path.name} {failure}{ended}; it said:\n{said}")

    def _tell_of_the_end(self) -> None:
        self._process.wait()
        self._lines.put(None)

    def _read(self, descriptor: int) -> None:
        rest = b""
        with open(descriptor, "rb", buffering=0) as fifo:
            while data := fifo.read(1 << 16):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._lines.put(line)


def _is_closed(sock: socket.socket, patience: float) -> bool:
    """Whether the daemon has closed: it never sends anything else."""
    sock.settimeout(patience)
    try:
        sock.recv(1)
    except (BlockingIOError, TimeoutError):
        return False
    except ConnectionError:
        return True
    else:
        return True
    finally:
        sock.settimeout(PATIENCE)


def _free_addresses(inputs: Sequence[Input], folder: Path) -> dict[str, Any]:
    """Return an address for each: ports that are free now, all held until the last is known."""
    held, addresses = [], {}
    for each in inputs:
        if each.transport.startswith("unix"):
            addresses[each.name] = str(folder / each.name)
            continue
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if each.is_stream else socket.SOCK_DGRAM)
        held.append(sock)
        sock.bind(("127.0.0.1", 0))
        addresses[each.name] = sock.getsockname()
    for sock in held:
        sock.close()
    return addresses
