from __future__ import annotations

import re
import socket
import sys

import pytest

from pytest_loghandlers import LifetimeError
from pytest_loghandlers.endpoints.syslog_endpoint import SyslogEndpoint

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has banks of sockets and counts what it drops")
UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM


def without_times(text):
    return re.sub(r"\+\d+\.\d\d s", "+0.00 s", text)


@linux
def test_what_the_kernel_dropped_is_in_every_failure(connect, syslog_on):
    with syslog_on(force=False, buffer=1, sockets=1) as syslog, socket.socket(socket.AF_INET, UDP) as udp:
        with syslog._listener.held():  # Now nobody empties the buffer.
            for _ in range(2_000):
                udp.sendto(b"<14>hello\0", syslog.address)
        lost = syslog.dropped
        assert lost == 2_000 - len(syslog.received) > 0
        note = f"  lost      the kernel dropped {lost:,} datagrams: its receive buffer was full"

        with pytest.raises(AssertionError) as missing:
            syslog.assert_received("bye")
        with pytest.raises(AssertionError) as present:
            syslog.assert_not_received("hello")
        with pytest.raises(AssertionError) as unknown:
            syslog.assert_not_received("bye", severity="info")

        assert note in str(missing.value)
        assert note in str(present.value)
        assert str(unknown.value) == (
            "syslog_endpoint cannot tell whether 'bye' at severity info was sent\n"
            "\n"
            "  wanted    no message whose text contains 'bye' and whose severity is info\n" + note
        )
        syslog.assert_not_received("bye", transport="tcp")
        assert note.strip().removeprefix("lost").strip() in syslog._report()


def test_a_miss_says_what_was_there(syslog, connect):
    with socket.socket(socket.AF_INET, UDP) as udp:
        for payload in (b"<134>app.db: pool ready\0", b"<132>app.db: disk full on /var\0", b"what\0"):
            udp.sendto(payload, syslog.address)
    connect(syslog.address).sendall(b"<14>half")

    with pytest.raises(AssertionError) as missing:
        syslog.wait_for("disk full", severity="error", timeout=0)

    assert without_times(str(missing.value)) == (
        "syslog_endpoint never received 'disk full' at severity err (waited 0.0 s)\n"
        "\n"
        "  wanted    1 message whose text contains 'disk full' and whose severity is err\n"
        "  received  3 messages, oldest first\n"
        "      [0]  +0.00 s  udp  local0.info  app.db: 'pool ready'\n"
        "   ~  [1]  +0.00 s  udp  local0.warning  app.db: 'disk full on /var'      severity is warning, not err\n"
        "      [2]  +0.00 s  udp  no PRI  'what'   malformed: no PRI: it does not begin with <number>\n"
        "  pending   over TCP, without an end yet: 8 octets: b'<14>half'"
    )


def test_a_wrong_count_says_how_many_there_were(syslog, attach, logger):
    attach(syslog)
    for text in ("one", "two", "one"):
        logger.info(text)

    with pytest.raises(AssertionError) as missing:
        syslog.assert_received("one", count=1)

    assert without_times(str(missing.value)) == (
        "syslog_endpoint received 'one' 2 times, not 1\n"
        "\n"
        "  wanted    exactly 1 message whose text contains 'one'\n"
        "  matched   2 messages, oldest first\n"
        "      [0]  +0.00 s  udp  user.info  'one'\n"
        "      [1]  +0.00 s  udp  user.info  'one'\n"
        "  of        3 messages in all"
    )


def test_what_is_there_and_should_not_be_is_shown(syslog, attach, logger):
    attach(syslog)
    logger.info("item added")

    with pytest.raises(AssertionError) as present:
        syslog.assert_not_received("added")

    assert without_times(str(present.value)) == (
        "syslog_endpoint received 'added' once\n"
        "\n"
        "  wanted    no message whose text contains 'added'\n"
        "  received  1 message\n"
        "      [0]  +0.00 s  udp  user.info  'item added'"
    )


def test_many_unfinished_messages_are_counted(syslog, connect):
    for number in range(5):
        connect(syslog.address).sendall(b"<14>%d" % number)
    assert len(syslog.pending) == 5

    assert without_times(syslog._report()) == (
        "pending: over TCP, without an end yet: 5 octets: b'<14>0'; 5 octets: b'<14>1'; 5 octets: b'<14>2'; "
        "and on 2 more connections"
    )


def test_the_hint_knows_a_message_without_an_end(syslog, attach, logger):
    attach(syslog, TCP).append_nul = False
    logger.info("hello")

    with pytest.raises(
        AssertionError, match=r"hint      it is in the 9 octets pending over TCP, waiting for NUL or LF: "
    ):
        syslog.assert_received("hello")


def test_after_its_test_it_says_so():
    with SyslogEndpoint() as syslog:
        pass

    for use in (
        lambda: syslog.address,
        lambda: syslog.host,
        lambda: syslog.port,
        lambda: syslog.received,
        lambda: syslog.pending,
        lambda: syslog.dropped,
        syslog.clear,
        lambda: syslog.wait_for("x"),
        lambda: syslog.assert_received("x"),
        lambda: syslog.assert_not_received("x"),
    ):
        with pytest.raises(LifetimeError, match="has been stopped"):
            use()
    assert syslog._report() == ""


def test_what_it_saw_is_reported_also_when_it_has_stopped(attach, logger):
    with SyslogEndpoint() as syslog:
        attach(syslog)
        logger.info("hello")
        assert syslog.received

    assert without_times(syslog._report()) == "1 message\n    [0]  +0.00 s  udp  user.info  'hello'"


def test_it_leaves_nothing_behind(leaves_nothing, syslog_on):
    with leaves_nothing():
        for options in ({}, {"force": False, "sockets": 5}):
            with (
                syslog_on(**options) as syslog,
                socket.create_connection(syslog.address) as sock,
                socket.socket(socket.AF_INET, UDP) as udp,
            ):
                sock.sendall(b"<14>half")
                udp.sendto(b"<14>x", syslog.address)
                syslog.wait_for("x")
