"""The written list of differences is true: each is still one."""

from __future__ import annotations

from pathlib import Path

import pytest
from real_daemons import comparison
from real_daemons.differences import DIFFERENCES, assert_agree, known
from real_daemons.installed import VERSIONS

CASES = [(name, each) for each in DIFFERENCES if each.example for name in each.inputs]


@pytest.mark.parametrize(("name", "difference"), CASES, ids=[f"{name}-{each.what}" for name, each in CASES])
def test_a_difference_on_the_list_is_still_there(daemon, name, difference):
    send = comparison.datagram if name in comparison.DATAGRAM_INPUTS else comparison.stream
    example = difference.example if name in comparison.DATAGRAM_INPUTS else [difference.example]

    theirs, ours = send(daemon, name, example)

    assert theirs != ours
    assert known(name, difference.example) is difference


def test_users_are_told_of_each_difference():
    page = Path(__file__).parents[2].joinpath("docs", "syslog_daemons.md").read_text(encoding="utf-8")

    assert [each.what for each in DIFFERENCES if f"| {each.what} |" not in page] == []


def test_users_are_told_which_versions_are_compared():
    page = Path(__file__).parents[2].joinpath("docs", "syslog_daemons.md").read_text(encoding="utf-8")

    for name, version in VERSIONS.items():
        assert f"**{name.removesuffix('d')} {version}**" in page


def test_a_difference_that_is_not_on_the_list_fails():
    with pytest.raises(AssertionError) as failure:
        assert_agree("rs.udp", [(b"<14>a", [1], [1]), (b"<14>b", [1], [2])])

    assert str(failure.value) == (
        "rs.udp and its profile disagree about 1 of what was sent\n"
        "\n"
        "  sent        b'<14>b'\n"
        "  rs.udp      [1]\n"
        "  profile     [2]"
    )
