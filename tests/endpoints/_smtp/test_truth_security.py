"""What logging's SMTPHandler does about TLS and logins. Where the Pythons differ, their smtplib is asked."""

from __future__ import annotations

import inspect
import logging.handlers
import smtplib

import pytest

GONE = "SMTPServerDisconnected: Connection unexpectedly closed"
LATE = f"{GONE}: timed out"
UNSUPPORTED = "SMTPNotSupportedError: SMTP AUTH extension not supported by server."
WRONG = "SMTPAuthenticationError: (535, b'5.7.8 Authentication credentials invalid')"

LOGIN = {"credentials": ("u", "p")}


def takes_a_key_and_a_certificate():
    """Return whether SMTPHandler(secure=(key, certificate)) works: smtplib takes them, or else the handler."""
    by_smtplib = "keyfile" in inspect.signature(smtplib.SMTP.starttls).parameters
    return by_smtplib or "keyfile" in logging.handlers.SMTPHandler.emit.__code__.co_varnames


#: What the endpoint wants, what the handler is given, and its error; or else whether the mail came encrypted, and who
#: had logged in.
SECURITY = {
    "AUTH is not offered": (lambda e: None, LOGIN, UNSUPPORTED),
    "AUTH PLAIN": (lambda e: e.require_login("u", "p", mechanisms=["PLAIN"]), LOGIN, (False, "u")),
    "AUTH LOGIN": (lambda e: e.require_login("u", "p", mechanisms=["LOGIN"]), LOGIN, (False, "u")),
    "wrong password": (lambda e: e.require_login("u", "other"), LOGIN, WRONG),
    "unknown user": (lambda e: e.require_login("v", "p"), LOGIN, WRONG),
    "AUTH only behind TLS": (lambda e: e.require_login("u", "p", needs_tls=True), LOGIN, UNSUPPORTED),
    "no credentials": (
        lambda e: e.require_login("u", "p"),
        {},
        "SMTPSenderRefused: (530, b'5.7.0 Authentication required', 'from@x.test')",
    ),
    "AUTH answered oddly": (
        lambda e: (e.require_login("u", "p"), e.reply(454, "no", at="AUTH")),
        LOGIN,
        "SMTPAuthenticationError: (454, b'no')",
    ),
    "AUTH never answered": (lambda e: (e.require_login("u", "p"), e.stall("AUTH")), LOGIN, LATE),
    "STARTTLS": (
        lambda e: (e.require_login("u", "p", needs_tls=True), e.offer_starttls()),
        {**LOGIN, "secure": ()},
        (True, "u"),
    ),
    "STARTTLS with a bad certificate": (
        lambda e: (e.require_login("u", "p"), e.offer_starttls(), e.present_certificate("untrusted")),
        {**LOGIN, "secure": ()},
        (True, "u"),
    ),
    "secure without credentials": (lambda e: e.offer_starttls(), {"secure": ()}, (False, None)),
    "STARTTLS is required": (
        lambda e: e.offer_starttls(required=True),
        {},
        "SMTPSenderRefused: (530, b'Must issue a STARTTLS command first', 'from@x.test')",
    ),
    "STARTTLS is not offered": (
        lambda e: e.require_login("u", "p"),
        {**LOGIN, "secure": ()},
        "SMTPNotSupportedError: STARTTLS extension not supported by server.",
    ),
    "STARTTLS refused": (
        lambda e: (e.offer_starttls(), e.reply(454, "no", at="STARTTLS")),
        {**LOGIN, "secure": ()},
        "SMTPResponseException: (454, b'no')",
    ),
    "STARTTLS never answered": (lambda e: (e.offer_starttls(), e.stall("STARTTLS")), {**LOGIN, "secure": ()}, LATE),
}


@pytest.mark.parametrize("case", SECURITY)
def test_what_it_does_about_security(endpoint, log, case):
    want, given, expected = SECURITY[case]
    want(endpoint)

    handler = log(**given)

    if isinstance(expected, str):
        assert handler.errors == [expected]
        assert endpoint.received == ()
    else:
        (mail,) = endpoint.received
        assert (mail.tls, mail.login, mail.transport) == (*expected, "tcp")
        assert handler.errors == []


@pytest.mark.filterwarnings("ignore:keyfile and certfile are deprecated:DeprecationWarning")
def test_a_key_and_a_certificate_work_only_where_smtplib_takes_them(endpoint, log):
    endpoint.require_login("u", "p")
    endpoint.offer_starttls()
    certificate, key = endpoint.client_certificate()

    handler = log(**LOGIN, secure=(key, certificate))

    if takes_a_key_and_a_certificate():
        assert endpoint.received[0].tls
    else:
        assert handler.errors == ["TypeError: SMTP.starttls() takes 1 positional argument but 3 were given"]


@pytest.mark.filterwarnings("ignore:keyfile and certfile are deprecated:DeprecationWarning")
def test_a_context_is_taken_for_a_key_file_or_not_at_all(endpoint, log):
    endpoint.require_login("u", "p")
    endpoint.offer_starttls()

    handler = log(**LOGIN, secure=(endpoint.client_context(),))

    taken = "ValueError: certfile must be specified"
    refused = "TypeError: SMTP.starttls() takes 1 positional argument but 2 were given"
    assert handler.errors == [taken if takes_a_key_and_a_certificate() else refused]
    assert endpoint.received == ()
