"""One mail that reached the mail server."""

from __future__ import annotations

from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cached_property
from typing import Any, Final

from pytest_loghandlers._base.report import show
from pytest_loghandlers.endpoints._headers import Headers

_PARSER: Final = BytesParser(EmailMessage, policy=policy.default)


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment of a mail."""

    #: Its file name, decoded; empty when it has none.
    name: str
    #: Its media type: ``text/csv``.
    type: str
    #: Its octets, decoded. Of an attached mail (message/rfc822) the mail itself.
    content: bytes = field(repr=False)


@dataclass(frozen=True, eq=False)
class Mail:
    """One mail, as it arrived.

    ``malformed`` is None, or the reason why no mail was made of it: the reply it was refused with, or the loss of the
    connection. Then ``raw`` holds what the client had sent.
    """

    #: The envelope's sender, as given with MAIL FROM.
    sender: str = ""
    #: The envelope's recipients, as given with RCPT TO and accepted: who gets the mail, whatever its headers say.
    recipients: tuple[str, ...] = ()
    #: The mail as it was sent, free of dot-stuffing (RFC 5321 section 4.5.2).
    raw: bytes = field(default=b"", repr=False)
    #: Real seconds from the endpoint's start to the arrival.
    arrival: float = 0.0
    malformed: str | None = None
    #: The reply with which the test had the whole mail refused, at the end of its data; None: it was accepted.
    refused: str | None = None
    #: Who was named with RCPT TO and refused, while the mail went on to the others: they do not get it.
    refused_recipients: tuple[str, ...] = ()
    #: Which connection to the endpoint it came on, counted from 1.
    connection: int = 0
    #: ``tcp``, or ``tls`` for the port on which TLS is spoken from the first octet on.
    transport: str = "tcp"
    #: Whether it came encrypted: after STARTTLS, or on the port for TLS.
    tls: bool = False
    #: The user who had logged in; None: nobody had.
    login: str | None = None

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

    @cached_property
    def html(self) -> str:
        """The source of the HTML body, decoded; empty when there is none."""
        try:
            part = self.message.get_body(("html",))
            content = part.get_content() if part is not None else ""
        except Exception:  # noqa: BLE001 - as for the headers
            return ""
        return str(content).replace("\r\n", "\n").removesuffix("\n")

    @cached_property
    def attachments(self) -> tuple[Attachment, ...]:
        """The attachments, in order."""
        try:
            parts = list(self.message.iter_attachments()) if self.message.is_multipart() else []
        except Exception:  # noqa: BLE001 - as for the headers
            return ()
        return tuple(_attachment(part) for part in parts)

    @property
    def searched(self) -> str:
        """Where a test's text is looked for."""
        return self.text if self.malformed is None else self.raw.decode("utf-8", "replace")


def _attachment(part: Any) -> Attachment:
    try:
        name = part.get_filename() or ""
        data = part.get_payload(decode=True)
        if data is None:  # It is a mail itself, or has parts.
            inside = part.get_payload()
            data = inside[0].as_bytes() if part.get_content_type() == "message/rfc822" else part.as_bytes()
    except Exception:  # noqa: BLE001 - as for the headers
        name, data = "", b""
    return Attachment(str(name), part.get_content_type(), data if isinstance(data, bytes) else b"")


def line(mail: Mail) -> str:
    """Return one line of a listing."""
    when = f"+{mail.arrival:.2f} s"
    if mail.malformed is not None:
        return f"{when}  malformed: {mail.malformed}  {show(mail.raw, 60)}"
    parts = [when, f"{mail.sender} -> {', '.join(mail.recipients)}", show(mail.subject, 60), show(mail.text)]
    if mail.attachments:
        parts.append(f"with {', '.join(show(each.name, 40) for each in mail.attachments)}")
    if mail.refused is not None:
        parts.append(f"refused: {show(mail.refused, 60)}")
    if mail.refused_recipients:
        parts.append(f"not to {', '.join(mail.refused_recipients)}: refused")
    return "  ".join(parts)
