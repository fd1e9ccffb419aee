"""The verbs with which a test judges what the mail server received."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Unpack, overload

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Text
from pytest_loghandlers._base.report import cut, show
from pytest_loghandlers.endpoints._endpoint import WAIT, Endpoint

from . import verdicts
from .mail import Mail, line
from .vocabulary import VOCABULARY, MailFields, hint


class SmtpJudge(Endpoint[Mail]):
    """``wait_for`` and the assertions of ``SmtpEndpoint``."""

    def __init__(self) -> None:
        super().__init__(VOCABULARY, line, hint=hint)

    @property
    def connections(self) -> int:
        """How many connections clients have made so far. SMTPHandler makes one for each record."""
        raise NotImplementedError

    @overload
    def wait_for(
        self, text: Text | None = None, *, count: None = None, timeout: float = WAIT, **wanted: Unpack[MailFields]
    ) -> Mail: ...
    @overload
    def wait_for(
        self, text: Text | None = None, *, count: int, timeout: float = WAIT, **wanted: Unpack[MailFields]
    ) -> tuple[Mail, ...]: ...
    def wait_for(
        self, text: Text | None = None, *, count: int | None = None, timeout: float = WAIT, **wanted: Any
    ) -> Any:
        """Wait at most ``timeout`` seconds for a mail, and return it; with ``count=n`` for n, as a tuple.

        ``text`` is contained in the decoded body. ``subject`` and ``from_`` are equal to the decoded header,
        ``sender`` to the envelope's sender, ``to`` to one of the envelope's recipients, ``attachment`` to the name of
        one (bytes: to its content), ``login`` to the user; ``headers`` has at least the fields given. ``tls``,
        ``refused`` and ``malformed`` are True or False, ``transport`` is ``tcp`` or ``tls``, ``connection`` a number.
        Everywhere a compiled regex is searched instead. Raises AssertionError when the time is over.
        """
        __tracebackhide__ = True
        return self._wait_for(text, count, timeout, wanted)

    @overload
    def assert_received(
        self, text: Text | None = None, *, count: None = None, **wanted: Unpack[MailFields]
    ) -> Mail: ...
    @overload
    def assert_received(
        self, text: Text | None = None, *, count: int, **wanted: Unpack[MailFields]
    ) -> tuple[Mail, ...]: ...
    def assert_received(self, text: Text | None = None, *, count: int | None = None, **wanted: Any) -> Any:
        """Return the first mail that matches (with ``count=n`` all, exactly n), or raise AssertionError.

        It does not wait; the arguments are those of ``wait_for``.
        """
        __tracebackhide__ = True
        return self._assert_received(text, count, wanted)

    def assert_not_received(self, text: Text | None = None, **wanted: Unpack[MailFields]) -> None:
        """Raise AssertionError when a mail matches. It does not wait; the arguments are those of ``wait_for``."""
        __tracebackhide__ = True
        self._assert_not_received(text, dict(wanted))

    def assert_one_mail_per(
        self, what: Iterable[logging.LogRecord | str] | Callable[[Mail], Hashable] | str
    ) -> tuple[Mail, ...]:
        """Judge that each of something gave exactly one mail; return the mails.

        ``what`` is a list of log records (``capture_handler.records``) or of their messages: each message is in the
        body of one mail, no mail has two of them, and there is no other mail; returned in the order of the records. Or
        it is what the mails differ in: ``"subject"``, ``"text"`` or a function of a mail. With ``"connection"`` each
        connection has brought one mail, and none has brought none.

        Mails that were refused or are malformed do not count. It does not wait.
        """
        __tracebackhide__ = True
        self._require_running()
        records = verdicts.records_of(what)
        mails = [mail for mail in self._inbox.snapshot() if mail.malformed is None and mail.refused is None]
        if records is not None:
            return verdicts.one_per_record(self._who, records, mails)
        if callable(what):
            return verdicts.one_per_key(self._who, getattr(what, "__name__", "key").strip("<>"), what, mails)
        name = str(what)
        idle: Sequence[Hashable] = ()
        if name == "connection":
            idle = sorted(set(range(1, self.connections + 1)) - {mail.connection for mail in mails})
        return verdicts.one_per_key(self._who, name, verdicts.KEYS[name], mails, idle)

    def assert_at_most(
        self, limit: int, text: Text | None = None, *, per: float | None = None, **wanted: Unpack[MailFields]
    ) -> tuple[Mail, ...]:
        """Judge that no flood came: at most ``limit`` mails within any ``per`` seconds, by their arrival; return them.

        Without ``per``, at most so many in all. Only mails that match are counted (the arguments are those of
        ``wait_for``), refused ones too, malformed ones only with ``malformed=True``. It does not wait.
        """
        __tracebackhide__ = True
        self._require_running()
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
            raise ArgumentError(f"limit={show(limit)}: it is how many mails may come, a whole number from 0")
        if per is not None and (
            not isinstance(per, (int, float)) or isinstance(per, bool) or not 0 < per < float("inf")
        ):
            raise ArgumentError(f"per={show(per)}: it is a number of seconds above 0, or None: in all")
        matcher = self._vocabulary.matcher(text, **wanted)
        asked = wanted.get("malformed") is not None
        mails = [mail for mail in matcher.find(self._inbox.snapshot()) if asked or mail.malformed is None]
        return verdicts.at_most(self._who, (matcher.brief, matcher.clauses), mails, limit, per)

    def _refused(self, item: Mail) -> str | None:
        if item.refused is not None:
            return f"refused with {cut(item.refused, 60)}"
        return None if item.malformed is None else f"no whole mail: {cut(item.malformed, 60)}"
