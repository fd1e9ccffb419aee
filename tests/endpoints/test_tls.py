"""The TLS verbs, and RFC 5425 with a handler as people write it."""

from __future__ import annotations

import logging
import logging.handlers
import os
import socket
import ssl
import sys
from pathlib import Path

import pytest

from pytest_loghandlers import ArgumentError, LifetimeError, MissingExtraError, SyslogEndpoint
from pytest_loghandlers.endpoints._network import certificates


class TlsSysLogHandler(logging.handlers.SysLogHandler):
    """SysLogHandler over TLS, octet-counted: RFC 5425."""

    append_nul = False

    def __init__(self, address, context, host="localhost"):
        self.context, self.host, self.failed = context, host, []
        super().__init__(address, socktype=socket.SOCK_STREAM)

    def createSocket(self):
        sock = socket.create_connection(self.address, timeout=5)
        try:
            self.socket = self.context.wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise

    def emit(self, record):
        try:
            text = f"<{self.encodePriority(self.facility, self.mapPriority(record.levelname))}>{self.format(record)}"
            octets = text.encode()
            if not self.socket:
                self.createSocket()
            self.socket.sendall(b"%d %b" % (len(octets), octets))
        except Exception:
            self.handleError(record)

    def handleError(self, record):
        self.failed.append(sys.exc_info()[1])
        if self.socket:
            self.socket.close()
            self.socket = None


@pytest.fixture
def attach_tls(logger):
    """Return a function that gives ``logger`` a handler to an address over TLS."""

    def attached(address, context, **options):
        handler = TlsSysLogHandler(address, context, **options)
        logger.addHandler(handler)
        return handler

    return attached


def notes(endpoint):
    return [text for _, _, text in endpoint._timeline.entries]


def test_a_record_over_tls_arrives_as_it_was_sent(syslog, logger, attach_tls):
    handler = attach_tls(syslog.tls_address, syslog.client_context())

    logger.error("disk full")

    message = syslog.wait_for("disk full", timeout=5)
    assert message.transport == "tls"
    assert message.framing == "octet_counting"
    assert message.severity == "err"
    assert message.malformed is None
    assert handler.failed == []


def test_a_thousand_records_arrive_in_order_also_when_the_client_closes_at_once(syslog, logger, attach_tls):
    handler = attach_tls(syslog.tls_address, syslog.client_context())

    for number in range(1_000):
        logger.info("number %d", number)
    handler.close()

    messages = syslog.wait_for("number", count=1_000, timeout=10)
    assert [message.raw for message in messages] == [b"<14>number %d" % number for number in range(1_000)]


def test_the_ca_file_is_all_that_a_client_needs(syslog, logger, attach_tls):
    attach_tls(syslog.tls_address, ssl.create_default_context(cafile=syslog.ca_file))

    logger.error("trusted")

    syslog.wait_for("trusted", timeout=5)


@pytest.mark.parametrize(
    ("kind", "to_the_client", "to_the_endpoint"),
    [
        ("expired", "certificate has expired", "it has expired (alert certificate_expired)"),
        (
            "not_yet_valid",
            "certificate is not yet valid",
            "it is not valid, not valid yet, or for another host (alert bad_certificate)",
        ),
        (
            "wrong_host",
            "certificate is not valid for 'localhost'",
            "it is not valid, not valid yet, or for another host (alert bad_certificate)",
        ),
        (
            "untrusted",
            "unable to get local issuer certificate",
            "it does not trust the CA that issued it (alert unknown_ca)",
        ),
    ],
)
def test_a_handler_that_checks_the_certificate_does_not_send_to_a_bad_one(
    syslog, logger, attach_tls, spin, kind, to_the_client, to_the_endpoint
):
    handler = attach_tls(syslog.tls_address, syslog.client_context())
    handler.handleError(None)  # It has lost its connection.
    handler.failed.clear()
    syslog.present_certificate(kind)

    logger.error("secret")

    (error,) = handler.failed
    assert to_the_client in str(error)
    refused = f"the client refused the endpoint's certificate: {to_the_endpoint}"
    spin(lambda: refused in notes(syslog))
    syslog.assert_not_received("secret")
    syslog.recover()
    logger.error("in confidence")
    syslog.wait_for("in confidence", timeout=5)


def test_a_handler_that_checks_nothing_sends_its_records_to_anybody(syslog, logger, attach_tls):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    syslog.present_certificate("untrusted")
    attach_tls(syslog.tls_address, context)

    logger.error("secret")

    syslog.wait_for("secret", timeout=5)


def test_plain_syslog_to_the_tls_port_is_kept_with_the_reason(syslog, logger):
    handler = logging.handlers.SysLogHandler(syslog.tls_address, socktype=socket.SOCK_STREAM)
    logger.addHandler(handler)

    logger.error("unencrypted")

    message = syslog.wait_for("unencrypted", timeout=5)
    assert message.malformed == "this is no TLS: the client sent plain text to a TLS port (it looks like syslog)"


def test_a_client_certificate_can_be_demanded(syslog, logger, attach_tls):
    syslog.require_client_certificate()
    context = syslog.client_context()
    context.load_cert_chain(*syslog.client_certificate())
    attach_tls(syslog.tls_address, context)

    logger.error("it is me")

    syslog.wait_for("it is me", timeout=5)


def test_a_handler_without_the_certificate_that_is_demanded_delivers_nothing(syslog, logger, attach_tls, spin):
    """Under TLS 1.3 its handshake is done before the endpoint refuses it: the first record seems to have been sent."""
    syslog.require_client_certificate()
    attach_tls(syslog.tls_address, syslog.client_context())

    logger.error("it is me")

    spin(lambda: any("the client showed no certificate, and one is demanded" in text for text in notes(syslog)))
    syslog.assert_not_received("it is me")


def test_a_handler_of_another_version_is_refused(syslog, attach_tls):
    syslog.speak_only("TLSv1.3")
    context = syslog.client_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    with pytest.raises(ssl.SSLError):
        attach_tls(syslog.tls_address, context)


def test_session_tickets_are_sent_when_asked_for(syslog, logger, attach_tls):
    syslog.send_tickets(2)
    handler = attach_tls(syslog.tls_address, syslog.client_context())
    logger.error("x")
    syslog.wait_for("x", timeout=5)
    handler.socket.settimeout(0.2)

    # Nothing but the tickets ever comes from this endpoint: no data, but a session that could be resumed.
    with pytest.raises(TimeoutError):
        handler.socket.recv(1)

    assert handler.socket.session.has_ticket


def test_recover_brings_back_the_good_certificate_without_tickets(syslog):
    syslog.present_certificate("expired")
    syslog.send_tickets(5)

    syslog.recover()

    assert syslog._tls_context() is certificates.server_context()


def test_what_the_client_must_show_outlasts_recover(syslog):
    syslog.require_client_certificate()
    syslog.speak_only("TLSv1.2")

    syslog.recover()

    assert syslog._tls_context() is certificates.server_context(client_certificates="required", only="TLSv1.2")


def test_each_verb_leaves_a_note(syslog):
    syslog.present_certificate("expired")
    syslog.send_tickets(2)
    syslog.require_client_certificate()
    syslog.speak_only("TLSv1.3")
    syslog.present_certificate()
    syslog.recover()

    assert notes(syslog) == [
        "presenting a certificate that has expired",
        "presenting a certificate that has expired; sending 2 session tickets after a TLS 1.3 handshake",
        "client certificates are required from here on",
        "only TLSv1.3 is spoken from here on",
        "sending 2 session tickets after a TLS 1.3 handshake",
        "normal",
    ]


def test_a_client_that_ends_without_close_notify_leaves_a_note(syslog, logger, attach_tls, spin):
    handler = attach_tls(syslog.tls_address, syslog.client_context())
    logger.error("x")
    syslog.wait_for("x", timeout=5)

    handler.close()

    spin(lambda: notes(syslog) == ["a client closed its connection without close_notify"])


@pytest.mark.parametrize(
    "use",
    [
        lambda endpoint: endpoint.ca_file,
        lambda endpoint: endpoint.client_context(),
        lambda endpoint: endpoint.client_certificate(),
        lambda endpoint: endpoint.present_certificate("expired"),
        lambda endpoint: endpoint.send_tickets(),
        lambda endpoint: endpoint.require_client_certificate(),
        lambda endpoint: endpoint.speak_only("TLSv1.3"),
        lambda endpoint: endpoint.recover(),
    ],
)
def test_no_verb_works_before_the_start(use):
    with pytest.raises(LifetimeError):
        use(SyslogEndpoint())


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (
            lambda endpoint: endpoint.present_certificate("bad"),
            "kind='bad': it is one of 'good', 'expired', 'not_yet_valid', 'wrong_host', 'untrusted'",
        ),
        (lambda endpoint: endpoint.send_tickets(-1), "number=-1: it is how many, a whole number from 0 to 100"),
        (lambda endpoint: endpoint.speak_only("SSLv3"), "version='SSLv3': it is one of 'TLSv1.2', 'TLSv1.3'"),
    ],
)
def test_what_cannot_be_meant_is_refused(syslog, use, message):
    with pytest.raises(ArgumentError) as failure:
        use(syslog)

    assert str(failure.value) == message


def test_without_the_extra_the_error_names_what_to_install(syslog, monkeypatch):
    certificates.forget()
    monkeypatch.setitem(sys.modules, "trustme", None)

    with pytest.raises(MissingExtraError) as failure:
        syslog.tls_address  # noqa: B018 - asking for it opens it

    assert str(failure.value) == (
        "TLS endpoints make their certificates with trustme, which cannot be imported here: "
        'pip install "pytest-loghandlers[tls]"'
    )


def test_an_endpoint_with_tls_leaves_nothing(leaves_nothing, logger):
    with leaves_nothing():
        with SyslogEndpoint() as endpoint:
            handler = TlsSysLogHandler(endpoint.tls_address, endpoint.client_context())
            logger.addHandler(handler)
            logger.error("x")
            endpoint.wait_for("x", timeout=5)
            folder = Path(endpoint.ca_file).parent
        handler.close()
    assert not os.path.lexists(folder)
