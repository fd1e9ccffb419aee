"""The real daemons, one process each for the whole session. Without them these tests are skipped - except in CI."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

# The harness is a package of its own: tests are collected with importlib, where no test folder can be imported from.
sys.path.insert(0, str(Path(__file__).parent))

from real_daemons import installed
from real_daemons.rsyslogd import rsyslogd
from real_daemons.syslog_ng import syslog_ng as syslog_ng_daemon


def running(name, a_module, make):
    program = installed.find(name, a_module)
    reason = installed.why_not(name, program)
    if reason is not None:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    # Not pytest's own temporary folders: the path of a unix socket has 107 octets at most.
    with tempfile.TemporaryDirectory(prefix="daemon") as folder, make(program, Path(folder)) as daemon:
        yield daemon


@pytest.fixture(scope="session")
def rsyslog():
    """rsyslogd with every input, running."""
    yield from running("rsyslogd", "imudp.so", rsyslogd)


@pytest.fixture(scope="session")
def syslog_ng():
    """syslog-ng with every source, running."""
    yield from running("syslog-ng", "libaffile.so", syslog_ng_daemon)


@pytest.fixture
def daemon(request, name):
    """The daemon of the input that a test is parametrized with: ``rs.udp`` is rsyslog's."""
    found = request.getfixturevalue({"rs": "rsyslog", "ng": "syslog_ng"}[name.partition(".")[0]])
    yield found
    # What this test left in its connections, now closed, is not the next one's.
    found.settled(name)
