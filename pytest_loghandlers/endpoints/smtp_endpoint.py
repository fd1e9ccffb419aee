"""A mail server: keeps every mail."""

from __future__ import annotations

from typing import Any, overload

from pytest_loghandlers._base.match import Text

from ._endpoint import WAIT, Endpoint
from ._smtp.mail import VOCABULARY, Mail, in_the_subject, line
from ._smtp.server import Server


class SmtpEndpoint(Endpoint[Mail]):
    """A mail server on 127.0.0.1, for ``SMTPHandler`` and anything else that sends mail. The SMTP is aiosmtpd's.

    Every mail is accepted and kept, with its envelope. What is no SMTP, a mail that was cut off and one that was
    refused (a line of more than 1,000 bytes, a mail of more than 32 MiB) are kept as malformed, with the bytes and
    the reason. It never logs: neither aiosmtpd's ``mail.log`` nor asyncio reaches a handler under test.

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
        super().__init__(VOCABULARY, line, hint=in_the_subject)

    def _start(self) -> None:
        super()._start()
        server = Server(self._keep, self._fault)
        self._address = server.address
        self._defer(server.stop, "its sockets are closed")

    def _keep(self, sender: str, recipients: tuple[str, ...], raw: bytes, malformed: str | None) -> None:
        self._inbox.put(Mail(sender, recipients, raw, self._age, malformed))

    @overload
    def wait_for(
        self,
        text: Text | None = None,
        *,
        subject: Text | None = None,
        sender: Text | None = None,
        to: Text | None = None,
        malformed: bool | None = None,
        count: None = None,
        timeout: float = WAIT,
    ) -> Mail: ...
    @overload
    def wait_for(
        self,
        text: Text | None = None,
        *,
        subject: Text | None = None,
        sender: Text | None = None,
        to: Text | None = None,
        malformed: bool | None = None,
        count: int,
        timeout: float = WAIT,
    ) -> tuple[Mail, ...]: ...
    def wait_for(
        self, text: Text | None = None, *, count: int | None = None, timeout: float = WAIT, **wanted: Any
    ) -> Any:
        """Wait at most ``timeout`` seconds for a mail, and return it; with ``count=n`` for n, as a tuple.

        ``text`` is contained in the decoded body. ``subject`` is equal to the decoded Subject, ``sender`` to the
        envelope's sender, ``to`` to one of the envelope's recipients. Everywhere a compiled regex is searched
        instead. Raises AssertionError when the time is over.
        """
        __tracebackhide__ = True
        return self._wait_for(text, count, timeout, wanted)

    @overload
    def assert_received(
        self,
        text: Text | None = None,
        *,
        subject: Text | None = None,
        sender: Text | None = None,
        to: Text | None = None,
        malformed: bool | None = None,
        count: None = None,
    ) -> Mail: ...
    @overload
    def assert_received(
        self,
        text: Text | None = None,
        *,
        subject: Text | None = None,
        sender: Text | None = None,
        to: Text | None = None,
        malformed: bool | None = None,
        count: int,
    ) -> tuple[Mail, ...]: ...
    def assert_received(self, text: Text | None = None, *, count: int | None = None, **wanted: Any) -> Any:
        """Return the first mail that matches (with ``count=n`` all, exactly n), or raise AssertionError.

        It does not wait; the arguments are those of ``wait_for``.
        """
        __tracebackhide__ = True
        return self._assert_received(text, count, wanted)

    def assert_not_received(
        self,
        text: Text | None = None,
        *,
        subject: Text | None = None,
        sender: Text | None = None,
        to: Text | None = None,
        malformed: bool | None = None,
    ) -> None:
        """Raise AssertionError when a mail matches. It does not wait; the arguments are those of ``wait_for``."""
        __tracebackhide__ = True
        self._assert_not_received(text, {"subject": subject, "sender": sender, "to": to, "malformed": malformed})
