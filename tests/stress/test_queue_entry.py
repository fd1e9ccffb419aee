"""One record's story, as a test gets to see it."""

import dataclasses
import logging

import pytest

from pytest_loghandlers.stress._queue_entry import Entry, text_of


def test_a_snapshot_cannot_be_changed_and_does_not_change():
    entry = Entry(logging.makeLogRecord({"msg": "%s", "args": ("x",)}), "test")
    seen = entry.snapshot()
    entry.state = "dropped"
    assert (seen.text, seen.fate) == ("x", "offered")
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.fate = "queued"


def test_what_only_tried_the_queue_does_not_count_and_neither_does_what_it_pushed_out():
    probe, pushed = Entry(None, "fill"), Entry(None, "test", "evicted")
    assert pushed.counts
    probe.probe = True
    pushed.evicted_by = probe
    assert not probe.counts and not pushed.counts


def test_what_is_no_record_is_shown_as_it_is():
    assert text_of({"a": 1}) == "{'a': 1}"
