from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress

import pytest

from pytest_loghandlers.endpoints._network import certificates
from pytest_loghandlers.endpoints._network.listener import Listener
from pytest_loghandlers.endpoints._network.tls import secured


class CapitalEcho:
    """Answers in capitals; remembers what it was told."""

    def __init__(self, link):
        self.link = link
        self.told = []
        self.over = threading.Event()

    @property
    def text(self):
        return b"".join(each for each in self.told if isinstance(each, bytes))

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
def echo():
    """A protocol that answers in capitals and remembers what it was told."""
    return CapitalEcho


@pytest.fixture
def serve_tls():
    """Return a function that starts a TLS listener; what happened on it is kept on it."""
    started = []

    def listening(make=CapitalEcho, context=certificates.server_context):
        def made(link):
            protocol = make(link)
            listener.protocols.append(protocol)
            listener.served.set()
            return protocol

        def failed(reason, data):
            listener.failures.append((reason, data))
            listener.failed.set()

        errors, protocols, failures, truncated = [], [], [], []
        make_tls = secured(context, made, on_handshake_failed=failed, on_truncated=lambda: truncated.append(1))
        listener = Listener(make_tls, errors.append)
        listener.protocols, listener.failures, listener.truncated = protocols, failures, truncated
        listener.errors, listener.failed, listener.served = errors, threading.Event(), threading.Event()
        started.append(listener)
        return listener

    yield listening
    for listener in started:
        listener.stop()
        assert listener.errors == []


@pytest.fixture
def dial_tls():
    """Return a function that opens a TLS connection; it trusts the authority."""
    opened = []

    def dialled(listener, context=None, **options):
        sock = socket.create_connection(listener.address, timeout=10)
        try:
            context = context or certificates.client_context()
            opened.append(context.wrap_socket(sock, server_hostname="localhost", **options))
        except BaseException:
            sock.close()
            raise
        return opened[-1]

    yield dialled
    for sock in opened:
        sock.close()


class OwnHands:
    """A TLS client whose octets go through our hands: what is sent, and when, is the test's choice."""

    def __init__(self, sock, context=None):
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = context or certificates.client_context()
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.send = sock.sendall

    def shake(self):
        while True:
            try:
                self.session.do_handshake()
            except ssl.SSLWantReadError:
                self.send(self.outgoing.read())
                self.receive()
            else:
                self.send(self.outgoing.read())
                return self

    def sealed(self, text):
        """Return the octets that carry ``text``."""
        self.session.write(text)
        return self.outgoing.read()

    def notify(self):
        """Return the octets of close_notify."""
        with suppress(ssl.SSLError):
            self.session.unwrap()
        return self.outgoing.read()

    def read(self):
        """Return what comes next; empty when the endpoint has ended."""
        while True:
            try:
                return self.session.read(65536)
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLWantReadError:
                self.receive()

    def receive(self):
        octets = self.sock.recv(65536)
        if not octets:
            raise EOFError
        self.incoming.write(octets)


@pytest.fixture
def by_hand(connect):
    """Return a function that connects a TLS client whose octets the test sends itself; no handshake is done yet."""
    return lambda listener, context=None: OwnHands(connect(listener.address), context)
