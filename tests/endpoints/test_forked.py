"""What a forked child does to its copies of the endpoints leaves the parent's alone."""

from __future__ import annotations

import os
import socket
import warnings
from logging.handlers import SocketHandler
from pathlib import Path

import pytest

from pytest_loghandlers import RecordEndpoint, SyslogEndpoint

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork") or not hasattr(socket, "AF_UNIX"), reason="this system has no fork, or no unix sockets"
)


def stopped_in_a_child(*endpoints):
    """Return the exit status of a forked child that has stopped ``endpoints``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Forking beside a live thread is what is tested.
        child = os.fork()
    if not child:
        status = 1
        try:
            for endpoint in endpoints:
                endpoint.stop()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_child_that_stops_them_leaves_their_unix_sockets_to_its_parent(logger):
    with RecordEndpoint() as records, SyslogEndpoint() as syslog:
        paths = [records.unix_address, records.unix_datagram_address, syslog.unix_address, syslog.unix_stream_address]

        assert stopped_in_a_child(records, syslog) == 0

        assert [Path(path).exists() for path in paths] == [True] * 4
        logger.addHandler(SocketHandler(records.unix_address, None))
        logger.error("from the parent")
        records.wait_for("from the parent")
    assert [Path(path).exists() for path in paths] == [False] * 4
