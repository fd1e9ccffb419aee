"""Every endpoint, through the same promises."""

from __future__ import annotations

import contextlib
import inspect
import logging
import os
import smtplib
import socket
import threading
import time
import urllib.request
from logging.handlers import DatagramHandler, SocketHandler
from pathlib import Path

import pytest

from pytest_loghandlers import LifetimeError, RecordEndpoint, SmtpEndpoint, SyslogEndpoint, WebhookEndpoint

#: Seconds in which everything must be over, also on a busy machine.
SOON = 4.0


def post(endpoint, text):
    with urllib.request.urlopen(endpoint.url, data=text.encode(), timeout=10):
        pass


def mail(endpoint, text):
    with smtplib.SMTP(*endpoint.address, timeout=10) as client:
        client.sendmail("a@x.test", ["b@x.test"], f"Subject: s\r\n\r\n{text}\r\n".encode())


def syslog_tcp(endpoint, text):
    with socket.create_connection(endpoint.address, timeout=10) as client:
        client.sendall(b"<14>" + text.encode() + b"\n")


def syslog_udp(endpoint, text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"<14>" + text.encode(), endpoint.address)


def record_tcp(endpoint, text):
    send_record(SocketHandler(*endpoint.address), text)


def record_udp(endpoint, text):
    send_record(DatagramHandler(*endpoint.address), text)


def send_record(handler, text):
    with contextlib.closing(handler):
        handler.handle(logging.makeLogRecord({"msg": text, "levelno": 20, "levelname": "INFO", "name": "shop"}))


#: Each endpoint with a way to deliver a text to it, and the beginning of a conversation that is never ended.
CASES = {
    "webhook": (WebhookEndpoint, post, b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf"),
    "smtp": (SmtpEndpoint, mail, b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nhalf"),
    "records over TCP": (RecordEndpoint, record_tcp, b"\0\0\1\0half"),
    "records over UDP": (RecordEndpoint, record_udp, b"\0\0\1\0half"),
    "syslog over TCP": (SyslogEndpoint, syslog_tcp, b"<14>half"),
    "syslog over UDP": (SyslogEndpoint, syslog_udp, b"<14>half"),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


@pytest.fixture
def make(case):
    return case[0]


@pytest.fixture
def deliver(case):
    return case[1]


@pytest.fixture
def half(case):
    return case[2]


def test_it_is_on_loopback_alone_at_a_port_of_the_systems_choice(make):
    with make() as one, make() as other:
        assert one.address == (one.host, one.port)
        assert one.host == "127.0.0.1"
        assert one.port > 0
        assert one.port != other.port


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="this system does not list its sockets there")
def test_no_socket_of_it_listens_elsewhere(make):
    with make() as endpoint:
        tables = [Path("/proc/net", kind).read_text().splitlines()[1:] for kind in ("tcp", "udp")]

    sockets = [line.split()[1].split(":") for table in tables for line in table]
    assert {address for address, port in sockets if int(port, 16) == endpoint._address[1]} == {"0100007F"}


def test_what_is_delivered_is_received(make, deliver):
    with make() as endpoint:
        deliver(endpoint, "hello é")

        item = endpoint.wait_for("hello é")
        assert endpoint.assert_received("hello é") is item
        assert endpoint.received == (item,)
        assert item.malformed is None
        assert item.raw
        assert "hello" in endpoint._report()


def test_stopping_twice_is_silent_and_starting_twice_is_refused(make):
    endpoint = make()
    endpoint.start()

    with pytest.raises(LifetimeError, match=f"^this {endpoint._who} was started before"):
        endpoint.start()
    endpoint.stop()
    endpoint.stop()


def public(make):
    """Yield each public name of an endpoint's class but those that start and stop it."""
    return [name for name in dir(make) if not name.startswith("_") and name not in ("start", "stop")]


@pytest.mark.parametrize("when", ["before", "after"])
def test_nothing_of_it_works_before_its_start_or_after_its_end(make, when):
    endpoint = make()
    if when == "after":
        with endpoint:
            pass
    wrong = "has not been started" if when == "before" else "has been stopped: it was used after its test"

    for name in public(make):
        with pytest.raises(LifetimeError, match=f"^this {endpoint._who} {wrong}"):
            used = getattr(endpoint, name)
            arguments = [
                parameter
                for parameter in inspect.signature(used).parameters.values()
                if parameter.default is parameter.empty
                and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            ]
            used(*[1 for _ in arguments])


def test_it_leaves_no_thread_and_no_descriptor(make, deliver, leaves_nothing):
    with make() as endpoint:  # What is loaded and made once per process is there now.
        deliver(endpoint, "x")
        endpoint.wait_for("x")

    with leaves_nothing():
        for _ in range(3):
            with make() as endpoint:
                deliver(endpoint, "x")
                endpoint.wait_for("x")


def test_its_port_is_free_again(make):
    with make() as endpoint:
        address = endpoint.address

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


def test_clients_that_hang_do_not_delay_its_end(make, half, connect, leaves_nothing):
    with leaves_nothing():
        endpoint = make().start()
        clients = [connect(endpoint.address) for _ in range(10)]
        for client in clients[:5]:
            client.sendall(half)
        began = time.perf_counter()
        endpoint.stop()
        took = time.perf_counter() - began
        for client in clients:
            with contextlib.suppress(ConnectionResetError):
                while client.recv(4096):
                    pass
            client.close()

    assert took < SOON


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x01" * 1000,
        b"\xff\xfe garbage\r\n\r\n",
        os.urandom(5000),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",
        b"x" * 200_000,
    ],
    ids=["control", "line", "noise", "tls", "no end"],
)
def test_garbage_is_survived_and_kept(make, deliver, connect, garbage):
    with make() as endpoint:
        client = connect(endpoint.address)
        with contextlib.suppress(OSError):
            client.sendall(garbage)
            # Closing it with unread answers would send a reset, and a reset discards what the server has not read.
            client.shutdown(socket.SHUT_WR)
        endpoint.wait_for(malformed=True)

        deliver(endpoint, "good")

        endpoint.wait_for("good", malformed=False)


def test_it_logs_nothing_itself(make, deliver, connect, half, everything_logged):
    with make() as endpoint:
        deliver(endpoint, "good")
        endpoint.wait_for("good")
        connect(endpoint.address).sendall(half)

    assert everything_logged == []


def test_what_is_received_can_be_read_while_more_arrives(make, deliver):
    with make() as endpoint:

        def write():
            for number in range(20):
                deliver(endpoint, f"line {number}.")

        writers = [threading.Thread(target=write) for _ in range(2)]
        for writer in writers:
            writer.start()
        seen = ()
        while any(writer.is_alive() for writer in writers):
            now = endpoint.received
            assert now[: len(seen)] == seen
            seen = now
        for number in range(20):
            endpoint.wait_for(f"line {number}.", count=2)

        assert isinstance(endpoint.received, tuple)
        assert len(endpoint.received) == 40


def test_what_is_received_cannot_be_changed(make, deliver):
    with make() as endpoint:
        deliver(endpoint, "x")
        item = endpoint.wait_for("x")

        with pytest.raises(AttributeError):
            item.text = "y"
        with pytest.raises(AttributeError):
            item.malformed = "why"


def test_several_threads_wait_at_once(make, deliver):
    with make() as endpoint:
        got = []
        waiters = [threading.Thread(target=lambda: got.append(endpoint.wait_for("x", timeout=10))) for _ in range(4)]
        for waiter in waiters:
            waiter.start()

        deliver(endpoint, "x")
        for waiter in waiters:
            waiter.join(10)

        assert got == [endpoint.received[0]] * 4


def test_an_assertion_does_not_wait_and_a_miss_names_the_endpoint(make):
    with make() as endpoint:
        began = time.perf_counter()
        with pytest.raises(AssertionError, match=f"^{endpoint._who} never received 'x'\n"):
            endpoint.assert_received("x")
        endpoint.assert_not_received("x")

    assert time.perf_counter() - began < SOON


def test_a_failing_body_is_what_is_seen(make):
    with pytest.raises(ZeroDivisionError), make():
        raise ZeroDivisionError


def test_a_session_may_end_its_threads_and_go_on(make, deliver):
    from pytest_loghandlers.endpoints._network.reactor import shutdown

    for _ in range(2):
        with make() as endpoint:
            deliver(endpoint, "x")
            endpoint.wait_for("x")
        shutdown()


def test_an_endpoint_can_be_stopped_after_the_session_ended_its_threads(make):
    from pytest_loghandlers.endpoints._network.reactor import shutdown

    endpoint = make().start()
    shutdown()

    endpoint.stop()


def test_a_verb_and_a_stop_in_another_thread_do_not_mix(make):
    endpoint = make().start()
    stopping = threading.Thread(target=endpoint.stop)

    with endpoint._acting():
        stopping.start()
        stopping.join(0.1)
        assert stopping.is_alive()
    stopping.join(SOON)

    assert not stopping.is_alive()
    for verb in (endpoint.refuse, endpoint.restart, endpoint.stop_reading, endpoint.reset, endpoint.recover):
        with pytest.raises(LifetimeError):
            verb()
