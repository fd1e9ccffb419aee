from __future__ import annotations

import struct
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._records.framing import LARGEST_FRAME, MOST_BROKEN, Frame, Framer, cut_datagram


def framed(*payloads):
    return b"".join(struct.pack(">L", len(payload)) + payload for payload in payloads)


def fed(data, size=None, largest=LARGEST_FRAME):
    """Return the frames of a stream, fed in pieces of ``size`` octets, and its framer."""
    framer = Framer(largest)
    frames = []
    for at in range(0, len(data), size or len(data) or 1):
        frames += framer.feed(data[at : at + (size or len(data))])
    return frames, framer


@pytest.mark.parametrize("size", [None, 1, 2, 3, 5, 7])
def test_frames_are_cut_wherever_the_stream_is_cut(size):
    frames, framer = fed(framed(b"one", b"x" * 300, b"\0\0\0\1") + b"\0\0\0\5ab", size)

    assert frames == [Frame(b"one"), Frame(b"x" * 300), Frame(b"\0\0\0\1")]
    assert framer.pending == b"\0\0\0\5ab"


def test_what_is_left_at_the_end_says_how_much_was_missing():
    for rest, flaw in {
        b"\0\0": "the connection ended after 2 of the 4 octets of a length",
        b"\0\0\0\5ab": "the connection ended in the middle of a frame: 2 of 5 octets came",
    }.items():
        framer = fed(framed(b"one") + rest)[1]
        assert framer.close() == [Frame(rest, flaw)]
        assert framer.close() == []
        assert framer.pending == b""


def test_a_frame_of_0_octets_is_told_of_and_the_next_is_read():
    assert fed(framed(b"", b"one"))[0] == [Frame(b"\0\0\0\0", "a frame of 0 octets"), Frame(b"one")]


@pytest.mark.parametrize("size", [None, 1, 10])
def test_a_frame_above_the_limit_is_skipped_and_the_next_is_read(size):
    frames, framer = fed(framed(b"y" * 101, b"one"), size, largest=100)

    assert frames[0].flaw == "its length says 101 octets, more than the 100 of the limit"
    assert frames[0].octets.startswith(struct.pack(">L", 101))
    assert frames[1:] == [Frame(b"one")]
    assert framer.pending == b""


def test_a_frame_at_the_limit_is_kept():
    assert fed(framed(b"y" * 100), largest=100)[0] == [Frame(b"y" * 100)]


def test_a_length_of_100_megabytes_costs_nothing():
    framer = Framer()
    piece = b"x" * 65_536
    tracemalloc.start()
    frames = framer.feed(struct.pack(">L", 100 * 1024 * 1024))
    for _ in range(1_600):
        frames += framer.feed(piece)
    frames += framer.feed(framed(b"after"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert [frame.flaw for frame in frames] == [
        "its length says 104,857,600 octets, more than the 8,388,608 of the limit",
        None,
    ]
    assert peak < 2_000_000


FOREIGN = {
    b"GET / HTTP/1.1\r\n": "HTTP",
    b"POST /x HTTP/1.1\r\n": "HTTP",
    b"\x16\x03\x01\2\0\1": "a TLS handshake",
    b"<14>hello\0": "a syslog message",
    b"42 <14>1 - -": "a syslog message",
    b'{"msg": "x"}\n': "JSON without a length before it",
    b"hello world": "text",
    b"}q\0(X\4\0\0\0name": "a pickle without a length before it",
    b"\x80\4\x95\0": "a pickle without a length before it",
    struct.pack("<L", 500) + b"}q": "a frame whose length, 500, is little-endian (struct '>L' is meant)",
}


@pytest.mark.parametrize(("octets", "what"), FOREIGN.items(), ids=FOREIGN.values())
def test_what_is_no_length_is_recognised_and_ends_the_reading(octets, what):
    frames, framer = fed(octets)

    assert len(frames) == 1
    assert frames[0].octets == octets
    assert frames[0].flaw == f"not a frame but {what}: {octets!r}; the rest of the connection is not read"
    assert framer.refuses
    assert framer.feed(framed(b"one")) == []
    assert framer.close() == []


def test_of_what_is_no_frame_the_beginning_is_kept():
    frames, framer = fed(b"GET " + b"x" * 5_000)

    assert len(frames[0].octets) == 1024
    assert framer.pending == b""


def test_a_flood_of_broken_frames_ends_the_reading():
    frames, framer = fed(b"\0" * 4_000)

    assert len(frames) == MOST_BROKEN
    assert frames[-1].flaw == "a frame of 0 octets; it is the 100th broken one of this connection, the rest is not read"
    assert framer.refuses


DATAGRAMS = {
    b"": "an empty datagram",
    b"\0\0\1": "the datagram ended after 3 of the 4 octets of a length",
    b"\0\0\0\5abc": "the datagram was cut: 3 of 5 octets came",
    b"\0\0\0\0": "a frame of 0 octets",
    b"<14>x": "not a frame but a syslog message: b'<14>x'; a datagram without a length is read with decode=",
}


@pytest.mark.parametrize(("payload", "flaw"), DATAGRAMS.items())
def test_a_datagram_that_is_no_frame_is_kept_with_the_reason(payload, flaw):
    assert cut_datagram(payload) == [Frame(payload, flaw)]


@pytest.mark.parametrize("payload", [b'{"message": "one"}', b"x\x9c" + b"z" * 5_000, b"\x1f\x8b\x08\0", b"{}"])
def test_a_datagram_without_a_length_is_a_frame_when_it_is_to_be_bare(payload):
    assert cut_datagram(payload, bare=True) == [Frame(payload)]


@pytest.mark.parametrize("payload", [framed(b"one"), framed(b"one", b"two"), b"", b"\0\0\0\5abc"])
def test_a_datagram_with_a_length_is_cut_by_it_also_then(payload):
    assert cut_datagram(payload, bare=True) == cut_datagram(payload)


def test_a_datagram_may_hold_frames_and_something_behind_them():
    assert cut_datagram(framed(b"one", b"two") + b"x") == [
        Frame(b"one"),
        Frame(b"two"),
        Frame(b"x", "the datagram ended after 1 of the 4 octets of a length"),
    ]


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=30), max_size=8), st.binary(max_size=3), st.integers(1, 40))
def test_whatever_is_framed_comes_out_however_it_was_cut(payloads, rest, size):
    frames, framer = fed(framed(*payloads) + rest, size)

    assert [frame.octets for frame in frames] == payloads
    assert framer.pending == rest


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_octets_are_cut_the_same_however_they_come(data, size):
    whole, at_once = fed(data, largest=64)
    pieces, bit_by_bit = fed(data, size, largest=64)

    assert [frame.flaw is None for frame in whole] == [frame.flaw is None for frame in pieces] or at_once.refuses
    assert at_once.pending == bit_by_bit.pending
    assert len(whole) <= len(data) // 4 + 1
