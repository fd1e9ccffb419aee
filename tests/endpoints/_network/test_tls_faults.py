"""The faults of the network, under TLS."""

from __future__ import annotations

import ssl

import pytest

from pytest_loghandlers.endpoints._network.faults import Break

# Python's ssl turns a RST into an end of file in some versions, so what the client's socket gets is looked at below it.


def test_a_reset_is_felt_by_the_client(serve_tls, by_hand):
    listener = serve_tls()
    client = by_hand(listener).shake()
    client.send(client.sealed(b"x"))
    client.read()

    listener.break_now("reset")

    with pytest.raises(ConnectionResetError):
        client.read()


def test_a_disconnect_is_a_truncation_to_the_client(serve_tls, dial_tls):
    listener = serve_tls()
    client = dial_tls(listener, suppress_ragged_eofs=False)
    client.sendall(b"x")
    client.recv(1)

    listener.break_now("disconnect")

    with pytest.raises(ssl.SSLEOFError):
        client.recv(1)


def test_a_half_close_leaves_the_client_able_to_send(serve_tls, by_hand, spin):
    listener = serve_tls()
    client = by_hand(listener).shake()
    client.send(client.sealed(b"x"))
    client.read()

    listener.break_now("half_close")
    assert client.sock.recv(1) == b""
    client.send(client.sealed(b"more"))

    spin(lambda: listener.protocols[0].text == b"xmore")


def test_a_fault_after_a_whole_thing_strikes_once_it_is_kept(serve_tls, dial_tls, by_hand, echo):
    class Counting(echo):
        def data(self, data):
            self.told.append(data)
            if not self.link.took_one():
                self.link.write(b"ok")

    listener = serve_tls(Counting)
    listener.break_later(Break("reset"), 1)
    client = by_hand(listener).shake()
    client.send(client.sealed(b"x"))

    with pytest.raises(ConnectionResetError):
        client.read()
    assert listener.protocols[0].over.wait(5)
    assert listener.protocols[0].told == [b"x", "lost"]
    client = dial_tls(listener)
    client.sendall(b"y")
    assert client.recv(2) == b"ok"


def test_a_fault_after_so_many_octets_counts_encrypted_ones(serve_tls, dial_tls):
    listener = serve_tls()
    listener.break_later(Break("reset", after=100), 1)

    # The first flight of a handshake alone has more.
    with pytest.raises(OSError):
        dial_tls(listener)
    assert listener.protocols == []


def test_an_error_of_the_protocol_is_kept_and_its_client_reset(serve_tls, by_hand, echo):
    class Broken(echo):
        def data(self, data):
            raise ZeroDivisionError

    listener = serve_tls(Broken)
    client = by_hand(listener).shake()
    client.send(client.sealed(b"x"))

    with pytest.raises(ConnectionResetError):
        client.read()
    assert listener.protocols[0].over.wait(5)
    assert [type(error) for error in listener.errors] == [ZeroDivisionError]
    listener.errors.clear()
