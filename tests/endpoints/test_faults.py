from __future__ import annotations

import socket

import pytest

from pytest_loghandlers import ArgumentError, LifetimeError, SyslogEndpoint


def noted(endpoint):
    return [entry.text for entry in endpoint._timeline.entries]


def send(connect, endpoint, data=b"<14>x\n"):
    client = connect(endpoint.address)
    client.sendall(data)
    return client


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"times": 0}, "times=0: it is for how many, a whole number from 1"),
        ({"after": -1}, "after=-1: it is a number of octets, 0 or more"),
        (
            {"now": True, "times": 1},
            "now=True breaks the connections there are, once: it takes no times= and no after=",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["reset", "disconnect", "half_close"])
def test_a_wrong_argument_is_named(syslog, verb, wrong, message):
    with pytest.raises(ArgumentError) as failure:
        getattr(syslog, verb)(**wrong)

    assert str(failure.value) == message


@pytest.mark.parametrize("wrong", [0, -1, True, float("inf"), float("nan"), "fast"])
def test_a_wrong_rate_is_named(syslog, wrong):
    with pytest.raises(ArgumentError) as failure:
        syslog.read_slowly(wrong)

    assert str(failure.value) == (f"octets_per_second={wrong!r}: it is a number above 0 (stop_reading() reads nothing)")


@pytest.mark.parametrize("verb", ["refuse", "restart", "stop_reading", "reset", "disconnect", "half_close", "recover"])
def test_a_verb_needs_a_running_endpoint(verb):
    with pytest.raises(LifetimeError):
        getattr(SyslogEndpoint(), verb)()


def test_what_lasts_and_what_has_struck_is_noted(syslog, connect):
    client = send(connect, syslog)
    syslog.stop_reading()
    syslog.refuse()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    syslog.recover()
    syslog.disconnect(times=1)
    assert send(connect, syslog).recv(1) == b""
    send(connect, syslog)
    syslog.half_close(now=True)
    syslog.restart()
    syslog.read_slowly(1_500)

    assert noted(syslog) == [
        "reading nothing",
        "reading nothing; refusing connections",
        "normal",
        "a connection was closed (FIN)",
        "1 connection half-closed (the endpoint sends no more)",
        "restarted: every connection was closed",
        "reading 1,500 octets per second",
    ]


def test_what_is_in_force_can_be_told(syslog):
    assert syslog._faults_in_force() is None

    syslog.refuse()
    syslog.stop_reading()
    syslog.reset(times=2)
    syslog.disconnect(after=10)

    assert syslog._faults_in_force() == (
        "refusing connections; reading nothing; to come: 2 times reset (RST), then always closed (FIN) after 10 octets"
    )
    syslog.restart()
    assert syslog._faults_in_force().startswith("reading nothing; to come")
    syslog.recover()
    assert syslog._faults_in_force() is None


def test_what_was_sent_before_a_verb_is_received_as_if_there_were_no_fault(syslog, connect):
    for number, verb in enumerate((syslog.reset, syslog.stop_reading, syslog.refuse, syslog.restart)):
        client = send(connect, syslog, b"<14>%d\n" % number)
        verb()
        syslog.assert_received(str(number))
        syslog.recover()
        client.close()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="a system without unix sockets")
def test_a_fault_with_times_is_for_all_doors_together(syslog, connect):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(syslog.unix_stream_address)
        syslog.disconnect(times=1)
        assert send(connect, syslog).recv(1) == b""

        client.sendall(b"<14>over unix\n")

        syslog.wait_for("over unix")
        assert syslog._faults_in_force() is None


def test_faults_can_be_combined_and_recovering_ends_them_all(syslog, connect):
    syslog.stop_reading()
    syslog.reset(times=1, after=3)
    client = send(connect, syslog)
    syslog.assert_not_received("x")

    syslog.recover()

    syslog.wait_for("x")
    client.sendall(b"<14>y\n")
    syslog.wait_for("y")
