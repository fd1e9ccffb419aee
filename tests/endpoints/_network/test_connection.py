from __future__ import annotations

import socket

import pytest

from pytest_loghandlers.endpoints._network.faults import Break
from pytest_loghandlers.endpoints._network.listener import Listener


class Keeper:
    """Keeps what arrives; a thing is one octet."""

    def __init__(self, link):
        self.link = link
        self.got = b""

    def data(self, data):
        for octet in data:
            self.got += bytes([octet])
            if self.link.took_one():
                return

    def eof(self):
        self.link.close()

    def lost(self):
        pass


@pytest.fixture
def keeping():
    """A listener, and the protocols of its connections."""
    protocols, errors = [], []

    def make(link):
        protocols.append(Keeper(link))
        return protocols[-1]

    listener = Listener(make, errors.append)
    listener.protocols = protocols
    yield listener
    listener.stop()
    assert errors == []


def test_a_fault_strikes_after_a_whole_thing_and_then_no_more(keeping, connect):
    keeping.break_later(Break("reset"), 1)
    client = connect(keeping.address)
    client.sendall(b"ab")

    with pytest.raises(ConnectionResetError):
        client.recv(1)
    other = connect(keeping.address)
    other.sendall(b"cd")
    other.shutdown(socket.SHUT_WR)
    assert other.recv(1) == b""
    assert [protocol.got for protocol in keeping.protocols] == [b"a", b"cd"]


def test_a_fault_in_the_middle_lets_no_octet_more_through(keeping, connect):
    keeping.break_later(Break("disconnect", 3), 1)
    client = connect(keeping.address)
    client.sendall(b"abcdef")

    assert client.recv(1) == b""  # A FIN: what came behind is read away, else the system would send a RST.
    assert keeping.protocols[0].got == b"abc"
