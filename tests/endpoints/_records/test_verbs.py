from __future__ import annotations

import logging
from logging.handlers import SocketHandler

import pytest

from pytest_loghandlers import ArgumentError


@pytest.fixture
def log(records, logger):
    """Return a function that logs records numbered so."""
    logger.addHandler(SocketHandler(*records.address))

    def logged(*numbers, text="tick", **extra):
        for number in numbers:
            logger.info(text, extra={"seq": number, **extra})

    return logged


def test_an_assertion_returns_what_matched(records, log):
    log(1, 2)

    assert records.wait_for("tick", count=2) == records.assert_received("tick", count=2) == records.received
    assert records.assert_received("tick", extra={"seq": 2}, level="INFO", logger="shop") is records.received[1]
    records.assert_not_received("tick", extra={"seq": 3})


def test_complete_numbers_are_returned_with_their_records(records, log):
    log(1, 2, 3)
    records.wait_for("tick", count=3)

    assert records.assert_no_gaps(first=1, last=3) == records.received
    assert records.gaps() == ()


def test_gaps_are_told_of_each_sender(records, log):
    log(1, 2, 5, 4, 4, shard="a")
    log(7, 8, shard="b")
    records.wait_for("tick", count=7)

    (gap,) = records.gaps(per="shard")

    assert (gap.sender, gap.missing, gap.duplicated, gap.reordered) == ("a", ((3, 3),), (4,), (4,))
    with pytest.raises(AssertionError) as caught:
        records.assert_no_gaps(per="shard", first=1)
    assert str(caught.value) == (
        "record_endpoint received 7 records numbered by seq, with 7 missing, 1 twice, 1 out of order\n"
        "\n"
        "  wanted    every seq once, in order, from 1, of each shard\n"
        "  received  7 records, 7 with a number\n"
        "  gaps      shard 'a': 1 missing: 3; 1 twice or more: 4; 1 after a higher one: 4\n"
        "            shard 'b': 6 missing: 1 to 6"
    )


def test_numbers_that_nobody_sent_are_no_success(records, log, logger):
    logger.info("tick")
    records.wait_for("tick")

    with pytest.raises(AssertionError) as caught:
        records.assert_no_gaps("serial")
    assert str(caught.value) == (
        "record_endpoint received no record that is numbered by serial\n"
        "\n"
        "  wanted    every serial once, in order, of each process\n"
        "  received  1 record, 0 with a number"
    )


def test_what_counts_no_numbers_is_shown(records, log):
    log(1, "two")
    records.wait_for("tick", count=2)

    with pytest.raises(AssertionError) as caught:
        records.assert_no_gaps(per=None)
    assert str(caught.value) == (
        "record_endpoint received 1 record whose seq is no whole number\n"
        "\n"
        "  wanted    every seq once, in order\n"
        "  received  2 records, 1 with a number\n"
        "  odd       seq is 'two' in 'tick'"
    )


def test_a_gap_may_be_what_was_refused(records, log):
    log(1)
    log(2, bad=ValueError("x"))
    log(3)
    records.wait_for("tick", count=2)
    assert len(records.received) == 3

    with pytest.raises(AssertionError) as caught:
        records.assert_no_gaps(per=None)
    assert str(caught.value) == (
        "record_endpoint received 2 records numbered by seq, with 1 missing\n"
        "\n"
        "  wanted    every seq once, in order\n"
        "  received  3 records, 2 with a number\n"
        "  gaps      1 missing: 2\n"
        "  hint      1 frame was malformed or refused: what is missing may be among them (received shows them)"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"key": ""}, "key='': it is the name of the attribute that counts up"),
        ({"key": 7}, "key=7: it is the name of the attribute that counts up"),
        ({"per": ""}, "per='': it is the name of an attribute that tells senders apart, or None"),
        ({"first": "1"}, "first='1': it is a whole number"),
        ({"last": True}, "last=True: it is a whole number"),
    ],
)
def test_what_cannot_be_meant_is_an_argument_error(records, arguments, message):
    with pytest.raises(ArgumentError) as caught:
        records.assert_no_gaps(**arguments)

    assert str(caught.value) == message


def test_what_the_kernel_dropped_cannot_be_told(records, monkeypatch, log):
    monkeypatch.setattr(type(records), "dropped", property(lambda self: 3))

    with pytest.raises(AssertionError) as caught:
        records.assert_not_received("tock", level=logging.INFO)
    assert str(caught.value) == (
        "record_endpoint cannot tell whether 'tock' at INFO was sent\n"
        "\n"
        "  wanted    no record whose text contains 'tock' and whose level is INFO"
    )
    records.assert_not_received("tock", transport="tcp")
    records.assert_not_received("tock", connection=1)
