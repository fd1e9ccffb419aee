from __future__ import annotations

import errno
import socket

import pytest

from pytest_loghandlers.endpoints._network import pair
from pytest_loghandlers.endpoints._network.datagrams import Datagrams


class Silent:
    def __init__(self, link):
        pass

    def data(self, data):
        pass

    def eof(self):
        pass

    def lost(self):
        pass


@pytest.fixture
def opened():
    """Return a function that opens a pair; its errors go to a list."""
    made = []

    def open_one(**options):
        made.append(pair.open_pair(Silent, lambda error: None, **options))
        return made[-1]

    yield open_one
    for listener, datagrams in made:
        listener.stop()
        datagrams.close()


def test_udp_and_tcp_have_one_port(opened):
    listener, datagrams = opened()

    assert listener.address == datagrams.address
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as other, pytest.raises(OSError, match=r"in use|permi"):
            other.bind(datagrams.address)


def test_a_port_that_is_taken_for_tcp_is_not_taken(opened, monkeypatch):
    refused, bound = [], pair.bound

    def taken(address):
        if len(refused) < 3:
            refused.append(address)
            raise OSError(errno.EADDRINUSE, "in use")
        return bound(address)

    monkeypatch.setattr(pair, "bound", taken)

    assert opened()[0].address not in refused
    assert len(refused) == 3


@pytest.mark.parametrize(("number", "tries"), [(errno.EADDRINUSE, pair.TRIES), (errno.EMFILE, 1)])
def test_what_cannot_be_opened_is_closed_again(monkeypatch, number, tries):
    made = []

    def make():
        made.append(Datagrams())
        return made[-1]

    def taken(address):
        raise OSError(number, "no")

    monkeypatch.setattr(pair, "bound", taken)

    with pytest.raises(OSError, match="no"):
        pair.open_pair(Silent, lambda error: None, make)
    assert len(made) == tries
    assert {datagrams._sockets[0].fileno() for datagrams in made} == {-1}


def test_datagrams_without_a_listener_are_closed(monkeypatch):
    made = []

    def make():
        made.append(Datagrams())
        return made[-1]

    def broken(make, on_error, sock):
        sock.close()
        raise ZeroDivisionError

    monkeypatch.setattr(pair, "Listener", broken)

    with pytest.raises(ZeroDivisionError):
        pair.open_pair(Silent, lambda error: None, make)
    assert made[0]._sockets[0].fileno() == -1
