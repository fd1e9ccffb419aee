from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import PurePosixPath

import pytest

from pytest_loghandlers.endpoints._records.weighing import DEPTH, Refused, weigh


def test_texts_weigh_what_they_are_long_and_what_is_short_one():
    assert weigh({"ab": "cde", "n": 1}) == 7
    assert weigh([1, [2.0, None], ("x", b"yz"), {3}, OrderedDict(a=frozenset({4}))]) == 15


def test_what_is_referred_to_often_weighs_as_often():
    shared = ["x" * 10]

    assert weigh([shared, shared]) == 23


def test_a_bomb_is_weighed_without_being_unfolded():
    bomb = ["x"]
    for _ in range(60):
        bomb = [bomb, bomb]

    with pytest.raises(Refused, match=r"^written out it has more than 67,108,864 characters and values"):
        weigh({"v": bomb})


def test_what_is_too_deep_to_print_is_refused():
    deep = []
    for _ in range(DEPTH - 1):
        deep = [deep]
    assert weigh(deep) == DEPTH

    with pytest.raises(Refused, match=r"^its values are nested more than 100 deep$"):
        weigh([deep])


def test_what_contains_itself_is_refused():
    endless = {}
    endless["self"] = [endless]

    with pytest.raises(Refused, match=r"^a dict of it contains itself: a log record needs only plain data$"):
        weigh(endless)


def test_what_is_not_plain_is_refused_by_the_name_of_its_type():
    with pytest.raises(Refused, match=r"^Text stands in it as a value of its own: a log record needs only plain data$"):
        weigh({"v": [type("Text", (str,), {})()]})


ZONE = timezone(timedelta(0), "z" * 1_000)


@pytest.mark.parametrize(
    "value",
    [10**1_000, Decimal("1." + "1" * 998), PurePosixPath("x" * 1_000), ZONE, datetime(2020, 1, 1, tzinfo=ZONE)],
    ids=lambda value: type(value).__name__,
)
def test_whatever_is_long_when_it_is_written_out_weighs_so_much(value):
    assert 1_000 <= weigh([value]) <= 1_200

    shared = [value] * 100
    with pytest.raises(Refused, match=r"^written out it has more than 67,108,864 characters and values"):
        weigh({"v": [shared] * 1_000})


def test_what_is_short_weighs_little():
    assert weigh([0.5, None, True, 10**9, date(2020, 1, 1)]) == 6
    assert weigh([datetime(2020, 1, 1, tzinfo=UTC)]) == 5
