from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._syslog.rsyslog_framing import FLOOD, LARGEST, RsyslogFramer

KINDS = {
    "imtcp": {},
    "imtcp_nul": {"nul_delimits": True},
    "imptcp": {"floods": True},
    "imtcp without counts": {"counted": False},
}
STREAMS = st.lists(
    st.one_of(
        st.sampled_from([b"<14>a: b", b"12 ", b"3", b"0 ", b"200001 ", b"\n", b"\0", b"\r\n", b" ", b"x" * 40, b"9"]),
        st.builds(lambda octet, count: octet * count, st.sampled_from([b"x", b"\t", b"7"]), st.integers(8080, 8110)),
        st.binary(max_size=6),
    ),
    max_size=8,
).map(b"".join)


def cut(stream, **kind):
    framer = RsyslogFramer(**kind)
    return [frame.raw for frame in framer.feed(stream)], [frame.raw for frame in framer.close()]


def message(octets):
    return b"<14>a: ".ljust(octets, b"x")


@pytest.mark.parametrize(
    ("stream", "while_open", "at_close"),
    [
        (b"<14>a\n<14>b", [b"<14>a"], [b"<14>b"]),
        (b"\n\n<14>a\n\n", [b"<14>a"], []),
        (b"<14>a\r\n", [b"<14>a\r"], []),
        (b"5 <14>a3 abc", [b"<14>a", b"abc"], []),
        (b"005\t<14>a", [b"<14>a"], []),
        (b"0 <14>a\n", [b"<14>a"], []),
        (b"200001 <14>a\n", [b"200001<14>a"], []),
        (b"99999999999999999999\n<14>a\n", [b"99999999999999999999<14>a"], []),
        (b"200000 <14>a", [], []),
        (b"12", [], []),
        (b"2 \n\n<14>a\n", [b"\n\n", b"<14>a"], []),
        (b" 5 <14>a\n", [b" 5 <14>a"], []),
        (message(LARGEST) + b"\nz\n", [message(LARGEST), b"z"], []),
        (message(LARGEST) + b"12 abc\n", [message(LARGEST), b"2 abc"], []),
        (message(LARGEST + 1), [message(LARGEST)], []),
        (b"8098 " + message(8098) + b"1 z", [message(LARGEST), b"x", b"z"], []),
    ],
)
def test_imtcp_cuts(stream, while_open, at_close):
    assert cut(stream) == (while_open, at_close)


def test_imptcp_files_a_long_line_again_and_again():
    assert cut(message(LARGEST) + b"\n", floods=True) == ([message(LARGEST)], [])
    assert cut(message(LARGEST + 3) + b"\n<14>b\n", floods=True) == ([message(LARGEST)] * 4 + [b"<14>b"], [])
    assert cut(message(LARGEST + 3), floods=True) == ([message(LARGEST)] * 3, [])
    assert cut(b"8100 " + message(8100) + b"1 z", floods=True) == ([message(LARGEST), b"z"], [])


def test_a_flood_is_bounded():
    framer = RsyslogFramer(floods=True)

    frames = framer.feed(message(LARGEST + 5 * FLOOD)) + framer.feed(b"x" * 100_000)

    assert len(frames) == FLOOD
    assert len({id(frame.raw) for frame in frames}) == 1
    assert frames[0].damage == "cut"
    assert frames[0].flaw == (
        "longer than 8,096 octets: imptcp files its beginning again for each further octet (rsyslog 5078), "
        "here the first 1,000 times"
    )


def test_what_waits_and_for_what_and_what_would_be_dropped():
    framer = RsyslogFramer()

    def now(data):
        framer.feed(data)
        return framer.pending, framer.awaits, framer.lost

    assert now(b"12") == (
        b"12",
        "the end of an octet count",
        "'12', taken for the beginning of an octet count: rsyslog drops it",
    )
    assert now(b" <14>a") == (
        b"<14>a",
        "7 more of 12 octets",
        "5 octets of a counted message of 12: rsyslog drops them",
    )
    assert now(b"bcdefgh<14>") == (b"<14>", "LF", None)
    assert now(b"\n") == (b"", "LF", None)


def test_imptcp_tells_what_it_would_drop():
    framer = RsyslogFramer(floods=True)
    framer.feed(b"<14>a")

    assert framer.lost == "5 octets without an LF at their end: imptcp drops them"


def test_the_parts_of_a_long_message_say_so():
    framer = RsyslogFramer()

    first, second = framer.feed(message(9000) + b"\n")

    assert first.flaw == "the first 8,096 octets: of a message longer than 8,096 octets the others are filed apart"
    assert second.flaw == "a further part: of a message longer than 8,096 octets the others are filed apart"
    assert (first.damage, second.damage) == ("split", "split")


@settings(max_examples=150, deadline=None)
@given(STREAMS, st.sampled_from(sorted(KINDS)), st.data())
def test_how_the_reads_cut_a_stream_does_not_matter(stream, kind, data):
    whole, apart = RsyslogFramer(**KINDS[kind]), RsyslogFramer(**KINDS[kind])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))

    frames = [
        frame
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for frame in apart.feed(stream[begin:end])
    ]

    assert frames == whole.feed(stream)
    assert (apart.pending, apart.lost, apart.awaits) == (whole.pending, whole.lost, whole.awaits)
    assert apart.close() == whole.close()
    assert len(whole.pending) <= LARGEST + 1


@pytest.mark.parametrize("kind", KINDS)
def test_byte_by_byte_is_the_whole(kind):
    stream = b"<14>a: b\n12 <14>app: one3 abc<14>x\0<14>y\n\n0 z\n200001 k\n77" + message(8100) + b"\n5 <14>e"
    whole, apart = RsyslogFramer(**KINDS[kind]), RsyslogFramer(**KINDS[kind])

    frames = [frame for octet in stream for frame in apart.feed(bytes([octet]))]

    assert frames == whole.feed(stream)
    assert apart.close() == whole.close()


def test_nothing_piles_up():
    for kind in KINDS.values():
        framer = RsyslogFramer(**kind)
        for octets in (b"1" * 65536, b"x" * 65536):
            for _ in range(20):
                framer.feed(octets)
                assert len(framer.pending) <= LARGEST + 1
