"""SMTP as aiosmtpd speaks it, with a place at each stage where a test has its say."""

from __future__ import annotations

import asyncio
import functools
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from pytest_loghandlers._base.report import cut
from pytest_loghandlers.endpoints._network.faults import DONE

from .relay import MAX_GARBAGE, MAX_LINE, Relay
from .silent import SMTP
from .stages import CLOSING, STAGES, Step
from .wire import Ear, Wire

if TYPE_CHECKING:
    from .conversation import Conversation

#: Replies that say: this cannot be understood, or is too big to be taken. The line is kept as malformed.
_MALFORMED: Final = ("500", "501", "502", "552", "553", "555")
#: A status that is not sent: the answer was given, or nobody is there to get it.
SAID: Final = b""


class _Hooks:
    """What aiosmtpd calls."""

    async def handle_EHLO(self, smtp: Any, session: Any, envelope: Any, hostname: str, lines: list[str]) -> list[str]:  # noqa: ARG002, N802 - aiosmtpd's signature
        session.host_name = hostname
        return smtp.capabilities(lines)  # type: ignore[no-any-return]  # aiosmtpd has no types

    async def handle_DATA(self, smtp: Any, session: Any, envelope: Any) -> bytes | str:  # noqa: ARG002, N802 - aiosmtpd's signature
        return await smtp.took(envelope)  # type: ignore[no-any-return]  # aiosmtpd has no types

    async def handle_exception(self, error: Exception) -> str:
        # aiosmtpd stumbled over what the client sent: the reply's own words make it malformed.
        return f"500 Error: ({type(error).__name__}) {error!a}".replace("\r", " ").replace("\n", " ")


class Scripted(SMTP):  # type: ignore[misc]  # aiosmtpd has no types
    """One client's SMTP. A subclass takes the mail (``took``), judges logins and keeps what is malformed."""

    # aiosmtpd's own, made in its constructor.
    _auth_methods: dict[str, Any]
    _smtp_methods: dict[str, Any]

    def __init__(self, relay: Relay, conversation: Conversation, loop: Any) -> None:
        self._relay = relay
        self._conversation = conversation
        self._ear: Ear
        self._stage = "greeting"
        #: What the test wants said instead of the usual yes.
        self._words: Step | None = None
        self._turned_away = False
        self._login: str | None = None
        self._refused: list[str] = []
        self._stalled: asyncio.Future[Any] | None = None
        self._garbage = 0
        self._left = False
        self.in_data = False
        # aiosmtpd's is one for all connections: whoever came would shorten the lines that another may send.
        self.command_size_limits: dict[str, int] = defaultdict(lambda: self.command_size_limit)
        super().__init__(
            _Hooks(),
            enable_SMTPUTF8=True,
            # The default asks the name service for the machine's name.
            hostname="localhost",
            ident="pytest-loghandlers",
            authenticator=self._judge_login,
            loop=loop,
        )
        self._mechanisms = self._auth_methods
        self._smtp_methods = {
            command: functools.update_wrapper(functools.partial(self._at, command, method), method)
            for command, method in self._smtp_methods.items()
        }
        self._look_at_the_offers()

    @property
    def wire(self) -> Wire:
        """What it writes to."""
        return self._conversation.wire

    def _look_at_the_offers(self) -> None:
        offers = self._relay.offers
        self.data_size_limit = offers.max_mail
        self.tls_context = offers.starttls
        self.require_starttls = bool(offers.starttls and offers.starttls_required)
        # Set here: the constructor would warn of passwords that are not encrypted.
        self._auth_required = bool(offers.logins)
        self._auth_require_tls = offers.login_needs_tls
        self._auth_methods = {name: self._mechanisms[name] for name in offers.mechanisms}
        self._tls_protocol = self._conversation.tls

    def _reset_timeout(self, duration: float | None = None) -> None:  # noqa: ARG002 - aiosmtpd's signature
        # Nobody is hung up on for being slow. aiosmtpd cancels this when the connection is lost.
        self._timeout_handle = self

    def cancel(self) -> None:
        """Do nothing: there is no timeout to be cancelled."""

    def _cb_client_connected(self, reader: Any, writer: Any) -> None:
        # aiosmtpd makes the reader itself, in its constructor: it is taught to listen here.
        reader.__class__ = Ear
        reader.heard, reader.most = bytearray(), MAX_LINE
        self._ear = reader
        super()._cb_client_connected(reader, writer)

    async def _handle_client(self) -> None:
        step = self._relay.script.take("greeting")
        if await self._strike(step):
            # Who was not welcomed may say QUIT (RFC 5321 section 3.1).
            self._turned_away = step is not None and step.refuses
            self._words = Step("raw", STAGES["greeting"])
        await super()._handle_client()

    async def _at(self, stage: str, go: Callable[[Any], Awaitable[None]], argument: Any) -> None:
        """Take a command: as the script says, or as usual."""
        self._stage, self._words = stage, None
        if self._turned_away and stage != "QUIT":
            await self.push("503 5.5.1 You were not welcomed")
            return
        if stage in ("EHLO", "HELO"):
            self._look_at_the_offers()
        if stage in ("EHLO", "HELO", "MAIL", "RSET"):
            self._refused.clear()
        if stage in STAGES:
            recipient = self._address(argument) if stage == "RCPT" else ""
            step = self._relay.script.take(stage, recipient)
            if await self._strike(step):
                if recipient and step is not None and step.refuses:
                    self._refused.append(recipient)
                return
        await go(argument)

    def _address(self, argument: Any) -> str:
        try:
            address, _ = self._getaddr(self._strip_command_keyword("TO:", argument or "") or "")
        except Exception:  # noqa: BLE001 - the parser of addresses raises all sorts of things; aiosmtpd will say it
            return ""
        return address or ""

    async def _strike(self, step: Step | None) -> bool:
        """Do what the script says; return whether the usual answer is not to be given."""
        if step is None:
            return False
        stage = self._stage
        if step.delay:
            self._relay.note(f"answering {step.delay:g} s late at {stage}")
            await self._conversation.wait(step.delay)
        if step.kind == "wait":
            return False
        if step.kind == "stall":
            self._relay.note(f"answering nothing at {stage}")
            self._stalled = self.loop.create_future()
            await self._stalled
            return False
        if step.kind == "reply" and step.code == STAGES[stage]:
            self._words = step
            return False
        if step.kind == "reply" or step.kind == "raw":
            self._relay.note(f"answered {cut(str(step), 80)} at {stage}")
            self._ear.heard.clear()
            self.wire.write(step.wire)
            if step.code == CLOSING:
                await self._leave()
        else:
            self._relay.note(f"a connection was {DONE[step.kind]} at {stage}")
            self.wire.link.break_off(step.kind)
            if step.kind != "half_close":
                await self._leave()
        return True

    def go_on(self) -> None:
        """Stop stalling."""
        if self._stalled is not None and not self._stalled.done():
            self._stalled.set_result(None)

    def hang_up(self) -> None:
        """Close the connection, and hear no more."""
        self._left = True
        self.wire.close()
        self._handler_coroutine.cancel()

    async def _leave(self) -> None:
        """Hang up, and end here: what has come already is not looked at."""
        self.hang_up()
        await self.loop.create_future()

    async def push(self, status: Any) -> None:
        """Send a reply, and keep what it calls malformed."""
        if self.wire.closed:
            # Behind a goodbye: what came together with what brought it about is as unheard as what comes later.
            await self._leave()
        reply = status.encode("utf-8", "backslashreplace") if isinstance(status, str) else bytes(status)
        if not reply:
            return
        words = self._words
        if words is not None and reply.startswith(b"%d" % words.code) and self._stage != "EHLO":
            self._words = None
            if not words.wire:
                return
            reply = words.wire.removesuffix(b"\r\n")
        heard = bytes(self._ear.heard)
        self._ear.heard.clear()
        text = reply.decode("utf-8", "replace")
        if text.startswith(_MALFORMED) and heard:
            self._keep_malformed(text, heard)
        if text[:1] in "45":
            self._relay.note(f"answered {cut(text, 80)}")
        await super().push(reply)
        if self._garbage >= MAX_GARBAGE:
            await self._leave()

    def capabilities(self, lines: list[str]) -> list[str]:
        """Return the answer to EHLO: what aiosmtpd says, or what the test wants said."""
        if self._words is not None:
            return self._words.wire.decode().removesuffix("\r\n").split("\r\n")
        return [line for line in lines if self._auth_required or not line.startswith("250-AUTH")]

    def end(self) -> None:
        """End without a word: the connection is gone."""
        self.wire.closed = True
        self._handler_coroutine.close()

    async def took(self, envelope: Any) -> bytes | str:
        """Keep a whole mail; return the answer to it."""
        raise NotImplementedError

    def _judge_login(self, smtp: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        """Return aiosmtpd's ``AuthResult``."""
        raise NotImplementedError

    def _keep_malformed(self, why: str, raw: bytes) -> None:
        """Keep what is no mail."""
        raise NotImplementedError
