"""What waits in a daemon, and what becomes of it: the truths that take an open connection."""

from __future__ import annotations

import socket

import pytest
from real_daemons import comparison

from pytest_loghandlers import SyslogEndpoint

NO_END = b"<11>shop: disk full"
STUCK = ["rs.imtcp", "rs.imtcp_nul", "rs.imptcp", "rs.uxstream", "ng.tcp", "ng.uxstream"]
#: Those that drop without a word what has no end when the connection closes.
DROPPING = {"rs.imptcp", "rs.uxstream"}
#: syslog-ng's syslog() speaks octet counting only.
REFUSING = ["ng.syslog_tcp"]


@pytest.fixture
def endpoint(name):
    with SyslogEndpoint(**comparison.ARGUMENTS[name]) as endpoint:
        yield endpoint


@pytest.fixture
def to_ours(endpoint, name):
    """A connection to our endpoint."""
    unix = name.endswith("uxstream")
    with socket.socket(socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(10)
        sock.connect(endpoint.unix_stream_address if unix else endpoint.address)
        yield sock


@pytest.fixture
def to_daemon(daemon, name):
    """A connection to the real daemon."""
    with daemon.connect(name) as sock:
        yield sock


@pytest.mark.parametrize("name", STUCK)
def test_a_record_without_an_end_is_stuck_in_the_daemon_and_pending_in_ours(daemon, endpoint, to_daemon, to_ours, name):
    for sock in (to_daemon, to_ours):
        sock.sendall(NO_END)

    assert daemon.settled(name) == []
    assert endpoint.received == ()
    assert endpoint.pending == (NO_END,)


@pytest.mark.parametrize("name", STUCK)
def test_a_second_record_without_an_end_does_not_push_out_the_first(daemon, endpoint, to_daemon, to_ours, name):
    for sock in (to_daemon, to_ours):
        sock.sendall(NO_END)
        sock.sendall(NO_END)

    assert daemon.settled(name) == []
    assert endpoint.received == ()
    assert endpoint.pending == (2 * NO_END,)


@pytest.mark.parametrize("name", STUCK)
def test_what_has_no_end_is_filed_or_dropped_when_the_connection_closes(daemon, endpoint, to_daemon, to_ours, name):
    for sock in (to_daemon, to_ours):
        sock.sendall(NO_END)
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""

    expected = [] if name in DROPPING else ["disk full"]
    theirs = [record["msg"].strip() for record in daemon.settled(name, at_least=len(expected))]
    assert theirs == expected
    assert [message.text.strip() for message in endpoint.received] == theirs
    assert endpoint.pending == ()


@pytest.mark.parametrize("name", ["rs.imtcp", "rs.imptcp", "rs.imtcp_nul", "ng.tcp"])
def test_the_rest_of_a_message_may_come_later(daemon, endpoint, to_daemon, to_ours, name):
    for sock in (to_daemon, to_ours):
        sock.sendall(NO_END[:8])
    assert daemon.settled(name) == []
    assert endpoint.pending == (NO_END[:8],)

    for sock in (to_daemon, to_ours):
        sock.sendall(NO_END[8:] + b"\n<14>shop")

    assert [record["msg"].strip() for record in daemon.settled(name, at_least=1)] == ["disk full"]
    assert [message.text.strip() for message in endpoint.received] == ["disk full"]
    assert endpoint.pending == (b"<14>shop",)


@pytest.mark.parametrize("name", REFUSING)
def test_a_framing_that_it_does_not_speak_closes_the_connection(daemon, endpoint, to_daemon, to_ours, name):
    for sock in (to_daemon, to_ours):
        sock.sendall(NO_END + b"\n")

        with pytest.raises(ConnectionError):
            # Either the end of the stream, or a reset where bytes of ours were unread.
            raise ConnectionResetError if sock.recv(1) == b"" else AssertionError

    assert daemon.settled(name) == []
    assert endpoint.received == ()


@pytest.mark.parametrize("name", ["rs.imtcp", "ng.syslog_tcp"])
def test_a_counted_message_that_is_cut_short_waits_for_its_octets(daemon, endpoint, to_daemon, to_ours, name):
    for sock in (to_daemon, to_ours):
        sock.sendall(b"30 " + NO_END)

    assert daemon.settled(name) == []
    assert endpoint.received == ()
    assert endpoint.pending == (NO_END,)
