"""Some hundred frames made of everyday and of broken parts: the profiles file them as the real daemons do.

The frames are the same in every run. Other ones: ``LOGHANDLERS_TEST_SEED=7``.
"""

from __future__ import annotations

import os

import pytest
from real_daemons import comparison, frames
from real_daemons.differences import assert_agree

SEED = int(os.environ.get("LOGHANDLERS_TEST_SEED", "0"))
COUNT = 200


@pytest.mark.parametrize("name", comparison.DATAGRAM_INPUTS)
def test_datagrams(daemon, name):
    sent = frames.datagrams(SEED, COUNT)

    assert_agree(name, ((each, *comparison.datagram(daemon, name, each)) for each in sent))


@pytest.mark.parametrize("name", comparison.STREAM_INPUTS)
def test_streams_cut_anywhere(daemon, name):
    # imptcp multiplies what is longer than its limit.
    sent = frames.streams(SEED, COUNT, largest=2048 if name in {"rs.imptcp", "rs.uxstream"} else 65_000)

    assert_agree(name, ((each, *comparison.stream(daemon, name, each)) for each in sent))


def test_the_frames_are_worth_sending():
    sent = frames.datagrams(SEED, COUNT)
    streams = [b"".join(each) for each in frames.streams(SEED, COUNT)]

    assert len(sent) == len(streams) == COUNT
    assert len(set(sent)) > 0.9 * COUNT
    assert sum(len(each) > 8096 for each in sent) >= 2
    assert all(sum(part in each for each in sent) > 10 for part in (b"\0", b"\n", b"\r", b"<14>1 ", b"Oct "))
