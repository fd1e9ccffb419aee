from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._delivery import Delivery, compare


@pytest.mark.parametrize(
    ("texts", "carried", "expected"),
    [
        ([], [], Delivery([])),
        (["a", "b"], ["a", "b"], Delivery([0, 1])),
        (["a", "b"], ["a"], Delivery([0, None])),
        (["a", "b"], ["ERROR a", "x", "INFO b."], Delivery([0, 2])),
        (["a", "a"], ["a", "a"], Delivery([0, 1])),
        (["a", "a"], ["a"], Delivery([0, None])),
        (["a"], ["a", "x", "a"], Delivery([0], {0: [0, 2]})),
        (["a", "b"], ["b", "a"], Delivery([1, 0], early=[0])),
        (["a", "b", "c", "d"], ["b", "c", "d", "a"], Delivery([3, 0, 1, 2], early=[0])),
        (["item 1", "item 10"], ["item 10", "item 1"], Delivery([1, 0], early=[0])),
        (["item 1", "item 10"], ["x item 10"], Delivery([None, 0])),
        (["failed", "payment failed"], ["x: payment failed"], Delivery([None, 0])),
        (["one", "two", "one"], ["{one, two, one}"], Delivery([0, 0, 0])),
        (["one", "two"], ["{two, one}"], Delivery([0, 0], early=[0])),
        (["one"], ['{"m": "one", "f": "INFO one"}'], Delivery([0])),
        (["a\n  b\tc"], ["x a b\r\nc"], Delivery([0])),
        (["!!!", ""], ["!!!", ""], Delivery([0, 1])),
        (["-----"], ["INFO ----- end"], Delivery([0])),
        (["---"], ["-----", "(---)"], Delivery([None])),
        (['say "hi"'], [r'{"m": "say \"hi\""}'], Delivery([0])),
        (["naïve\tcafé\nend"], [r'{"m": "na\u00efve\tcaf\u00e9\nend"}'], Delivery([0])),
        (["naïve\ncafé"], [r'{"m": "naïve\ncafé"}'], Delivery([0])),
        (["one", "two"], ["\x1b[31mone\x1b[0m", "\x1b[1;38;5;9mtwo\x1b[m"], Delivery([0, 1])),
        (["x" * 50 + " 1", "x" * 50 + " 2"], ["x" * 50 + " 1"], Delivery([0, None])),
        (["x" * 50 + " and the end"], ["<14>" + "x" * 50 + " and"], Delivery([None], cut={0: 0})),
    ],
)
def test_what_is_missing_double_early_or_cut_is_told(texts, carried, expected):
    assert compare(texts, carried) == expected


def test_what_was_refused_is_not_delivered_and_a_second_try_is_no_double():
    delivery = compare(["one", "two"], ["one", "one", "two"], {0: "answered 503", 2: "answered 500"})

    assert delivery == Delivery([1, None], refused={1: "answered 500, in [2]"})


@given(st.lists(st.integers(0, 300), unique=True), st.sampled_from(["{}", "INFO {} - end", '{{"message": "{}"}}']))
def test_what_arrives_once_each_in_order_is_delivered_however_it_is_wrapped(numbers, pattern):
    texts = [f"item {number}" for number in numbers]

    delivery = compare(texts, [pattern.format(text) for text in texts])

    assert delivery == Delivery(list(range(len(texts))))


@given(st.lists(st.integers(0, 300), unique=True, min_size=1), st.data())
def test_exactly_what_was_left_out_is_missing(numbers, data):
    texts = [f"item {number}" for number in numbers]
    gone = data.draw(st.sets(st.sampled_from(range(len(texts)))))

    assert compare(texts, [f"x {text}" for index, text in enumerate(texts) if index not in gone]).missing == sorted(
        gone
    )


def test_many_are_compared_at_once():
    texts = [f"order {number} was paid by customer {number % 97}" for number in range(20_000)]

    assert compare(texts, [f"INFO: {text}" for text in texts]).places == list(range(20_000))


@pytest.mark.parametrize("wrap", [list, lambda texts: [" ".join(texts)]], ids=["one by one", "as one batch"])
def test_texts_of_the_same_few_words_are_compared_in_time_that_grows_with_their_number(wrap):
    texts = [f"10.0.{number >> 8}.{number & 255} is away" for number in range(20_000)]

    began = time.process_time()
    delivery = compare(texts, wrap([f"WARNING: {text};" for text in texts]))

    assert not delivery.missing
    assert not delivery.early
    assert time.process_time() - began < 10  # Tens of seconds when each is held against each.
