"""TextIndex and RecordIndex: the same answers as a plain scan, and quickly."""

from __future__ import annotations

import logging
import re
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_loghandlers.observe._records import message_of, record_vocabulary
from pytest_loghandlers.observe._text_index import BLOCK, FEW, RecordIndex, TextIndex

VOCABULARY = record_vocabulary()


def record(message, *arguments, name="shop", level=logging.INFO):
    return logging.LogRecord(name, level, __file__, 1, message, arguments, None)


def indexed(*messages):
    index = TextIndex(message_of)
    index.extend([record(message) for message in messages])
    return index


def test_a_part_of_a_text_is_found_in_full_blocks_and_in_the_rest():
    messages = [f"item {number}" for number in range(2 * BLOCK + 10)]
    index = indexed(*messages)
    assert list(index.find("item 20")) == [at for at, text in enumerate(messages) if "item 20" in text]
    assert list(index.find(f"item {2 * BLOCK + 9}")) == [2 * BLOCK + 9]


def test_a_text_is_not_found_across_two_records():
    index = indexed(*["ab", "cd"] * BLOCK)
    for across in ("b\0c", "bc", "\0", "b\0"):
        assert list(index.find(across)) == []


def test_a_text_with_a_nul_is_found_behind_one_that_only_seems_to_be_it():
    index = indexed(*["ab", "c", "b\0c"] * BLOCK)
    assert list(islice(index.find("b\0c"), 2)) == [2, 5]


def test_the_empty_text_is_found_in_every_record_that_has_one():
    index = TextIndex(message_of)
    index.extend([record("a"), record("%d", "x"), record("")])
    assert index.broken == {1}
    assert list(index.find("")) == [0, 2]
    assert list(index.find(re.compile(""))) == [0, 2]
    assert list(index.exactly("")) == [2]
    index = TextIndex(message_of)
    index.extend([record("a"), record("%d", "x")] * BLOCK)
    assert list(index.find("")) == list(range(0, 2 * BLOCK, 2))


def test_what_is_found_is_extended_by_what_is_new():
    records = [record("a %d", number) for number in range(BLOCK + 5)]
    index = TextIndex(message_of)
    index.extend(records)
    assert len(list(index.find("a"))) == BLOCK + 5
    records += [record("b"), record("a again")]
    index.extend(records)
    assert list(index.find("a"))[-1] == BLOCK + 6
    assert list(index.find("b")) == [BLOCK + 5]


def test_a_regex_is_searched_in_each_text_alone():
    index = indexed("one\ntwo", "three")
    assert list(index.find(re.compile("^two"))) == []
    assert list(index.find(re.compile("^t"))) == [1]


def test_no_more_is_looked_at_than_is_asked_for():
    index = indexed(*["hit"] * (3 * BLOCK))
    next(index.find("hit"))
    assert index._found["hit"].looked == BLOCK


def test_equal_texts_are_all_found_as_exact_ones():
    index = indexed("a", "b", "a")
    index.extend([*map(record, "abaa")])
    assert list(index.exactly("a")) == [0, 2, 3]
    assert list(index.exactly("c")) == []


def test_each_record_is_rendered_once():
    seen = []

    def render(each):
        seen.append(each.msg)
        return message_of(each)

    index = TextIndex(render)
    records = [record("a"), record("%d", "x"), record("b")]
    index.extend(records)
    index.extend([*records, record("c")])
    assert seen == ["a", "%d", "b", "c"]
    assert index.texts == ["a", "", "b", "c"]


def test_many_records_of_the_wanted_level_are_searched_by_their_text():
    records = [record(f"item {at}", level=10 * (1 + at % 2)) for at in range(4 * FEW)]
    index = RecordIndex(records)
    found = list(index.search(VOCABULARY.matcher("item 7", level="INFO")))
    assert found == [at for at in range(4 * FEW) if "item 7" in f"item {at}" and at % 2]


def test_a_whole_message_comes_before_one_that_contains_it():
    index = RecordIndex([record("item 10"), record("item 1"), record("item 1", level=logging.ERROR)])
    assert index.first(VOCABULARY.matcher("item 1")) == 1
    assert index.first(VOCABULARY.matcher("item 1", level="ERROR")) == 2
    assert index.first(VOCABULARY.matcher("item 1", level="CRITICAL")) is None
    assert index.first(VOCABULARY.matcher("item")) == 0


names = st.sampled_from(["shop", "shop.db", "shopping", "root"])
levels = st.sampled_from([10, 20, 25, 40])
texts = st.text("ab\0", max_size=4)
records_ = st.lists(st.tuples(texts, names, levels), max_size=30)


@pytest.mark.parametrize("block", [2, 4])
@settings(deadline=None)  # on a busy machine a slow example is no fault
@given(
    batches=st.lists(records_, min_size=1, max_size=3),
    text=st.none() | texts,
    asked=st.fixed_dictionaries({}, optional={"logger": names, "level": levels, "min_level": levels}),
)
def test_the_answers_are_those_of_a_plain_scan(block, batches, text, asked):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pytest_loghandlers.observe._text_index.BLOCK", block)
        patch.setattr("pytest_loghandlers.observe._text_index.FEW", 3)
        records = []
        index = RecordIndex(records)
        matcher = VOCABULARY.matcher(text, **asked)
        for batch in batches:
            records += [record(message, name=name, level=level) for message, name, level in batch]
            wanted = [at for at, each in enumerate(records) if matcher.matches(each)]
            assert list(index.search(matcher)) == wanted
            middle = len(records) // 2
            assert list(index.search(matcher, middle)) == [at for at in wanted if at > middle]
            exact = [at for at in wanted if records[at].msg == text]
            assert index.first(matcher) == next(iter(exact + wanted), None)


def test_a_message_that_raises_stop_iteration_has_no_text_and_moves_no_other():
    class Exhausted:
        def __str__(self):
            return next(iter(()))

    index = indexed("one", Exhausted(), "three")
    assert (index.texts, index.broken) == (["one", "", "three"], {1})
