"""The verbs with which a test makes the mail server rude, and those with which it makes it stricter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Text
from pytest_loghandlers._base.report import plural, show
from pytest_loghandlers.endpoints._faults import check_times
from pytest_loghandlers.endpoints._network.faults import How
from pytest_loghandlers.endpoints._network.listener import Listener
from pytest_loghandlers.endpoints._timeline import Timeline
from pytest_loghandlers.endpoints._tls import TlsVerbs

from .relay import MECHANISMS, Relay
from .stages import STAGES, Step, lines_of, recipient_of, seconds_of, stage_of

SCRIPTED = "as the test wants it"


class SmtpVerbs(TlsVerbs):
    """A mixin of the mail server: what it does at each stage.

    ``at`` names the stage, in any case: greeting, EHLO, HELO, STARTTLS, AUTH, MAIL, RCPT, DATA, end of data, RSET, NOOP
    or QUIT. With ``times=n`` it happens the next n times the stage is reached, in the order in which it was set;
    without, each time after those, until ``recover``. ``to=`` is for one recipient alone, at RCPT: an address or regex.
    """

    _timeline: Timeline
    _relay: Relay
    _listener: Listener

    def reply(
        self,
        code: int,
        text: str | None = None,
        at: str = "end of data",
        *,
        to: Text | None = None,
        times: int | None = None,
        delay: float = 0.0,
    ) -> None:
        r"""Answer with this reply at a stage, instead of the usual one.

        ``text`` of several lines (``\n``) is a reply of several lines. With the code that says yes at that stage (220,
        250, 354 for DATA, 235 for AUTH, 221 for QUIT) only the words change and all else goes its usual way; at EHLO
        they are what the server can do. Any other code means that nothing was done. Behind 421 the connection is
        closed. A mail that is refused at ``end of data`` is kept with ``refused``.

        ``delay`` is in seconds; other clients are served meanwhile. Raises ArgumentError for what is no reply.
        """
        stage = self._stage(at)
        lines = lines_of(code, SCRIPTED if text is None else text)
        if text is None and code == STAGES[stage]:
            self._script(stage, Step("wait", delay=seconds_of("delay", delay), to=recipient_of(to, stage)), times)
            return
        self._script(
            stage, Step("reply", code, lines, delay=seconds_of("delay", delay), to=recipient_of(to, stage)), times
        )

    def reply_raw(
        self,
        data: bytes,
        at: str = "end of data",
        *,
        to: Text | None = None,
        times: int | None = None,
        delay: float = 0.0,
    ) -> None:
        r"""Answer with these octets as they are, and do nothing else: ``b"what?\r\n"``, half a line, megabytes.

        smtplib gives up on a line of more than 8,192 octets, and waits for the end of a shorter one.
        """
        stage = self._stage(at)
        try:
            sent = bytes(memoryview(data))
        except TypeError:
            raise ArgumentError(f"data={show(data)}: what is sent as it is, is bytes") from None
        self._script(stage, Step("raw", data=sent, delay=seconds_of("delay", delay), to=recipient_of(to, stage)), times)

    def delay(
        self, seconds: float, at: str = "end of data", *, to: Text | None = None, times: int | None = None
    ) -> None:
        """Give the usual answer so many seconds late."""
        stage = self._stage(at)
        self._script(stage, Step("wait", delay=seconds_of("seconds", seconds), to=recipient_of(to, stage)), times)

    def stall(self, at: str = "end of data", *, to: Text | None = None, times: int | None = None) -> None:
        """Give no answer at a stage. Who waits gets the usual one at ``recover``."""
        stage = self._stage(at)
        self._script(stage, Step("stall", to=recipient_of(to, stage)), times)

    def reset(
        self,
        *,
        at: str | None = None,
        to: Text | None = None,
        times: int | None = None,
        after: int | None = None,
        now: bool = False,
    ) -> None:
        """Break connections with a RST: the client gets ConnectionResetError.

        Each as soon as a mail has been received on it, and kept, without an answer to it. With ``at`` instead of the
        answer at that stage. With ``after=n`` when n more octets of the connection have been read (0: at once when it
        has been accepted, before the greeting). With ``now=True`` those there are, at once, and no later one.
        """
        self._break_at("reset", at, to, times, after, now=now)

    def disconnect(
        self,
        *,
        at: str | None = None,
        to: Text | None = None,
        times: int | None = None,
        after: int | None = None,
        now: bool = False,
    ) -> None:
        """Close connections, as a server that ends does: the client reads an end of file. Else as ``reset``."""
        self._break_at("disconnect", at, to, times, after, now=now)

    def half_close(
        self,
        *,
        at: str | None = None,
        to: Text | None = None,
        times: int | None = None,
        after: int | None = None,
        now: bool = False,
    ) -> None:
        """Close the endpoint's writing side only, and go on reading what the client sends. Else as ``reset``."""
        self._break_at("half_close", at, to, times, after, now=now)

    def recover(self) -> None:
        """Go back to normal: accept, read and answer; what was scripted is forgotten, and who waits gets an answer.

        What the server offers and requires stays.
        """
        super().recover()
        with self._listener.held():
            self._relay.recover()

    def offer_starttls(self, *, required: bool = False) -> None:
        """Offer STARTTLS, from the next EHLO on; with ``required=True`` refuse everything before it (530).

        SMTPHandler uses it when it has credentials *and* ``secure``, and does not check the certificate. Raises
        MissingExtraError without the extra ``tls``.
        """
        self._require_running()
        self._tls_context()
        with self._listener.held():
            self._relay.offers.starttls = self._tls_context
            self._relay.offers.starttls_required = bool(required)

    def require_login(
        self, user: str, password: str, *, mechanisms: Sequence[str] = MECHANISMS, needs_tls: bool = False
    ) -> None:
        """Take mail only from who logs in so (530), from the next EHLO on; wrong credentials are answered 535.

        A second call adds a user. ``mechanisms`` is what AUTH offers of LOGIN and PLAIN. With ``needs_tls=True`` AUTH
        is offered behind TLS only.
        """
        self._require_running()
        if not isinstance(user, str) or not isinstance(password, str):
            raise ArgumentError(f"user={show(user)}, password={show(password)}: both are str")
        offered = tuple(mechanisms)
        if not offered or isinstance(mechanisms, str) or not set(offered) <= set(MECHANISMS):
            raise ArgumentError(
                f"mechanisms={show(mechanisms)}: it is a list of {' and '.join(MECHANISMS)}, or of one of them"
            )
        with self._listener.held():
            offers = self._relay.offers
            offers.logins[user] = password
            offers.mechanisms, offers.login_needs_tls = offered, bool(needs_tls)

    def limit_size(self, octets: int) -> None:
        """Take no mail of more octets, from the next EHLO on, which announces it (SIZE); it is answered 552."""
        self._require_running()
        if not isinstance(octets, int) or isinstance(octets, bool) or octets < 1:
            raise ArgumentError(f"octets={show(octets)}: it is the size of a mail, a whole number from 1")
        with self._listener.held():
            self._relay.offers.max_mail = octets

    def _stage(self, at: Any) -> str:
        self._require_running()
        return stage_of(at)

    def _script(self, stage: str, step: Step, times: int | None) -> None:
        check_times(times)
        # What a client had sent before is answered as usual.
        self._catch_up()
        with self._listener.held():
            self._relay.script.set(stage, step, times)
        if times is None:
            self._lasts(f"{stage} {step.to}", f"told to {said(step)} at {stage}")
        else:
            self._timeline.event(f"told to {said(step)} at {stage}, {plural(times, 'time')}")

    def _break_at(self, how: How, at: Any, to: Any, times: Any, after: Any, *, now: Any) -> None:
        if at is None and to is None:
            self._break(how, times, after, now=now)
            return
        stage = self._stage("RCPT" if at is None else at)
        if after is not None or now:
            raise ArgumentError(f"at={show(stage)} is the moment: it takes no after= and no now=")
        self._script(stage, Step(how, to=recipient_of(to, stage)), times)


def said(step: Step) -> str:
    """Return what a step is, in words."""
    late = f" {step.delay:g} s late" if step.delay else ""
    words = {
        "reply": f"answer {step}{late}",
        "raw": f"send {step}{late}",
        "wait": f"answer{late}",
        "stall": "answer nothing",
        "reset": "reset connections (RST)",
        "disconnect": "close connections (FIN)",
        "half_close": "half-close connections",
    }[step.kind]
    return words if step.to is None else f"{words} for {getattr(step.to, 'pattern', step.to)}"
