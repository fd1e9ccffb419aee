from __future__ import annotations

import errno
import socket
import threading

import pytest

from pytest_loghandlers.endpoints._network import connection as connection_module
from pytest_loghandlers.endpoints._network import listener as listener_module
from pytest_loghandlers.endpoints._network.listener import Listener


class Echo:
    """Answers in capitals; remembers what it was told."""

    def __init__(self, connection):
        self.connection = connection
        self.told = []
        self.over = threading.Event()

    def data(self, data):
        self.told.append(data)
        self.connection.write(data.upper())

    def eof(self):
        self.told.append("eof")
        self.connection.close()

    def lost(self):
        self.told.append("lost")
        self.over.set()


@pytest.fixture
def serve():
    """Return a function that starts a listener; its protocols and errors are kept on it."""
    started = []

    def listening(make=Echo):
        def made(connection):
            protocol = make(connection)
            listener.protocols.append(protocol)
            return protocol

        errors = []
        listener = Listener(made, errors.append)
        listener.protocols, listener.errors = [], errors
        started.append(listener)
        return listener

    yield listening
    for listener in started:
        listener.stop()


def everything(sock):
    """Return what comes until the other side ends."""
    parts = []
    while part := sock.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def test_it_listens_on_loopback_alone_at_a_port_of_the_systems_choice(serve):
    host, port = serve().address

    assert host == "127.0.0.1"
    assert port > 0


def test_many_connections_are_served_at_once(serve, connect):
    listener = serve()
    clients = [connect(listener.address) for _ in range(20)]

    for number, client in enumerate(clients):
        client.sendall(b"hello %d" % number)

    assert [client.recv(100) for client in clients] == [b"HELLO %d" % number for number in range(20)]


@pytest.mark.parametrize(("limit", "value", "taken"), [("ACCEPTS", 3, 3), ("LONGEST", 0.0, 1)])
def test_clients_that_never_stop_coming_have_their_turns(serve, connect, monkeypatch, limit, value, taken):
    monkeypatch.setattr(listener_module, limit, value)
    listener = serve()
    with listener.held():
        clients = [connect(listener.address) for _ in range(8)]
        listener.catch_up()
        assert len(listener.connections) == taken

    for client in clients:
        client.sendall(b"x")
        assert client.recv(1) == b"X"


def test_more_than_the_kernel_takes_is_written_when_it_takes_more(serve, connect):
    client = connect(serve().address)
    sent = bytes(range(97, 123)) * 200_000
    sender = threading.Thread(target=lambda: (client.sendall(sent), client.shutdown(socket.SHUT_WR)))

    sender.start()
    got = everything(client)
    sender.join()

    assert got == sent.upper()


def test_a_protocol_hears_of_the_end_once(serve, connect):
    listener = serve()
    client = connect(listener.address)
    client.sendall(b"x")
    client.recv(1)

    client.close()

    protocol = listener.protocols[0]
    assert protocol.over.wait(5)
    assert protocol.told == [b"x", "eof", "lost"]
    assert not listener.connections


def test_a_reset_is_felt_by_the_client(serve, connect):
    class Rude(Echo):
        def data(self, data):
            self.connection.reset()

    client = connect(serve(Rude).address)
    client.sendall(b"x")

    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_a_client_that_resets_is_lost_and_nobody_is_harmed(serve, connect):
    listener = serve()
    client = connect(listener.address)
    client.sendall(b"x")
    client.recv(1)

    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, connection_module._AT_ONCE)
    client.close()

    assert listener.protocols[0].over.wait(5)
    assert listener.errors == []


def test_an_error_of_the_protocol_is_kept_and_its_client_reset(serve, connect):
    class Broken(Echo):
        def data(self, data):
            raise ZeroDivisionError

    listener = serve(Broken)
    client = connect(listener.address)
    client.sendall(b"x")

    with pytest.raises(ConnectionResetError):
        client.recv(1)
    assert [type(error) for error in listener.errors] == [ZeroDivisionError]


def test_an_error_in_the_last_word_to_a_protocol_is_kept_too(serve, connect):
    class Broken(Echo):
        def lost(self):
            self.over.set()
            raise ZeroDivisionError

    listener = serve(Broken)
    client = connect(listener.address)
    client.sendall(b"x")
    client.recv(1)
    client.close()

    assert listener.protocols[0].over.wait(5)
    with listener.held():
        assert [type(error) for error in listener.errors] == [ZeroDivisionError]


def test_refusing_resets_who_is_there_and_refuses_who_comes(serve, connect):
    listener = serve()
    client = connect(listener.address)
    client.sendall(b"x")
    client.recv(1)

    listener.refuse()
    listener.refuse()

    assert listener.refusing
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(listener.address)


def test_it_comes_back_on_the_same_port(serve, connect):
    listener = serve()
    for _ in range(3):
        listener.refuse()
        listener.accept()
        listener.accept()
        client = connect(listener.address)
        client.sendall(b"x")
        assert client.recv(1) == b"X"


def test_nobody_can_take_the_port_of_a_refusing_listener(serve):
    listener = serve()
    listener.refuse()

    with socket.socket() as thief, pytest.raises(OSError, match="in use"):
        thief.bind(listener.address)
        thief.listen()


def test_stop_closes_everything_and_can_be_repeated(serve, connect):
    listener = serve()
    client = connect(listener.address)
    client.sendall(b"x")
    client.recv(1)

    listener.stop()
    listener.stop()

    assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(listener.address)
    assert "lost" not in listener.protocols[0].told


def test_who_is_refused_while_sending_can_still_read_why(serve, connect):
    class Refusing(Echo):
        def data(self, data):
            self.connection.write(b"no")
            self.connection.finish()

    client = connect(serve(Refusing).address)
    for _ in range(100):
        client.sendall(b"x" * 10_000)

    assert everything(client) == b"no"


def test_a_paused_connection_is_not_read(serve, connect):
    class Pausing(Echo):
        def data(self, data):
            super().data(data)
            self.connection.pause()

    listener = serve(Pausing)
    client = connect(listener.address)
    client.sendall(b"a")
    client.recv(1)
    client.sendall(b"b")
    with listener.held():
        told = list(listener.protocols[0].told)
        listener.protocols[0].connection.resume()

    assert client.recv(1) == b"B"
    assert told == [b"a"]


def test_without_a_free_descriptor_the_client_waits_and_is_served_later(serve, connect):
    listener = serve()
    real, tries = listener._sock, []

    class Exhausted:
        def accept(self):
            tries.append(1)
            if len(tries) == 1:
                raise OSError(errno.EMFILE, "too many open files")
            return real.accept()

        def close(self):
            real.close()

    with listener.held():
        listener._sock = Exhausted()
    client = connect(listener.address)
    client.sendall(b"x")

    assert client.recv(1) == b"X"
    assert [error.errno for error in listener.errors] == [errno.EMFILE]


def test_an_address_that_cannot_be_bound_leaves_no_socket(serve):
    with pytest.raises(OSError, match="in use"):
        listener_module.bound(serve().address)


def test_catching_up_reads_what_is_there_without_the_reactors_thread(serve, connect):
    listener = serve()
    with listener.held():
        # Now the reactor's thread can do nothing: neither accept nor read.
        for text in (b"one", b"two"):
            connect(listener.address).sendall(text)
        listener.catch_up()

        assert sorted(protocol.told for protocol in listener.protocols) == [[b"one"], [b"two"]]


def test_catching_up_with_a_client_that_never_stops_comes_to_an_end(serve, connect, monkeypatch):
    monkeypatch.setattr(connection_module, "READS", 3)
    monkeypatch.setattr(connection_module, "CHUNK", 1)
    listener = serve()
    with listener.held():
        connect(listener.address).sendall(b"abcdef")
        listener.catch_up()

        # One when it was accepted, then three.
        assert listener.protocols[0].told == [b"a", b"b", b"c", b"d"]


def test_an_error_while_catching_up_is_kept_and_its_client_reset(serve, connect):
    class Broken(Echo):
        def data(self, data):
            raise ValueError(data)

    listener = serve(Broken)
    sock = connect(listener.address)
    with listener.held():
        sock.sendall(b"x")
        listener.catch_up()

    assert [str(error) for error in listener.errors] == ["b'x'"]
    with pytest.raises(ConnectionResetError):
        sock.recv(1)


def test_a_listener_that_refuses_has_nothing_to_catch_up_with(serve):
    listener = serve()
    listener.refuse()

    listener.catch_up()

    assert listener.protocols == []
