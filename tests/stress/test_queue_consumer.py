"""Holding a listener: at once, whatever it does, and undone whatever happens."""

import logging
import logging.config
import logging.handlers
import multiprocessing
import queue
import threading
import time

import pytest

from pytest_loghandlers import QueueSaturation
from pytest_loghandlers.stress._queue_watch import Watch


class Sink(logging.Handler):
    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


class Quiet(logging.handlers.QueueHandler):
    def handleError(self, record):
        pass


class Stalling(Sink):
    """Waits in emit until it is told to go on."""

    def __init__(self):
        super().__init__()
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def emit(self, record):
        self.entered.set()
        assert self.go_on.wait(10)
        super().emit(record)


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


@pytest.mark.parametrize("make", [queue.Queue, multiprocessing.Queue])
def test_an_idle_listener_is_held_with_nothing_in_its_hands(saturation, start, sink, make):
    handler = Quiet(make(5))
    start(logging.handlers.QueueListener(handler.queue, sink))
    for _ in range(20):
        saturation.hold(handler)
        assert saturation.fill() == 5
        saturation.release()
    assert len(sink.texts) == 100
    assert not any("holds" in text for text in sink.texts)


def test_a_listener_that_is_held_at_any_moment_loses_nothing(saturation, start, sink):
    handler = Quiet(queue.Queue())
    listener = start(logging.handlers.QueueListener(handler.queue, sink))
    done = threading.Event()

    def log():
        number = 0
        while not done.is_set():
            put(handler, str(number))
            number += 1
        logged.append(number)

    logged = []
    thread = threading.Thread(target=log)
    thread.start()
    for _ in range(50):
        saturation.hold(handler)
        saturation.log(1)
        saturation.release()
        saturation.assert_nothing_lost()
    done.set()
    thread.join()
    listener.stop()
    mine = [int(text) for text in sink.texts if text.isdecimal()]
    assert mine == list(range(logged[0]))
    assert len(sink.texts) == logged[0] + 50


def test_what_the_listener_does_not_deliver_in_the_time_given_is_lost(saturation, start):
    sink = Stalling()
    handler = Quiet(queue.Queue())
    start(logging.handlers.QueueListener(handler.queue, sink))
    saturation.hold(handler)
    put(handler, "x")
    saturation.release(timeout=0.05)
    with pytest.raises(AssertionError, match=r"'x'  taken by the consumer, in flight"):
        saturation.assert_nothing_lost()
    sink.go_on.set()


def test_a_record_that_is_being_handled_is_in_flight_and_the_rest_stays(saturation, start):
    sink = Stalling()
    handler = Quiet(queue.Queue(3))
    start(logging.handlers.QueueListener(handler.queue, sink))
    put(handler, "in flight", "behind it")
    assert sink.entered.wait(5)
    saturation.hold(handler)
    assert saturation.fill() == 2
    sink.go_on.set()
    saturation.log(1)
    saturation.assert_dropped(1)
    saturation.release()
    assert sink.texts[:2] == ["in flight", "behind it"]
    assert len(sink.texts) == 4


def test_the_listener_is_found_by_its_thread(saturation, start, sink):
    handler = Quiet(queue.SimpleQueue())
    start(logging.handlers.QueueListener(handler.queue, sink))
    saturation.hold(handler)
    put(handler, "x")
    assert sink.texts == []
    assert [record.fate for record in saturation.offered] == ["queued"]
    saturation.release()
    assert sink.texts == ["x"]


def test_the_listener_of_a_dictconfig_made_handler_is_the_handlers_own(saturation, start, sink):
    handler = Quiet(queue.Queue(2))
    handler.listener = start(logging.handlers.QueueListener(handler.queue, sink))
    saturation.hold(handler)
    saturation.fill()
    assert sink.texts == []
    saturation.release()
    assert len(sink.texts) == 2


def test_a_listener_that_is_started_while_it_is_held_waits(saturation, start, sink):
    handler = Quiet(queue.Queue(2))
    listener = logging.handlers.QueueListener(handler.queue, sink)
    saturation.hold(handler, listener=listener)
    saturation.fill()
    start(listener)
    saturation.log(1)
    saturation.assert_dropped(1)
    assert sink.texts == []
    saturation.release()
    assert len(sink.texts) == 2
    assert len(saturation.delivered) == 2


def test_a_listener_that_never_ran_loses_what_is_in_the_queue(saturation, sink):
    handler = Quiet(queue.Queue())
    saturation.hold(handler, listener=logging.handlers.QueueListener(handler.queue, sink))
    put(handler, "x")
    saturation.assert_nothing_lost()
    saturation.release()
    with pytest.raises(AssertionError, match="lose 1 record"):
        saturation.assert_nothing_lost()


def test_without_a_listener_what_is_in_the_queue_is_not_lost(saturation):
    handler = Quiet(queue.Queue())
    saturation.hold(handler)
    put(handler, "x")
    saturation.release()
    saturation.assert_nothing_lost()
    assert handler.queue.get_nowait().msg == "x"
    assert [record.text for record in saturation.delivered] == ["x"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_listener_that_dies_of_its_handler_is_told(saturation, start, sink):
    class Dies(logging.Handler):
        def handle(self, record):
            raise ZeroDivisionError

    handler = Quiet(queue.Queue())
    listener = start(logging.handlers.QueueListener(handler.queue, Dies()))
    saturation.hold(handler)
    put(handler, "first", "second")
    begun = time.monotonic()
    saturation.release(timeout=30)
    assert time.monotonic() - begun < 20
    listener._thread.join()
    with pytest.raises(AssertionError) as failure:
        saturation.assert_nothing_lost()
    assert str(failure.value) == (
        "queue_saturation saw Quiet lose 2 records\n"
        "\n"
        "  wanted    no record lost\n"
        "  lost      2 records, oldest first\n"
        "      [0]  'first'  taken by the consumer, whose handle() raised ZeroDivisionError\n"
        "      [1]  'second'  in the queue\n"
        "  of        2 records offered: 1 failed, 1 queued\n"
        "  queue     queue.Queue; fill: not filled\n"
        "  policy    not known: the queue has not been filled\n"
        "  consumer  QueueListener, dead: ZeroDivisionError left its handle()\n"
        "  hint      an exception that leaves handle() ends the listener's thread: QueueListener._monitor survives none"
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_listener_that_dies_of_records_without_an_order_is_told(saturation, start, sink):
    handler = Quiet(queue.PriorityQueue(3))
    start(logging.handlers.QueueListener(handler.queue, sink))
    saturation.hold(handler)
    saturation.fill()
    saturation.release()
    with pytest.raises(AssertionError) as failure:
        saturation.assert_nothing_lost()
    assert str(failure.value) == (
        "queue_saturation saw Quiet lose 3 records\n"
        "\n"
        "  wanted    no record lost\n"
        "  lost      3 records, oldest first\n"
        "      [0]  'queue_saturation.fill 0'  (by fill)  in the queue\n"
        "      [1]  'queue_saturation.fill 1'  (by fill)  in the queue; TypeError went to handleError\n"
        "      [2]  'queue_saturation.fill 2'  (by fill)  in the queue; TypeError went to handleError\n"
        "  of        no record offered\n"
        "  queue     queue.PriorityQueue(maxsize=3); fill: 3 fitted\n"
        "  policy    not known: nothing was logged into the full queue\n"
        "  consumer  QueueListener, dead: TypeError left its dequeue()\n"
        "  hint      an exception that leaves dequeue() ends the listener's thread: "
        "QueueListener._monitor survives none"
    )


@pytest.mark.parametrize("make", [queue.Queue, multiprocessing.Queue, lambda _: queue.SimpleQueue()])
def test_stopping_a_held_listener_lets_it_go(saturation, start, sink, make):
    handler = Quiet(make(3))
    listener = start(logging.handlers.QueueListener(handler.queue, sink))
    saturation.hold(handler)
    put(handler, "x")
    listener.stop()
    assert sink.texts == ["x"]
    saturation.assert_nothing_lost()


def test_stopping_a_held_listener_on_a_full_queue_raises_as_it_does_without_us(saturation, start, sink):
    handler = Quiet(queue.Queue(1))
    listener = start(logging.handlers.QueueListener(handler.queue, sink))
    saturation.hold(handler)
    saturation.fill()
    with pytest.raises(queue.Full) as failure:
        listener.stop()
    assert failure.value.__notes__ == [
        "queue_saturation holds the consumer of this queue: release() it before it is stopped"
    ]
    saturation.release()
    assert len(sink.texts) == 1


def test_a_record_that_comes_just_before_the_marker_is_in_flight_and_the_marker_is_taken_out(saturation, start, sink):
    handler = Quiet(queue.Queue(3))
    start(logging.handlers.QueueListener(handler.queue, sink))
    other = Quiet(handler.queue)
    wake = Watch._wake

    def wake_late(watch, marker):
        put(other, "just before")
        wake(watch, marker)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Watch, "_wake", wake_late)
        saturation.hold(handler)
    assert saturation.fill() == 3
    assert sink.texts == []
    saturation.release()
    assert sink.texts[0] == "just before"
    assert len(sink.texts) == 4
    assert handler.queue.unfinished_tasks == 0  # So that join() ends: the marker was put, and counted.
