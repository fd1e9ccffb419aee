from __future__ import annotations

import logging
import pickle
import re
import socket
import struct
import sys
from logging.handlers import DatagramHandler, SocketHandler

import pytest

from pytest_loghandlers import LifetimeError
from pytest_loghandlers.endpoints._network.datagrams import Datagrams
from pytest_loghandlers.endpoints.record_endpoint import RecordEndpoint

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what it drops")


@pytest.fixture
def records():
    """A running record endpoint."""
    with RecordEndpoint() as endpoint:
        yield endpoint


def framed(**attributes):
    known = {"name": "shop", "msg": "x", "levelno": 20, "levelname": "INFO", **attributes}
    octets = pickle.dumps(known, 1)
    return struct.pack(">L", len(octets)) + octets


def without_times(text):
    return re.sub(r"\+\d+\.\d\d s", "+0.00 s", text)


def test_a_miss_says_what_was_there(records, connect):
    sock = connect(records.address)
    sock.sendall(
        framed(msg="pool ready", name="app.db") + framed(msg="disk full on /var", levelno=30, levelname="WARNING")
    )
    sock.sendall(struct.pack(">L", 13) + b"cos\nsystem\n)R" + b"\0\0\0\0" + b"\0\0\1\0}q")
    records.wait_for(malformed=True)

    with pytest.raises(AssertionError) as missing:
        records.wait_for("disk full", level="ERROR", timeout=0)

    assert without_times(str(missing.value)) == (
        "record_endpoint never received 'disk full' at ERROR (waited 0.0 s)\n"
        "\n"
        "  wanted    1 record whose text contains 'disk full' and whose level is ERROR\n"
        "  received  4 records, oldest first\n"
        "      [0]  +0.00 s  tcp #1  INFO     app.db       'pool ready'\n"
        "   ~  [1]  +0.00 s  tcp #1  WARNING  shop         'disk full on /var'      level is WARNING, not ERROR\n"
        "      [2]  +0.00 s  tcp #1  refused: opcode GLOBAL at byte 0 naming os.system: a log record needs only plain "
        "data   b'cos\\nsystem\\n)R'\n"
        "      [3]  +0.00 s  tcp #1  malformed: a frame of 0 octets\n"
        "  pending   frames without an end yet: 6 octets: b'\\x00\\x00\\x01\\x00}q'"
    )


def test_a_miss_in_what_was_refused_is_explained(records, connect):
    connect(records.address).sendall(struct.pack(">L", 27) + b'{"msg": "disk full on /var"')
    records.wait_for(refused=True)

    with pytest.raises(AssertionError) as missing:
        records.assert_received("disk full")

    assert without_times(str(missing.value)) == (
        "record_endpoint never received 'disk full'\n"
        "\n"
        "  wanted    1 record whose text contains 'disk full'\n"
        "  received  1 record\n"
        "      [0]  +0.00 s  tcp #1  refused: not a pickle: no opcode is b'{' at byte 0; it looks like JSON (decode= "
        'takes a function for what is none)   b\'{"msg": "disk full on /var"\'\n'
        "  hint      the octets of [0] hold it, but were refused: not a pickle: no opcode is b'{' at byte 0; it looks "
        "like JSON (decode= takes a function for what is none)"
    )


def test_a_miss_in_a_half_frame_is_explained(records, connect):
    connect(records.address).sendall(framed(msg="disk full")[:-3])

    with pytest.raises(AssertionError) as missing:
        records.wait_for("disk full", timeout=0.2)

    assert re.search(
        r"\n  hint      it is in a frame without an end: \d+ of \d+ octets have come\. Its sender has not "
        r"sent the rest, or its length is too large$",
        str(missing.value),
    )


def test_what_is_there_and_should_not_be_is_shown(records, logger):
    logger.addHandler(DatagramHandler(*records.address))
    logger.info("item added")

    with pytest.raises(AssertionError) as present:
        records.assert_not_received("added", logger="shop")

    assert without_times(str(present.value)) == (
        "record_endpoint received 'added' from 'shop' once\n"
        "\n"
        "  wanted    no record whose text contains 'added' and whose logger is 'shop'\n"
        "  received  1 record\n"
        "      [0]  +0.00 s  udp  INFO     shop         'item added'"
    )


def test_a_wrong_count_says_how_many_there_were(records, logger):
    logger.addHandler(DatagramHandler(*records.address))
    for text in ("one", "two", "one"):
        logger.info(text)

    with pytest.raises(AssertionError) as missing:
        records.assert_received("one", count=1)

    assert without_times(str(missing.value)) == (
        "record_endpoint received 'one' 2 times, not 1\n"
        "\n"
        "  wanted    exactly 1 record whose text contains 'one'\n"
        "  matched   2 records, oldest first\n"
        "      [0]  +0.00 s  udp  INFO     shop         'one'\n"
        "      [1]  +0.00 s  udp  INFO     shop         'one'\n"
        "  of        3 records in all"
    )


def test_reconnections_are_in_every_failure(records, connect, spin):
    for _ in range(2):
        with socket.create_connection(records.address) as sock:
            sock.sendall(framed())
        spin(lambda: records.connections[-1:] and records.connections[-1].closed is not None)
    records.wait_for(count=2)

    with pytest.raises(AssertionError) as missing:
        records.assert_received("bye")

    assert without_times(str(missing.value)).splitlines()[-1] == "  reconnects 1, at +0.00 s"
    assert "reconnects: 1, at " in records._report()


def test_a_fault_in_force_is_in_every_failure_once(records):
    records.refuse()

    with pytest.raises(AssertionError) as missing:
        records.assert_received("x")

    assert str(missing.value).endswith("\n  received  no record\n  network   refusing connections")


@linux
def test_what_the_kernel_dropped_is_in_every_failure(logger):
    endpoint = RecordEndpoint()
    endpoint._make_datagrams = lambda: Datagrams(force=False, buffer=1, sockets=1)
    with endpoint as records:
        logger.addHandler(DatagramHandler(*records.address))
        with records._doors.listener.held():  # Now nobody empties the buffer.
            for _ in range(500):
                logger.info("hello")
        lost = records.dropped
        assert lost == 500 - len(records.received) > 0
        note = f"  lost      the kernel dropped {lost:,} datagrams: its receive buffer was full"

        with pytest.raises(AssertionError) as missing:
            records.assert_received("bye")
        with pytest.raises(AssertionError, match=r"^record_endpoint cannot tell whether 'bye' was sent\n"):
            records.assert_not_received("bye")

    assert note in str(missing.value)


def test_many_half_frames_are_counted(records, connect):
    for _ in range(5):
        connect(records.address).sendall(b"\0\0\0\5x")
    assert len(records.pending) == 5

    assert records._report() == (
        "pending: frames without an end yet: "
        + "; ".join(["5 octets: b'\\x00\\x00\\x00\\x05x'"] * 3)
        + "; and on 2 more "
        "connections"
    )


def test_a_report_stays_short_whatever_came(records, connect):
    sock = connect(records.address)
    bomb = b"}(X\4\0\0\0name" + b")" + b"2\x86" * 60 + b"u."
    for _ in range(200):
        sock.sendall(struct.pack(">L", len(bomb)) + bomb)
        sock.sendall(framed(msg="x" * 10_000, name="y" * 10_000, levelname="z" * 1_000))
    records.wait_for("x", count=200)

    assert len(records._report()) < 12_000


def test_after_its_test_it_says_so():
    with RecordEndpoint() as records:
        clock = records.backoff_clock()

    for use in (
        lambda: records.address,
        lambda: records.host,
        lambda: records.port,
        lambda: records.unix_address,
        lambda: records.received,
        lambda: records.records,
        lambda: records.pending,
        lambda: records.dropped,
        lambda: records.connections,
        lambda: records.reconnects,
        records.clear,
        records.gaps,
        records.assert_no_gaps,
        records.backoff_clock,
        lambda: records.decode_with(None),
        lambda: records.wait_for("x"),
        lambda: records.assert_received("x"),
        lambda: records.assert_not_received("x"),
    ):
        with pytest.raises(LifetimeError, match="has been stopped"):
            use()
    assert records._report() == ""
    assert clock.holds is False


def test_what_it_saw_is_reported_also_when_it_has_stopped(logger):
    with RecordEndpoint() as records:
        logger.addHandler(DatagramHandler(*records.address))
        logger.info("hello")
        assert records.received

    assert without_times(records._report()) == "1 record\n    [0]  +0.00 s  udp  INFO     shop         'hello'"


def test_it_leaves_nothing_behind(leaves_nothing):
    with leaves_nothing(), RecordEndpoint() as records:
        handlers = [SocketHandler(*records.address), SocketHandler(records.unix_address, None)]
        handlers.append(DatagramHandler(records.unix_datagram_address, None))
        for handler in handlers:
            handler.handle(logging.makeLogRecord({"msg": "x"}))
        records.wait_for("x", count=3)
        for handler in handlers:
            handler.close()
