from __future__ import annotations

import logging
import smtplib

import pytest

from pytest_loghandlers._base.errors import ArgumentError


@pytest.fixture
def send(endpoint):
    """Return a function that sends texts, each in a mail on a connection of its own."""

    def sent(*texts):
        for text in texts:
            with smtplib.SMTP(*endpoint.address, timeout=5) as client:
                client.sendmail("a@x.test", ["b@x.test"], f"Subject: {text[:1]}\r\n\r\n{text}\r\n")

    return sent


def records(*texts):
    return [logging.makeLogRecord({"name": "shop", "levelname": "ERROR", "msg": text}) for text in texts]


def test_one_mail_per_record_returns_them_in_the_order_of_the_records(endpoint, send):
    send("first", "second")

    found = endpoint.assert_one_mail_per(records("second", "first"))

    assert found == (endpoint.received[1], endpoint.received[0])
    assert endpoint.assert_one_mail_per(["first", "second"]) == endpoint.received


def test_a_record_that_was_mailed_twice_is_found(endpoint, send):
    send("first", "first")

    with pytest.raises(AssertionError, match=r"^smtp_endpoint did not receive one mail per record: 1 record with m"):
        endpoint.assert_one_mail_per(records("first"))


def test_a_refused_mail_is_no_mail(endpoint, send):
    endpoint.reply(451, times=1)
    with pytest.raises(smtplib.SMTPDataError):
        send("first")
    with pytest.raises(AssertionError, match="per record: 1 record without a mail\n"):
        endpoint.assert_one_mail_per(records("first"))

    send("first")

    endpoint.assert_one_mail_per(records("first"))
    endpoint.assert_at_most(2)
    with pytest.raises(AssertionError, match="received 2 mails, not at most 1\n"):
        endpoint.assert_at_most(1)


def test_a_refused_mail_is_not_delivered(endpoint, send):
    endpoint.reply(451, "4.3.0 queue full", times=1)
    with pytest.raises(smtplib.SMTPDataError):
        send("first")

    with pytest.raises(AssertionError, match=r"(?s)did not receive 1 of 1 logged record.*451 4.3.0 queue full"):
        endpoint.assert_delivered(records("first"))


def test_one_mail_per_connection(endpoint, send):
    send("first", "second")
    assert endpoint.assert_one_mail_per("connection") == endpoint.received
    assert endpoint.connections == 2

    smtplib.SMTP(*endpoint.address, timeout=5).quit()

    with pytest.raises(AssertionError, match=r"(?s)per connection: 1 connection with none\n.*none      3\n"):
        endpoint.assert_one_mail_per("connection")


def test_two_mails_on_one_connection_are_found(endpoint):
    with smtplib.SMTP(*endpoint.address, timeout=5) as client:
        client.sendmail("a@x.test", ["b@x.test"], "Subject: a\r\n\r\nx\r\n")
        client.sendmail("a@x.test", ["b@x.test"], "Subject: b\r\n\r\nx\r\n")

    assert endpoint.assert_one_mail_per("subject") == endpoint.received
    assert endpoint.assert_one_mail_per(lambda mail: mail.subject) == endpoint.received
    for what in ("connection", "text"):
        with pytest.raises(AssertionError, match=f"per {what}: 1 {what} with more than one\n"):
            endpoint.assert_one_mail_per(what)


def test_the_mails_may_be_counted_by_anything(endpoint, send):
    send("first", "fine")

    def first_letter(mail):
        return mail.text[0]

    with pytest.raises(AssertionError, match="did not receive one mail per first_letter: 1 first_letter with more"):
        endpoint.assert_one_mail_per(first_letter)


def test_a_flood_is_found_among_the_mails_that_match(endpoint, send):
    send("disk full", "disk full", "other")

    assert endpoint.assert_at_most(3, per=60) == endpoint.received
    assert endpoint.assert_at_most(1, subject="o", per=60) == endpoint.received[2:]
    with pytest.raises(AssertionError) as failure:
        endpoint.assert_at_most(1, "disk", per=60)
    assert str(failure.value).startswith("smtp_endpoint received 2 mails for 'disk' within 0.")
    assert "\n  wanted    at most 1 mail in any 60 s whose text contains 'disk'\n" in str(failure.value)


def test_malformed_things_are_counted_when_they_are_asked_for(endpoint, connect):
    connect(endpoint.address).sendall(b"what\r\n")
    endpoint.wait_for(malformed=True)

    endpoint.assert_at_most(0)
    with pytest.raises(AssertionError, match="received 1 mail for a mail as malformed, not at most 0\n"):
        endpoint.assert_at_most(0, malformed=True)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"limit": -1}, "limit=-1: it is how many mails may come, a whole number from 0"),
        ({"limit": 1, "per": 0}, "per=0: it is a number of seconds above 0, or None: in all"),
        ({"limit": 1, "per": "s"}, "per='s': it is a number of seconds above 0, or None: in all"),
    ],
)
def test_what_cannot_be_meant_is_said(endpoint, arguments, text):
    with pytest.raises(ArgumentError) as failure:
        endpoint.assert_at_most(**arguments)

    assert str(failure.value) == text
