"""What is undone, what is taken back, and what is bounded."""

import asyncio
import logging
import logging.config
import logging.handlers
import multiprocessing
import queue
import subprocess
import sys
import threading

import pytest

from pytest_loghandlers import ArgumentError, LeakError, LifetimeError, QueueSaturation


class Sink(logging.Handler):
    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


class Slow(Sink):
    """Is not done when the test is."""

    def emit(self, record):
        threading.Event().wait(0.05)
        super().emit(record)


class Quiet(logging.handlers.QueueHandler):
    def handleError(self, record):
        pass


def put(handler, *texts):
    for text in texts:
        handler.handle(logging.makeLogRecord({"msg": text}))


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def start():
    """Start listeners; they are stopped at the end."""
    started = []

    def start(listener):
        started.append(listener)
        listener.start()
        return listener

    yield start
    for listener in started:
        if listener._thread is not None:
            listener.stop()


@pytest.fixture
def saturation(start):
    with QueueSaturation() as room:
        yield room


@pytest.mark.parametrize("make", [queue.Queue, multiprocessing.Queue, lambda _: queue.SimpleQueue()])
def test_everything_is_undone_also_when_the_test_forgot_to_release(start, make):
    sink = Slow()
    handler = Quiet(make(3))
    listener = start(logging.handlers.QueueListener(handler.queue, sink))
    threads = set(threading.enumerate())
    the_queue, before = handler.queue, (set(vars(handler)), set(vars(listener)))
    with QueueSaturation() as saturation:
        saturation.hold(handler)
        put(handler, "x")
    assert sink.texts == ["x"]
    assert (set(vars(handler)), set(vars(listener))) == before
    assert handler.queue is the_queue and listener.queue is the_queue
    assert not {"put", "get", "put_nowait", "get_nowait"} & set(getattr(the_queue, "__dict__", ()))
    assert not [thread for thread in set(threading.enumerate()) - threads if thread.name.startswith("loghandlers")]


@pytest.mark.parametrize("make", [queue.Queue, queue.LifoQueue, multiprocessing.Queue, lambda _: queue.SimpleQueue()])
def test_what_fill_and_log_left_in_a_queue_without_consumer_is_taken_out(make):
    handler = Quiet(make(9))
    with QueueSaturation() as saturation:
        saturation.hold(handler)
        put(handler, "mine 0")
        saturation.log(2)
        put(handler, "mine 1")
        saturation.fill(limit=2)
    left = [handler.queue.get(timeout=5).msg for _ in range(2)]
    assert sorted(left) == ["mine 0", "mine 1"]
    assert handler.queue.empty()
    if hasattr(handler.queue, "task_done"):
        handler.queue.task_done()
        handler.queue.task_done()
        handler.queue.join()


def test_what_was_taken_aside_to_let_a_thread_go_is_counted_once(saturation):
    class WaitsInALoop(Quiet):
        def enqueue(self, record):
            while self.queue.full():
                threading.Event().wait(0.005)
            self.queue.put_nowait(record)

    handler = WaitsInALoop(queue.Queue(2))
    saturation.hold(handler, patience=0.02)
    saturation.fill()
    saturation.log(1)
    saturation.release()
    for _ in range(2):
        handler.queue.get_nowait()
        handler.queue.task_done()
    saturation.stop()
    assert (handler.queue.qsize(), handler.queue.unfinished_tasks) == (0, 0)


def test_a_priority_queue_of_records_that_have_no_order_is_survived():
    handler = Quiet(queue.PriorityQueue(3))
    with QueueSaturation() as saturation:
        saturation.hold(handler)
        saturation.fill()
        saturation.log(1)
        assert [record.fate for record in saturation.offered] == ["queued", "queued", "queued", "dropped"]


def test_a_queue_of_asyncio_is_refused(saturation):
    with pytest.raises(ArgumentError) as refusal:
        saturation.hold(Quiet(asyncio.Queue(3)))
    assert str(refusal.value) == (
        "<Quiet (NOTSET)> cannot be held: its queue is a Queue of asyncio.queues, whose put() and get() are "
        "coroutines; a handler logs from any thread, and needs a queue.Queue"
    )


def test_a_handler_with_filters_is_filled_with_what_they_let_through(saturation):
    handler = Quiet(queue.Queue(3))
    handler.addFilter(logging.Filter("shop"))
    handler.addFilter(lambda record: record.levelno >= logging.ERROR)
    saturation.hold(handler)
    with pytest.raises(ArgumentError) as refusal:
        saturation.fill()
    assert str(refusal.value) == (
        "<Quiet (NOTSET)> did not take a record of loghandlers.fill: a filter of the handler rejects it; logger= and "
        "level= say what it is to look like"
    )
    assert saturation.fill(logger="shop.pay", level=logging.ERROR) == 3
    assert saturation.log(logger="shop", level=logging.CRITICAL)[0].fate == "dropped"


def test_a_handler_that_reaches_into_the_queue_is_seen_too(saturation):
    class Reaches(logging.handlers.QueueHandler):
        def enqueue(self, record):
            with self.queue.mutex:
                if len(self.queue.queue) >= 2:
                    self.queue.queue.popleft()
                self.queue.queue.append(record)

    handler = Reaches(queue.Queue(2))
    saturation.hold(handler)
    put(handler, "a", "b", "c")
    assert [record.text for record in saturation.assert_evicted(1)] == ["a"]
    assert [record.text for record in saturation.accepted] == ["b", "c"]


def test_other_producers_and_items_of_before_are_nobodys_loss(saturation, start, sink):
    handler = Quiet(queue.Queue(3))
    other = Quiet(handler.queue)
    put(other, "before")
    saturation.hold(handler)
    put(other, "beside")
    assert saturation.fill() == 1
    assert len(saturation.offered) == 1
    assert handler.queue.get_nowait().msg == "before"


def test_an_evicted_item_of_before_is_told(saturation):
    class Evicts(logging.handlers.QueueHandler):
        def enqueue(self, record):
            if self.queue.full():
                self.queue.get_nowait()
            self.queue.put_nowait(record)

    handler = Evicts(queue.Queue(1))
    put(handler, "before")
    saturation.hold(handler)
    put(handler, "after")
    assert saturation.assert_evicted().text == "before"


def test_a_listener_of_a_kind_that_cannot_be_held_is_refused_and_goes_on(start, sink, monkeypatch):
    monkeypatch.setattr("pytest_loghandlers.stress._queue_consumer.SETTLE", 0.05)

    class Own(logging.handlers.QueueListener):
        def _monitor(self):
            while (record := logging.handlers.QueueListener.dequeue(self, True)) is not None:
                for handler in self.handlers:
                    handler.handle(record)

    handler = Quiet(queue.Queue())
    start(Own(handler.queue, sink))
    with QueueSaturation() as saturation:
        with pytest.raises(ArgumentError, match=r"Own cannot be held: .* neither to its dequeue\(\) nor"):
            saturation.hold(handler)
        with pytest.raises(LifetimeError):
            saturation.fill()


def test_a_handler_that_hangs_in_fill_costs_its_own_test(monkeypatch):
    monkeypatch.setattr("pytest_loghandlers.stress.queue_saturation.UNDO_TIMEOUT", 0.05)
    go_on = threading.Event()

    class Hangs(Quiet):
        def enqueue(self, record):
            go_on.wait(20)

    saturation = QueueSaturation().start()
    saturation.hold(Hangs(queue.Queue()))
    assert saturation.fill(timeout=0.05) == 0
    with pytest.raises(AssertionError, match="block its caller on 1 record"):
        saturation.assert_never_blocked()
    with pytest.raises(LeakError, match=r"(?s)still hangs in the handler.*go_on.wait"):
        saturation.stop()
    (helper,) = saturation._helpers
    go_on.set()
    helper.join(10)
    assert not helper.is_alive()


def test_multiprocessing_is_not_imported_for_other_queues():
    code = (
        "import logging.handlers, queue, sys\n"
        "from pytest_loghandlers import QueueSaturation\n"
        "with QueueSaturation() as room:\n"
        "    room.hold(logging.handlers.QueueHandler(queue.Queue(2)))\n"
        "    room.fill()\n"
        "print('multiprocessing' in sys.modules, 'asyncio' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "False False\n", done.stderr
