from __future__ import annotations

import socket
import threading

import pytest

from pytest_loghandlers.endpoints._network import certificates
from pytest_loghandlers.endpoints._network.listener import Listener
from pytest_loghandlers.endpoints._network.tls import secured


class Echo:
    """Answers in capitals; remembers what it was told."""

    def __init__(self, link):
        self.link = link
        self.told = []
        self.over = threading.Event()

    def data(self, data):
        self.told.append(data)
        self.link.write(data.upper())

    def eof(self):
        self.told.append("eof")
        self.link.close()

    def lost(self):
        self.told.append("lost")
        self.over.set()


@pytest.fixture
def serve():
    """Return a function that starts a TLS listener; what happened on it is kept on it."""
    started = []

    def listening(make=Echo, context=certificates.server_context):
        def made(link):
            protocol = make(link)
            listener.protocols.append(protocol)
            return protocol

        def failed(reason, data):
            listener.failures.append((reason, data))
            listener.failed.set()

        errors, protocols, failures, truncated = [], [], [], []
        make_tls = secured(context, made, on_handshake_failed=failed, on_truncated=lambda: truncated.append(1))
        listener = Listener(make_tls, errors.append)
        listener.protocols, listener.failures, listener.truncated = protocols, failures, truncated
        listener.errors, listener.failed = errors, threading.Event()
        started.append(listener)
        return listener

    yield listening
    for listener in started:
        listener.stop()
        assert listener.errors == []


@pytest.fixture
def dial(connect):
    """Return a function that opens a TLS connection; it trusts the authority."""
    opened = []

    def dialled(listener, context=None):
        sock = socket.create_connection(listener.address, timeout=5)
        try:
            opened.append((context or certificates.client_context()).wrap_socket(sock, server_hostname="localhost"))
        except BaseException:
            sock.close()
            raise
        return opened[-1]

    yield dialled
    for sock in opened:
        sock.close()


def test_what_is_sent_and_answered_is_what_the_protocol_sees(serve, dial):
    listener = serve()
    client = dial(listener)

    client.sendall(b"hello")

    assert client.recv(100) == b"HELLO"
    client.unwrap().close()
    (protocol,) = listener.protocols
    assert protocol.over.wait(5)
    assert protocol.told == [b"hello", "eof", "lost"]
    assert listener.truncated == []
    assert listener.failures == []
