"""One mail that reached the mail server, and what a test can ask of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cached_property
from typing import Any, Final

from pytest_loghandlers._base.match import Field, Matcher, Vocabulary, equal, say_wanted, verb
from pytest_loghandlers._base.report import show
from pytest_loghandlers.endpoints._endpoint import malformed_field
from pytest_loghandlers.endpoints._headers import Headers

_PARSER: Final = BytesParser(EmailMessage, policy=policy.default)


@dataclass(frozen=True, eq=False)
class Mail:
    """One mail, as it arrived.

    ``malformed`` is None, or the reason why no mail was made of it: the reply it was refused with, or the loss of the
    connection. Then ``raw`` holds what the client had sent.
    """

    #: The envelope's sender, as given with MAIL FROM.
    sender: str = ""
    #: The envelope's recipients, as given with RCPT TO: who gets the mail, whatever its headers say.
    recipients: tuple[str, ...] = ()
    #: The mail as it was sent, free of dot-stuffing (RFC 5321 section 4.5.2).
    raw: bytes = field(default=b"", repr=False)
    #: Real seconds from the endpoint's start to the arrival.
    arrival: float = 0.0
    malformed: str | None = None

    @cached_property
    def message(self) -> EmailMessage:
        """The mail parsed by ``email`` with ``policy.default``; what is wrong with it is in its ``defects``."""
        return _PARSER.parsebytes(self.raw if self.malformed is None else b"")

    @cached_property
    def headers(self) -> Headers:
        """The header fields, decoded, by name in any case."""
        fields = []
        for name in dict.fromkeys(name.lower() for name in self.message.keys()):  # noqa: SIM118 - keys() repeats names, the mapping does not
            try:
                fields += [(name, str(value)) for value in self.message.get_all(name, ())]
            except Exception:  # noqa: BLE001 - the parser of structured headers raises all sorts of things for hostile ones
                fields += [(name, str(value)) for key, value in self.message.raw_items() if key.lower() == name]
        return Headers(fields)

    @property
    def subject(self) -> str:
        """The Subject header, decoded; empty when there is none."""
        return self.headers.get("subject", "")

    @property
    def from_(self) -> str:
        """The From header, decoded; ``sender`` is the envelope's."""
        return self.headers.get("from", "")

    @property
    def to(self) -> str:
        """The To header, decoded; ``recipients`` are the envelope's."""
        return self.headers.get("to", "")

    @cached_property
    def text(self) -> str:
        r"""The plain text of the body (of an HTML mail its source), decoded.

        Lines end with ``\n``; the line end that SMTP puts behind the last line is left out.
        """
        try:
            part = self.message.get_body(("plain", "html")) or self.message
            data = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
        except Exception:  # noqa: BLE001 - as for the headers: what cannot be parsed is shown as it is
            data, charset = self.raw.partition(b"\r\n\r\n")[2], "utf-8"
        body = data if isinstance(data, bytes) else b""
        try:
            text = body.decode(charset, "replace")
        except LookupError:
            text = body.decode("utf-8", "replace")
        return text.replace("\r\n", "\n").removesuffix("\n")

    @property
    def searched(self) -> str:
        """Where a test's text is looked for."""
        return self.text if self.malformed is None else self.raw.decode("utf-8", "replace")


def line(mail: Mail) -> str:
    """Return one line of a listing."""
    when = f"+{mail.arrival:.2f} s"
    if mail.malformed is not None:
        return f"{when}  malformed: {mail.malformed}  {show(mail.raw, 60)}"
    return f"{when}  {mail.sender} -> {', '.join(mail.recipients)}  {show(mail.subject, 60)}  {show(mail.text)}"


def _is_among(wanted: Any, got: tuple[str, ...]) -> bool:
    return any(equal(wanted, address) for address in got)


def in_the_subject(matcher: Matcher[Any], mails: Sequence[Mail]) -> str | None:
    """Return the hint that the text stands in a subject, when it does."""
    for index, mail in enumerate(mails if matcher.text is not None else ()):
        found = (
            matcher.text.search(mail.subject)
            if isinstance(matcher.text, re.Pattern)
            else matcher.text is not None and matcher.text in mail.subject
        )
        if found:
            return f"it is in the subject of [{index}]; a text is looked for in the body, ask with subject="
    return None


VOCABULARY: Final = Vocabulary[Mail](
    "mail",
    lambda mail: mail.searched,
    (
        Field("subject", lambda mail: mail.subject),
        Field("sender", lambda mail: mail.sender, brief=lambda wanted: f"from {say_wanted(wanted)}"),
        Field(
            "to",
            lambda mail: mail.recipients,
            agree=_is_among,
            brief=lambda wanted: f"to {say_wanted(wanted)}",
            clause=lambda wanted: f"one of whose recipients {verb(wanted)} {say_wanted(wanted)}",
        ),
        malformed_field(),
    ),
)
