"""One connection to the mail server: which octets are SMTP's, and which are not."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from pytest_loghandlers.endpoints._network.link import ConnectionProtocol, Link
from pytest_loghandlers.endpoints._network.reactor import Timer
from pytest_loghandlers.endpoints._network.tls import Tls

from .loop import Loop
from .relay import MAX_DATA, Relay
from .session import Session
from .wire import Wire

#: How a TLS client begins: a record of the handshake, version 3.x (RFC 8446 section 5.1).
_HELLO: Final = b"\x16\x03"
#: Octets before the content of a TLS record; the last two are its length.
_RECORD_HEAD: Final = 5
#: Seconds until it is looked at again whether a client reads its replies.
LOOK_AGAIN: Final = 0.05
TLS_ON_THE_PLAIN_PORT: Final = (
    "TLS on the plain port: a ClientHello where a command is expected (tls_address is for TLS from the first octet on; "
    "here a client says STARTTLS first)"
)


class Conversation:
    """What serves one connection. ``transport`` is ``tls`` when TLS is spoken from the first octet on, else ``tcp``."""

    def __init__(self, relay: Relay, link: Link, *, transport: str = "tcp") -> None:
        self.tls = transport == "tls"
        self.wire = Wire(link, self._clogged)
        self._relay = relay
        self._transport = transport
        self._number = relay.welcome(self)
        self._loop = Loop(relay.on_error)
        self._paused = False
        #: While the client does not read its replies: when to look whether it does.
        self._look: Timer | None = None
        self._lost = self._buried = False
        #: Octets of the mail that is being sent.
        self._mail = 0
        #: The first octets, until it is known whether they are SMTP.
        self._head: bytearray | None = None if self.tls else bytearray()
        #: What decrypts, behind STARTTLS.
        self._layer: ConnectionProtocol | None = None
        self._session = Session(relay, self, self._loop)
        self._session.connection_made(self.wire)
        # A fault that strikes before the first octet comes before the greeting.
        self._greeting = link.owner.reactor.call_later(0, self.turn, relay.on_error)

    @property
    def origin(self) -> dict[str, Any]:
        """What a mail knows of its connection."""
        return {"connection": self._number, "transport": self._transport, "tls": self.tls}

    # What the connection calls.

    def data(self, data: bytes) -> None:
        """Take what has arrived."""
        (self._layer.data if self._layer is not None else self._take)(data)

    def eof(self) -> None:
        """End: a client that sends no more has nothing to be told."""
        (self._layer.eof if self._layer is not None else self._end)()

    def lost(self) -> None:
        """Keep what was begun."""
        if self._layer is not None:
            self._layer.lost()
        self._forget()

    # What the session calls.

    def start_tls(self, context: Any) -> None:
        """Go on in TLS with what comes next."""
        self._layer = Tls(self.wire.link, context, lambda link: _Decrypted(self, link), self._tls_failed, None)

    async def wait(self, seconds: float) -> None:
        """Wait, in real seconds; other clients are served meanwhile."""
        future: asyncio.Future[None] = self._loop.create_future()

        def wake() -> None:
            if not future.done():
                future.set_result(None)
            self.turn()

        timer = self.wire.link.owner.reactor.call_later(seconds, wake, self._relay.on_error)
        try:
            await future
        finally:
            timer.cancel()

    # What the relay calls.

    def go_on(self) -> None:
        """Stop stalling."""
        self._session.go_on()
        self.turn()

    def drop(self) -> None:
        """End, without a word to anybody."""
        self._greeting.cancel()
        self._look_no_more()
        self._loop.drop()
        self._session.end()

    def turn(self) -> None:
        """Do what is due."""
        self._loop.run()
        if self._lost and not self._loop.runs:
            self._bury()
            return
        # What a client sends to who has hung up is read, into nothing: so it gets to the last reply.
        full = self.wire.full and not self.wire.closed
        if full is not self._paused and not self.wire.link.gone:
            self._paused = full
            if self._paused:
                self.wire.link.pause()
            else:
                self.wire.link.resume()

    def _clogged(self) -> None:
        """Answer no more until the client has read what was answered; then what it sends is soon not read either."""
        if self._look is None:
            self._session.pause_writing()
            self._look_again()

    def _look_again(self) -> None:
        self._look = self.wire.link.owner.reactor.call_later(LOOK_AGAIN, self._looked, self._relay.on_error)

    def _looked(self) -> None:
        if self.wire.link.unsent:
            self._look_again()
            return
        self._look = None
        self._session.resume_writing()
        self.turn()

    def _look_no_more(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _take(self, data: bytes) -> None:
        if self._head is not None:
            self._head += data
            if self._head.startswith(_HELLO):
                if len(self._head) >= _RECORD_HEAD and len(self._head) >= _RECORD_HEAD + int.from_bytes(
                    self._head[3:_RECORD_HEAD]
                ):
                    self._refuse_tls()
                return
            if _HELLO.startswith(self._head):
                return
            data, self._head = bytes(self._head), None
        session = self._session
        self._mail = self._mail + len(data) if session.in_data else 0
        session.data_received(data)
        if self._mail > MAX_DATA:
            session.give_up(f"a mail without an end: more than {MAX_DATA:,} octets")
        self.turn()

    def _refuse_tls(self) -> None:
        head, self._head = bytes(self._head or b""), None
        self._relay.note("TLS came to the plain port")
        self._relay.keep(raw=head, malformed=TLS_ON_THE_PLAIN_PORT, **self.origin)
        self._session.hang_up()
        self.turn()

    def _tls_failed(self, reason: str, octets: bytes) -> None:
        self._relay.note(reason)
        if octets:
            self._relay.keep(raw=octets, malformed=f"behind STARTTLS: {reason}", **self.origin)

    def _take_the_head(self) -> None:
        """Look at first octets that were too few to say what they are."""
        if self._head and self._head.startswith(_HELLO):
            self._refuse_tls()
        elif self._head:
            self._session.data_received(bytes(self._head))
            self._head = None

    def _end(self) -> None:
        self._take_the_head()
        self._session.eof_received()
        self.turn()
        self.wire.link.close()

    def _forget(self) -> None:
        self._lost = not self._buried
        # Not from within itself: what had come before the connection was lost is looked at to its end.
        if self._lost and not self._loop.runs:
            self._bury()

    def _bury(self) -> None:
        self._lost, self._buried = False, True
        self._look_no_more()
        self._take_the_head()
        self._session.connection_lost(None)
        self._loop.run()
        self._relay.conversations.discard(self)


class _Decrypted:
    """What serves the inside of a connection that went on in TLS."""

    def __init__(self, conversation: Conversation, link: Link) -> None:
        conversation.tls = True
        conversation.wire.link = link
        self.data = conversation._take  # noqa: SLF001 - it is its inside
        self.eof = conversation._end  # noqa: SLF001 - as above
        self.lost = conversation._forget  # noqa: SLF001 - as above
