"""Each kind of queue is recognised without being moved."""

import asyncio
import multiprocessing
import queue

import pytest

from pytest_loghandlers.stress._queue_kinds import (
    QueueStandIn,
    count_out,
    is_awaited,
    is_copying,
    is_full,
    takes_timeout,
    waits,
)


@pytest.mark.parametrize(
    ("make", "copying", "timeout"),
    [(queue.Queue, False, True), (queue.SimpleQueue, False, True), (multiprocessing.Queue, True, True)],
)
def test_what_a_queue_is(make, copying, timeout):
    it = make()
    assert (is_copying(it), takes_timeout(it.put), is_full(it)) == (copying, timeout, False)


def test_a_queue_of_asyncio_is_awaited():
    assert is_awaited(asyncio.Queue())
    assert not is_awaited(queue.Queue())
    assert not is_awaited(None)


def test_an_item_is_counted_out_where_items_are_counted():
    counting = queue.Queue()
    counting.put(1)

    count_out(counting)
    count_out(counting)  # More often than there were items: as for one that a failed put did not count.
    count_out(queue.SimpleQueue())

    assert counting.unfinished_tasks == 0


def test_a_queue_without_an_answer_is_not_full():
    assert is_full(object()) is False
    assert takes_timeout(lambda item: None) is False


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "expected"),
    [
        ("put", (), {}, (True, None)),
        ("put", (False,), {}, (False, None)),
        ("put", (True, 2), {}, (False, 2)),
        ("put", (), {"timeout": 3}, (False, 3)),
        ("put", (), {"block": False, "timeout": 3}, (False, None)),
        ("put_nowait", (), {}, (False, None)),
    ],
)
def test_how_long_a_call_of_put_waits(name, args, kwargs, expected):
    assert waits(name, args, kwargs) == expected


def test_a_stand_in_is_what_it_stands_for():
    stand_in = QueueStandIn(queue.SimpleQueue())
    stand_in.put(1)
    assert isinstance(stand_in, queue.SimpleQueue)
    assert stand_in.get() == 1
