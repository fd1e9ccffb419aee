from __future__ import annotations

import dataclasses
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._smtp.mail import Mail, line

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
    assert made.html == "<b>html</b>"
    assert [(each.name, each.type, each.content) for each in made.attachments] == [
        ("a.zip", "application/zip", b"data")
    ]


def test_attachments_of_any_kind():
    message = EmailMessage()
    message.set_content("plain")
    message.add_attachment("a;b\n1;ü\n", subtype="csv", filename="zahlen ü.csv")
    inner = EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content("x")
    message.add_attachment(inner)
    message.add_attachment(b"", maintype="image", subtype="png")

    table, forwarded, picture = mail(message.as_bytes()).attachments

    assert (table.name, table.type, table.content) == ("zahlen ü.csv", "text/csv", "a;b\n1;ü\n".encode())
    assert (forwarded.name, forwarded.type) == ("", "message/rfc822")
    assert forwarded.content.startswith(b"Subject: inner\n")
    assert (picture.name, picture.type, picture.content) == ("", "image/png", b"")


def test_a_plain_mail_has_no_attachment_and_no_html():
    assert (mail().attachments, mail().html) == ((), "")


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
        assert isinstance(made.text + made.subject + made.to + made.from_ + made.html + line(made), str)
        assert isinstance(made.attachments, tuple)


@given(st.binary(max_size=200))
def test_any_octets_can_be_an_attachment(raw):
    head = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Disposition: attachment; filename=a\r\n"
    for made in (mail(head + raw), mail(head + b"Content-Type: message/rfc822\r\n\r\n" + raw)):
        assert all(isinstance(each.content, bytes) for each in made.attachments)


def test_a_malformed_mail_is_looked_for_in_its_bytes():
    made = Mail("a", (), b"Subject: half\r\n\r\nhalf a l", 0.5, "the connection was lost")

    assert "half a l" in made.searched
    assert (made.text, made.subject) == ("", "")
    assert line(made) == "+0.50 s  malformed: the connection was lost  b'Subject: half\\r\\n\\r\\nhalf a l'"


def test_a_line_shows_what_matters():
    assert line(mail()) == ("+0.50 s  app@x.test -> ops@x.test, dev@x.test  'café'  'Traceback\\n  File café\\n\\nend'")


def test_a_line_shows_what_is_special():
    message = EmailMessage()
    message.set_content("x")
    message.add_attachment(b"", maintype="image", subtype="png", filename="a.png")
    made = mail(message.as_bytes(), refused="451 later", refused_recipients=("c@x.test",))

    assert line(made) == (
        "+0.50 s  app@x.test -> ops@x.test, dev@x.test  ''  'x'  with 'a.png'  refused: '451 later'  "
        "not to c@x.test: refused"
    )
