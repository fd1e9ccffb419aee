"""What can be asked of a mail, and what explains a miss."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypedDict

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Field, Matcher, Text, Vocabulary, equal, one_of, say_wanted, verb
from pytest_loghandlers._base.report import show
from pytest_loghandlers.endpoints._endpoint import malformed_field

from .mail import Attachment, Mail


class MailFields(TypedDict, total=False):
    """The matching arguments; a compiled regex is searched instead of compared."""

    #: Equal to the decoded Subject.
    subject: Text | None
    #: Equal to the envelope's sender.
    sender: Text | None
    #: Equal to one of the envelope's recipients.
    to: Text | None
    #: Equal to the decoded From header.
    from_: Text | None
    #: At least these header fields, by name in any case.
    headers: Mapping[str, Text] | None
    #: Equal to the name of an attachment; bytes: to its content.
    attachment: Text | bytes | None
    #: Whether it came encrypted.
    tls: bool | None
    #: ``tcp`` or ``tls``: the port it came to.
    transport: str | None
    #: Equal to the user who had logged in.
    login: Text | None
    #: The number of its connection.
    connection: int | None
    #: Whether the test had it refused at the end of its data.
    refused: bool | None
    #: Whether no mail could be made of it.
    malformed: bool | None


def _is_among(wanted: Any, got: tuple[str, ...]) -> bool:
    return any(equal(wanted, address) for address in got)


def _is_attached(wanted: Any, got: tuple[Attachment, ...]) -> bool:
    if isinstance(wanted, bytes):
        return any(wanted == attachment.content for attachment in got)
    return any(equal(wanted, attachment.name) for attachment in got)


def _accept_attachment(wanted: Any) -> Any:
    if isinstance(wanted, (str, bytes)) or (isinstance(wanted, re.Pattern) and isinstance(wanted.pattern, str)):
        return wanted
    raise ArgumentError(f"attachment={show(wanted)}: it is a file name (str or regex), or its content (bytes)")


def _say_attachments(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(show(attachment.name, 40) for attachment in value) or "none"
    return show(value)


def _accept_headers(wanted: Any) -> Any:
    if isinstance(wanted, Mapping) and all(isinstance(name, str) for name in wanted):
        return wanted
    raise ArgumentError(f"headers={show(wanted)}: it is a mapping of names to values")


def _has_headers(wanted: Mapping[str, Any], got: Mapping[str, str]) -> bool:
    return all(name in got and equal(value, got[name]) for name, value in wanted.items())


def _flag(name: str, yes: str, no: str) -> Field[Mail]:
    """Return a field that is so or is not: ``encrypted``, ``unencrypted``."""

    def accept(wanted: Any) -> Any:
        if isinstance(wanted, bool):
            return wanted
        raise ArgumentError(f"{name}={show(wanted)}: it is True or False")

    read: Callable[[Mail], bool] = {
        "tls": lambda mail: mail.tls,
        "refused": lambda mail: mail.refused is not None,
    }[name]
    return Field(
        name,
        read,
        accept=accept,
        brief=lambda wanted: yes if wanted else no,
        clause=lambda wanted: f"that was {yes if wanted else no}",
    )


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
        Field(
            "from_",
            lambda mail: mail.from_,
            brief=lambda wanted: f"with From {say_wanted(wanted)}",
            clause=lambda wanted: f"whose From header {verb(wanted)} {say_wanted(wanted)}",
        ),
        Field(
            "headers",
            lambda mail: mail.headers,
            accept=_accept_headers,
            agree=_has_headers,
            brief=lambda wanted: f"with headers {show(dict(wanted))}",
            clause=lambda wanted: f"whose headers have {show(dict(wanted))}",
        ),
        Field(
            "attachment",
            lambda mail: mail.attachments,
            accept=_accept_attachment,
            agree=_is_attached,
            say=_say_attachments,
            clause=lambda wanted: f"one of whose attachments {verb(wanted)} {say_wanted(wanted)}",
        ),
        _flag("tls", "encrypted", "unencrypted"),
        Field("transport", lambda mail: mail.transport, accept=one_of("transport", "tcp", "tls"), say=str),
        Field(
            "login", lambda mail: mail.login, clause=lambda wanted: f"whose login {verb(wanted)} {say_wanted(wanted)}"
        ),
        Field("connection", lambda mail: mail.connection, brief=lambda wanted: f"on connection {wanted}"),
        _flag("refused", "refused", "accepted"),
        malformed_field(),
    ),
)


def hint(matcher: Matcher[Any], mails: Sequence[Mail]) -> str | None:
    """Return the one certain explanation of a miss."""
    return _in_the_subject(matcher, mails) or _not_to_all(matcher, mails)


def _in_the_subject(matcher: Matcher[Any], mails: Sequence[Mail]) -> str | None:
    for index, mail in enumerate(mails if matcher.text is not None else ()):
        found = (
            matcher.text.search(mail.subject)
            if isinstance(matcher.text, re.Pattern)
            else matcher.text is not None and matcher.text in mail.subject
        )
        if found:
            return f"it is in the subject of [{index}]; a text is looked for in the body, ask with subject="
    return None


def _not_to_all(matcher: Matcher[Any], mails: Sequence[Mail]) -> str | None:
    wanted = next((value for field, value in matcher.conditions if field.name == "to"), None)
    for index, mail in enumerate(mails if wanted is not None else ()):
        refused = next((address for address in mail.refused_recipients if equal(wanted, address)), None)
        if refused is not None:
            return (
                f"[{index}] was not for {refused}: the endpoint had refused that recipient; smtplib raises nothing "
                "while another one is accepted"
            )
    return None
