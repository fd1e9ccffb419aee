from __future__ import annotations

import logging
import socket
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@pytest.fixture
def connect():
    """Return a function that opens a TCP connection to an address; all are closed at the end."""
    opened = []

    def connected(address, timeout=5):
        sock = socket.create_connection(address, timeout=timeout)
        opened.append(sock)
        return sock

    yield connected
    for sock in opened:
        sock.close()


def let_go(handler):
    """Let go who is stuck sending with ``handler``; its lock is held meanwhile, so that it cannot be closed."""
    sock = getattr(handler, "sock", None) or getattr(handler, "socket", None)
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def logger():
    """A logger that nobody else hears; its handlers are removed and closed at the end."""
    made = logging.Logger("shop", logging.DEBUG)
    yield made
    for handler in tuple(made.handlers):
        made.removeHandler(handler)
        let_go(handler)
        # Who is stuck all the same comes loose when the endpoint stops, which may be after this.
        closing = threading.Thread(target=handler.close, daemon=True)
        closing.start()
        closing.join(10)
        assert not closing.is_alive(), f"{handler} cannot be closed: a thread is stuck in it"


@pytest.fixture
def everything_logged():
    """What reaches a handler on the root logger while everything logs at DEBUG."""

    class Listening(logging.Handler):
        def __init__(self):
            super().__init__()
            self.records = []

        def emit(self, record):
            self.records.append(record)

    root = logging.getLogger()
    before = root.level
    handler = Listening()
    root.addHandler(handler)
    root.setLevel(1)
    yield handler.records
    root.setLevel(before)
    root.removeHandler(handler)


def open_sockets():
    """Return this process's open sockets and other descriptors, by number; None where the system does not tell."""
    try:
        return {int(fd.name) for fd in Path("/proc/self/fd").iterdir()}
    except OSError:
        return None


@pytest.fixture
def leaves_nothing():
    """A context manager: what runs in it leaves no thread and no file descriptor behind."""
    from pytest_loghandlers.endpoints._network.reactor import shutdown

    @contextmanager
    def watching():
        shutdown()
        threads, files = set(threading.enumerate()), open_sockets()
        yield
        shutdown()
        assert set(threading.enumerate()) <= threads
        assert files is None or not open_sockets() - files

    return watching


@pytest.fixture
def syslog():
    """A running syslog endpoint."""
    from pytest_loghandlers.endpoints.syslog_endpoint import SyslogEndpoint

    with SyslogEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def syslog_on():
    """Return a function: a syslog endpoint, not yet started, whose UDP sockets are made with these options."""
    from pytest_loghandlers.endpoints._network.datagrams import Datagrams
    from pytest_loghandlers.endpoints.syslog_endpoint import SyslogEndpoint

    def made(**options):
        endpoint = SyslogEndpoint()
        endpoint._make_datagrams = lambda: Datagrams(**options)
        return endpoint

    return made


@pytest.fixture
def attach(logger):
    """Return a function that gives ``logger`` a SysLogHandler to a syslog endpoint."""
    from logging.handlers import SysLogHandler

    def attached(endpoint, socktype=socket.SOCK_DGRAM, **options):
        handler = SysLogHandler(endpoint.address, socktype=socktype, **options)
        logger.addHandler(handler)
        return handler

    return attached


@pytest.fixture
def spin():
    """Return a function that waits for what another thread does within moments."""

    def spun(condition):
        turn = threading.Event()
        for _ in range(5_000):
            if condition():
                return
            turn.wait(0.001)

    return spun
