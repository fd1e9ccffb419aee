from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from pytest_loghandlers.endpoints._network import certificates


def test_what_is_sent_and_answered_is_what_the_protocol_sees(serve_tls, dial_tls):
    listener = serve_tls()
    client = dial_tls(listener)

    client.sendall(b"hello")

    assert client.recv(100) == b"HELLO"
    client.unwrap().close()
    (protocol,) = listener.protocols
    assert protocol.over.wait(5)
    assert protocol.told == [b"hello", "eof", "lost"]
    assert listener.truncated == []
    assert listener.failures == []
    assert not listener.connections


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_both_versions_are_spoken(serve_tls, dial_tls, version):
    listener = serve_tls(context=lambda: certificates.server_context(only=version))
    client = dial_tls(listener)

    client.sendall(b"hello")

    assert client.version() == version
    assert client.recv(100) == b"HELLO"


def test_without_tls_neither_ssl_nor_trustme_is_imported():
    code = (
        "import sys; import pytest_loghandlers.endpoints._tls, pytest_loghandlers.endpoints._network.tls\n"
        "print([name for name in ('ssl', 'trustme', 'cryptography') if name in sys.modules])"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_everything_may_come_octet_by_octet(serve_tls, by_hand):
    listener = serve_tls()
    client = by_hand(listener)

    def send(data):
        for octet in data:
            client.sock.sendall(bytes([octet]))

    client.send = send
    client.shake()
    send(client.sealed(b"hello"))
    assert client.read() == b"HELLO"
    send(client.notify())

    assert listener.protocols[0].over.wait(5)
    assert listener.protocols[0].told == [b"hello", "eof", "lost"]
    assert listener.truncated == []


def test_a_thousand_small_messages_come_in_order(serve_tls, dial_tls):
    listener = serve_tls()
    client = dial_tls(listener)
    messages = [b"message %d\n" % number for number in range(1_000)]

    reader = threading.Thread(target=lambda: read_exactly(client, len(b"".join(messages)), answers))
    answers = []
    reader.start()
    for message in messages:
        client.sendall(message)
    reader.join(10)

    assert listener.protocols[0].text == b"".join(messages)
    assert b"".join(answers) == b"".join(messages).upper()


def read_exactly(client, size, into):
    while size:
        part = client.recv(65536)
        into.append(part)
        size -= len(part)


def test_a_message_of_ten_megabytes_arrives_and_so_does_its_answer(serve_tls, dial_tls):
    class Once:
        """Takes it all, then answers it all: the answer waits in the endpoint while the client does not read."""

        def __init__(self, link):
            self.link, self.got = link, bytearray()

        def data(self, data):
            self.got += data
            if len(self.got) == len(sent):
                self.link.write(bytes(self.got))
                self.link.close()

        def eof(self):
            self.link.close()

        def lost(self):
            pass

    sent = bytes(range(250)) * 40_000
    client = dial_tls(serve_tls(Once))
    answers = []

    client.sendall(sent)
    read_exactly(client, len(sent), answers)

    assert b"".join(answers) == sent
    assert client.recv(1) == b""  # close_notify: without it ssl would raise.


def test_a_hundred_connections_are_served_at_once(serve_tls, dial_tls):
    listener = serve_tls()
    context = certificates.client_context()
    clients = [dial_tls(listener, context) for _ in range(100)]

    for number, client in enumerate(clients):
        client.sendall(b"hello %d" % number)

    assert [client.recv(100) for client in clients] == [b"HELLO %d" % number for number in range(100)]


def test_a_client_that_ends_without_close_notify_is_told_of_and_ends_all_the_same(serve_tls, dial_tls):
    listener = serve_tls()
    client = dial_tls(listener)
    client.sendall(b"hello")
    client.recv(100)

    client.close()

    assert listener.protocols[0].over.wait(5)
    assert listener.protocols[0].told == [b"hello", "eof", "lost"]
    assert listener.truncated == [1]


def test_what_stands_before_close_notify_is_never_lost(serve_tls, dial_tls):
    listener = serve_tls()
    client = dial_tls(listener)
    client.sendall(b"last words")
    with suppress(ssl.SSLError):
        client.setblocking(False)
        client.unwrap()
    client.close()

    assert listener.served.wait(5)
    assert listener.protocols[0].over.wait(5)
    assert listener.protocols[0].text == b"last words"
    assert listener.truncated == []


def test_an_answer_is_still_written_when_the_client_has_ended(serve_tls, by_hand):
    class Late:
        def __init__(self, link):
            self.link = link

        def data(self, data):
            pass

        def eof(self):
            self.link.write(b"goodbye")
            self.link.close()

        def lost(self):
            pass

    client = by_hand(serve_tls(Late)).shake()

    client.send(client.notify())

    assert client.read() == b"goodbye"
    assert client.read() == b""


def test_reading_stops_and_goes_on_as_the_protocol_wishes(serve_tls, dial_tls, echo):
    class Hesitant(echo):
        def data(self, data):
            super().data(data)
            self.link.pause()

    listener = serve_tls(Hesitant)
    client = dial_tls(listener)
    client.sendall(b"one")
    assert client.recv(100) == b"ONE"

    client.sendall(b"two")
    with listener.held():
        listener.catch_up()
        assert listener.protocols[0].text == b"one"
        listener.protocols[0].link.resume()

    assert client.recv(100) == b"TWO"


def test_catching_up_reads_in_the_calling_thread(serve_tls, dial_tls):
    listener = serve_tls()
    client = dial_tls(listener)
    client.sendall(b"one")
    client.recv(100)

    with listener.held():
        client.sendall(b"two")
        listener.catch_up()
        assert listener.protocols[0].text == b"onetwo"


def test_what_is_written_to_a_client_that_is_gone_is_nobodys_problem(serve_tls, dial_tls):
    listener = serve_tls()
    client = dial_tls(listener)
    client.sendall(b"x")
    client.recv(1)
    (protocol,) = listener.protocols
    listener.break_now("reset")

    protocol.link.write(b"into nothing")
    protocol.link.close()
    protocol.link.reset()

    assert protocol.link.gone
    assert protocol.told == [b"x", "lost"]


def test_finish_ends_the_writing_side_and_reads_into_nothing(serve_tls, dial_tls, echo):
    class Finishing(echo):
        def data(self, data):
            self.told.append(data)
            self.link.write(b"refused")
            self.link.finish()

    listener = serve_tls(Finishing)
    client = dial_tls(listener)
    client.sendall(b"x")

    assert client.recv(100) == b"refused"
    assert client.recv(100) == b""
    client.sendall(b"still talking")
    client.close()
    assert listener.protocols[0].over.wait(5)
    assert listener.protocols[0].told == [b"x", "lost"]


def test_the_listener_and_the_peer_are_known_above(serve_tls, dial_tls):
    listener = serve_tls()
    client = dial_tls(listener)
    client.sendall(b"x")
    client.recv(1)

    link = listener.protocols[0].link

    assert link.owner is listener
    assert link.peer == client.getsockname()
    assert link.session.version() == client.version()


def test_stopping_with_clients_in_every_state_leaves_nothing(serve_tls, dial_tls, connect):
    listener = serve_tls()
    talking = dial_tls(listener)
    talking.sendall(b"x")
    talking.recv(1)
    silent, half = connect(listener.address), connect(listener.address)
    half.sendall(b"\x16\x03\x01\x02")

    listener.stop()

    for sock in (talking, silent, half):
        with suppress(OSError):
            assert sock.recv(1) == b""
    assert not listener.connections
