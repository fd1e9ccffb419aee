from __future__ import annotations

import dataclasses
import re
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._smtp.mail import VOCABULARY, Mail, in_the_subject, line

PLAIN = (
    b"From: App <app@x.test>\r\nTo: ops@x.test,\r\n dev@x.test\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    b"Traceback\r\n  File caf\xc3\xa9\r\n\r\nend\r\n"
)


def mail(raw=PLAIN, **more):
    return Mail("app@x.test", ("ops@x.test", "dev@x.test"), raw, 0.5, **more)


def test_headers_and_body_are_decoded():
    made = mail()

    assert (made.subject, made.from_, made.to) == ("café", "App <app@x.test>", "ops@x.test, dev@x.test")
    assert made.text == "Traceback\n  File café\n\nend"
    assert made.headers["content-type"] == 'text/plain; charset="utf-8"'
    assert made.message["subject"] == "café"


def test_it_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        mail().sender = "x"


def test_the_plain_part_is_taken_and_attachments_are_not():
    message = EmailMessage()
    message["Subject"] = "s"
    message.set_content("plain ü")
    message.add_alternative("<b>html</b>", subtype="html")
    message.add_attachment(b"data", maintype="application", subtype="zip", filename="a.zip")

    made = mail(message.as_bytes())

    assert made.text == "plain ü"
    assert [part.get_filename() for part in made.message.iter_attachments()] == ["a.zip"]


def test_an_html_mail_gives_its_source():
    message = EmailMessage()
    message.set_content("<b>html</b>", subtype="html")

    assert mail(message.as_bytes()).text == "<b>html</b>"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"no header at all\r\n", "no header at all"),
        (b"Subject: x\r\n\r\n\xff\r\n", "\N{REPLACEMENT CHARACTER}"),
        (b"Content-Type: text/plain; charset=nonsense\r\n\r\ncaf\xc3\xa9\r\n", "café"),
        (b"Content-Type: text/plain; charset=latin-1\r\nContent-Transfer-Encoding: base64\r\n\r\n6Q==\r\n", "é"),
        (b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n", ""),
        (b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno part\r\n", "no part"),
    ],
)
def test_a_strange_body_is_no_crash(raw, text):
    assert mail(raw).text == text


def test_headers_in_raw_utf8_are_read():
    assert mail("Subject: grüße\r\nTo: ö@x.test\r\n\r\n".encode()).subject == "grüße"


@given(st.binary(max_size=300))
def test_any_bytes_can_be_looked_at(raw):
    for made in (mail(raw), mail(b"Subject: " + raw), mail(b"To: " + raw + b"\r\nContent-Type: " + raw)):
        assert isinstance(made.text + made.subject + made.to + made.from_ + line(made), str)


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
        (None, {"to": "dev@x.test"}, True),
        (None, {"to": "dev"}, False),
        (None, {"to": re.compile("^dev")}, True),
        (None, {"malformed": True}, False),
    ],
)
def test_each_field_is_compared(text, wanted, fits):
    assert VOCABULARY.matcher(text, **wanted).matches(mail()) is fits


def test_what_was_asked_for_reads_like_a_sentence():
    matcher = VOCABULARY.matcher("x", sender="a", to=re.compile("b$"), malformed=False)

    assert matcher.brief == "'x' from 'a' to /b$/ well formed"
    assert matcher.wanted == (
        "1 mail whose text contains 'x' and whose sender is 'a' and one of whose recipients matches /b$/"
        " and that could be parsed"
    )


def test_a_malformed_mail_is_looked_for_in_its_bytes():
    made = Mail("a", (), b"Subject: half\r\n\r\nhalf a l", 0.5, "the connection was lost")

    assert VOCABULARY.matcher("half a l", malformed=True).matches(made)
    assert (made.text, made.subject) == ("", "")
    assert line(made) == "+0.50 s  malformed: the connection was lost  b'Subject: half\\r\\n\\r\\nhalf a l'"


def test_a_line_shows_what_matters():
    assert line(mail()) == ("+0.50 s  app@x.test -> ops@x.test, dev@x.test  'café'  'Traceback\\n  File café\\n\\nend'")


def test_the_hint_finds_the_text_in_the_subject():
    assert in_the_subject(VOCABULARY.matcher("caf"), [mail(b""), mail()]) == (
        "it is in the subject of [1]; a text is looked for in the body, ask with subject="
    )
    assert in_the_subject(VOCABULARY.matcher(re.compile("^c")), [mail()]) is not None
    assert in_the_subject(VOCABULARY.matcher("tea"), [mail()]) is None
    assert in_the_subject(VOCABULARY.matcher(to="x"), [mail()]) is None


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ArgumentError, match="a mail has no such field; it has malformed, sender, subject, to"):
        VOCABULARY.matcher(path="/")
