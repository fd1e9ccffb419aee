from __future__ import annotations

import re
from email.message import EmailMessage

import pytest

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._smtp.mail import Mail
from pytest_loghandlers.endpoints._smtp.vocabulary import VOCABULARY, MailFields, hint


def mail(**more):
    message = EmailMessage()
    message["From"], message["Subject"], message["X-App"] = "App <app@x.test>", "café", "shop"
    message.set_content("Traceback\n  File café\n")
    message.add_attachment(b"data", maintype="application", subtype="zip", filename="a.zip")
    return Mail("app@x.test", ("ops@x.test", "dev@x.test"), message.as_bytes(), 0.5, connection=3, **more)


@pytest.mark.parametrize(
    ("text", "wanted", "fits"),
    [
        ("File café", {}, True),
        ("tea", {}, False),
        (re.compile(r"^  File", re.MULTILINE), {}, True),
        (None, {"subject": "café"}, True),
        (None, {"subject": "caf"}, False),
        (None, {"subject": re.compile("^c")}, True),
        (None, {"sender": "app@x.test"}, True),
        (None, {"sender": "App <app@x.test>"}, False),
        (None, {"from_": "App <app@x.test>"}, True),
        (None, {"to": "dev@x.test"}, True),
        (None, {"to": "dev"}, False),
        (None, {"to": re.compile("^dev")}, True),
        (None, {"headers": {"x-app": "shop", "SUBJECT": re.compile("é$")}}, True),
        (None, {"headers": {"x-app": "bank"}}, False),
        (None, {"headers": {"x-other": re.compile("")}}, False),
        (None, {"attachment": "a.zip"}, True),
        (None, {"attachment": re.compile(r"\.zip$")}, True),
        (None, {"attachment": b"data"}, True),
        (None, {"attachment": b"dat"}, False),
        (None, {"tls": False}, True),
        (None, {"tls": True}, False),
        (None, {"transport": "tcp"}, True),
        (None, {"login": "u"}, False),
        (None, {"connection": 3}, True),
        (None, {"refused": False}, True),
        (None, {"refused": True}, False),
        (None, {"malformed": True}, False),
    ],
)
def test_each_field_is_compared(text, wanted, fits):
    assert VOCABULARY.matcher(text, **wanted).matches(mail()) is fits


def test_every_field_is_an_argument_of_the_verbs():
    assert set(VOCABULARY.fields) == set(MailFields.__annotations__)


def test_what_was_asked_for_reads_like_a_sentence():
    matcher = VOCABULARY.matcher("x", sender="a", to=re.compile("b$"), malformed=False)

    assert matcher.brief == "'x' from 'a' to /b$/ well formed"
    assert matcher.wanted == (
        "1 mail whose text contains 'x' and whose sender is 'a' and one of whose recipients matches /b$/"
        " and that could be parsed"
    )


def test_the_other_fields_read_like_one_too():
    matcher = VOCABULARY.matcher(
        from_="a",
        headers={"x": "y"},
        attachment="a.zip",
        tls=True,
        transport="tls",
        login="u",
        connection=2,
        refused=False,
    )

    assert matcher.brief == (
        "a mail with From 'a' with headers {'x': 'y'} with attachment 'a.zip' encrypted with transport tls "
        "with login 'u' on connection 2 accepted"
    )
    assert matcher.clauses == (
        "whose From header is 'a' and whose headers have {'x': 'y'} and one of whose attachments is 'a.zip' and that "
        "was encrypted and whose transport is tls and whose login is 'u' and whose connection is 2 and that was "
        "accepted"
    )


def test_a_miss_by_its_attachment_shows_their_names():
    assert VOCABULARY.matcher(attachment="b.zip").faults(mail()) == ["attachment is 'a.zip', not 'b.zip'"]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"tls": 1}, "tls=1: it is True or False"),
        ({"refused": "451"}, "refused='451': it is True or False"),
        ({"transport": "smtp"}, "transport='smtp': it is one of tcp, tls"),
        ({"attachment": 3}, "attachment=3: it is a file name (str or regex), or its content (bytes)"),
        ({"headers": "x"}, "headers='x': it is a mapping of names to values"),
        ({"malformed": "x"}, "malformed='x': it is True or False"),
    ],
)
def test_what_cannot_be_meant_is_said(wanted, text):
    with pytest.raises(ArgumentError) as failure:
        VOCABULARY.matcher(**wanted)

    assert str(failure.value) == text


def test_a_malformed_mail_is_looked_for_in_its_bytes():
    made = Mail("a", (), b"Subject: half\r\n\r\nhalf a l", 0.5, "the connection was lost")

    assert VOCABULARY.matcher("half a l", malformed=True).matches(made)
    assert VOCABULARY.matcher("half a l", malformed=False).find([made]) == []


def test_the_hint_finds_the_text_in_the_subject():
    assert hint(VOCABULARY.matcher("caf"), [Mail(), mail()]) == (
        "it is in the subject of [1]; a text is looked for in the body, ask with subject="
    )
    assert hint(VOCABULARY.matcher(re.compile("^c")), [mail()]) is not None
    assert hint(VOCABULARY.matcher("tea"), [mail()]) is None
    assert hint(VOCABULARY.matcher(to="x"), [mail()]) is None


def test_the_hint_finds_the_recipient_that_was_refused():
    partly = mail(refused_recipients=("boss@x.test",))

    assert hint(VOCABULARY.matcher(to="boss@x.test"), [mail(), partly]) == (
        "[1] was not for boss@x.test: the endpoint had refused that recipient; smtplib raises nothing while another "
        "one is accepted"
    )
