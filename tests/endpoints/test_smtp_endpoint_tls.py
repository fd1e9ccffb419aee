from __future__ import annotations

import logging.handlers
import smtplib
import socket
import ssl
import subprocess
import sys
import threading

import pytest

from pytest_loghandlers import SmtpEndpoint

MAIL = "Subject: s\r\n\r\nhello\r\n"
ENVELOPE = ("a@x.test", ["b@x.test"])


@pytest.fixture
def endpoint():
    with SmtpEndpoint() as started:
        yield started


@pytest.fixture
def starting_tls(endpoint):
    """A client past STARTTLS, that has checked the certificate."""
    endpoint.offer_starttls()
    with smtplib.SMTP(*endpoint.address, timeout=5) as client:
        client.starttls(context=endpoint.client_context())
        yield client


def test_TLS_from_the_first_octet_on(endpoint):
    with smtplib.SMTP_SSL(*endpoint.tls_address, timeout=5, context=endpoint.client_context()) as client:
        client.sendmail(*ENVELOPE, MAIL)
        assert "starttls" not in client.esmtp_features

    mail = endpoint.assert_received("hello", tls=True, transport="tls", connection=1)
    assert (mail.raw, mail.malformed) == (MAIL.encode(), None)
    assert endpoint.tls_address[0] == endpoint.host
    assert endpoint.tls_address != endpoint.address
    assert endpoint.tls_address == endpoint.tls_address


def test_STARTTLS_after_which_all_is_encrypted(endpoint, starting_tls):
    starting_tls.sendmail(*ENVELOPE, MAIL)
    starting_tls.sendmail(*ENVELOPE, MAIL)

    assert starting_tls.docmd("STARTTLS")[0] == 503
    assert len(endpoint.assert_received("hello", tls=True, transport="tcp", count=2)) == 2
    assert endpoint.connections == 1


def test_STARTTLS_forgets_what_was_said_before(endpoint, starting_tls):
    # RFC 3207 section 4.2: also the EHLO.
    assert starting_tls.docmd("MAIL FROM:<a@x.test>")[0] == 503


def test_what_is_pipelined_behind_STARTTLS_is_dropped(endpoint):
    # RFC 3207 section 6, CVE-2011-0411: otherwise a man in the middle puts commands into the encrypted session.
    endpoint.offer_starttls()
    with socket.create_connection(endpoint.address, timeout=5) as sock:
        sock.sendall(b"EHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@x.test>\r\n")
        said = b""
        while b"220 Ready to start TLS\r\n" not in said:
            said += sock.recv(4096)
        with endpoint.client_context().wrap_socket(sock, server_hostname="127.0.0.1") as secured:
            secured.sendall(b"EHLO x\r\nRCPT TO:<b@x.test>\r\n")
            answered = b""
            while b"503 Error: need MAIL command" not in answered:
                answered += secured.recv(4096)

    assert said.endswith(b"220 Ready to start TLS\r\n")


def test_a_client_that_checks_refuses_a_certificate_of_nobody(endpoint):
    endpoint.offer_starttls()
    endpoint.present_certificate("untrusted")

    with smtplib.SMTP(*endpoint.address, timeout=5) as client, pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(context=endpoint.client_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        smtplib.SMTP_SSL(*endpoint.tls_address, timeout=5, context=endpoint.client_context())

    reasons = [mail.malformed for mail in endpoint.wait_for(malformed=True, count=2)]
    assert reasons[0].startswith("behind STARTTLS: ")
    assert all("unknown" in reason and "CA" in reason.upper() for reason in reasons)


def test_plain_text_behind_STARTTLS_is_kept_with_the_reason(endpoint, connect):
    endpoint.offer_starttls()
    sock = connect(endpoint.address)
    sock.sendall(b"EHLO x\r\nSTARTTLS\r\n")
    while b"Ready" not in sock.recv(4096):
        pass
    sock.sendall(b"EHLO x\r\n")

    mail = endpoint.wait_for(malformed=True)
    assert mail.raw == b"EHLO x\r\n"
    assert mail.malformed.startswith("behind STARTTLS: this is no TLS: the client sent plain text to a TLS port")


def test_plain_text_on_the_TLS_port_is_kept_with_the_reason(endpoint, connect):
    sock = connect(endpoint.tls_address)
    sock.sendall(b"EHLO x\r\n")

    mail = endpoint.wait_for(malformed=True)
    assert (mail.raw, mail.transport) == (b"EHLO x\r\n", "tls")
    assert mail.malformed.startswith("this is no TLS: the client sent plain text to a TLS port")


def test_TLS_on_the_plain_port_is_one_malformed_thing(endpoint):
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        smtplib.SMTP_SSL(*endpoint.address, timeout=5, context=endpoint.client_context())

    mail = endpoint.wait_for(malformed=True)
    assert mail.malformed.startswith("TLS on the plain port: a ClientHello where a command is expected")
    assert endpoint.received == (mail,)


def test_a_login_is_asked_for_on_both_ports(endpoint):
    endpoint.require_login("u", "p")

    with smtplib.SMTP_SSL(*endpoint.tls_address, timeout=5, context=endpoint.client_context()) as client:
        with pytest.raises(smtplib.SMTPSenderRefused):
            client.sendmail(*ENVELOPE, MAIL)
        client.login("u", "p")
        client.sendmail(*ENVELOPE, MAIL)

    assert endpoint.assert_received(login="u").tls


@pytest.mark.parametrize("at", ["greeting", "EHLO", "MAIL", "end of data"])
def test_faults_are_the_same_on_the_TLS_port(endpoint, at):
    endpoint.reply(421, "bye", at=at, times=1)
    endpoint.disconnect(at=at, times=1)

    for _ in range(2):
        with (
            pytest.raises((smtplib.SMTPException, OSError)),
            smtplib.SMTP_SSL(*endpoint.tls_address, timeout=5, context=endpoint.client_context()) as client,
        ):
            client.sendmail(*ENVELOPE, MAIL)
    with smtplib.SMTP_SSL(*endpoint.tls_address, timeout=5, context=endpoint.client_context()) as client:
        client.sendmail(*ENVELOPE, MAIL)

    assert endpoint.received[-1].refused is None


def test_the_TLS_port_is_refused_with_the_other(endpoint, connect):
    endpoint.refuse()
    for address in (endpoint.address, endpoint.tls_address):
        with pytest.raises(ConnectionRefusedError):
            connect(address)
    endpoint.recover()

    for address in (endpoint.address, endpoint.tls_address):
        connect(address)


def test_an_SMTPHandler_for_TLS_from_the_first_octet_on(endpoint, logger):
    class Secured(logging.handlers.SMTPHandler):
        """As one writes it: the stdlib's own knows STARTTLS only."""

        def emit(self, record):
            with smtplib.SMTP_SSL(self.mailhost, self.mailport, timeout=5, context=endpoint.client_context()) as smtp:
                smtp.sendmail(self.fromaddr, self.toaddrs, f"Subject: s\r\n\r\n{self.format(record)}\r\n")

    logger.addHandler(Secured(endpoint.tls_address, "a@x.test", ["b@x.test"], "s"))
    logger.error("hello")

    endpoint.assert_received("hello", tls=True)


def test_handshakes_that_hang_do_not_delay_the_end(endpoint, connect):
    endpoint.offer_starttls()
    silent = connect(endpoint.tls_address)
    half = connect(endpoint.tls_address)
    half.sendall(b"\x16\x03\x01\x02\x00\x01")
    behind = connect(endpoint.address)
    behind.sendall(b"EHLO x\r\nSTARTTLS\r\n")
    while b"Ready" not in behind.recv(4096):
        pass

    endpoint.stop()

    assert [sock.recv(1) for sock in (silent, behind)] == [b"", b""]


def test_without_TLS_its_packages_are_not_loaded():
    program = (
        "import sys; from pytest_loghandlers import SmtpEndpoint\n"
        "with SmtpEndpoint() as e: e.address\n"
        "print('trustme' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    assert done.stdout == "False\n"


def test_the_port_for_TLS_is_one_whoever_asks_for_it_first(endpoint, monkeypatch):
    both = threading.Barrier(2)
    secured = endpoint._secured

    def together(*arguments):
        both.wait(5)
        return secured(*arguments)

    monkeypatch.setattr(endpoint, "_secured", together)
    addresses = []
    threads = [threading.Thread(target=lambda: addresses.append(endpoint.tls_address)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert addresses[0] == addresses[1] == endpoint.tls_address
