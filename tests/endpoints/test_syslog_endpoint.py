from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import sys
import threading

import pytest

from pytest_loghandlers.endpoints._network import pair as module
from pytest_loghandlers.endpoints.syslog_endpoint import SyslogEndpoint

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has banks of sockets and counts what it drops")
UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM


@pytest.mark.parametrize("socktype", [UDP, TCP])
def test_what_a_handler_sends_is_there_at_once(syslog, attach, logger, socktype):
    attach(syslog, socktype, facility="local0").ident = "shop: "

    logger.error("disk full")

    message = syslog.assert_received("disk full", facility="local0", severity="err", app_name="shop")
    assert (message.text, message.procid, message.hostname) == ("disk full", None, None)
    assert message.transport == ("udp" if socktype is UDP else "tcp")
    assert message.framing == ("datagram" if socktype is UDP else "nul")
    assert message.raw == (b"<131>shop: disk full\0" if socktype is UDP else b"<131>shop: disk full")
    assert message.malformed is None
    assert 0 <= message.arrival < 60


@pytest.mark.parametrize("socktype", [UDP, TCP])
@pytest.mark.parametrize(
    ("level", "severity"),
    [("DEBUG", "debug"), ("INFO", "info"), ("WARNING", "warning"), ("ERROR", "err"), ("CRITICAL", "crit")],
)
def test_each_level_has_its_severity(syslog, attach, logger, socktype, level, severity):
    attach(syslog, socktype)

    logger.log(getattr(logging, level), "hello")

    assert syslog.received[0].severity == severity


@pytest.mark.parametrize("socktype", [UDP, TCP])
def test_a_traceback_is_one_message(syslog, attach, logger, socktype):
    attach(syslog, socktype)

    for _ in range(2):
        try:
            raise ValueError("no\nmore")
        except ValueError:
            logger.exception("boom")

    first, second = syslog.received
    assert first.text.startswith("boom\nTraceback (most recent call last):\n")
    assert first.text.endswith("ValueError: no\nmore")
    assert second.text == first.text
    assert (first.malformed, second.malformed) == (None, None)


def test_a_message_without_its_nul_over_udp_is_a_message(syslog, attach, logger):
    attach(syslog).append_nul = False

    logger.info("hello")

    assert syslog.assert_received("hello").raw == b"<14>hello"


@pytest.mark.parametrize(
    ("transport", "options", "framing"),
    [
        ("udp", ["--rfc3164"], "datagram"),
        ("udp", ["--rfc5424"], "datagram"),
        ("tcp", ["--rfc3164"], "lf"),
        ("tcp", ["--rfc5424"], "lf"),
        ("tcp", ["--rfc5424", "--octet-count"], "octet_counting"),
    ],
)
@pytest.mark.skipif(shutil.which("logger") is None, reason="logger(1) of util-linux is not installed")
def test_what_logger_sends_is_read(syslog, transport, options, framing):
    subprocess.run(
        [
            *("logger", "-n", syslog.host, "-P", str(syslog.port), f"--{transport}", *options),
            *("-p", "local3.notice", "-t", "shop", "--id=77", "it's a \u00fcber message"),
        ],
        check=True,
        timeout=20,
    )

    message = syslog.wait_for("\u00fcber", facility="local3", severity="notice", app_name="shop", procid=77)

    assert message.text == "it's a \u00fcber message"
    assert message.malformed is None
    assert message.timestamp
    assert message.hostname
    if "--rfc5424" in options:
        assert message.structured_data["timeQuality"]["tzKnown"] in "01"
    assert message.framing == framing


def test_udp_and_tcp_are_one_port_of_loopback(syslog):
    assert syslog.address == (syslog.host, syslog.port) == ("127.0.0.1", syslog.port)

    for socktype in (UDP, TCP):
        with socket.socket(socket.AF_INET, socktype) as other, pytest.raises(OSError, match=r"in use|permi"):
            other.bind(syslog.address)


def test_a_port_that_is_taken_for_tcp_is_not_taken(monkeypatch):
    refused = []
    bound = module.bound

    def taken(address):
        if len(refused) < 3:
            refused.append(address)
            raise OSError(module.errno.EADDRINUSE, "in use")
        return bound(address)

    monkeypatch.setattr(module, "bound", taken)

    with SyslogEndpoint() as endpoint:
        assert endpoint.port not in {port for _, port in refused}
    assert len(refused) == 3


def test_without_any_free_port_it_does_not_start(monkeypatch):
    def taken(address):
        raise OSError(module.errno.EADDRINUSE, "in use")

    monkeypatch.setattr(module, "bound", taken)

    with pytest.raises(OSError, match="in use"):
        SyslogEndpoint().start()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_wait_ends_when_the_message_comes(syslog, attach, logger, transport, spin):
    attach(syslog, UDP if transport == "udp" else TCP)
    logger.info("before")
    waits = syslog._inbox.waiters
    sender = threading.Thread(target=lambda: [spin(lambda: waits), logger.info("after"), logger.info("later")])
    sender.start()

    assert syslog.wait_for("after", transport=transport).text == "after"
    assert [message.text for message in syslog.wait_for(count=3)] == ["before", "after", "later"]
    sender.join()


def test_garbage_is_kept_with_the_reason(syslog, connect):
    sock = connect(syslog.address)
    sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    with socket.socket(socket.AF_INET, UDP) as udp:
        for payload in (b"", b"\xff\xfe", b"<999>x"):
            udp.sendto(payload, syslog.address)

    found = syslog.wait_for(malformed=True, count=5)

    assert sorted(message.raw for message in found) == [b"", b"<999>x", b"GET / HTTP/1.1", b"Host: x", b"\xff\xfe"]


def test_a_datagram_may_have_all_that_udp_carries(syslog, attach, logger):
    attach(syslog)

    logger.info("x" * (65_507 - len("<14>\0")))

    assert len(syslog.assert_received().raw) == 65_507


def test_a_record_whose_first_word_was_read_as_the_tag_is_delivered(syslog, attach, logger):
    attach(syslog)
    logger.info("app.db: disk full")

    (message,) = syslog.assert_delivered(["app.db: disk full"])
    assert message.app_name == "app.db"


def test_clear_forgets_what_came(syslog, attach, logger):
    attach(syslog)
    logger.info("one")

    syslog.clear()
    logger.info("two")

    assert [message.text for message in syslog.received] == ["two"]


FULL_SPEED = [
    pytest.param({}, 50_000, id="the largest buffer"),
    pytest.param({"force": False}, 20_000, id="the granted buffer"),
    pytest.param({"force": False, "buffer": 212_992}, 20_000, id="a bank of small sockets", marks=linux),
    pytest.param({"force": False, "buffer": 212_992, "sockets": 16}, 6_000, id="a small bank", marks=linux),
]


@pytest.mark.parametrize(("options", "count"), FULL_SPEED)
def test_nothing_is_lost_at_full_speed_and_all_is_in_order(attach, logger, options, count, syslog_on):
    with syslog_on(**options) as syslog:
        attach(syslog)
        for number in range(count):
            logger.info("message %d", number)

        assert [message.text for message in syslog.received] == [f"message {number}" for number in range(count)]
        assert syslog.dropped in (0, None)


def test_nothing_is_lost_to_a_test_that_waits_while_another_thread_logs(syslog, attach, logger):
    attach(syslog)
    sender = threading.Thread(target=lambda: [logger.info("message %d", number) for number in range(10_000)])
    sender.start()

    found = syslog.wait_for("message", count=10_000, timeout=60)

    sender.join()
    assert [message.text for message in found] == [f"message {number}" for number in range(10_000)]


def test_no_bank_is_made_before_somebody_asks_where_to(syslog_on):
    with syslog_on(force=False, sockets=4) as syslog:
        assert syslog._datagrams.sockets == 1
        syslog.port  # noqa: B018 - asking is what counts
        assert syslog._datagrams.sockets == (4 if sys.platform == "linux" else 1)


def test_it_logs_nothing_itself(attach, logger, everything_logged):
    with SyslogEndpoint() as syslog:
        attach(syslog)
        attach(syslog, TCP)
        logger.info("hello")
        syslog.wait_for("hello", count=2)

    assert everything_logged == []
