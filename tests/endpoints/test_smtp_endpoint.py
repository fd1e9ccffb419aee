from __future__ import annotations

import logging.handlers
import os
import re
import smtplib
import subprocess
import sys
import threading
from email.message import EmailMessage

import pytest

from pytest_loghandlers import SmtpEndpoint


@pytest.fixture
def endpoint():
    with SmtpEndpoint() as started:
        yield started


@pytest.fixture
def client(endpoint):
    with smtplib.SMTP(*endpoint.address, timeout=10) as opened:
        yield opened


@pytest.fixture
def mailing(endpoint, logger):
    """A logger with an SMTPHandler, as an application has it."""
    handler = logging.handlers.SMTPHandler(endpoint.address, "app@x.test", ["ops@x.test", "dev@x.test"], "shop is down")
    logger.addHandler(handler)
    return logger


def without_times(text):
    return re.sub(r"\+\d+\.\d\d s", "+0.00 s", text)


def test_a_record_of_SMTPHandler_arrives_as_a_mail(endpoint, mailing):
    mailing.critical("no database")

    mail = endpoint.assert_received("no database", subject="shop is down", sender="app@x.test", to="dev@x.test")
    assert mail.text == "no database"
    assert mail.recipients == ("ops@x.test", "dev@x.test")
    assert (mail.from_, mail.to) == ("app@x.test", "ops@x.test, dev@x.test")


def test_a_traceback_arrives_whole(endpoint, mailing):
    try:
        1 / 0  # noqa: B018 - the traceback is what is wanted
    except ZeroDivisionError:
        mailing.exception("failed\n.dot\n..dots\n\nend é")

    text = endpoint.assert_received("ZeroDivisionError: division by zero").text
    assert text.startswith("failed\n.dot\n..dots\n\nend é\nTraceback (most recent call last):\n  File ")


@pytest.mark.parametrize("message", ["x" * 5000, "é" * 5000, "日本語", "tab\there", "long words " * 500])
def test_any_message_arrives_as_it_was_logged(endpoint, mailing, message):
    mailing.error(message)

    assert endpoint.received[0].text == message


def test_many_threads_lose_no_mail(endpoint, mailing):
    threads = [threading.Thread(target=lambda n=n: [mailing.error("%d-%d", n, i) for i in range(5)]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert {mail.text for mail in endpoint.received} == {f"{n}-{i}" for n in range(4) for i in range(5)}


def test_smtputf8_addresses_arrive(endpoint, client):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "grüße", "ä@x.test", "ö@x.test"
    message.set_content("ü")

    client.send_message(message, "ä@x.test", ["ö@x.test"])

    mail = endpoint.assert_received("ü", subject="grüße", sender="ä@x.test", to="ö@x.test")
    assert (mail.from_, mail.to) == ("ä@x.test", "ö@x.test")


def test_several_mails_on_one_connection(endpoint, client):
    for number in range(3):
        client.sendmail("a@x.test", ["b@x.test"], f"Subject: {number}\r\n\r\nbody\r\n")

    assert [mail.subject for mail in endpoint.wait_for("body", count=3)] == ["0", "1", "2"]


def test_a_line_that_is_too_long_is_refused_and_kept(endpoint, client):
    with pytest.raises(smtplib.SMTPDataError):
        client.sendmail("a@x.test", ["b@x.test"], "Subject: s\r\n\r\n" + "y" * 3000)

    mail = endpoint.assert_received("yyy", malformed=True)
    assert mail.malformed == "500 Line too long (see RFC5321 4.5.3.1.6)"


def test_no_foreign_record_reaches_the_root_logger(everything_logged, mailing, endpoint):
    mailing.error("x")
    with smtplib.SMTP(*endpoint.address, timeout=10) as client:
        client.docmd("garbage")
    endpoint.wait_for(malformed=True)
    endpoint.stop()

    assert everything_logged == []


def test_a_handler_on_root_at_debug_does_not_wait_for_its_own_server(endpoint):
    class Once(logging.handlers.SMTPHandler):
        def handleError(self, record):
            raise  # noqa: PLE0704 - the exception that is being handled

    root = logging.getLogger()
    level, handler = root.level, Once(endpoint.address, "a@x.test", ["b@x.test"], "s", timeout=2)
    root.addHandler(handler)
    root.setLevel(1)
    try:
        root.error("x")
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()

    assert [mail.text for mail in endpoint.received] == ["x"]


def test_a_configuration_during_the_test_does_not_make_it_talk(endpoint, everything_logged):
    logging.getLogger("mail.log").setLevel(1)
    logging.getLogger("asyncio").setLevel(1)
    try:
        smtplib.SMTP(*endpoint.address, timeout=10).quit()
    finally:
        logging.getLogger("mail.log").setLevel(0)
        logging.getLogger("asyncio").setLevel(0)

    assert everything_logged == []


def test_the_other_endpoints_do_not_load_asyncio():
    program = (
        "import sys; from pytest_loghandlers import WebhookEndpoint\n"
        "with WebhookEndpoint() as e: pass\n"
        "print(sorted({'asyncio', 'aiosmtpd', 'ssl'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert done.stdout == "[]\n"


def test_a_miss_shows_what_was_wanted_and_what_came(endpoint, client):
    client.sendmail("a@x.test", ["b@x.test", "c@x.test"], "Subject: shop is down\r\n\r\nno database\r\n")

    with pytest.raises(AssertionError) as failure:
        endpoint.wait_for("no database", to="ops@x.test", timeout=0)

    assert without_times(str(failure.value)) == (
        "smtp_endpoint never received 'no database' to 'ops@x.test' (waited 0.0 s)\n"
        "\n"
        "  wanted    1 mail whose text contains 'no database' and one of whose recipients is 'ops@x.test'\n"
        "  received  1 mail\n"
        "   ~  [0]  +0.00 s  a@x.test -> b@x.test, c@x.test  'shop is down'  'no database'"
        "      to is ('b@x.test', 'c@x.test'), not 'ops@x.test'"
    )


def test_a_text_that_stands_in_the_subject_is_hinted_at(endpoint, client):
    client.sendmail("a@x.test", ["b@x.test"], "Subject: shop is down\r\n\r\nno database\r\n")

    with pytest.raises(AssertionError) as failure:
        endpoint.assert_received("shop is down")

    assert without_times(str(failure.value)) == (
        "smtp_endpoint never received 'shop is down'\n"
        "\n"
        "  wanted    1 mail whose text contains 'shop is down'\n"
        "  received  1 mail\n"
        "      [0]  +0.00 s  a@x.test -> b@x.test  'shop is down'  'no database'\n"
        "  hint      it is in the subject of [0]; a text is looked for in the body, ask with subject="
    )


def test_what_should_not_have_come_is_shown(endpoint, client):
    client.sendmail("a@x.test", ["b@x.test"], "Subject: s\r\n\r\nsecret\r\n")

    with pytest.raises(AssertionError) as failure:
        endpoint.assert_not_received(sender="a@x.test")
    endpoint.assert_not_received("other")

    assert without_times(str(failure.value)).startswith(
        "smtp_endpoint received a mail from 'a@x.test' once\n\n  wanted    no mail whose sender is 'a@x.test'\n"
    )
