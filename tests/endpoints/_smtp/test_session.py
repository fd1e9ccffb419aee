from __future__ import annotations

import base64

import pytest

from pytest_loghandlers.endpoints._smtp.relay import MAX_MAIL
from pytest_loghandlers.endpoints._smtp.stages import Step

START = b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n"


def b64(text):
    return base64.b64encode(text.encode())


@pytest.fixture
def guarded(silent_talk):
    """A conversation with a server that wants a login, past EHLO."""
    silent_talk.relay.offers.logins["ü"] = "sécret"
    silent_talk.begin().say(b"EHLO x\r\n")
    return silent_talk


def capabilities(talk):
    talk.net.sent.clear()
    talk.say(b"EHLO x\r\n")
    return bytes(talk.net.sent).decode().split("\r\n")[1:-1]


def test_nothing_is_offered_that_was_not_asked_for(talk):
    assert capabilities(talk) == ["250-SIZE 33554432", "250-8BITMIME", "250-SMTPUTF8", "250 HELP"]
    assert talk.say(b"STARTTLS\r\nAUTH PLAIN AHUAcA==\r\n") == [454, 503]
    assert talk.kept == []


@pytest.mark.parametrize(
    ("mechanisms", "needs_tls", "line"),
    [
        (("LOGIN", "PLAIN"), False, "250-AUTH LOGIN PLAIN"),
        (("PLAIN",), False, "250-AUTH PLAIN"),
        (("LOGIN", "PLAIN"), True, None),
    ],
)
def test_a_login_is_offered_with_its_mechanisms(guarded, mechanisms, needs_tls, line):
    guarded.relay.offers.mechanisms, guarded.relay.offers.login_needs_tls = mechanisms, needs_tls

    assert [word for word in capabilities(guarded) if "AUTH" in word] == ([line] if line else [])


@pytest.mark.parametrize(("password", "codes"), [("sécret", [235, 250]), ("secret", [535, 530]), ("", [535, 530])])
@pytest.mark.parametrize(
    "said",
    [
        lambda password: b"AUTH PLAIN " + b64(f"\0ü\0{password}") + b"\r\n",
        lambda password: b"AUTH PLAIN\r\n" + b64(f"someone\0ü\0{password}") + b"\r\n",
        lambda password: b"AUTH LOGIN\r\n" + b64("ü") + b"\r\n" + b64(password) + b"\r\n",
        lambda password: b"AUTH LOGIN " + b64("ü") + b"\r\n" + b64(password) + b"\r\n",
    ],
    ids=["PLAIN at once", "PLAIN", "LOGIN", "LOGIN at once"],
)
@pytest.mark.parametrize("size", [None, 1])
def test_right_and_wrong_credentials(guarded, said, password, codes, size):
    answered = guarded.say(said(password) + b"MAIL FROM:<a@x>\r\n", size)

    assert [code for code in answered if code != 334] == codes
    assert guarded.kept == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"AUTH PLAIN !!!\r\n", 501),
        (b"AUTH PLAIN " + b64("no parts") + b"\r\n", 501),
        (b"AUTH LOGIN\r\n*\r\n", 501),
        (b"AUTH LOGIN\r\n\xff\r\n", 501),
        (b"AUTH LOGIN\r\n" + b64("ü") + b"\r\n*\r\n", 501),
        (b"AUTH LOGIN " + b64("\udcff".encode("utf-8", "surrogatepass").decode("latin-1")) + b"\r\n\r\n", 535),
        (b"AUTH PLAIN\r\n" + b"x" * 3000 + b"\r\n", 500),
        (b"AUTH CRAM-MD5\r\n", 504),
        (b"AUTH\r\n", 501),
    ],
)
def test_a_login_that_is_none_gets_an_answer(guarded, said, code):
    answered = guarded.say(said + b"NOOP\r\n")

    assert next(each for each in answered if each != 334) == code
    assert answered[-1] in (250, 500)


def test_a_mail_knows_who_logged_in(guarded):
    guarded.say(b"AUTH PLAIN " + b64("\0ü\0sécret") + b"\r\n" + START[8:] + b".\r\n")

    assert [mail.login for mail in guarded.kept] == ["ü"]


def test_before_STARTTLS_only_that_is_taken_when_it_is_required(silent_talk):
    offers = silent_talk.relay.offers
    offers.starttls, offers.starttls_required = (lambda: None), True
    silent_talk.begin()

    assert silent_talk.say(b"EHLO x\r\nMAIL FROM:<a@x>\r\nSTARTTLS x\r\nNOOP\r\n") == [250, 530, 501, 250]
    assert "250-STARTTLS" in bytes(silent_talk.net.sent).decode().split("\r\n")


def test_a_mail_announced_too_large_is_refused(talk):
    talk.say(b"EHLO x\r\nMAIL FROM:<a@x> SIZE=99999999\r\n")

    assert talk.kept[0].malformed == "552 Error: message size exceeds fixed maximum message size"


def test_a_mail_of_too_many_octets_is_refused_at_its_end(silent_talk):
    silent_talk.relay.offers.max_mail = 100
    silent_talk.begin()

    assert silent_talk.say(START + b"x" * 98 + b"\r\n.\r\n" + START[8:] + b"x" * 99 + b"\r\n.\r\nNOOP\r\n")[4:] == [
        *(250, 250, 250, 354),
        *(552, 250),
    ]
    assert [mail.malformed for mail in silent_talk.kept] == [None, "552 Error: Too much mail data"]


@pytest.mark.parametrize(("octets", "taken"), [(998, True), (999, True), (1000, False), (3000, False)])
def test_a_line_of_a_mail_has_an_end(talk, octets, taken):
    talk.say(START + b"y" * octets + b"\r\n.\r\n")

    (mail,) = talk.kept
    assert mail.malformed == (None if taken else "500 Line too long (see RFC5321 4.5.3.1.6)")
    assert mail.raw == b"y" * octets + (b"\r\n" if taken else b"\r\n.\r\n")
    assert (mail.sender, mail.recipients) == ("a@x", ("b@x",))


def test_what_is_kept_of_a_line_is_bounded(talk):
    for _ in range(20):
        talk.say(b"x" * 100_000)
    talk.say(b"\r\n")

    assert [len(mail.raw) for mail in talk.kept] == [1024 * 1024]


def test_a_large_mail_arrives_whole(talk):
    body = b"x" * 76 + b"\r\n"
    talk.say(START)
    for _ in range(20):
        talk.say(body * 1000)
    talk.say(b".\r\n")

    assert talk.kept[0].raw == body * 20_000
    assert len(talk.kept[0].raw) < MAX_MAIL


def test_several_mails_on_one_connection(talk):
    talk.say(START + b"one\r\n.\r\n" + START[8:] + b"two\r\n.\r\n")

    assert [(mail.raw, mail.connection) for mail in talk.kept] == [(b"one\r\n", 1), (b"two\r\n", 1)]


def test_stopping_forgets_what_was_begun(talk):
    talk.relay.script.set("RCPT", Step("wait", delay=9), 1)
    talk.say(START + b"half")
    talk.relay.drop()
    talk.net.gone = True
    talk.net.pass_time()

    assert talk.kept == []
    assert talk.relay.conversations == set()
