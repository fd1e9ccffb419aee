"""Faults of listeners and many clients: refusing, restarting, ends in time, and nothing left behind."""

from __future__ import annotations

import logging
import socket
import sys
import threading
from contextlib import ExitStack
from logging.handlers import SysLogHandler
from pathlib import Path

import pytest

from pytest_loghandlers import SyslogEndpoint, WebhookEndpoint
from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers.endpoints._network.listener import Listener, bound

unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="a system without unix sockets")

#: Seconds in which everything must be over, also on a busy machine; who hangs here hangs for ever.
STOPS_WITHIN = 4.0


class Silent:
    def __init__(self, link):
        self.link = link
        self.got = b""

    def data(self, data):
        self.got += data

    def eof(self):
        self.link.close()

    def lost(self):
        pass


@pytest.fixture
def listen():
    """Return a function that starts a listener; all are stopped at the end."""
    started = []

    def listening(make=Silent, sock=None):
        errors = []
        started.append(Listener(make, errors.append, sock))
        started[-1].errors = errors
        return started[-1]

    yield listening
    for listener in started:
        listener.stop()


@pytest.fixture
def many_files():
    """More file descriptors than 2,000 sockets take; skipped where they cannot be had."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if before[1] == resource.RLIM_INFINITY else min(4096, before[1])
    if wanted < 2_500:
        pytest.skip("too few file descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, before[0]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def seconds(action):
    began = RealClock.monotonic()
    action()
    return RealClock.monotonic() - began


@unix
def test_a_unix_listener_refuses_at_a_path_that_stays(listen, tmp_path):
    listener = listen(sock=bound(str(tmp_path / "s")))
    with socket.socket(socket.AF_UNIX) as client:
        listener.refuse()
        assert Path(listener.address).exists()
        with pytest.raises(ConnectionRefusedError):
            client.connect(listener.address)
        listener.recover()
        client.connect(listener.address)

    listener.stop()

    assert not Path(listener.address).exists()


def test_a_restart_under_a_refusal_serves_again_and_a_stall_goes_on(listen, connect):
    listener = listen()
    listener.read_at(0)
    listener.refuse()
    listener.restart()

    client = connect(listener.address)
    client.sendall(b"x")
    listener.catch_up()

    (connection,) = listener.connections
    assert connection._protocol.got == b""
    listener.recover()
    listener.catch_up()
    assert connection._protocol.got == b"x"


def test_what_is_unread_at_a_restart_ends_in_a_reset_as_with_a_process(listen, connect):
    listener = listen()
    listener.read_at(0)
    client = connect(listener.address)
    client.sendall(b"x")
    listener.catch_up()

    listener.restart()

    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_a_protocol_that_cannot_be_made_costs_its_connection_alone(listen, connect):
    made = []

    def make(link):
        made.append(link)
        if len(made) == 1:
            raise ZeroDivisionError
        return Silent(link)

    listener = listen(make)
    assert connect(listener.address).recv(1) == b""
    connect(listener.address)
    listener.catch_up()

    assert len(listener.connections) == 1
    assert [type(error) for error in listener.errors] == [ZeroDivisionError]


FAULTS = [
    lambda endpoint: None,
    lambda endpoint: endpoint.refuse(),
    lambda endpoint: endpoint.stop_reading(),
    lambda endpoint: endpoint.read_slowly(1),
    lambda endpoint: endpoint.half_close(now=True),
    lambda endpoint: endpoint.reset(),
    lambda endpoint: endpoint.disconnect(after=10**9),
    lambda endpoint: endpoint.restart(),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_it_stops_in_time_under_every_fault_with_hung_clients(fault):
    with ExitStack() as stack:
        endpoint = stack.enter_context(SyslogEndpoint())
        clients = [stack.enter_context(socket.create_connection(endpoint.address, 5)) for _ in range(20)]
        for client in clients:
            client.sendall(b"<14>never ends")
        fault(endpoint)

        assert seconds(endpoint.stop) < STOPS_WITHIN


def test_a_handler_that_hangs_is_let_go_when_the_endpoint_stops():
    with SyslogEndpoint() as endpoint:
        endpoint.stop_reading()
        handler = SysLogHandler(endpoint.address, socktype=socket.SOCK_STREAM)
        handler.handleError = lambda record: None
        record = logging.LogRecord("shop", logging.INFO, __file__, 1, "x" * 10_000, None, None)
        hung = threading.Thread(target=lambda: [handler.emit(record) for _ in range(300)], daemon=True)
        hung.start()
        hung.join(0.3)
        assert hung.is_alive()

        assert seconds(endpoint.stop) < STOPS_WITHIN

    hung.join(5)
    assert not hung.is_alive()
    handler.close()


@pytest.mark.skipif(sys.platform == "win32", reason="it has no limit to raise")
def test_a_thousand_slow_clients_at_once_are_heard_and_let_go(many_files):
    with ExitStack() as stack:
        endpoint = stack.enter_context(SyslogEndpoint())
        clients = [stack.enter_context(socket.create_connection(endpoint.address, 10)) for _ in range(1_000)]
        for octets in (b"<1", b"4>", b"slow", b"\n"):
            for client in clients:
                client.sendall(octets)

        assert len(endpoint.wait_for("slow", count=1_000)) == 1_000
        for client in clients:
            client.sendall(b"<14>without an end")
        assert seconds(endpoint.stop) < STOPS_WITHIN


@pytest.mark.parametrize("kind", [SyslogEndpoint, WebhookEndpoint])
def test_a_thousand_cycles_with_faults_leave_nothing(leaves_nothing, kind):
    with leaves_nothing():
        for number in range(1_000):
            with kind() as endpoint:
                if number % 5 == 0:
                    endpoint.address  # noqa: B018 - it opens UDP
                FAULTS[number % len(FAULTS)](endpoint)
                if number % 3 == 0:
                    endpoint.recover()
