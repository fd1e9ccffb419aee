"""TLS between the endpoints and clients that are not ours, and clients in a hurry."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._network import certificates
from pytest_loghandlers.endpoints._network.listener import Listener
from pytest_loghandlers.endpoints._network.tls import secured

RUNS, RECORDS = 40, 20


class Sink:
    """Keeps what comes, and says when the connection is over."""

    def __init__(self, link, kept, over):
        self.link, self.kept, self.over = link, kept, over

    def data(self, data):
        self.kept.append(data)

    def eof(self):
        self.link.close()

    def lost(self):
        self.over.release()


def delivered(context):
    """Return how many of RUNS x RECORDS records arrive from a client that only writes, and closes at once."""
    over = threading.Semaphore(0)
    kept = []
    listener = Listener(
        secured(context, lambda link: Sink(link, kept, over), on_handshake_failed=lambda *_: over.release()), print
    )
    client_context = certificates.client_context()
    try:
        for _ in range(RUNS):
            sock = socket.create_connection(listener.address, timeout=5)
            with client_context.wrap_socket(sock, server_hostname="localhost") as client:
                for number in range(RECORDS):
                    client.sendall(b"record %d\n" % number)
            assert over.acquire(timeout=5)
    finally:
        listener.stop()
    return b"".join(kept).count(b"\n")


def test_a_client_that_only_writes_and_closes_at_once_loses_nothing():
    assert delivered(certificates.server_context) == RUNS * RECORDS


def test_session_tickets_that_it_leaves_unread_make_its_close_a_reset(serve_tls, dial_tls):
    """Whether records are lost then is a race; that the connection is broken off instead of ended is not."""
    listener = serve_tls(context=lambda: certificates.server_context(tickets=2))
    client = dial_tls(listener)
    assert listener.served.wait(5)  # The tickets are on their way before the client closes.
    with listener.held():
        client.sendall(b"last words")
        client.close()
        sock = next(iter(listener.connections)).sock
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl here")
def test_openssl_itself_can_talk_to_it(serve_tls):
    listener = serve_tls()
    host, port = listener.address
    command = (
        f"openssl s_client -connect {host}:{port} -verify_return_error -verify_hostname localhost -quiet -no_ign_eof"
    )

    done = subprocess.run(
        [*command.split(), "-CAfile", certificates.ca_file()],
        input=b"hello\n",
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert b"verify return:1" in done.stderr
    assert listener.protocols[0].over.wait(5)
    assert listener.protocols[0].text == b"hello\n"


def test_urllib_talks_https_through_it(serve_tls):
    import urllib.request

    class Constant:
        def __init__(self, link):
            self.link = link

        def data(self, data):
            self.link.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            self.link.close()

        def eof(self):
            self.link.close()

        def lost(self):
            pass

    host, port = serve_tls(Constant).address

    with urllib.request.urlopen(f"https://{host}:{port}/", context=certificates.client_context(), timeout=5) as answer:
        assert answer.read() == b"ok"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=8), st.data())
def test_however_the_octets_are_cut_the_protocol_sees_what_was_sent(serve_tls, by_hand, messages, data):
    listener = serve_tls()
    client = by_hand(listener).shake()
    sealed = b"".join([client.sealed(message) for message in messages]) + client.notify()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sealed)), max_size=6)))

    for begin, end in zip([0, *cuts], [*cuts, len(sealed)], strict=True):
        if begin != end:
            client.send(sealed[begin:end])
            listener.catch_up()

    assert listener.served.wait(5)
    (protocol,) = listener.protocols
    assert protocol.over.wait(5)
    assert protocol.text == b"".join(messages)
    assert protocol.told[-2:] == ["eof", "lost"]
    assert listener.failures == []
    assert listener.truncated == []
    client.sock.close()
    listener.stop()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=300))
def test_whatever_a_stranger_sends_is_told_of_once_with_its_octets(serve_tls, connect, noise):
    listener = serve_tls()
    client = connect(listener.address)
    client.sendall(noise)
    client.shutdown(socket.SHUT_WR)

    assert listener.failed.wait(5)
    ((_, octets),) = listener.failures
    assert noise.startswith(octets)
    assert octets
    client.close()
    listener.stop()


def test_an_endless_handshake_is_kept_within_bounds(serve_tls, connect):
    """A handshake message that claims 16 MiB, sent record by record."""
    listener = serve_tls()
    client = connect(listener.address)
    record = b"\x16\x03\x01\x40\x00" + b"\x01\xff\xff\xff" + bytes(0x4000 - 4)

    tracemalloc.start()
    try:
        for _ in range(200):
            client.sendall(record)
    except OSError:
        pass  # It has been refused by now.
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert listener.failed.wait(5)
    ((_, octets),) = listener.failures
    assert len(octets) <= 64 * 1024
    assert most < 4 * 1024 * 1024


def test_a_thousand_starts_and_stops_leave_nothing(leaves_nothing):
    def once():
        Listener(secured(certificates.server_context, lambda link: Sink(link, [], None)), print).stop()

    certificates.server_context()
    with leaves_nothing():
        for _ in range(1_000):
            once()
        listener = Listener(
            secured(certificates.server_context, lambda link: Sink(link, [], threading.Semaphore())), print
        )
        with socket.create_connection(listener.address, timeout=5) as sock:
            client = certificates.client_context().wrap_socket(sock, server_hostname="localhost")
            client.sendall(b"x")
            client.close()
        certificates.ca_file()
        listener.stop()
