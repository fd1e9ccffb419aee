from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._syslog.framing import LARGEST_MESSAGE, Frame, Framer

TRACEBACK = b"<11>boom\nTraceback (most recent call last):\n  File x\nValueError: no"
CUT = "the stream ended before the message did: no NUL, no LF, no octet count"


def framed(*reads, largest=LARGEST_MESSAGE, close=False):
    """What the reads come to, ``[(raw, framing, flaw)]`` without lines that were taken back; and what is pending."""
    framer = Framer(largest)
    frames = []
    for read in reads:
        for frame in framer.feed(read):
            assert frame.takes_back <= len(frames)
            del frames[len(frames) - frame.takes_back :]
            frames.append((frame.raw, frame.framing, frame.flaw))
        assert framer.open_lines <= len(frames)
    pending = framer.pending
    if close:
        frames += [(frame.raw, frame.framing, frame.flaw) for frame in framer.close()]
    return frames, pending


def raws(stream, **options):
    return [raw for raw, _, _ in framed(stream, close=True, **options)[0]]


@pytest.mark.parametrize(
    ("stream", "messages"),
    [
        pytest.param(b"<14>a\0<12>b\0", [b"<14>a", b"<12>b"], id="NUL"),
        pytest.param(b"<14>a\n<12>b\n", [b"<14>a", b"<12>b"], id="LF"),
        pytest.param(b"<14>a\r\n<12>b\r\n", [b"<14>a", b"<12>b"], id="CR LF"),
        pytest.param(b"5 <14>a5 <12>b", [b"<14>a", b"<12>b"], id="octet counting"),
        pytest.param(b"5 <14>a\n5 <12>b\n", [b"<14>a", b"<12>b"], id="octet counting with an uncounted LF"),
        pytest.param(b"6 <14>a\n5 <12>b", [b"<14>a\n", b"<12>b"], id="octet counting of the LF"),
        pytest.param(b"6 <14>a\0" + b"6 <12>b\0", [b"<14>a\0", b"<12>b\0"], id="octet counting of the NUL"),
        pytest.param(b"<14>a\n5 <12>b<11>c\n", [b"<14>a", b"<12>b", b"<11>c"], id="the method changes"),
        pytest.param(b"<14>a\n\0<12>b\n\0", [b"<14>a\n", b"<12>b\n"], id="LF of the formatter, NUL of the handler"),
        pytest.param(b"<14>a\0\n<12>b\0\n", [b"<14>a", b"<12>b"], id="NUL, then LF"),
        pytest.param(TRACEBACK + b"\0<14>next\0", [TRACEBACK, b"<14>next"], id="traceback first, NUL"),
        pytest.param(b"<14>a\0" + TRACEBACK + b"\0", [b"<14>a", TRACEBACK], id="traceback second, NUL"),
        pytest.param(
            b"<14>one\ntwo\n<12>next\n", [b"<14>one", b"two", b"<12>next"], id="lines, LF: torn as by a daemon"
        ),
        pytest.param(b"<14>a\n<12>b\nmore\0", [b"<14>a", b"<12>b", b"more"], id="LF, and a NUL later"),
        pytest.param(b"<14>bob\n<0>forged\n", [b"<14>bob", b"<0>forged"], id="a message forged by its text, LF"),
        pytest.param(b"<14>a\0<14>bob\n<0>forged\0", [b"<14>a", b"<14>bob\n<0>forged"], id="not forged, NUL"),
        pytest.param(b"<14>12 monkeys\n12 left\0", [b"<14>12 monkeys\n12 left"], id="a line that begins with a number"),
        pytest.param(b"\n\n<14>a\n\n\n<12>b\n", [b"<14>a", b"<12>b"], id="blank lines"),
        pytest.param(b"plain\nanother\n", [b"plain", b"another"], id="no PRI"),
        pytest.param(b"   \n<14>a\n", [b"   ", b"<14>a"], id="a line of spaces"),
        pytest.param(b"{}\0" + TRACEBACK + b"\0", [b"{}", TRACEBACK], id="no PRI, NUL"),
        pytest.param(b"012 <14>a\n", [b"012 <14>a"], id="a count with a leading zero is none"),
        pytest.param(b"12 monkeys left\n", [b"12 monkeys left"], id="a number is no count"),
        pytest.param(b"<14>a<12>b<11>c", [b"<14>a<12>b<11>c"], id="no delimiter at all"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"\0\r\n", [], id="delimiters only"),
    ],
)
def test_a_stream_is_cut_into_its_messages(stream, messages):
    assert raws(stream) == messages


def test_a_frame_says_what_ended_it():
    assert framed(b"5 <14>a<14>b\0<14>c\0")[0] == [
        (b"<14>a", "octet_counting", None),
        (b"<14>b", "nul", None),
        (b"<14>c", "nul", None),
    ]
    assert framed(b"<14>a\n")[0] == [(b"<14>a", "lf", None)]


def test_a_line_is_there_before_anything_follows_it():
    framer = Framer()

    assert framer.feed(b"<14>a\n") == [Frame(b"<14>a", "lf")]
    assert framer.open_lines == 1


def test_lines_that_were_a_traceback_are_taken_back():
    framer = Framer()

    assert [frame.raw for frame in framer.feed(b"<11>boom\nTraceback\n  File")] == [b"<11>boom", b"Traceback"]
    assert framer.pending == b"  File"
    assert framer.feed(b" x\n\0") == [Frame(b"<11>boom\nTraceback\n  File x\n", "nul", takes_back=2)]
    assert framer.open_lines == 0


def test_lines_stay_once_another_message_has_begun():
    framer = Framer()
    framer.feed(b"<11>one\ntwo\n")

    assert framer.feed(b"<11>") == []
    assert framer.open_lines == 0
    (third,) = framer.feed(b"three\0")
    assert (third.raw, third.framing, third.takes_back, third.damage) == (b"<11>three", "nul", 0, "split")
    assert third.flaw == (
        "NUL ended it, but LF the one before it: both may be one message, a line of which begins like another"
    )


def test_what_has_no_end_yet_is_pending():
    assert framed(b"<14>a\0<14>b")[1] == b"<14>b"
    assert framed(b"5 <14>a12 <14>b")[1] == b"<14>b"
    assert framed(b"1")[1] == b"1"
    assert framed(b"<14>a\0")[1] == b""


def test_what_is_left_when_the_stream_ends_is_kept_with_the_reason():
    assert framed(b"<14>a\0<14>b", close=True)[0][1:] == [(b"<14>b", "eof", CUT)]
    assert framed(b"<14>a\nb", close=True)[0] == [(b"<14>a", "lf", None), (b"b", "eof", CUT)]
    assert framed(b"12 ", close=True)[0] == [(b"12 ", "eof", CUT)]
    assert framed(b"64 <14>a", close=True)[0] == [
        (b"<14>a", "octet_counting", "the stream ended after 5 of 64 octets"),
    ]
    assert framed(b"999999999 <14>a\n<12>b\n", close=True)[0] == [
        (b"<14>a\n<12>b\n", "octet_counting", "the stream ended after 12 of 999,999,999 octets"),
    ]


@pytest.mark.parametrize(
    ("stream", "frames"),
    [
        pytest.param(
            b"<14>aaaaaaaaa\0<14>b\0",
            [(b"<14>aaaa", "nul", "too long: 13 octets, of which the first 8 are kept"), (b"<14>b", "nul", None)],
            id="NUL",
        ),
        pytest.param(
            b"<14>a\n<14>aaaaaaaaa\n<14>b\n",
            [
                (b"<14>a", "lf", None),
                (b"<14>aaaa", "lf", "too long: 13 octets, of which the first 8 are kept"),
                (b"<14>b", "lf", None),
            ],
            id="LF",
        ),
        pytest.param(
            b"13 <14>aaaaaaaaa5 <14>b",
            [
                (b"<14>aaaa", "octet_counting", "too long: 13 octets, of which the first 8 are kept"),
                (b"<14>b", "octet_counting", None),
            ],
            id="octet counting",
        ),
        pytest.param(
            b"<14>aaaaa",
            [(b"<14>aaaaa"[:8], "eof", f"too long: 9 octets, of which the first 8 are kept; {CUT}")],
            id="the stream ends one octet above the limit",
        ),
        pytest.param(b"<14>aaaa\0", [(b"<14>aaaa", "nul", None)], id="just not too long"),
        pytest.param(b"<14>aaaa\r\n", [(b"<14>aaaa", "lf", None)], id="just not too long, CR LF"),
    ],
)
def test_of_a_message_above_the_limit_the_beginning_is_kept(stream, frames):
    assert framed(stream, largest=8, close=True)[0] == frames


def test_a_message_without_end_takes_no_more_memory_than_the_limit():
    framer = Framer(1000)

    for _ in range(100):
        framer.feed(b"<14>" + b"a" * 1000)

    assert len(framer._bytes) <= 1015
    assert len(framer.pending) == 1000


def test_a_counted_message_without_end_takes_no_more_memory_than_the_limit():
    framer = Framer(1000)
    framer.feed(b"999999999 <14>")

    for _ in range(100):
        framer.feed(b"a" * 1000)

    assert len(framer._bytes) <= 1000
    assert framer.close()[0].flaw == "the stream ended after 100,004 of 999,999,999 octets"


PIECES = [b"<14>", b"<", b"1", b"2", b">", b" ", b"\n", b"\0", b"\r\n", b"\r", b"abc", b"12 <", b"5 <14>", b"30 <3>"]
streams = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=16).map(b"".join)


@settings(deadline=None)  # A busy machine is not slow code.
@given(streams, st.lists(st.integers(1, 7), min_size=1), st.sampled_from([3, 8, 1000]))
@example(b"<14>a\n<1", [1], 1000)
@example(TRACEBACK + b"\0", [1], 1000)
@example(b"<14>a\n12 <3>b\0", [1], 1000)
def test_however_the_reads_cut_a_stream_its_messages_are_the_same(stream, sizes, largest):
    reads, at = [], 0
    while at < len(stream):
        size = sizes[len(reads) % len(sizes)]
        reads.append(stream[at : at + size])
        at += size

    assert framed(*reads, largest=largest, close=True) == framed(stream, largest=largest, close=True)
    # Also at each moment before the end: what a test saw so far depends on the bytes alone.
    for end in range(len(reads)):
        assert framed(*reads[:end], largest=largest) == framed(b"".join(reads[:end]), largest=largest)


@settings(deadline=None)  # A busy machine is not slow code.
@given(streams)
def test_every_octet_is_in_a_message_pending_or_a_delimiter(stream):
    frames, pending = framed(stream)

    at = 0
    for raw in [*(raw for raw, _, _ in frames), pending]:
        if not raw:
            continue
        found = stream.index(raw, at)
        between = stream[at:found]
        assert not between.strip(b"\r\n\0") or between.strip(b"\r\n\0 0123456789") == b"", between
        at = found + len(raw)
    rest = stream[at:].strip(b"\r\n\0")
    assert not rest or rest.strip(b" 0123456789") == b""


@settings(deadline=None)  # A busy machine is not slow code.
@given(st.lists(st.binary(min_size=1, max_size=30), max_size=6))
def test_counted_messages_may_hold_anything(bodies):
    messages = [b"<14>" + body for body in bodies]

    assert raws(b"".join(b"%d %b" % (len(message), message) for message in messages)) == messages


@settings(deadline=None)  # A busy machine is not slow code.
@given(st.lists(st.binary(min_size=1, max_size=30).map(lambda data: data.replace(b"\0", b"")), max_size=6))
def test_what_python_sends_comes_out_whole(texts):
    messages = [b"<14>shop: " + text for text in texts]
    # Only a first message that forges another one behind a line break could be taken for two.
    messages.insert(0, b"<14>first")

    assert raws(b"".join(message + b"\0" for message in messages)) == messages


@pytest.mark.parametrize(
    ("reads", "awaits"),
    [
        ([b"<14>a"], "NUL or LF"),
        ([b"plain"], "NUL or LF"),
        ([b"<14>a\0<14>b"], "NUL"),
        ([b"64 <14>half"], "56 more of 64 octets"),
        ([b"2,000 <14>"], "NUL or LF"),
        ([b"5000 <" + b"x" * 1_999], "3,000 more of 5,000 octets"),
        ([b"12"], "the end of what may be an octet count"),
    ],
)
def test_what_is_pending_says_what_would_end_it(reads, awaits):
    framer = Framer(1_000)
    for read in reads:
        framer.feed(read)

    assert framer.awaits == awaits
    assert framer.lost is None


@pytest.mark.parametrize(
    ("stream", "damages"),
    [
        (b"<14>a\nrest\nmore\n<14>b\n", [None, "split", "split", None]),
        (b"<14>a\n5 <14>brest\n", [None, None, None]),
        (b"plain\nanother\n", [None, None]),
        (b"<14>a\nrest\n\0", [None]),
        (b"<14>a\n<14>b\0", [None, "split"]),
        (b"<14>a\n<14>b\n\0", [None, None]),
        (b"<14>a<12>b", ["merged"]),
        (b"<14>a", ["cut"]),
        (b"9 <14>a", ["cut"]),
        (b"<14>" + b"x" * 100 + b"\n", ["cut"]),
        (b"<14>a\n<14>" + b"x" * 100 + b"\nrest\n", [None, "cut", "split"]),
        (b"104 <14>" + b"x" * 100, ["cut"]),
    ],
)
def test_what_became_of_a_message_is_told(stream, damages):
    framer = Framer(50)
    frames = []
    for frame in framer.feed(stream):
        del frames[len(frames) - frame.takes_back :]
        frames.append(frame)
    frames += framer.close()

    assert [frame.damage for frame in frames] == damages
    assert all(frame.flaw for frame in frames if frame.damage)


@pytest.mark.parametrize(("begin", "end"), [(b"100000004 <14>", b""), (b"<14>", b"\0"), (b"", b"\n")])
def test_of_100_megabytes_one_is_kept_and_never_more_is_held(begin, end):
    framer, chunk, held = Framer(), b"x" * 262_144, 0
    frames = framer.feed(begin)
    left = 100_000_000
    while left:
        frames += framer.feed(chunk[:left])
        left -= min(left, len(chunk))
        held = max(held, len(framer._bytes) + len(framer._head))
    frames += framer.feed(end)

    assert [len(frame.raw) for frame in frames] == [LARGEST_MESSAGE]
    assert frames[0].flaw.startswith("too long: 100,000,0")
    assert held <= 2 * LARGEST_MESSAGE
