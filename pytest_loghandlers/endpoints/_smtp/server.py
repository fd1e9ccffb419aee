"""The mail server behind ``smtp_endpoint``: one listening port, and aiosmtpd's protocol for each client."""

from __future__ import annotations

import asyncio
import functools
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

from pytest_loghandlers._base.errors import LeakError
from pytest_loghandlers._base.lifetime import UNDO_TIMEOUT, stack_of
from pytest_loghandlers.endpoints._network.listener import BACKLOG, REST, bound

from .loop import SMTP, running_loop

#: Bytes of a mail at most; a longer one is answered 552.
MAX_MAIL: Final = 32 * 1024 * 1024
#: Lines that are no SMTP after which a connection is closed.
MAX_GARBAGE: Final = 20
#: Replies that say: this cannot be understood, or is too big to be taken. The line is kept as malformed.
_MALFORMED: Final = ("500", "501", "552", "553", "555")


class _Ear(asyncio.StreamReader):
    """A reader that remembers what was read since the last reply."""

    heard: bytearray

    async def readuntil(self, separator: Any = b"\n") -> bytes:
        return self._keep(await super().readuntil(separator))

    async def read(self, n: int = -1) -> bytes:
        return self._keep(await super().read(n))

    def _keep(self, data: bytes) -> bytes:
        if len(self.heard) < MAX_MAIL:
            self.heard += data
        return data

    def unread(self) -> bytes:
        """Return what has come and was not read yet."""
        return bytes(getattr(self, "_buffer", b""))


class Session(SMTP):  # type: ignore[misc]  # aiosmtpd has no types
    """One client."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ear: _Ear | None = None
        self._in_data = False
        self._garbage = 0
        super().__init__(
            server.hooks,
            enable_SMTPUTF8=True,
            data_size_limit=MAX_MAIL,
            # The default asks the name service for the machine's name.
            hostname="localhost",
            ident="pytest-loghandlers",
            loop=server.home.loop,
        )

    def connection_made(self, transport: Any) -> None:
        self._server.sessions.add(self)
        super().connection_made(transport)

    def _cb_client_connected(self, reader: Any, writer: Any) -> None:
        # aiosmtpd makes the reader itself, in its constructor: it is taught to listen here.
        reader.__class__ = _Ear
        reader.heard = bytearray()
        self._ear = reader
        super()._cb_client_connected(reader, writer)

    def connection_lost(self, error: Exception | None) -> None:
        self._server.sessions.discard(self)
        if self._ear is not None and not self._in_data:
            heard = bytes(self._ear.heard)
            rest = (b"" if heard.endswith(b"\n") else heard) + self._ear.unread()
            # Who says goodbye and does not wait for the answer has lost nothing.
            if rest.strip() and rest.strip().upper() != b"QUIT":
                self._malformed("the connection was lost in the middle of a line", rest)
        super().connection_lost(error)

    @property
    def handler_task(self) -> asyncio.Task[None] | None:
        """What runs this conversation."""
        return self._handler_coroutine  # type: ignore[no-any-return]  # aiosmtpd has no types

    async def push(self, status: Any) -> None:
        """Send a reply, and keep what it calls malformed."""
        reply = status if isinstance(status, str) else status.decode("utf-8", "replace")
        ear = self._ear
        if ear is not None:
            heard, ear.heard = bytes(ear.heard), bytearray()
            if reply.startswith(_MALFORMED) and heard:
                self._malformed(reply, heard)
        await super().push(status)
        if self._garbage >= MAX_GARBAGE and self.transport is not None:
            self.transport.close()

    @functools.wraps(SMTP.smtp_DATA)
    async def smtp_DATA(self, arg: Any) -> None:  # noqa: N802 - aiosmtpd's name
        """Take the mail; when the connection is lost meanwhile, keep what there is of it."""
        self._in_data = True
        try:
            await super().smtp_DATA(arg)
        except asyncio.CancelledError:
            if self._ear is not None:
                self._malformed(
                    "the connection was lost in the middle of the mail", bytes(self._ear.heard) + self._ear.unread()
                )
            raise
        finally:
            self._in_data = False

    def _malformed(self, why: str, raw: bytes) -> None:
        self._garbage += 1
        if not self._server.closed:
            envelope = self.envelope
            self._server.keep(
                envelope.mail_from or "" if envelope else "", tuple(envelope.rcpt_tos) if envelope else (), raw, why
            )


class _Hooks:
    """What aiosmtpd calls."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def handle_DATA(self, smtp: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802 - aiosmtpd's signature
        self._server.keep(envelope.mail_from or "", tuple(envelope.rcpt_tos), bytes(envelope.original_content), None)
        return "250 OK"

    async def handle_exception(self, error: Exception) -> str:
        # aiosmtpd stumbled over what the client sent: the reply's own words make it malformed.
        return f"500 Error: ({type(error).__name__}) {error}".replace("\r", " ").replace("\n", " ")


class Server:
    """One listening port and its sessions. ``keep(sender, recipients, raw, malformed)`` gets what arrives.

    ``keep`` and ``on_error`` are called in the loop's thread.
    """

    def __init__(
        self,
        keep: Callable[[str, tuple[str, ...], bytes, str | None], object],
        on_error: Callable[[Exception], object],
    ) -> None:
        self._keep = keep
        self.on_error = on_error
        self.hooks = _Hooks(self)
        self.sessions: set[Session] = set()
        self.closed = False
        self._welcomes: set[asyncio.Task[None]] = set()
        self._sock = bound(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._sock.getsockname()[:2]
        try:
            self._sock.listen(BACKLOG)
            self._sock.setblocking(False)
            self.home = running_loop()
            self.home.servers.add(self)
            # Nobody waits for the loop here: until it is ready, the kernel holds the clients.
            self.home.loop.call_soon_threadsafe(self._listen)
        except BaseException:
            self._sock.close()
            raise

    def keep(self, sender: str, recipients: tuple[str, ...], raw: bytes, malformed: str | None) -> None:
        """Hand over what has arrived."""
        try:
            self._keep(sender, recipients, raw, malformed)
        except Exception as error:  # noqa: BLE001 - kept, and raised when the endpoint stops
            self.on_error(error)

    def stop(self) -> None:
        """Close the port and every connection. Raises LeakError when that takes longer than UNDO_TIMEOUT seconds."""
        done = threading.Event()
        home = self.home
        if home.thread.is_alive() and not home.loop.is_closed():
            home.loop.call_soon_threadsafe(self._begin_to_stop, done)
            if not done.wait(UNDO_TIMEOUT):
                raise LeakError(f"the smtp loop is stuck:\n{stack_of(home.thread)}")
        else:
            self._sock.close()  # A forked child has no such thread.
        home.servers.discard(self)

    def _listen(self) -> None:
        if not self.closed:
            self.home.loop.add_reader(self._sock, self._accept)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # No file descriptor left: as in _tcp.
                self.on_error(error)
                self.home.loop.remove_reader(self._sock)
                self.home.loop.call_later(REST, self._listen)
                return
            sock.setblocking(False)
            task = self.home.loop.create_task(self._welcome(sock))
            self._welcomes.add(task)
            task.add_done_callback(self._welcomes.discard)

    async def _welcome(self, sock: socket.socket) -> None:
        try:
            await self.home.loop.connect_accepted_socket(lambda: Session(self), sock)
        except Exception as error:  # noqa: BLE001 - kept, and raised when the endpoint stops
            sock.close()
            self.on_error(error)

    def _begin_to_stop(self, done: threading.Event) -> None:
        if not self.closed:
            self.closed = True
            self.home.loop.remove_reader(self._sock)
            self._sock.close()
        if not self._welcomes and not self.sessions:
            done.set()
            return
        # The loop holds its tasks weakly: the event is what keeps this one.
        done.task = self.home.loop.create_task(self._let_go(done))  # type: ignore[attr-defined]  # a place to hold it

    async def _let_go(self, done: threading.Event) -> None:
        try:
            await asyncio.gather(*self._welcomes, return_exceptions=True)
            sessions = tuple(self.sessions)
            tasks = [session.handler_task for session in sessions if session.handler_task is not None]
            for session in sessions:
                session.transport.abort()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            done.set()
