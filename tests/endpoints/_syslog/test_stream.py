from __future__ import annotations

import logging
import re
import socket
import threading
from logging.handlers import SysLogHandler

import pytest

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._syslog import stream as module
from pytest_loghandlers.endpoints.syslog_endpoint import SyslogEndpoint

UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM


def test_a_formatter_with_a_newline_and_no_nul_is_framed_by_lf(syslog, attach, logger):
    handler = attach(syslog, TCP)
    handler.append_nul = False
    handler.setFormatter(logging.Formatter("shop: %(message)s\n"))

    logger.info("one")
    assert syslog.assert_received().framing == "lf"
    logger.info("two")

    assert [message.text for message in syslog.received] == ["one", "two"]


def test_without_a_delimiter_nothing_is_received_until_the_connection_closes(syslog, attach, logger):
    handler = attach(syslog, TCP)
    handler.append_nul = False
    logger.info("one")
    logger.warning("two")

    assert syslog.received == ()
    assert syslog.pending == (b"<14>one<12>two",)
    handler.close()

    message = syslog.wait_for("one")
    assert (message.text, message.framing) == ("one<12>two", "eof")
    assert message.malformed == (
        "the stream ended before the message did: no NUL, no LF, no octet count; it may hold several"
    )
    assert message.damage == "merged"
    assert syslog.pending == ()


def test_messages_of_both_transports_stand_in_the_order_of_their_arrival(syslog, logger):
    address = syslog.address
    over = {name: SysLogHandler(address, socktype=kind) for name, kind in (("udp", UDP), ("tcp", TCP))}
    for number in range(50):
        for name, handler in over.items():
            handler.handle(logging.LogRecord("x", 20, "", 0, f"{name} {number}", (), None))
            syslog.received  # noqa: B018 - it looks
    for handler in over.values():
        handler.close()

    assert [message.text for message in syslog.received] == [f"{n} {i}" for i in range(50) for n in ("udp", "tcp")]


def test_a_datagram_that_nobody_has_read_yet_stands_before_what_comes_over_tcp(syslog, connect):
    sock = connect(syslog.address)
    with syslog._listener.held(), socket.socket(socket.AF_INET, UDP) as udp:
        udp.sendto(b"<14>first", syslog.address)
        sock.sendall(b"<14>second\0")

        assert [message.text for message in syslog.received] == ["first", "second"]


@pytest.mark.parametrize("step", [1, 3, 7])
def test_a_stream_cut_anywhere_gives_the_same_messages(syslog, connect, step):
    stream = b"<11>boom\nTraceback\n  File\n\0<14>x\0" + b"5 <14>y<14>z\0"
    sock = connect(syslog.address)
    for at in range(0, len(stream), step):
        sock.sendall(stream[at : at + step])
        syslog.received  # noqa: B018 - it looks, at every cut

    assert [message.text for message in syslog.received] == ["boom\nTraceback\n  File", "x", "y", "z"]


def test_lines_that_turn_out_to_be_a_traceback_are_taken_back(syslog, connect, spin):
    sock = connect(syslog.address)
    sock.sendall(b"<11>boom\nTraceback\n")
    assert [message.text for message in syslog.received] == ["boom", "Traceback"]
    found = []
    waiter = threading.Thread(target=lambda: found.append(syslog.wait_for(re.compile("boom\nTraceback\n  File"))))
    waiter.start()
    spin(lambda: syslog._inbox.waiters)

    sock.sendall(b"  File\0")
    waiter.join(5)

    assert [message.text for message in syslog.received] == ["boom\nTraceback\n  File"]
    assert found == list(syslog.received)


def test_many_connections_do_not_mix(syslog, connect):
    socks = [connect(syslog.address) for _ in range(20)]
    for piece in (b"<14>", b"hello ", b"from %d", b"\0"):
        for number, sock in enumerate(socks):
            sock.sendall(piece % number if b"%" in piece else piece)

    assert sorted(message.text for message in syslog.wait_for(count=20)) == sorted(f"hello from {n}" for n in range(20))


@pytest.mark.parametrize("end", ["close", "reset"])
def test_half_a_message_is_kept_when_its_client_goes(syslog, connect, end):
    sock = connect(syslog.address)
    sock.sendall(b"64 <14>half")
    assert syslog.pending == (b"<14>half",)
    if end == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()

    message = syslog.wait_for("half")

    assert message.malformed == "the stream ended after 8 of 64 octets"
    assert message.framing == "octet_counting"


def test_of_a_huge_message_the_beginning_is_kept(connect):
    with SyslogEndpoint(largest_message=1000) as syslog:
        sock = connect(syslog.address)
        sock.sendall(b"<14>" + b"x" * 1_000_000 + b"\0<14>next\0")

        message = syslog.wait_for("xxx")

        assert len(message.raw) == 1000
        assert message.malformed == "too long: 1,000,004 octets, of which the first 1,000 are kept"
        assert syslog.wait_for("next").malformed is None


@pytest.mark.parametrize("largest", [0, -1, True, "1"])
def test_a_limit_that_is_none_is_refused(largest):
    with pytest.raises(ArgumentError, match=r"^largest_message=.*: it is a number of octets, 1 or more$"):
        SyslogEndpoint(largest_message=largest)


def test_a_client_that_never_closes_does_not_hold_the_end(connect):
    with SyslogEndpoint() as syslog:
        sock = connect(syslog.address)
        sock.sendall(b"<14>ha")
        assert syslog.pending == (b"<14>ha",)

    assert sock.recv(1) == b""


def test_what_the_imitated_daemon_drops_without_a_word_is_told(syslog, connect, spin):
    syslog.behave_like("rsyslog", input="imptcp")
    sock = connect(syslog.address)
    sock.sendall(b"<14>shop: one\n<14>shop: two")
    syslog.wait_for("one")
    sock.close()
    spin(lambda: syslog._lost)

    with pytest.raises(AssertionError) as missing:
        syslog.assert_received("two")

    assert str(missing.value).endswith("\n  lost      13 octets without an LF at their end: imptcp drops them")
    assert [entry.text for entry in syslog._timeline.entries] == [
        "behaving like rsyslog (imptcp) from here on",
        "13 octets without an LF at their end: imptcp drops them",
    ]


def test_a_daemon_that_closes_the_connection_does_so_and_says_why(syslog, connect):
    syslog.behave_like("syslog_ng", input="syslog")
    sock = connect(syslog.address)
    sock.sendall(b"<14>shop: one\0")

    assert sock.recv(1) == b""
    assert syslog.received == ()
    assert "syslog-ng closes the connection" in syslog._timeline.entries[-1].text


def test_an_open_connection_stays_with_the_daemon_with_which_it_began(syslog, connect):
    sock = connect(syslog.address)
    sock.sendall(b"<14>one\0")
    syslog.wait_for("one")
    syslog.behave_like("rsyslog")
    sock.sendall(b"<14>two\0")

    assert syslog.wait_for("two").framing == "nul"


def test_what_came_before_behave_like_is_read_as_before(syslog, attach, logger):
    attach(syslog)
    logger.info("hello world")
    syslog.behave_like("rsyslog")
    logger.info("hello world")

    plain, rsyslog = syslog.received
    assert (plain.text, plain.hostname) == ("hello world", None)
    assert (rsyslog.text, rsyslog.hostname, rsyslog.app_name) == ("", "hello", "world")


def test_100_megabytes_on_one_connection_do_not_stop_the_endpoint(syslog, connect, attach, logger):
    attach(syslog, TCP)
    sock, chunk = connect(syslog.address), b"x" * 1_000_000
    sock.sendall(b"100000004 <14>")
    for _ in range(50):
        sock.sendall(chunk)
    logger.info("meanwhile")
    assert syslog.wait_for("meanwhile").malformed is None
    for _ in range(50):
        sock.sendall(chunk)
    sock.sendall(b"5 <14>y")

    assert syslog.wait_for("xxx").malformed == ("too long: 100,000,004 octets, of which the first 1,048,576 are kept")
    assert len(syslog.assert_received("xxx").raw) == 1_048_576
    assert syslog.wait_for("y", framing="octet_counting").text == "y"


def test_clients_that_send_one_octet_at_a_time_do_not_hold_the_others(syslog, connect, attach, logger):
    slow = [connect(syslog.address) for _ in range(50)]
    handler = attach(syslog, TCP)
    text = b"<14>slow\0"
    for at in range(len(text)):
        for sock in slow:
            sock.sendall(text[at : at + 1])
        logger.info("quick %d", at)

    assert len(syslog.wait_for("slow", count=50)) == 50
    assert len(syslog.assert_received("quick", count=len(text))) == len(text)
    assert handler


def test_frames_of_no_and_of_one_octet_are_kept_or_none(syslog, connect):
    connect(syslog.address).sendall(b"0 <14>a\n1 <5 <14>b\n\n<\n")

    assert [(message.raw, message.framing) for message in syslog.wait_for(count=4)] == [
        (b"0 <14>a", "lf"),
        (b"<", "octet_counting"),
        (b"<14>b", "octet_counting"),
        (b"<", "lf"),
    ]


def test_what_waits_is_taken_apart_in_the_order_of_its_arrival(syslog, connect, spin):
    sock, arrived = connect(syslog.address), syslog._streams._waiting
    with socket.socket(socket.AF_INET, UDP) as udp:
        for number in range(5):
            udp.sendto(b"<14>udp %d" % number, syslog.address)
            sock.sendall(b"<14>tcp %d\0" % number)
            spin(lambda number=number: len(arrived) == number + 1)

    assert [message.text for message in syslog.received] == [f"{n} {i}" for i in range(5) for n in ("udp", "tcp")]


def test_what_waits_is_bounded_and_then_taken_apart_unasked(syslog, connect, spin, monkeypatch):
    monkeypatch.setattr(module, "MOST_WAITING", 1_000)
    sock = connect(syslog.address)
    for number in range(20):
        sock.sendall(b"<14>%d %b\0" % (number, b"x" * 100))
        spin(lambda: not syslog._streams._napping)

    spin(lambda: len(syslog._inbox.items) > 3)
    assert len(syslog._inbox.items) > 3
    assert syslog._streams._weight <= 1_000


def test_a_connection_is_left_alone_only_for_a_moment(syslog, connect, spin):
    sock = connect(syslog.address)
    for number in range(3):
        sock.sendall(b"<14>%d\0" % number)
        spin(lambda number=number: len(syslog._streams._waiting) == number + 1)

    assert len(syslog._streams._waiting) == 3
    assert [message.text for message in syslog.received] == ["0", "1", "2"]


def test_what_nobody_looked_at_is_in_the_report_all_the_same(connect, spin):
    with SyslogEndpoint() as syslog:
        connect(syslog.address).sendall(b"<14>hello\0<14>half")
        spin(lambda: syslog._streams._waiting)

    report = syslog._report()
    assert "'hello'" in report
    assert "8 octets: b'<14>half'" in report


def test_a_fault_strikes_before_anybody_looks(syslog, connect):
    syslog.disconnect(times=1)
    sock = connect(syslog.address)
    sock.sendall(b"<14>one\0<14>two\0")

    assert sock.recv(1) == b""
    assert [message.text for message in syslog.received] == ["one"]


@pytest.mark.parametrize("fault", ["restart", "refuse", "stop_reading"])
def test_what_was_sent_before_a_fault_is_received_also_while_its_connection_is_left_alone(
    syslog, connect, spin, fault, monkeypatch
):
    monkeypatch.setattr(module, "NAP", 60)
    sock = connect(syslog.address)
    sock.sendall(b"<14>one\0")
    spin(lambda: syslog._streams._napping)
    sock.sendall(b"<14>two\0")

    getattr(syslog, fault)()

    assert [message.text for message in syslog.received] == ["one", "two"]
