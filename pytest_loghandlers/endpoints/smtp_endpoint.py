"""A mail server: keeps every mail, and is as strict and as rude as the test wants it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ._faults import Line
from ._network.listener import Listener
from ._smtp.conversation import Conversation
from ._smtp.judging import SmtpJudge
from ._smtp.mail import Mail
from ._smtp.relay import Relay
from ._smtp.verbs import SmtpVerbs


class SmtpEndpoint(SmtpJudge, SmtpVerbs):
    """A mail server on 127.0.0.1, for ``SMTPHandler`` and anything else that sends mail. The SMTP is aiosmtpd's.

    Every mail is accepted and kept, with its envelope, until the test says otherwise: it can be refused, delayed,
    stalled or cut off at each stage. TLS and logins are offered when the test asks for them: ``tls_address`` is TLS
    from the first octet on, ``offer_starttls`` and ``require_login`` are for the usual port (a login for both).

    What is no SMTP, a mail that was cut off and one that aiosmtpd refuses (a line of more than 1,000 octets, a mail of
    more than 32 MiB) are kept as malformed, with the octets and the reason. Of a line that is no mail's 1 MiB is kept;
    a mail that does not end is cut off after 64 MiB. It never logs: aiosmtpd's ``mail.log`` reaches no handler under
    test.

    It loads asyncio, which costs each later log record of the process about a tenth more; the other endpoints do not.

    ::

        with SmtpEndpoint() as endpoint:
            handler = SMTPHandler(endpoint.address, "app@shop.example", "ops@shop.example", "shop is down")
            logging.getLogger("shop").addHandler(handler)
            logging.getLogger("shop").critical("no database")
            assert endpoint.assert_received("no database").subject == "shop is down"
    """

    _who = "smtp_endpoint"

    def __init__(self) -> None:
        super().__init__()
        self._relay: Relay
        self._listener: Listener
        self._tls_listener: Listener | None = None

    def _start(self) -> None:
        super()._start()
        self._relay = Relay(self._keep, self._timeline.event, self._fault)
        self._listener = Listener(partial(Conversation, self._relay), self._fault, faults=self._faults)
        self._address = self._listener.address
        self._defer(self._close, "its sockets are closed")

    @property
    def tls_address(self) -> tuple[str, int]:
        """``(host, port)`` for TLS from the first octet on (SMTPS), as ``smtplib.SMTP_SSL`` takes it.

        The port is opened when it is asked for. Raises MissingExtraError without the extra ``tls``.
        """
        self._require_running()
        if self._tls_listener is None:
            make = self._secured(partial(Conversation, self._relay, transport="tls"), self._keep_no_tls)
            with self._listener.held():
                # Another thread may have opened it, or stopped the endpoint, meanwhile.
                self._require_running()
                if self._tls_listener is None:
                    self._tls_listener = Listener(make, self._fault, faults=self._faults)
                    if self._listener.refusing:
                        self._tls_listener.refuse()
        address: tuple[str, int] = self._tls_listener.address
        return address

    @property
    def connections(self) -> int:
        """How many connections clients have made so far. SMTPHandler makes one for each record.

        On the port for TLS those count that have come through the handshake.
        """
        self._require_running()
        return self._relay.connections

    def _lines(self) -> Sequence[Line]:
        return [self._listener] if self._tls_listener is None else [self._listener, self._tls_listener]

    def _close(self) -> None:
        with self._listener.held():
            for listener in (self._listener, self._tls_listener):
                if listener is not None:
                    listener.stop()
            self._relay.drop()

    def _keep(self, fields: dict[str, Any]) -> None:
        self._inbox.put(Mail(arrival=self._age, **fields))

    def _keep_no_tls(self, reason: str, octets: bytes) -> None:
        if octets:
            self._keep({"raw": octets, "malformed": reason, "transport": "tls"})
