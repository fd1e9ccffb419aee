from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._records.numbering import Gaps, described, judge, numbered
from pytest_loghandlers.endpoints._records.received import ReceivedRecord


def item(**attributes):
    known = {"name": "shop", "msg": "x", "levelno": 20, "levelname": "INFO", **attributes}
    return ReceivedRecord(pickle.dumps(known, 1), transport="tcp", arrival=0.0)


def test_missing_doubled_and_displaced_numbers_are_told_apart():
    assert judge({7: [1, 2, 5, 4, 9, 9, 9]}) == (Gaps(7, 1, 9, ((3, 3), (6, 8)), (9,), (4,)),)
    assert judge({7: [3, 4, 5], 8: [1, 3]}) == (Gaps(8, 1, 3, ((2, 2),), (), ()),)


def test_what_is_expected_at_both_ends_can_be_missing():
    assert judge({None: [3, 4]}, first=1, last=6) == (Gaps(None, 3, 4, ((1, 2), (5, 6)), (), ()),)
    assert judge({None: [1, 2]}, first=1, last=2) == ()
    assert judge({None: [1, 2, 9]}, last=2) == ()


def test_a_gap_of_any_size_is_one_range():
    (gap,) = judge({1: [0, 10**12]})

    assert gap.missing == ((1, 10**12 - 1),)
    assert gap.lost == 10**12 - 1
    assert str(gap) == "999,999,999,999 missing: 1 to 999999999999"


def test_a_sender_is_told_of_in_one_bounded_line():
    (gap,) = judge({1: [*range(0, 60, 3), 3, 1]})

    assert str(gap) == (
        "37 missing: 2, 4 to 5, 7 to 8, 10 to 11, 13 to 14, 16 to 17, 19 to 20, 22 to 23 and 11 more; "
        "1 twice or more: 3; 1 after a higher one: 1"
    )
    many = judge({sender: [1, 3] for sender in range(20)})
    assert described(many, "process").splitlines()[-1].strip() == "and 12 senders more"
    assert described(many[:1], None) == "1 missing: 2"


def test_senders_are_kept_apart_and_other_values_are_named():
    items = [
        item(seq=1, process=7),
        item(seq=1, process=8),
        item(process=7),
        item(seq="x", process=7),
        item(seq=2, process=[1]),
        ReceivedRecord(b"", transport="tcp", arrival=0.0, malformed="why"),
    ]

    senders, marked, odd = numbered(items, "seq", "process")

    assert senders == {7: [1], 8: [1], "[1]": [2]}
    assert marked == [items[0], items[1], items[4]]
    assert odd == ["seq is 'x' in 'x'"]
    assert numbered(items, "seq", None)[0] == {None: [1, 1, 2]}


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40))
def test_what_came_and_what_is_missing_are_all_there_is(numbers):
    gaps = judge({1: numbers}, first=0, last=30)
    missing = {number for gap in gaps for low, high in gap.missing for number in range(low, high + 1)}

    assert missing | set(numbers) == set(range(31))
    assert not missing & set(numbers)
    assert (numbers == list(range(31))) is (gaps == ())
