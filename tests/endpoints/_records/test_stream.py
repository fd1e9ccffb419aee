from __future__ import annotations

import pickle
import socket
import struct
import threading

import pytest

RECORD = pickle.dumps({"name": "shop", "msg": "hello", "levelno": 20, "levelname": "INFO"}, 1)


def framed(payload):
    return struct.pack(">L", len(payload)) + payload


def test_a_record_that_comes_byte_by_byte_is_one_record(records, connect):
    sock = connect(records.address)
    for octet in framed(RECORD):
        sock.sendall(bytes([octet]))

    assert records.wait_for("hello").connection == 1
    assert len(records.received) == 1


def test_what_stands_behind_a_record_is_kept_when_the_connection_ends(records, connect):
    connect(records.address).sendall(framed(RECORD) + b"\0\0\1\0}q")
    assert records.wait_for("hello")
    assert records.pending == (b"\0\0\1\0}q",)

    with socket.create_connection(records.address) as sock:
        sock.sendall(framed(RECORD) + b"\0\0\1\0}q")

    records.wait_for("hello", count=2)
    broken = records.wait_for(malformed=True)
    assert broken.malformed == "the connection ended in the middle of a frame: 2 of 256 octets came"
    assert (broken.raw, broken.connection) == (b"\0\0\1\0}q", 2)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "not a frame but HTTP: "),
        (b"\x16\x03\x01\2\0\1", "not a frame but a TLS handshake: "),
        (b"<14>hello\0", "not a frame but a syslog message: "),
    ],
)
def test_a_client_that_speaks_something_else_is_told_of_and_sent_away(records, connect, octets, reason):
    sock = connect(records.address)
    sock.sendall(octets)

    assert records.wait_for(malformed=reason).raw == octets
    assert sock.recv(1) == b""
    connect(records.address).sendall(framed(RECORD))
    records.wait_for("hello")


def test_every_hostile_pickle_is_refused_over_the_wire_and_the_next_record_taken(records, connect, attacks, tmp_path):
    sock = connect(records.address)
    for octets in attacks.values():
        sock.sendall(framed(octets))
    sock.sendall(framed(RECORD))

    records.wait_for("hello")

    assert len(records.assert_received(refused=True, count=23)) == len(attacks)
    assert len(records.records) == 1
    assert not (tmp_path / "harm").exists()
    assert len(records._report()) < 12_000


def test_reconnections_are_told_from_connections_beside_one_another(records, connect, spin):
    first, second = connect(records.address), connect(records.address)
    for sock in (first, second):
        sock.sendall(framed(RECORD))
    records.wait_for("hello", count=2)
    assert records.reconnects == ()
    first.close()
    spin(lambda: records.connections[0].closed is not None)

    connect(records.address).sendall(framed(RECORD) * 2)
    records.wait_for("hello", count=4)

    one, two, three = records.connections
    assert (one.number, one.transport, one.ended, one.frames, one.follows) == (
        1,
        "tcp",
        "closed by the sender",
        1,
        None,
    )
    assert (two.ended, two.closed, two.follows) == ("open", None, None)
    assert (three.frames, three.follows) == (2, 1)
    assert one.opened <= one.closed <= three.opened
    assert records.reconnects == (three,)
    assert [item.connection for item in records.received] == [1, 2, 3, 3]


def test_a_connection_that_is_broken_says_so(records, connect):
    sock = connect(records.address)
    sock.sendall(framed(RECORD))
    records.wait_for("hello")

    records.reset(now=True)

    assert [each.ended for each in records.connections] == ["broken"]


def test_what_came_behind_the_record_at_which_a_fault_struck_is_gone(records, connect):
    records.reset(times=1)
    connect(records.address).sendall(framed(RECORD) * 3 + b"\0\0")

    records.wait_for("hello")

    assert [item.text for item in records.received] == ["hello"]


def test_1000_connections_at_once_are_served(records):
    socks = []
    try:
        for _ in range(1_000):
            socks.append(socket.create_connection(records.address, timeout=10))
            socks[-1].sendall(framed(RECORD))
        records.wait_for("hello", count=1_000, timeout=20)
    finally:
        for sock in socks:
            sock.close()

    assert {item.connection for item in records.received} == set(range(1, 1_001))


def test_what_a_sender_closed_is_seen_before_what_it_opened_next(records, connect):
    sock = connect(records.address)
    sock.sendall(framed(RECORD))
    records.wait_for("hello")

    with records._doors.listener.held():  # Both have happened before anybody looks.
        sock.sendall(framed(RECORD))
        sock.close()
        connect(records.address).sendall(framed(RECORD))
        records.wait_for("hello", count=3)

    assert [each.follows for each in records.connections] == [None, 1]
    assert [item.connection for item in records.received] == [1, 1, 2]


def test_a_datagram_that_came_first_stands_before_a_record_over_tcp(records, connect):
    sock = connect(records.address)
    sock.sendall(framed(RECORD))
    records.wait_for("hello")

    with records._doors.listener.held(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(framed(RECORD), records.address)
        sock.sendall(framed(RECORD))
        records.wait_for("hello", count=3)

    assert [item.transport for item in records.received] == ["tcp", "udp", "tcp"]


def test_udp_and_tcp_are_in_the_order_in_which_they_were_seen(records, connect):
    sock = connect(records.address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for number in range(20):
            payload = pickle.dumps(pickle.loads(RECORD) | {"msg": str(number)}, 1)
            if number % 2:
                udp.sendto(framed(payload), records.address)
            else:
                sock.sendall(framed(payload))
            records.wait_for(str(number))

    assert [item.text for item in records.received] == [str(number) for number in range(20)]


def test_records_of_several_threads_all_arrive(records, connect):
    def send():
        sock = connect(records.address)
        for _ in range(500):
            sock.sendall(framed(RECORD))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()

    assert len(records.wait_for("hello", count=2_000, timeout=30)) == 2_000
    for thread in threads:
        thread.join()
