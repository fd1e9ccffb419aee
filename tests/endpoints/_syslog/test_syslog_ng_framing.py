from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._syslog.syslog_ng_framing import LARGEST, CountedFramer, LineFramer

STREAMS = st.lists(
    st.one_of(
        st.sampled_from([b"<14>a: b", b"12 ", b"3 abc", b"5 <14>a", b"0 ", b"\n", b"\0", b"\r", b" ", b"65536 ", b"9"]),
        st.builds(lambda octet, count: octet * count, st.sampled_from([b"x", b"7"]), st.integers(65530, 65540)),
        st.binary(max_size=6),
    ),
    max_size=8,
).map(b"".join)


def cut(framer, stream):
    return [frame.raw for frame in framer.feed(stream)], [frame.raw for frame in framer.close()]


def message(octets):
    return b"<14>a: ".ljust(octets, b"x")


# Each seen at syslog-ng 3.38's network().
@pytest.mark.parametrize(
    ("stream", "while_open", "at_close"),
    [
        (b"<14>a\0<14>b\n<14>c", [b"<14>a", b"<14>b"], [b"<14>c"]),
        (b"\0\n\r\n<14>a\r\r\n", [b"<14>a"], []),
        (b"<14>a\r", [], [b"<14>a"]),
        (b" \n", [b" "], []),
        (message(LARGEST) + b"\nz", [message(LARGEST)], [b"z"]),
        (message(LARGEST) + b"\r\nz\n", [message(LARGEST), b"z"], []),
        (message(LARGEST + 1) + b"\n", [message(LARGEST), b"x"], []),
        (message(LARGEST), [message(LARGEST)], []),
    ],
)
def test_lines(stream, while_open, at_close):
    assert cut(LineFramer(), stream) == (while_open, at_close)


# Each seen at syslog-ng 3.38's syslog().
@pytest.mark.parametrize(
    ("stream", "messages", "closes"),
    [
        (b"3 abc3 def", [b"abc", b"def"], False),
        (b"3 abc\n", [b"abc"], True),
        (b"  3 abc  3 def", [b"abc", b"def"], False),
        (b"0000000003 abc", [b"abc"], False),
        (b"00000000003 abc", [], True),
        (b"12345678901", [], True),
        (b"1234567890", [], False),
        (b"0 abc", [], True),
        (b"65536 " + message(LARGEST), [message(LARGEST)], False),
        (b"65537 " + message(LARGEST), [], True),
        (b"3 \n\n\n", [b"\n\n\n"], False),
        (b"<14>app: x\n", [], True),
        (b"\n3 abc", [], True),
        (b"3\nabc", [], True),
        (b"+3 abc", [], True),
        (b"4 abc", [], False),
        (b"", [], False),
    ],
)
def test_counts(stream, messages, closes):
    framer = CountedFramer()

    assert cut(framer, stream) == (messages, [])
    assert framer.refuses == closes


def test_behind_what_it_refused_nothing_is_read():
    framer = CountedFramer()
    framer.feed(b"3 abc<14>app: x\n")

    assert framer.feed(b"3 abc") == []
    assert framer.lost == "no octet count at '<14>app: x\\n': syslog-ng closes the connection"
    assert framer.pending == b""


def test_what_waits_and_for_what_and_what_would_be_dropped():
    framer = CountedFramer()

    def now(data):
        framer.feed(data)
        return framer.pending, framer.awaits, framer.lost

    assert now(b"") == (b"", "the end of an octet count", None)
    assert now(b"1") == (b"1", "the end of an octet count", "1 octets of an octet count: syslog-ng drops them")
    assert now(b"2 <14>a") == (
        b"<14>a",
        "7 more of 12 octets",
        "5 octets of a counted message of 12: syslog-ng drops them",
    )

    lines = LineFramer()
    lines.feed(b"<14>a")
    assert (lines.pending, lines.awaits, lines.lost) == (b"<14>a", "LF or NUL", None)


def test_the_parts_of_a_long_line_say_so():
    first, second = LineFramer().feed(message(LARGEST + 3) + b"\n")

    assert first.flaw == "of a message longer than 65,536 octets the first: what follows is filed apart"
    assert second.flaw == "a further part of a message longer than 65,536 octets"
    assert (first.damage, second.damage) == ("split", "split")


@settings(max_examples=150, deadline=None)
@given(STREAMS, st.sampled_from([LineFramer, CountedFramer]), st.data())
def test_how_the_reads_cut_a_stream_does_not_matter(stream, kind, data):
    whole, apart = kind(), kind()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))

    frames = [
        frame
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for frame in apart.feed(stream[begin:end])
    ]

    assert frames == whole.feed(stream)
    assert (apart.pending, apart.refuses, apart.awaits) == (whole.pending, whole.refuses, whole.awaits)
    assert apart.close() == whole.close()
    assert len(whole.pending) <= LARGEST


@pytest.mark.parametrize("kind", [LineFramer, CountedFramer])
def test_byte_by_byte_is_the_whole(kind):
    stream = b"5 <14>a  3 abc12 <14>a: \r\nxyz4 a\0bc70000 x"
    whole, apart = kind(), kind()

    frames = [frame for octet in stream for frame in apart.feed(bytes([octet]))]

    assert frames == whole.feed(stream)
    assert apart.close() == whole.close()
    assert apart.refuses == whole.refuses


@pytest.mark.parametrize("octets", [b"x" * 65536, b" " * 65536, b"1" * 65536, b"\n" * 65536])
@pytest.mark.parametrize("kind", [LineFramer, CountedFramer])
def test_nothing_piles_up(kind, octets):
    framer = kind()
    for _ in range(20):
        framer.feed(octets)
        assert len(framer.pending) <= LARGEST
