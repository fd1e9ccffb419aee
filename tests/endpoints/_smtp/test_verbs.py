from __future__ import annotations

import re
import smtplib

import pytest

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._smtp.stages import STAGES, Step
from pytest_loghandlers.endpoints._smtp.verbs import said

MAIL = b"Subject: s\r\n\r\nx\r\n"


@pytest.fixture
def send(endpoint):
    """Return a function that sends a mail and returns what it raises, None when nothing is raised."""

    def sent(*to, timeout=5):
        try:
            with smtplib.SMTP(*endpoint.address, timeout=timeout) as client:
                client.sendmail("a@x.test", list(to) or ["b@x.test"], MAIL)
        except (OSError, smtplib.SMTPException) as error:
            return error
        return None

    return sent


def notes(endpoint):
    return [entry.text for entry in endpoint._timeline.entries]


def test_it_fails_so_many_times_and_recovers(endpoint, send):
    endpoint.reply(451, "try later", times=2)

    codes = [getattr(send(), "smtp_code", None) for _ in range(3)]

    assert codes == [451, 451, None]
    assert [mail.refused for mail in endpoint.received] == ["451 try later", "451 try later", None]
    assert notes(endpoint) == [
        "told to answer 451 try later at end of data, 2 times",
        "answered 451 try later at end of data",
        "answered 451 try later at end of data",
    ]


def test_without_a_number_it_lasts_until_all_recovers(endpoint, send):
    endpoint.reply(550, at="rcpt", to="c@x.test")
    endpoint.reply(550, "nobody", at="RCPT", to=re.compile("^d@"))

    assert send("b@x.test", "c@x.test", "d@x.test") is None
    assert send("c@x.test").recipients == {"c@x.test": (550, b"as the test wants it")}
    assert endpoint._faults_in_force() == (
        "told to answer 550 as the test wants it for c@x.test at RCPT; told to answer 550 nobody for ^d@ at RCPT"
    )
    endpoint.recover()
    assert send("c@x.test") is None

    assert [mail.refused_recipients for mail in endpoint.received] == [("c@x.test", "d@x.test"), ()]


def test_a_fault_that_lasts_is_in_every_failure(endpoint):
    endpoint.stall(at="DATA")

    with pytest.raises(AssertionError) as failure:
        endpoint.assert_received("x")

    assert str(failure.value) == (
        "smtp_endpoint never received 'x'\n"
        "\n"
        "  wanted    1 mail whose text contains 'x'\n"
        "  received  no mail\n"
        "  network   told to answer nothing at DATA"
    )


def test_the_usual_answer_can_come_late(endpoint, send):
    endpoint.delay(30, at="DATA", times=1)
    endpoint.reply(250, at="MAIL", delay=30, times=2)

    assert isinstance(send(timeout=0.05), smtplib.SMTPServerDisconnected)
    assert isinstance(send(timeout=0.05), smtplib.SMTPServerDisconnected)
    endpoint.recover()
    assert send() is None
    assert "answering 30 s late at MAIL" in notes(endpoint)


def test_a_late_answer_comes(endpoint, send):
    endpoint.delay(0.02)
    endpoint.reply(250, "2.0.0 queued as 12345", delay=0.02, times=1)

    assert send() is None
    assert send() is None
    assert len(endpoint.received) == 2


def test_EHLO_says_what_the_test_wants_the_server_to_be_able_to(endpoint):
    endpoint.reply(250, "mail.x.test\nSIZE 100\nX-ODD", at="EHLO")

    with smtplib.SMTP(*endpoint.address, timeout=5) as client:
        client.ehlo()
        assert client.esmtp_features == {"size": "100", "x-odd": ""}


def test_what_has_been_sent_before_is_answered_as_usual(endpoint):
    with smtplib.SMTP(*endpoint.address, timeout=5) as client:
        client.ehlo()
        client.send("NOOP\r\n")
        endpoint.reply(450, at="NOOP")

        assert client.getreply()[0] == 250
        assert client.noop()[0] == 450


@pytest.mark.parametrize("how", ["reset", "disconnect", "half_close"])
def test_a_connection_breaks_at_a_stage(endpoint, send, how):
    getattr(endpoint, how)(at="MAIL", times=1)

    assert isinstance(send(), smtplib.SMTPServerDisconnected)
    assert send() is None
    assert notes(endpoint)[1].endswith("at MAIL")


@pytest.mark.parametrize("how", ["reset", "disconnect", "half_close"])
def test_without_a_stage_it_breaks_when_a_mail_has_been_kept(endpoint, send, how):
    getattr(endpoint, how)(times=1)

    assert isinstance(send(), smtplib.SMTPServerDisconnected)
    assert send() is None
    assert [mail.malformed for mail in endpoint.received] == [None, None]


@pytest.mark.parametrize("how", ["reset", "disconnect"])
def test_before_the_first_octet_it_breaks_before_the_greeting(endpoint, send, how):
    getattr(endpoint, how)(after=0, times=1)

    assert isinstance(send(), (smtplib.SMTPServerDisconnected, ConnectionResetError))
    assert send() is None


def test_in_the_middle_of_a_mail_what_came_is_kept(endpoint, send):
    endpoint.reset(after=5_000, times=1)

    with pytest.raises(smtplib.SMTPServerDisconnected), smtplib.SMTP(*endpoint.address, timeout=5) as client:
        client.sendmail("a@x.test", ["b@x.test"], MAIL * 10_000)

    mail = endpoint.wait_for("Subject: s", malformed=True)
    assert mail.malformed == "the connection was lost in the middle of the mail"
    assert len(mail.raw) < 5_000


def test_one_recipient_may_cost_the_connection(endpoint, send):
    endpoint.reset(to="c@x.test")

    assert isinstance(send("b@x.test", "c@x.test"), smtplib.SMTPServerDisconnected)
    assert send("b@x.test") is None


def test_what_is_offered_stays_when_all_recovers(endpoint):
    endpoint.offer_starttls()
    endpoint.require_login("u", "p")
    endpoint.limit_size(1000)
    endpoint.recover()

    with smtplib.SMTP(*endpoint.address, timeout=5) as client:
        client.ehlo()
        assert {"starttls", "auth", "size"} <= set(client.esmtp_features)
        assert client.esmtp_features["size"] == "1000"


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda e: e.reply(451, at="HELLO"),
            f"at='HELLO': a stage is one of {', '.join(STAGES)}",
        ),
        (
            lambda e: e.reply(1000),
            "code=1000: a reply code is a whole number from 200 to 599 (reply_raw sends any octets)",
        ),
        (lambda e: e.reply(250, delay=-1), "delay=-1: it is a finite number of seconds, 0 or more"),
        (lambda e: e.reply(451, times=0), "times=0: it is for how many, a whole number from 1"),
        (lambda e: e.reply_raw("x"), "data='x': what is sent as it is, is bytes"),
        (lambda e: e.delay("x"), "seconds='x': it is a finite number of seconds, 0 or more"),
        (lambda e: e.stall("DATA", to="b"), "to='b': only at='RCPT' is about one recipient, not at='DATA'"),
        (lambda e: e.reset(at="DATA", now=True), "at='DATA' is the moment: it takes no after= and no now="),
        (lambda e: e.reset(at="DATA", after=3), "at='DATA' is the moment: it takes no after= and no now="),
        (lambda e: e.require_login("u", None), "user='u', password=None: both are str"),
        (
            lambda e: e.require_login("u", "p", mechanisms=["CRAM-MD5"]),
            "mechanisms=['CRAM-MD5']: it is a list of LOGIN and PLAIN, or of one of them",
        ),
        (
            lambda e: e.require_login("u", "p", mechanisms="PLAIN"),
            "mechanisms='PLAIN': it is a list of LOGIN and PLAIN, or of one of them",
        ),
        (lambda e: e.limit_size(0), "octets=0: it is the size of a mail, a whole number from 1"),
    ],
)
def test_what_cannot_be_meant_is_said_and_changes_nothing(endpoint, send, call, text):
    with pytest.raises(ArgumentError) as failure:
        call(endpoint)

    assert str(failure.value) == text
    assert send() is None


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step("reply", 451, ("a", "b"), delay=2), "answer 451 a / b 2 s late"),
        (Step("raw", data=b"x"), "send b'x'"),
        (Step("wait", delay=0.5), "answer 0.5 s late"),
        (Step("stall", to="c@x"), "answer nothing for c@x"),
        (Step("reset"), "reset connections (RST)"),
        (Step("disconnect"), "close connections (FIN)"),
        (Step("half_close"), "half-close connections"),
    ],
)
def test_a_step_in_words(step, words):
    assert said(step) == words
