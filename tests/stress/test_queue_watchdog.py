"""The watchdog looks after what takes too long, and only after that."""

import logging.handlers
import queue
import threading

from pytest_loghandlers.stress._queue_entry import Entry
from pytest_loghandlers.stress._queue_watch import Watch
from pytest_loghandlers.stress._queue_watchdog import Watchdog


def test_it_calls_again_until_the_record_is_through():
    called = threading.Semaphore(0)
    dog = Watchdog(0.001, lambda entry, seconds: called.release() or True)
    entry = Entry(None, "test")
    dog.watch(entry)
    assert all(called.acquire(timeout=5) for _ in range(3))
    dog.forget(entry)
    dog.stop()
    dog.stop()


def test_what_is_over_in_time_is_left_alone():
    called = []
    dog = Watchdog(60, lambda *given: called.append(given) or True)
    dog.watch(entry := Entry(None, "test"))
    dog.forget(entry)
    dog.stop()
    assert called == []


def test_no_room_is_made_for_a_put_that_is_bounded_already():
    handler = logging.handlers.QueueHandler(queue.Queue(1))
    handler.queue.put("x")
    watch = Watch(handler, handler.queue, None, 0.1)
    try:
        watch.consumer.gate.close()
        entry = Entry(None, "test")
        entry.bounded = True
        assert watch._make_room(entry, 1.0) is False
        assert handler.queue.full()
        entry.bounded = False
        assert watch._make_room(entry, 1.0) is True
        assert handler.queue.empty()
    finally:
        watch.end()
