"""Many threads at one saturated queue: every record is accounted for."""

import logging
import logging.handlers
import queue
import threading

import pytest

from pytest_loghandlers import QueueSaturation
from pytest_loghandlers.stress._queue_consumer import Consumer, Gate


class Sink(logging.Handler):
    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


class Quiet(logging.handlers.QueueHandler):
    def handleError(self, record):
        pass


class Blocks(logging.handlers.QueueHandler):
    def enqueue(self, record):
        self.queue.put(record)


class Unlocked:
    """Lets the threads into emit() together: a Handler's own lock would make them queue up before it."""

    def handle(self, record):
        self.emit(record)


class EvictsOldest(Unlocked, logging.handlers.QueueHandler):
    def enqueue(self, record):
        while True:
            try:
                return self.queue.put_nowait(record)
            except queue.Full:
                try:
                    self.queue.get_nowait()
                except queue.Empty:
                    pass


class QuietUnlocked(Unlocked, Quiet):
    pass


class BlocksUnlocked(Unlocked, Blocks):
    pass


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def make(sink):
    """Make a handler with a bounded queue and a running listener."""
    listeners = []

    def make(kind, size):
        handler = kind(queue.Queue(size))
        listeners.append(logging.handlers.QueueListener(handler.queue, sink))
        listeners[-1].start()
        return handler

    yield make
    for listener in listeners:
        listener.stop()


@pytest.fixture
def saturation(make):
    with QueueSaturation() as room:
        yield room


def log_from_threads(handler, threads, records):
    def log(name):
        for number in range(records):
            handler.handle(logging.makeLogRecord({"msg": f"{name} {number}"}))

    running = [threading.Thread(target=log, args=(name,)) for name in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


@pytest.mark.parametrize("kind", [Quiet, QuietUnlocked])
def test_what_many_threads_drop_is_counted(saturation, make, sink, kind):
    handler = make(kind, 10)
    saturation.hold(handler, patience=60)  # Who has merely no turn for long, on a busy machine, is not let go.
    log_from_threads(handler, 8, 20)
    saturation.assert_dropped(150)
    assert len(saturation.accepted) == 10
    saturation.release()
    assert sorted(record.text for record in saturation.delivered) == sorted(sink.texts)
    assert len(saturation.offered) == 160


def test_a_listener_on_its_way_into_the_queue_when_it_is_held_takes_nothing(saturation, make, monkeypatch):
    passed, go_on, gates = threading.Event(), threading.Event(), []
    pass_through, hold = Gate.pass_through, Consumer.hold

    def slow(gate, *args):
        pass_through(gate, *args)
        passed.set()
        go_on.wait(10)

    def held(consumer):
        # What wakes the listener, which waits in the queue since before it was watched.
        handler.queue.put(logging.makeLogRecord({"msg": "before"}))
        assert passed.wait(10)
        monkeypatch.setattr(consumer, "_put_marker", lambda marker: (handler.queue.put(marker), go_on.set()))
        hold(consumer)
        go_on.set()
        gates.append(consumer.gate)

    monkeypatch.setattr(Gate, "pass_through", slow)
    monkeypatch.setattr(Consumer, "hold", held)
    handler = make(Quiet, 2)
    saturation.hold(handler)
    log_from_threads(handler, 1, 2)

    assert gates[0].wait_for_somebody(10)
    assert handler.queue.qsize() == 2


def test_what_many_threads_evict_is_counted(saturation, make, sink):
    handler = make(EvictsOldest, 5)
    saturation.hold(handler, patience=60)  # As above.
    log_from_threads(handler, 4, 50)
    saturation.assert_evicted(195)
    saturation.assert_dropped(0)
    assert len(saturation.accepted) == 5
    saturation.release()
    assert len(sink.texts) == 5


@pytest.mark.parametrize("kind", [Blocks, BlocksUnlocked])
def test_many_blocked_threads_are_let_go_and_lose_nothing(saturation, make, sink, kind):
    handler = make(kind, 5)
    saturation.hold(handler, patience=0.01)
    log_from_threads(handler, 6, 10)
    saturation.assert_blocked(55)
    saturation.release()
    saturation.assert_nothing_lost()
    assert len(sink.texts) == 60


def test_a_thread_that_is_blocked_goes_on_with_the_release(saturation, make, sink):
    handler = make(Blocks, 1)
    saturation.hold(handler, patience=30)
    saturation.fill()
    inside = threading.Event()
    handler.addFilter(lambda record: inside.set() or True)
    thread = threading.Thread(target=log_from_threads, args=(handler, 1, 1))
    thread.start()
    assert inside.wait(5)
    saturation.release()
    thread.join(5)
    assert not thread.is_alive()
    saturation.assert_nothing_lost()
