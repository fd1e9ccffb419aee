"""The mail server under load, hostile clients and odd surroundings."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import smtplib
import socket
import threading
import time
import warnings

import pytest

from pytest_loghandlers import SmtpEndpoint

START = b"EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n"
MAIL = ("a@x.test", ["b@x.test"], "Subject: s\r\n\r\nhello\r\n")
#: Seconds in which an end must have come, also on a busy machine; alone it takes 0.01.
SOON = 4.0


@pytest.fixture
def endpoint():
    with SmtpEndpoint() as started:
        yield started


def send(endpoint, text="hello"):
    with smtplib.SMTP(*endpoint.address, timeout=20) as client:
        client.sendmail("a@x.test", ["b@x.test"], f"Subject: s\r\n\r\n{text}\r\n")


def read(sock, end):
    got = b""
    while end not in got:
        part = sock.recv(65536)
        assert part, got
        got += part
    return got


def test_a_thousand_starts_and_ends_leave_nothing(leaves_nothing):
    with SmtpEndpoint() as endpoint:  # What is loaded once per process is there now.
        send(endpoint)

    with leaves_nothing():
        for _ in range(1000):
            with SmtpEndpoint():
                pass


def test_it_starts_no_thread_of_its_own(endpoint):
    before = {thread.name for thread in threading.enumerate()}
    with SmtpEndpoint() as other:
        send(other)
        assert {thread.name for thread in threading.enumerate()} == before


def test_a_thousand_clients_at_once_are_greeted_and_served(endpoint):
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(1000):
            try:
                clients.append(stack.enter_context(socket.create_connection(endpoint.address, timeout=20)))
            except OSError as error:
                if error.errno != errno.EMFILE:
                    raise
                pytest.skip("this process may not have so many descriptors")
        for client in clients:
            read(client, b"\r\n")
        for number, client in enumerate(clients):
            client.sendall(START + b"%d\r\n.\r\nQUIT\r\n" % number)
        for client in clients:
            read(client, b"221 Bye\r\n")

    assert endpoint.connections == 1000
    assert len({mail.text for mail in endpoint.assert_one_mail_per("connection")}) == 1000


def test_clients_that_hang_at_each_stage_do_not_delay_the_end(connect, spin):
    endpoint = SmtpEndpoint().start()
    stages = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "end of data"]
    clients = []
    for stage in stages:
        endpoint.stall(stage, times=1)  # Each client hangs at the first stage that nobody hangs at.
    for _ in stages:
        clients.append(connect(endpoint.address))
        clients[-1].sendall(START + b"x\r\n.\r\n")
    hanging = [f"answering nothing at {stage}" for stage in stages]
    spin(lambda: {*hanging} <= {entry.text for entry in endpoint._timeline.entries})
    assert {*hanging} <= {entry.text for entry in endpoint._timeline.entries}

    began = time.perf_counter()
    endpoint.stop()

    assert time.perf_counter() - began < SOON


def test_a_client_that_never_reads_does_not_delay_the_end(connect):
    endpoint = SmtpEndpoint().start()
    endpoint.reply_raw(b"x" * 30_000_000, "greeting")
    client = connect(endpoint.address)
    assert client.recv(1) == b"x"

    began = time.perf_counter()
    endpoint.stop()

    assert time.perf_counter() - began < SOON


def test_replies_that_nobody_reads_do_not_pile_up(endpoint, connect, spin):
    endpoint.reply(250, "y" * 2_000, at="NOOP")
    client = connect(endpoint.address)
    read(client, b"\n")
    client.sendall(b"NOOP\r\n" * 10_000)
    (connection,) = endpoint._listener.connections
    spin(lambda: connection.unsent)
    with endpoint._listener.held():
        endpoint._listener.catch_up()
        assert connection.unsent < 1024 * 1024

    got = 0
    while got < 10_000 * (len("250 \r\n") + 2_000):
        got += len(client.recv(1 << 20))
    client.sendall(b"QUIT\r\n")
    assert read(client, b"Bye\r\n") == b"221 Bye\r\n"


def test_a_slow_client_is_waited_for(endpoint, connect):
    slow = connect(endpoint.address)
    for byte in START + b"slow\r\n.\r\n":
        slow.sendall(bytes([byte]))
    send(endpoint, "quick")
    read(slow, b"250 OK\r\n354")

    assert {mail.text for mail in endpoint.wait_for(count=2)} == {"slow", "quick"}


def test_a_client_read_slowly_gets_its_mail_through(endpoint):
    endpoint.read_slowly(1_000_000)
    send(endpoint, "\r\n".join(["x" * 900] * 100))

    assert len(endpoint.received[0].raw) > 90_000


def test_a_client_that_is_not_read_goes_on_when_all_recovers(endpoint, connect):
    endpoint.stop_reading()
    client = connect(endpoint.address)
    client.sendall(START + b"x\r\n.\r\n")
    assert endpoint.received == ()
    endpoint.recover()

    assert endpoint.wait_for("x").text == "x"


def test_after_a_restart_it_is_at_the_same_address(endpoint):
    with smtplib.SMTP(*endpoint.address, timeout=5) as client:
        client.ehlo()
        endpoint.restart()
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.sendmail(*MAIL)
    send(endpoint)

    assert endpoint.connections == 2


def test_connections_broken_now_are_broken_once(endpoint):
    with smtplib.SMTP(*endpoint.address, timeout=5) as client:
        client.ehlo()
        endpoint.reset(now=True)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.sendmail(*MAIL)
    send(endpoint)

    assert [entry.text for entry in endpoint._timeline.entries] == ["1 connection reset (RST)"]


def test_a_mail_of_32_MiB_arrives_and_one_of_100_MB_is_refused(endpoint):
    line = "x" * 900 + "\r\n"
    send(endpoint, line * 30_000)
    with smtplib.SMTP(*endpoint.address, timeout=20) as client:
        client.ehlo()
        assert client.docmd("MAIL", "FROM:<a@x.test> SIZE=100000000")[0] == 552

    big, refused = endpoint.received
    assert len(big.raw) > 27_000_000
    assert refused.malformed.startswith("552 ")


def test_100_MB_that_never_end_are_cut_off(endpoint, connect):
    client = connect(endpoint.address)
    client.sendall(START)
    with contextlib.suppress(OSError):
        for _ in range(100):
            client.sendall(b"x" * 1_000_000)

    mail = endpoint.wait_for(malformed=True, timeout=20)
    assert mail.malformed == "a mail without an end: more than 67,108,864 octets"
    assert len(mail.raw) == 32 * 1024 * 1024
    send(endpoint)
    endpoint.assert_received("hello")


def test_it_works_within_a_running_loop_in_debug_mode(endpoint, monkeypatch, everything_logged):
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")

    async def application():
        await asyncio.to_thread(send, endpoint)
        endpoint.stall("MAIL", times=1)
        endpoint.recover()
        return endpoint.assert_received("hello")

    assert asyncio.run(application()).text == "hello"
    assert [record for record in everything_logged if record.name != "asyncio"] == []


def test_nothing_warns_of_what_was_left_open(connect):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        endpoint = SmtpEndpoint().start()
        endpoint.reset(at="MAIL", times=1)
        lost, hanging, gone = (connect(endpoint.address) for _ in range(3))
        lost.sendall(START)
        hanging.sendall(START + b"half")
        gone.close()
        send(endpoint)
        endpoint.stop()
        del endpoint
        gc.collect()

    assert [str(each.message) for each in caught if "loghandlers" in str(each.message).lower()] == []


def test_a_frozen_clock_stops_no_answer(endpoint):
    from freezegun import freeze_time

    endpoint.delay(0.01, times=1)
    with freeze_time("2030-01-01"):
        send(endpoint)

    assert endpoint.received[0].arrival < 60
