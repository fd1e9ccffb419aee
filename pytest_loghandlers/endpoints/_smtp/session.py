"""One client's SMTP: what the endpoint does its own way, and what it keeps."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

from .relay import MAX_LINE, MAX_MAIL
from .scripted import SAID, Scripted
from .silent import AuthResult


class Session(Scripted):
    """One client's SMTP."""

    @functools.wraps(Scripted.smtp_STARTTLS)
    async def smtp_STARTTLS(self, argument: Any) -> None:  # noqa: N802 - aiosmtpd's name
        """Go on in TLS."""
        if argument:
            await self.push("501 Syntax: STARTTLS")
        elif self._conversation.tls:
            await self.push("503 5.5.1 TLS is on already")
        elif self.tls_context is None:
            await self.push("454 4.7.0 TLS is not offered")
        else:
            await self.push("220 Ready to start TLS")
            # What came unencrypted, and who the client said it was, counts no more (RFC 3207 sections 4.2 and 5).
            self._ear.forget()
            self._ear.heard.clear()
            self._set_rset_state()
            self.session = self._create_session()
            self._conversation.start_tls(self.tls_context())

    @functools.wraps(Scripted.smtp_AUTH)
    async def smtp_AUTH(self, argument: Any) -> None:  # noqa: N802 - aiosmtpd's name
        """Let the client log in."""
        if self._auth_required:
            await super().smtp_AUTH(argument)
        else:
            await self.push("503 5.5.1 AUTH is not offered")

    def _judge_login(self, smtp: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:  # noqa: ARG002 - aiosmtpd's signature
        user = data.login.decode("utf-8", "replace")
        right = self._relay.offers.logins.get(user)
        success = right is not None and right.encode() == data.password
        if success:
            self._login = user
        # With handled=True, its default, aiosmtpd 1.4.6 answers nothing, and the client waits for ever.
        return AuthResult(success=success, handled=False, auth_data=data)

    @functools.wraps(Scripted.smtp_DATA)
    async def smtp_DATA(self, argument: Any) -> None:  # noqa: N802 - aiosmtpd's name
        """Take the mail; when the connection is lost meanwhile, keep what there is of it."""
        self.in_data = True
        self._ear.most = MAX_MAIL
        try:
            await super().smtp_DATA(argument)
        except asyncio.CancelledError:
            if self.in_data:
                self._keep_malformed(
                    "the connection was lost in the middle of the mail", bytes(self._ear.heard) + self._ear.unread()
                )
                self._ear.heard.clear()
                self._ear.forget()
            raise
        finally:
            self.in_data = False
            self._ear.most = MAX_LINE

    async def took(self, envelope: Any) -> bytes | str:
        """Keep a whole mail; return the answer to it."""
        self.in_data = False
        self._ear.heard.clear()
        self._stage = "end of data"
        step = self._relay.script.take(self._stage)
        self._keep(bytes(envelope.original_content), refused=str(step) if step is not None and step.refuses else None)
        self._refused.clear()
        link = self.wire.link
        before = link.gone
        if link.took_one() and not before:
            await self._leave()
        return SAID if await self._strike(step) else "250 OK"

    def give_up(self, why: str) -> None:
        """Keep what there is of a mail that does not end, and hang up."""
        self.in_data = False
        self._keep_malformed(why, bytes(self._ear.heard))
        self.wire.write(b"552 5.3.4 Too much mail data\r\n")
        self.hang_up()

    def connection_lost(self, error: Exception | None) -> None:
        """Keep what is left of a line."""
        heard = bytes(self._ear.heard)
        rest = (b"" if heard.endswith(b"\n") else heard) + self._ear.unread()
        # Who says goodbye and does not wait for the answer has lost nothing.
        if not self.in_data and not self._left and rest.strip() and rest.strip().upper() != b"QUIT":
            self._keep_malformed("the connection was lost in the middle of a line", rest)
        super().connection_lost(error)

    def _keep_malformed(self, why: str, raw: bytes) -> None:
        self._garbage += 1
        self._keep(raw, malformed=why)

    def _keep(self, raw: bytes, *, malformed: str | None = None, refused: str | None = None) -> None:
        envelope = self.envelope
        self._relay.keep(
            sender=envelope.mail_from or "" if envelope else "",
            recipients=tuple(envelope.rcpt_tos) if envelope else (),
            refused_recipients=tuple(self._refused),
            raw=raw,
            malformed=malformed,
            refused=refused,
            login=self._login,
            **self._conversation.origin,
        )
