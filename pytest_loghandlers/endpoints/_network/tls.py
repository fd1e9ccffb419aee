"""TLS over a connection of a ``Listener``, through memory BIOs: octets in, octets out, no socket here.

``ssl`` is imported with the first connection: who uses no TLS does not load it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from .alerts import looks_like, reason_of
from .faults import How
from .link import ConnectionProtocol, Link, Owner

if TYPE_CHECKING:
    import ssl

#: Octets of a failed handshake that are kept, the first.
RAW_KEPT: Final = 64 * 1024
#: What one TLS record holds at most (RFC 8446 section 5.1); a read gives one record.
RECORD: Final = 16 * 1024
#: Seconds that a client whose handshake failed has to read why, before the connection is closed under it.
LINGER: Final = 0.2
#: The first octets of a TLS record that can begin a connection: alert, handshake; and of an SSLv2 hello.
_BEGINNINGS: Final = (0x15, 0x16, 0x80)
#: What is told of a connection on which TLS failed: the reason, and the octets that came, the first RAW_KEPT.
OnFailed = Callable[[str, bytes], object]


def secured(
    context: Callable[[], ssl.SSLContext],
    make: Callable[[Link], ConnectionProtocol],
    *,
    on_handshake_failed: OnFailed | None = None,
    on_truncated: Callable[[], object] | None = None,
) -> Callable[[Link], ConnectionProtocol]:
    """Return the ``make`` of a ``Listener`` whose connections speak TLS; ``make(link)`` gives each its protocol.

    ``context()`` is asked for each new connection. ``make`` is called when the handshake is done: a connection that
    fails before never had a protocol. What the client sent then goes to ``on_handshake_failed(reason, octets)``: plain
    text in full as far as it was read at once, an alert of the client in words. So does a record that is broken later;
    the protocol then gets its ``eof``.

    The client's close_notify is the protocol's ``eof``. So is a FIN without one, which ``on_truncated()`` hears of
    first: somebody may have cut the end off. RFC 5425 section 4.4 demands close_notify; most Python clients send none.

    Faults strike the connection below: ``after=`` counts encrypted octets, those of the handshake too, and
    ``disconnect`` sends no close_notify. All is called while the reactor is held.
    """

    def made(connection: Link) -> ConnectionProtocol:
        return Tls(connection, context(), make, on_handshake_failed, on_truncated)

    return made


class Tls:
    """One TLS connection: what serves the one below, and the ``Link`` of the protocol above."""

    __slots__ = (
        *("_above", "_closing", "_connection", "_ended", "_head", "_incoming", "_lingering", "_make"),
        *("_outgoing", "_on_failed", "_on_truncated", "_session", "peer"),
    )

    def __init__(
        self,
        connection: Link,
        context: ssl.SSLContext,
        make: Callable[[Link], ConnectionProtocol],
        on_failed: OnFailed | None,
        on_truncated: Callable[[], object] | None,
    ) -> None:
        import ssl

        self.peer = connection.peer
        self._connection = connection
        self._make = make
        self._on_failed = on_failed
        self._on_truncated = on_truncated
        #: The protocol, as soon as the handshake is done.
        self._above: ConnectionProtocol | None = None
        #: What has come before that.
        self._head = bytearray()
        #: Nothing more is read: the client has ended, or TLS has failed.
        self._ended = False
        #: Nothing more is written: close_notify has been.
        self._closing = False
        #: TLS has failed, and the client has a moment to read why.
        self._lingering = False
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    # What the protocol above knows of it.

    @property
    def gone(self) -> bool:
        """Whether the connection has ended."""
        return self._connection.gone

    @property
    def owner(self) -> Owner:
        """The listener that it came to."""
        return self._connection.owner

    @property
    def session(self) -> ssl.SSLObject:
        """Its TLS session: version, cipher, the client's certificate."""
        return self._session

    @property
    def unsent(self) -> int:
        """How many octets wait until the socket takes more."""
        return self._connection.unsent

    def write(self, data: bytes) -> None:
        """Send ``data``, encrypted."""
        import ssl

        if self._closing or self.gone:
            return
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._session.write(rest) :]
        except ssl.SSLError as error:
            self._fail(error, b"")
            return
        self._flush()

    def close(self) -> None:
        """Send close_notify, and close when everything written has been sent."""
        self._notify()
        if not self._lingering:
            self._connection.close()

    def finish(self) -> None:
        """Send close_notify, close the writing side, and read on into nothing."""
        self._notify()
        self._ended = True
        self._connection.finish()

    def reset(self) -> None:
        """Break the connection with a RST."""
        self._connection.reset()

    def break_off(self, how: How) -> None:
        """Break the connection below: the client gets no close_notify."""
        self._connection.break_off(how)

    def pause(self) -> None:
        """Read no more until ``resume``."""
        self._connection.pause()

    def resume(self) -> None:
        """Read again."""
        self._connection.resume()

    def took_one(self) -> bool:
        """Let a scripted fault strike; return whether the connection is gone."""
        return self._connection.took_one()

    # What the connection below knows of it.

    def data(self, data: bytes) -> None:
        """Take encrypted octets, cut anywhere."""
        if self._ended or self._closing:
            return
        self._incoming.write(data)
        if self._above is None and not self._shake(data):
            return
        self._read(data)

    def eof(self) -> None:
        """Learn that the client sends no more octets: whether it said so before (close_notify) makes the difference."""
        if self._above is None:
            if not self._ended:
                begun = f"in the middle of it, after {len(self._head):,} octets" if self._head else "before it began"
                self._tell(f"the TLS handshake failed: the client closed the connection {begun}", bytes(self._head))
            self._ended = True
            self._connection.close()
        elif not self._ended:
            self._ended = True
            if self._on_truncated is not None:
                self._on_truncated()
            self._above.eof()

    def lost(self) -> None:
        """Learn that the connection is gone."""
        if self._above is not None:
            self._above.lost()
        elif not self._ended and self._head:
            self._ended = True
            self._tell(
                f"the TLS handshake failed: the connection broke after {len(self._head):,} octets", bytes(self._head)
            )

    def _shake(self, data: bytes) -> bool:
        """Go on with the handshake; return whether it is done."""
        import ssl

        first = not self._head
        self._head += data[: RAW_KEPT - len(self._head)]
        if first and data[0] not in _BEGINNINGS:
            self._refuse(f"this is no TLS: the client sent plain text to a TLS port ({looks_like(data)})")
            return False
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except ssl.SSLError as error:
            self._refuse(reason_of(error))
            return False
        self._flush()
        self._head.clear()
        if self.gone:
            return False
        self._above = self._make(self)
        return True

    def _read(self, data: bytes) -> None:
        """Give the protocol what can be decrypted by now, at once."""
        import ssl

        if self._above is None:
            return
        parts: list[bytes] = []
        over = False
        broken: ssl.SSLError | None = None
        try:
            while not over:
                part = self._session.read(RECORD)
                parts.append(part)
                over = not part
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            over = True
        except ssl.SSLError as error:
            broken = error
        if broken is None:
            self._flush()  # What TLS itself has to say: new keys.
        else:
            self._closing = True  # OpenSSL encrypts nothing more.
        plain = b"".join(parts)
        if plain:
            self._above.data(plain)
        if broken is not None:
            self._fail(broken, data[:RAW_KEPT])
        elif over and not self.gone:
            self._ended = True
            self._above.eof()

    def _fail(self, error: ssl.SSLError, data: bytes) -> None:
        """End a connection whose TLS broke after the handshake."""
        if self._ended or self._above is None or self.gone:
            return
        self._ended = True
        self._tell(reason_of(error, during="TLS session"), data)
        self._hang_up()
        self._above.eof()

    def _refuse(self, reason: str) -> None:
        self._ended = True
        self._tell(reason, bytes(self._head))
        self._hang_up()

    def _hang_up(self) -> None:
        """Let the client read why, and then close, also when it goes on sending."""
        self._closing = True
        self._flush()
        if not self.gone:
            self._connection.finish()
        if not self.gone:
            self._lingering = True
            self.owner.reactor.call_later(LINGER, self._connection.close, self.owner.on_error)

    def _tell(self, reason: str, data: bytes) -> None:
        if self._on_failed is not None:
            self._on_failed(reason, data)

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._connection.write(self._outgoing.read())

    def _notify(self) -> None:
        import ssl

        if self._closing or self.gone:
            return
        self._closing = True
        try:
            self._session.unwrap()
        except (ssl.SSLError, OSError, ValueError):
            pass  # Its own close_notify is written by now; nobody waits for the client's.
        self._flush()
