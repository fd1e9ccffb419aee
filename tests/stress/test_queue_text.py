"""Policies, outcomes and queues in words."""

import dataclasses
import multiprocessing
import queue

import pytest

from pytest_loghandlers.stress._queue_entry import Entry
from pytest_loghandlers.stress._queue_text import outcome, policy, queue_name


@pytest.mark.parametrize(
    ("it", "name"),
    [
        (queue.Queue(3), "queue.Queue(maxsize=3)"),
        (queue.Queue(), "queue.Queue"),
        (queue.SimpleQueue(), "queue.SimpleQueue"),
        (multiprocessing.Queue(2), "multiprocessing.Queue(maxsize=2)"),
        (multiprocessing.Queue(), "multiprocessing.Queue"),
    ],
)
def test_the_name_of_a_queue(it, name):
    assert queue_name(it) == name


@pytest.mark.parametrize(
    ("full", "words"),
    [
        (None, "not known: the queue has not been filled"),
        (True, "not known: nothing was logged into the full queue"),
        (False, "takes everything: it never was full"),
    ],
)
def test_a_policy_that_was_not_seen_is_not_guessed(full, words):
    assert policy([Entry(None, "fill", "queued")], full=full) == words


def test_several_policies_are_all_told():
    dropped, blocked = Entry(None, "test", "dropped"), Entry(None, "test", "queued")
    blocked.blocked = 0.1
    assert policy([dropped, blocked], full=True) == "drops the newest, silently / blocks until there is room"


def test_an_outcome_in_words():
    seen = Entry(None, "test", "dropped").snapshot()
    assert outcome(seen) == "never reached the queue; no error, handleError was not called"
    raised = dataclasses.replace(seen, error=OSError(), blocked=0.5, asked=2.0, let_go=True)
    assert outcome(raised) == (
        "never reached the queue; blocked its thread for 0.50 s and was let go, it would have waited 2 s; "
        "OSError left emit()"
    )
