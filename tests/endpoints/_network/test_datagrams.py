from __future__ import annotations

import errno
import select
import socket
import sys
import threading

import pytest

from pytest_loghandlers.endpoints._network import datagrams as datagrams_module
from pytest_loghandlers.endpoints._network import udp_options as udp_options_module
from pytest_loghandlers.endpoints._network.datagrams import ENOUGH, SMALL, Datagrams
from pytest_loghandlers.endpoints._network.udp_options import now

linux = pytest.mark.skipif(sys.platform != "linux", reason="a bank takes what only Linux has")
OLD_MAXIMUM = 212_992


@pytest.fixture
def open_datagrams():
    """Return a function that opens Datagrams; all are closed at the end."""
    opened = []

    def opens(**options):
        opened.append(Datagrams(**options))
        opened[-1].spread()
        return opened[-1]

    yield opens
    for datagrams in opened:
        datagrams.close()


@pytest.fixture
def client():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        yield sock


def payloads(datagrams):
    found, more = datagrams.read()
    assert not more
    return [payload for _, payload in found]


ONE = pytest.param({}, id="one socket")
BANK = pytest.param({"force": False, "sockets": 7}, id="a bank", marks=linux)
SMALL_BANK = pytest.param({"force": False, "buffer": OLD_MAXIMUM}, id="a bank of small sockets", marks=linux)


@pytest.mark.parametrize("options", [ONE, BANK, SMALL_BANK])
def test_everything_is_there_and_in_order(open_datagrams, client, options):
    datagrams = open_datagrams(**options)
    sent = [b"%d" % number for number in range(5_000)]

    for payload in sent:
        client.sendto(payload, datagrams.address)

    assert payloads(datagrams) == sent
    assert datagrams.dropped in (0, None)
    assert payloads(datagrams) == []


@pytest.mark.parametrize("options", [ONE, BANK])
def test_it_is_in_order_also_when_it_is_read_while_it_is_sent(open_datagrams, client, options):
    datagrams = open_datagrams(**options)
    sent = [b"%d" % number for number in range(5_000)]
    sender = threading.Thread(target=lambda: [client.sendto(payload, datagrams.address) for payload in sent])
    received = []

    sender.start()
    while sender.is_alive():
        received += payloads(datagrams)
    sender.join()
    received += payloads(datagrams)

    assert received == sent


@pytest.mark.parametrize("options", [ONE, BANK])
def test_a_datagram_says_when_it_arrived(open_datagrams, client, options):
    datagrams = open_datagrams(**options)
    assert datagrams_module._stamper.good() or sys.platform != "linux"

    before = now()
    client.sendto(b"x", datagrams.address)
    after = now()
    found, _ = datagrams.read()

    assert before <= found[0][0]
    if sys.platform == "linux":
        assert found[0][0] <= after


@pytest.mark.parametrize("options", [ONE, BANK])
def test_the_largest_and_the_empty_datagram_are_whole(open_datagrams, client, options):
    datagrams = open_datagrams(**options)

    client.sendto(b"x" * 65_507, datagrams.address)
    client.sendto(b"", datagrams.address)

    assert payloads(datagrams) == [b"x" * 65_507, b""]


@linux
def test_the_kernels_drops_are_known_to_the_last(open_datagrams, client):
    datagrams = open_datagrams(force=False, buffer=1, sockets=1)

    for _ in range(1_000):
        client.sendto(b"x", datagrams.address)

    assert datagrams.fill > 0.5
    assert datagrams.dropped == 1_000 - len(payloads(datagrams)) > 0
    assert datagrams.fill == 0


@linux
def test_the_drops_of_a_bank_are_added_up(open_datagrams, client):
    datagrams = open_datagrams(force=False, buffer=1, sockets=5)

    for _ in range(4_000):
        client.sendto(b"x", datagrams.address)

    assert datagrams.sockets == 5
    assert datagrams.dropped == 4_000 - len(payloads(datagrams)) > 0


@linux
def test_small_buffers_get_a_bank_and_a_large_one_needs_none(open_datagrams):
    small = open_datagrams(force=False, buffer=OLD_MAXIMUM)
    assert small.sockets == 128

    large = open_datagrams(force=False)
    room = large._sockets[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    assert large.sockets * room >= ENOUGH * SMALL or large.sockets == 128


@linux
def test_a_bank_keeps_its_port_and_shares_it_with_nobody(open_datagrams):
    datagrams = open_datagrams(force=False, sockets=3)

    assert {sock.getsockname() for sock in datagrams._sockets} == {datagrams.address}
    assert datagrams.address[0] == "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, pytest.raises(OSError, match="in use"):
        other.bind(datagrams.address)


@linux
def test_what_is_watched_is_ready_when_a_datagram_is_there(open_datagrams, client):
    for datagrams in (open_datagrams(), open_datagrams(force=False, sockets=4)):
        assert select.select([datagrams.watched], [], [], 0)[0] == []
        client.sendto(b"x", datagrams.address)
        assert select.select([datagrams.watched], [], [], 5)[0] == [datagrams.watched]
        datagrams.read()
        assert select.select([datagrams.watched], [], [], 0)[0] == []


@linux
def test_spreading_twice_is_spreading_once(open_datagrams):
    datagrams = open_datagrams(force=False, sockets=3)

    datagrams.spread()

    assert datagrams.sockets == 3


@pytest.mark.parametrize("options", [ONE, BANK])
def test_an_endless_flood_does_not_hold_its_reader(open_datagrams, client, monkeypatch, options):
    datagrams = open_datagrams(**options)
    monkeypatch.setattr(datagrams_module, "MOST_AT_ONCE", 10)
    sent = [b"%d" % number for number in range(100)]
    for payload in sent:
        client.sendto(payload, datagrams.address)

    received, more, reads = [], True, 0
    while more:
        found, more = datagrams.read()
        received += [payload for _, payload in found]
        reads += 1

    assert received == sent
    assert reads > 1


@linux
def test_without_free_descriptors_the_bank_is_as_large_as_it_got(open_datagrams, client, monkeypatch):
    datagrams_module._stamper.keep()  # The first endpoint of a process opens one socket more.
    made = []
    bound = datagrams_module._bound

    def scarce(address, *, option=None):
        if len(made) == 3:
            raise OSError(errno.EMFILE, "none left")
        made.append(bound(address, option=option))
        return made[-1]

    monkeypatch.setattr(datagrams_module, "_bound", scarce)
    datagrams = open_datagrams(force=False, sockets=9)

    client.sendto(b"x", datagrams.address)
    assert datagrams.sockets == 3
    assert payloads(datagrams) == [b"x"]


@linux
@pytest.mark.parametrize(
    ("where", "lacks"),
    [
        ("deal", lambda *args: False),
        ("select", type("NoSelect", (), {"epoll": staticmethod(lambda: (_ for _ in ()).throw(OSError(errno.EMFILE)))})),
    ],
)
def test_without_a_bank_one_socket_serves(open_datagrams, client, monkeypatch, where, lacks):
    monkeypatch.setattr(datagrams_module, where, lacks)
    datagrams = open_datagrams(force=False, sockets=4)

    client.sendto(b"x", datagrams.address)

    assert datagrams.sockets == 1
    assert payloads(datagrams) == [b"x"]


@linux
def test_without_good_stamps_there_is_no_bank(open_datagrams, monkeypatch):
    monkeypatch.setattr(datagrams_module._stamper, "good", lambda: False)

    assert open_datagrams(force=False, sockets=4).sockets == 1


@linux
def test_stamps_are_good_soon_and_the_next_session_asks_again():
    assert datagrams_module._stamper.good()

    datagrams_module._stamper.end()

    assert datagrams_module._stamper._sock is None
    assert datagrams_module._stamper.good()


def test_elsewhere_one_socket_serves_and_losses_are_unknown(open_datagrams, client, monkeypatch):
    monkeypatch.setattr(datagrams_module, "LINUX", False)
    monkeypatch.setattr(udp_options_module, "LINUX", False)
    monkeypatch.setattr(datagrams_module, "STAMP_SPACE", 0)
    datagrams = open_datagrams(sockets=4)

    client.sendto(b"x", datagrams.address)

    assert (datagrams.sockets, datagrams.fill, datagrams.dropped) == (1, None, None)
    found, more = datagrams.read()
    assert [payload for _, payload in found] == [b"x"]
    assert 0 < found[0][0] <= now()
    assert not more


def test_closing_leaves_no_socket(open_datagrams):
    datagrams = open_datagrams(force=False, sockets=3)

    datagrams.close()

    assert all(sock.fileno() == -1 for sock in datagrams._sockets)
    assert datagrams._poll is None or datagrams._poll.closed


def test_a_socket_that_cannot_be_bound_is_closed():
    with pytest.raises(OSError, match="requested address"):
        datagrams_module._bound(("192.0.2.1", 9))


@pytest.mark.parametrize("options", [ONE, BANK])
def test_while_it_refuses_the_port_is_nobody_elses_and_it_comes_back_there(open_datagrams, client, options):
    datagrams = open_datagrams(**options)
    address = datagrams.address
    datagrams.refuse()
    client.sendto(b"lost", address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, pytest.raises(OSError, match="in use"):
        other.bind(address)

    datagrams.reopen()
    datagrams.spread()
    client.sendto(b"x", address)

    assert payloads(datagrams) == [b"x"]
    assert datagrams.address == address
    assert datagrams.sockets == options.get("sockets", 1)


@linux
def test_what_was_dropped_before_a_restart_still_counts(open_datagrams, client):
    datagrams = open_datagrams(force=False, buffer=1, sockets=1)
    for _ in range(1_000):
        client.sendto(b"x", datagrams.address)
    dropped = datagrams.dropped

    datagrams.reopen()
    datagrams.refuse()

    assert datagrams.dropped == dropped > 0


def test_where_sockets_cannot_share_a_port_it_comes_back_all_the_same(open_datagrams, client, monkeypatch):
    monkeypatch.setattr(datagrams_module, "LINUX", False)
    datagrams = open_datagrams()

    datagrams.refuse()
    datagrams.reopen()
    client.sendto(b"x", datagrams.address)

    assert payloads(datagrams) == [b"x"]
