from __future__ import annotations

import logging
import socket
import tempfile
from logging.handlers import DatagramHandler, SocketHandler
from pathlib import Path

import pytest

from pytest_loghandlers import LogHandlersError
from pytest_loghandlers.endpoints._records.doors import LONGEST_PATH
from pytest_loghandlers.endpoints.record_endpoint import RecordEndpoint

unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no unix sockets")

WAYS = {
    "tcp": lambda endpoint: SocketHandler(*endpoint.address),
    "udp": lambda endpoint: DatagramHandler(*endpoint.address),
    "unix_stream": lambda endpoint: SocketHandler(endpoint.unix_address, None),
    "unix_dgram": lambda endpoint: DatagramHandler(endpoint.unix_datagram_address, None),
}


@pytest.fixture
def say(logger):
    """Return a function: ``logger`` logs one record through a new handler."""

    def said(handler, text):
        logger.addHandler(handler)
        logger.info(text)
        logger.removeHandler(handler)
        handler.close()

    return said


@unix
@pytest.mark.parametrize("transport", WAYS)
def test_a_record_comes_by_every_way_and_says_by_which(records, say, transport):
    say(WAYS[transport](records), "hello")

    item = records.wait_for("hello", transport=transport, logger="shop", level=logging.INFO)
    assert item.malformed is None
    assert (item.connection is None) is ("stream" not in transport and transport != "tcp")


@unix
def test_unix_sockets_are_opened_when_asked_for_and_removed_at_the_end():
    with RecordEndpoint() as endpoint:
        assert endpoint._doors._folder is None
        paths = endpoint.unix_address, endpoint.unix_datagram_address
        assert paths == (endpoint.unix_address, endpoint.unix_datagram_address)
        folder = Path(paths[0]).parent
        assert folder.stat().st_mode & 0o777 == 0o700

    assert not folder.exists()


@unix
def test_a_temporary_folder_that_is_too_deep_is_not_used(monkeypatch, tmp_path):
    deep = tmp_path / ("x" * LONGEST_PATH)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))

    with RecordEndpoint() as endpoint:
        assert len(endpoint.unix_address) <= LONGEST_PATH

    assert list(deep.iterdir()) == []


def test_a_system_without_unix_sockets_says_so(monkeypatch, records):
    monkeypatch.delattr(socket, "AF_UNIX", raising=False)

    for name in ("unix_address", "unix_datagram_address"):
        with pytest.raises(LogHandlersError) as caught:
            getattr(records, name)
        assert str(caught.value) == "this system has no unix sockets (socket.AF_UNIX): use address, over UDP or TCP"


@unix
def test_a_fault_in_force_holds_for_a_socket_that_is_opened_under_it(records, say):
    records.refuse()
    handler = SocketHandler(records.unix_address, None)
    say(handler, "lost")

    records.recover()
    say(SocketHandler(records.unix_address, None), "found")

    assert [item.text for item in records.received] == ["found"]


@unix
def test_faults_scripted_n_times_are_for_all_sockets_together(records, say, spin):
    records.reset(times=1)
    say(WAYS["unix_stream"](records), "one")
    records.wait_for("one")
    say(WAYS["tcp"](records), "two")

    records.wait_for(count=2)
    spin(lambda: all(each.ended != "open" for each in records.connections))
    assert [each.ended for each in records.connections] == ["broken", "closed by the sender"]


@unix
def test_a_unix_datagram_that_is_too_long_is_kept_as_malformed(records, monkeypatch):
    from pytest_loghandlers.endpoints._records import doors

    path = records.unix_datagram_address
    records._doors._unix._into = memoryview(bytearray(10))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"\0\0\0\x20" + b"x" * 32, path)

    item = records.wait_for(malformed="too long")
    assert item.raw == b"\0\0\0\x20xxxxxx"
    assert item.malformed == f"a datagram that is too long: of it the first {doors.LARGEST:,} octets are kept"
