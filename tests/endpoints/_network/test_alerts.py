from __future__ import annotations

import ssl
from contextlib import suppress

import pytest

from pytest_loghandlers.endpoints._network import certificates
from pytest_loghandlers.endpoints._network.alerts import looks_like, reason_of
from pytest_loghandlers.endpoints._network.tls import RAW_KEPT

#: What each bad certificate is to a client that checks it, in the endpoint's words.
REFUSED = {
    "expired": "it has expired (alert certificate_expired)",
    "not_yet_valid": "it is not valid, not valid yet, or for another host (alert bad_certificate)",
    "wrong_host": "it is not valid, not valid yet, or for another host (alert bad_certificate)",
    "untrusted": "it does not trust the CA that issued it (alert unknown_ca)",
}


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("kind", REFUSED)
def test_a_client_that_refuses_the_certificate_is_told_of_with_its_reason(serve_tls, dial_tls, kind, version):
    listener = serve_tls(context=lambda: certificates.server_context(kind, only=version))

    with pytest.raises(ssl.SSLCertVerificationError):
        dial_tls(listener)

    assert listener.failed.wait(5)
    ((reason, octets),) = listener.failures
    assert reason == f"the client refused the endpoint's certificate: {REFUSED[kind]}"
    assert octets[0] == 0x16
    assert listener.protocols == []


def test_a_client_that_does_not_check_takes_any_certificate(serve_tls, dial_tls):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    client = dial_tls(serve_tls(context=lambda: certificates.server_context("untrusted")), context)

    client.sendall(b"hello")

    assert client.recv(100) == b"HELLO"


@pytest.mark.parametrize(
    ("sent", "looks"),
    [
        (b"<14>hello\0", "it looks like syslog"),
        (b"9 <14>hello", "it looks like syslog"),
        (b"POST / HTTP/1.1\r\n\r\n", "it looks like HTTP: http:// where https:// is meant"),
        (b"EHLO me\r\n", "its first octets are 45 48 4c 4f 20 6d 65 0d"),
        (b"\0\0\0\x04", "its first octets are 00 00 00 04"),
    ],
)
def test_plain_text_is_kept_and_the_connection_closed(serve_tls, connect, sent, looks):
    listener = serve_tls()
    client = connect(listener.address)

    client.sendall(sent)

    assert client.recv(100) == b""
    assert listener.failures == [(f"this is no TLS: the client sent plain text to a TLS port ({looks})", sent)]
    assert looks_like(sent) == looks


def test_of_much_plain_text_the_beginning_is_kept(serve_tls, connect):
    listener = serve_tls()
    client = connect(listener.address)

    with suppress(OSError):
        client.sendall(b"<14>" + bytes(1_000_000))

    assert listener.failed.wait(5)
    ((_, octets),) = listener.failures
    assert octets.startswith(b"<14>")
    assert len(octets) <= RAW_KEPT


def test_who_goes_on_with_plain_text_is_closed_out(serve_tls, connect, spin):
    listener = serve_tls()
    client = connect(listener.address)
    client.sendall(b"<14>hello\0")
    client.recv(100)

    spin(lambda: not listener.connections)

    with pytest.raises(OSError):
        for _ in range(2):
            client.sendall(b"<14>more\0")
            client.recv(1)
            client.sendall(b"<14>and more\0")


def test_garbage_that_begins_as_tls_does_is_refused(serve_tls, connect):
    listener = serve_tls()
    client = connect(listener.address)

    client.sendall(b"\x16\x03\x01\x00\x05garbage")

    assert listener.failed.wait(5)
    ((reason, octets),) = listener.failures
    assert reason.startswith("the TLS handshake failed: ")
    assert octets == b"\x16\x03\x01\x00\x05garbage"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "the client closed the connection before it began"),
        (b"\x16\x03\x01\x02", "the client closed the connection in the middle of it, after 4 octets"),
    ],
)
def test_a_handshake_left_half_way_is_told_of(serve_tls, connect, sent, reason):
    listener = serve_tls()
    client = connect(listener.address)

    client.sendall(sent)
    client.close()

    assert listener.failed.wait(5)
    assert listener.failures == [(f"the TLS handshake failed: {reason}", sent)]


def test_a_handshake_broken_by_a_reset_is_told_of(serve_tls, connect):
    listener = serve_tls()
    client = connect(listener.address)
    client.sendall(b"\x16\x03\x01\x02")
    listener.catch_up()

    listener.break_now("reset")

    assert listener.failures == [("the TLS handshake failed: the connection broke after 4 octets", b"\x16\x03\x01\x02")]


def test_a_client_of_old_versions_only_is_told_of(serve_tls, dial_tls):
    old = certificates.client_context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    listener = serve_tls(context=lambda: certificates.server_context(only="TLSv1.3"))

    with pytest.raises(ssl.SSLError):
        dial_tls(listener, old)

    assert listener.failed.wait(5)
    assert [reason for reason, _ in listener.failures] == [
        "the TLS handshake failed: the client offers no version of TLS that the endpoint speaks"
    ]


def test_a_client_without_the_certificate_that_is_demanded_can_read_why(serve_tls, dial_tls):
    listener = serve_tls(context=lambda: certificates.server_context(client_certificates="required"))
    client = dial_tls(listener)

    client.sendall(b"hello")
    with pytest.raises(ssl.SSLError, match=r"(?i)certificate.required"):
        client.recv(100)

    assert [reason for reason, _ in listener.failures] == [
        "the TLS handshake failed: the client showed no certificate, and one is demanded"
    ]
    assert listener.protocols == []


def test_a_client_with_a_strangers_certificate_is_refused(serve_tls, dial_tls):
    import trustme

    listener = serve_tls(context=lambda: certificates.server_context(client_certificates="required"))
    context = certificates.client_context()
    trustme.CA().issue_cert("stranger.test").configure_cert(context)
    client = dial_tls(listener, context)

    with pytest.raises(ssl.SSLError, match=r"(?i)unknown.ca"):
        client.recv(100)

    ((reason, _),) = listener.failures
    assert reason.startswith("the TLS handshake failed: the client's certificate was refused: ")
    assert "issuer certificate" in reason


def test_a_record_that_was_tampered_with_ends_the_connection_and_is_told_of(serve_tls, by_hand):
    listener = serve_tls()
    client = by_hand(listener).shake()
    client.send(client.sealed(b"good"))
    assert client.read() == b"GOOD"
    record = bytearray(client.sealed(b"bad"))
    record[-1] ^= 1

    client.send(record)
    with pytest.raises(ssl.SSLError, match=r"(?i)bad.record.mac"):
        client.read()

    reason = "the TLS session failed: a record cannot be decrypted: it is damaged, or no TLS"
    assert listener.failures == [(reason, bytes(record))]
    client.sock.close()
    assert listener.protocols[0].over.wait(5)
    assert listener.protocols[0].told == [b"good", "eof", "lost"]


def test_plain_text_in_a_session_ends_it_and_is_told_of(serve_tls, by_hand):
    listener = serve_tls()
    client = by_hand(listener).shake()

    client.send(client.sealed(b"good") + b"<14>forgot to encrypt")

    assert listener.failed.wait(5)
    ((reason, octets),) = listener.failures
    assert reason.startswith("the TLS session failed: ")
    assert octets.endswith(b"<14>forgot to encrypt")
    assert listener.protocols[0].told[0] == b"good"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "the client broke off the TLS handshake (alert handshake_failure)"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "the client broke off the TLS handshake (alert protocol_version)"),
        ("ssl/tls alert bad certificate", None),
        ("NO_SHARED_CIPHER", "the TLS handshake failed: the client offers no cipher that the endpoint has"),
        ("EXCESSIVE_MESSAGE_SIZE", "the TLS handshake failed: excessive message size"),
    ],
)
def test_what_openssl_says_is_put_in_words(code, words):
    error = ssl.SSLError(1, code)
    error.reason = code

    expected = f"the client refused the endpoint's certificate: {REFUSED['wrong_host']}"
    assert reason_of(error) == (words or expected)
