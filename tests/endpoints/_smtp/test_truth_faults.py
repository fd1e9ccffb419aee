"""What logging's SMTPHandler does under each fault: recorded from CPython 3.10 to 3.13, and true of later ones."""

from __future__ import annotations

import pytest

GONE = "SMTPServerDisconnected: Connection unexpectedly closed"
LATE = f"{GONE}: timed out"


@pytest.mark.parametrize(
    "message",
    ["hello", "café 日本語", "x" * 2000, ".\n..\nend", "", "a\nb\nc", "a\0b"],
    ids=lambda text: repr(text)[:12],
)
def test_a_message_arrives_as_it_was_logged(endpoint, log, message):
    handler = log(message)

    (mail,) = endpoint.received
    assert (mail.text, mail.malformed, handler.errors) == (message, None, [])
    assert mail.headers["content-type"] == 'text/plain; charset="utf-8"'
    assert {"from", "to", "subject", "date"} <= {name.lower() for name in mail.headers}
    assert "message-id" not in mail.headers


def test_a_CRLF_in_a_message_is_a_line_end(endpoint, log):
    log("a\r\nb")

    assert endpoint.received[0].text == "a\nb"


@pytest.mark.parametrize(
    ("subject", "to"), [("café", ["a@x.test"]), ("s", ["a@x.test,b@x.test"]), ("s", ["a@x.test", "b@x.test"])]
)
def test_subject_and_recipients_arrive(endpoint, log, subject, to):
    log(subject=subject, to=to)

    (mail,) = endpoint.received
    assert mail.subject == subject
    assert mail.recipients == tuple(",".join(to).split(","))


def test_each_record_is_a_connection_of_its_own(endpoint, log):
    log("one")
    log("two")

    assert endpoint.connections == 2
    assert endpoint.assert_one_mail_per("connection") == endpoint.assert_one_mail_per(["one", "two"])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ("a\udcffb",),
            "UnicodeEncodeError: 'utf-8' codec can't encode character '\\udcff' in position 1: surrogates not allowed",
        ),
        (
            ("x", "a@x.test", "two\nlines"),
            "ValueError: Header values may not contain linefeed or carriage return characters",
        ),
    ],
    ids=["surrogate", "newline in the subject"],
)
def test_what_cannot_be_mailed_costs_a_connection_that_is_left_open(endpoint, log, arguments, error):
    handler = log(*arguments)

    assert handler.errors == [error]
    assert handler.left_open == [True]
    assert (endpoint.connections, endpoint.received) == (1, ())


#: What is wrong; what handleError gets; whether the socket is left open; how many mails arrive (refused ones count).
FAULTS = {
    "greeting 421": (
        lambda e: e.reply(421, "4.3.2 too busy", at="greeting"),
        "SMTPConnectError: (421, b'4.3.2 too busy')",
        False,
        0,
    ),
    "greeting 554": (
        lambda e: e.reply(554, "no service", at="greeting"),
        "SMTPConnectError: (554, b'no service')",
        False,
        0,
    ),
    "greeting closed": (lambda e: e.disconnect(at="greeting"), GONE, False, 0),
    "greeting reset": (lambda e: e.reset(at="greeting"), None, False, 0),
    "greeting never": (lambda e: e.stall("greeting"), LATE, False, 0),
    "greeting late": (lambda e: e.delay(30, "greeting"), LATE, False, 0),
    "greeting HTTP": (
        lambda e: e.reply_raw(b"HTTP/1.1 400 Bad Request\r\n", "greeting"),
        "SMTPConnectError: (-1, b'/1.1 400 Bad Request')",
        False,
        0,
    ),
    "greeting endless": (
        lambda e: e.reply_raw(b"220 " + b"x" * 100_000, "greeting"),
        "SMTPResponseException: (500, 'Line too long.')",
        False,
        0,
    ),
    "greeting without an end": (lambda e: e.reply_raw(b"220 hello", "greeting"), LATE, False, 0),
    "greeting without a code": (
        lambda e: e.reply_raw(b"hello\r\n", "greeting"),
        "SMTPConnectError: (-1, b'o')",
        False,
        0,
    ),
    "no reader": (lambda e: e.stop_reading(), LATE, False, 0),
    "EHLO refused": (lambda e: e.reply(550, "no", at="EHLO"), "", False, 1),
    "EHLO and HELO refused": (
        lambda e: (e.reply(500, "no", at="EHLO"), e.reply(550, "no", at="HELO")),
        "SMTPHeloError: (550, b'no')",
        True,
        0,
    ),
    "EHLO 421": (lambda e: e.reply(421, "bye", at="EHLO"), GONE, False, 0),
    "EHLO never": (lambda e: e.stall("EHLO"), LATE, False, 0),
    "dropped at MAIL": (lambda e: (e.reply(500, at="EHLO"), e.disconnect(at="MAIL")), GONE, False, 0),
    "MAIL 421": (
        lambda e: e.reply(421, "4.3.2 shutting down", at="MAIL"),
        "SMTPSenderRefused: (421, b'4.3.2 shutting down', 'from@x.test')",
        False,
        0,
    ),
    "MAIL 450": (
        lambda e: e.reply(450, "4.2.0 try later", at="MAIL"),
        "SMTPSenderRefused: (450, b'4.2.0 try later', 'from@x.test')",
        True,
        0,
    ),
    "MAIL 550": (
        lambda e: e.reply(550, "5.7.1 sender denied", at="MAIL"),
        "SMTPSenderRefused: (550, b'5.7.1 sender denied', 'from@x.test')",
        True,
        0,
    ),
    "MAIL too large": (
        lambda e: e.limit_size(100),
        "SMTPSenderRefused: (552, b'Error: message size exceeds fixed maximum message size', 'from@x.test')",
        True,
        1,
    ),
    "MAIL in several lines": (
        lambda e: e.reply(451, "one\ntwo", at="MAIL"),
        "SMTPSenderRefused: (451, b'one\\ntwo', 'from@x.test')",
        True,
        0,
    ),
    "RCPT 550": (
        lambda e: e.reply(550, "5.1.1 unknown", at="RCPT"),
        "SMTPRecipientsRefused: {'a@x.test': (550, b'5.1.1 unknown')}",
        True,
        0,
    ),
    "RCPT 450": (
        lambda e: e.reply(450, "4.2.1 greylisted", at="RCPT"),
        "SMTPRecipientsRefused: {'a@x.test': (450, b'4.2.1 greylisted')}",
        True,
        0,
    ),
    "RCPT 421": (
        lambda e: e.reply(421, "bye", at="RCPT"),
        "SMTPRecipientsRefused: {'a@x.test': (421, b'bye')}",
        False,
        0,
    ),
    "RCPT never": (lambda e: e.stall("RCPT"), LATE, False, 0),
    "RCPT reset": (lambda e: e.reset(at="RCPT"), None, False, 0),
    "DATA 451": (lambda e: e.reply(451, "no", at="DATA"), "SMTPDataError: (451, b'no')", True, 0),
    "DATA 250": (lambda e: e.reply(250, "done", at="DATA"), "SMTPDataError: (250, b'done')", True, 0),
    "DATA never": (lambda e: e.stall("DATA"), LATE, False, 0),
    "DATA then closed": (lambda e: e.disconnect(at="end of data"), GONE, False, 1),
    "end 554": (lambda e: e.reply(554, "5.7.1 spam"), "SMTPDataError: (554, b'5.7.1 spam')", True, 1),
    "end 552": (lambda e: e.reply(552, "5.3.4 too big"), "SMTPDataError: (552, b'5.3.4 too big')", True, 1),
    "end 451": (lambda e: e.reply(451, "4.3.0 queue full"), "SMTPDataError: (451, b'4.3.0 queue full')", True, 1),
    "end 421": (lambda e: e.reply(421, "bye"), "SMTPDataError: (421, b'bye')", False, 1),
    "end never": (lambda e: e.stall(), LATE, False, 1),
    "end late": (lambda e: e.delay(30), LATE, False, 1),
    "end reset": (lambda e: e.reset(), None, False, 1),
    "end closed": (lambda e: e.disconnect(), GONE, False, 1),
    "end half-closed": (lambda e: e.half_close(), GONE, False, 1),
    "end of an odd kind": (lambda e: e.reply_raw(b"ok\r\n"), "SMTPDataError: (-1, b'')", True, 1),
    "QUIT refused": (lambda e: e.reply(500, at="QUIT"), "", False, 1),
    "QUIT never": (lambda e: e.stall("QUIT"), LATE, False, 1),
    "QUIT closed": (lambda e: e.disconnect(at="QUIT"), GONE, False, 1),
    "refused": (lambda e: e.refuse(), "ConnectionRefusedError: [Errno 111] Connection refused", False, 0),
    "reset after 60 octets": (lambda e: e.reset(after=60), None, False, 1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_it_does_under_a_fault(endpoint, log, fault):
    inflict, error, left_open, arrived = FAULTS[fault]
    inflict(endpoint)

    handler = log()

    if error is None:  # smtplib reads a RST as the end of the connection, or raises what the system says.
        assert handler.errors[0].startswith(
            (GONE, "ConnectionResetError", "SMTPServerDisconnected: Server not connected")
        )
    elif fault == "refused":
        assert handler.errors[0].startswith("ConnectionRefusedError")
    else:
        assert handler.errors == ([error] if error else [])
    if arrived:  # Of what is cut off the client may hear before the test does.
        endpoint.wait_for(count=arrived)
    assert handler.left_open == [left_open][: len(handler.errors)]
    assert len([mail for mail in endpoint.received if b"hello" in mail.raw or mail.malformed]) == arrived


def test_when_one_of_two_recipients_is_refused_nobody_is_told(endpoint, log):
    endpoint.reply(550, "5.1.1 unknown", at="RCPT", to="b@x.test")

    handler = log(to=["a@x.test", "b@x.test"])

    assert handler.errors == []
    mail = endpoint.assert_received(to="a@x.test")
    assert (mail.recipients, mail.refused_recipients) == (("a@x.test",), ("b@x.test",))
    with pytest.raises(AssertionError, match=r"hint      \[0\] was not for b@x.test: the endpoint had refused"):
        endpoint.assert_received(to="b@x.test")


def test_421_at_the_second_recipient_loses_the_mail_for_the_first_too(endpoint, log):
    endpoint.reply(421, "too many", at="RCPT", to="b@x.test")

    assert log(to=["a@x.test", "b@x.test"]).errors == ["SMTPRecipientsRefused: {'b@x.test': (421, b'too many')}"]
    assert endpoint.received == ()


def test_it_does_not_try_again_and_the_next_record_is_a_new_beginning(endpoint, log):
    endpoint.reply(451, "later", times=1)

    first, second = log("first"), log("second")

    assert (len(first.errors), len(second.errors)) == (1, 0)
    assert [(mail.text, mail.refused) for mail in endpoint.received] == [("first", "451 later"), ("second", None)]
