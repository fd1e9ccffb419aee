from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._syslog.framing import Frame, Framer
from pytest_loghandlers.endpoints._syslog.runs import RunFramer

PIECES = [
    b"<14>",
    b"<12>a\0",
    b"<9>bc\0",
    b"<",
    b"1",
    b"2",
    b">",
    b" ",
    b"\n",
    b"\0",
    b"\r\n",
    b"abc",
    b"12 <",
    b"5 <14>",
]
reads = st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map(b"".join), max_size=8)


def as_fed(framer, data):
    """The frames of ``data``, as a run where it is one; and whether it was."""
    raws = framer.run(data)
    return (framer.feed(data), False) if raws is None else ([Frame(raw, "nul") for raw in raws], True)


@settings(deadline=None)  # A busy machine is not slow code.
@given(reads, st.sampled_from([3, 8, 1000]))
@example([b"<14>a\0<14>b\0<1", b"4>c\0"], 1000)
@example([b"<14>a\n", b"b\0<14>c\0"], 1000)
@example([b"<14>abcd\0<14>abcde\0"], 8)
@example([b"<14>a\0<14>abcde", b"\0<14>a\0"], 8)
@example([b"<14>a\0", b"5 <14>b<14>c\0", b"<14>d\0"], 1000)
@example([b"<14>" + b"abc" * 10 + b"\n", b"<1>\0<1>\0"], 3)
def test_a_run_is_what_feeding_it_is_now_and_ever_after(reads, largest):
    fed, quick = Framer(largest), RunFramer(largest)
    for data in reads:
        assert as_fed(quick, data)[0] == fed.feed(data)
        assert vars(quick) == vars(fed)


@pytest.mark.parametrize(
    ("reads", "runs"),
    [
        ([b"<14>a\0"], [True]),
        ([b"<14>a\0<14>b\nc\0<14>d", b"e\0"], [True, True]),
        ([b"<1", b"4>a\0"], [False, True]),
        ([b""], [False]),
        ([b"<14>a\nb\0", b"<14>c\0"], [False, True]),
        ([b"<14>a\n<14>b\n", b"<14>c\0"], [False, False]),
        ([b"5 <14>a", b"<14>b\0"], [False, True]),
        ([b"<14>a\0\n<14>b\0", b"<14>c\0"], [False, True]),
        ([b"<14>a\0" + b"7 <14>", b"abc<14>b\0"], [False, False]),
        ([b"<14>a\0hello\0"], [False]),
        ([b"<14>a\0hel", b"lo\0<14>b\0", b"<14>c\0"], [False, False, True]),
        ([b"<14>" + b"x" * 46 + b"\0"], [True]),
        ([b"<14>" + b"x" * 47 + b"\0", b"<14>a\0"], [False, True]),
        ([b"<14>a\0<14>" + b"x" * 47, b"\0"], [False, False]),
    ],
)
def test_which_data_is_a_run(reads, runs):
    framer = RunFramer(50)

    assert [as_fed(framer, data)[1] for data in reads] == runs
