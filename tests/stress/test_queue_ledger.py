"""What the ledger writes down when several threads are at it, or the queue gives out copies."""

import copy
import logging
import queue

import pytest

from pytest_loghandlers.stress._queue_ledger import Ledger


def record(text):
    return logging.makeLogRecord({"msg": text})


def test_a_record_that_is_just_being_put_is_not_taken_for_evicted():
    ledger = Ledger(copies=False)
    entry, other = ledger.begin(record("a")), ledger.begin(record("b"))
    with ledger.putting("item of b"):
        ledger.compare([], entry)
    assert (other.state, entry.evicts) == ("queued", 0)
    ledger.compare([], entry)
    assert (other.state, entry.evicts) == ("evicted", 1)


def test_a_put_that_fails_leaves_no_trace():
    ledger = Ledger(copies=False)
    entry = ledger.begin(record("a"))
    with pytest.raises(queue.Full), ledger.putting("item"):
        raise queue.Full
    assert entry.state == "offered" and not ledger.queued
    ledger.end(entry, None)
    assert entry.state == "dropped"


def test_a_copy_is_recognised_by_its_content_and_a_foreign_record_is_not():
    ledger = Ledger(copies=True)
    entry = ledger.begin(mine := record("a"))
    with ledger.putting(mine):
        pass
    ledger.end(entry, None)
    assert ledger.taken(record("a"), consumer=False) is None
    assert ledger.taken(copy.copy(mine), consumer=False) is entry
    assert entry.state == "delivered"


def test_a_record_is_found_in_what_it_was_packed_into():
    class Packed:
        def __init__(self, inner):
            self.inner = inner

    for pack in (lambda item: (1, item), Packed):
        ledger = Ledger(copies=False)
        entry = ledger.begin(mine := record("a"))
        with ledger.putting(pack(mine)):
            pass
        assert ledger.find(mine) is entry


def test_what_was_taken_out_only_to_be_sorted_in_again_is_not_evicted():
    ledger = Ledger(copies=False)
    first = ledger.begin(record("a"))
    with ledger.putting("a"):
        pass
    ledger.end(first, None)
    second = ledger.begin(record("b"))
    ledger.taken("a", consumer=False)
    assert (first.state, second.evicts) == ("evicted", 1)
    with ledger.putting("a"):
        pass
    assert (first.state, second.evicts) == ("queued", 0)
