"""What happens to the records that do not fit, for each policy and each kind of queue."""

import logging
import logging.handlers
import multiprocessing
import queue
import time

import pytest

from pytest_loghandlers import QueueSaturation


class Sink(logging.Handler):
    """Keeps the texts it was given."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


class Quiet(logging.handlers.QueueHandler):
    """The stdlib's policy without its traceback on stderr."""

    def handleError(self, record):
        self.errors = getattr(self, "errors", 0) + 1


class Silent(logging.handlers.QueueHandler):
    def enqueue(self, record):
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            pass


class EvictsOldest(logging.handlers.QueueHandler):
    def enqueue(self, record):
        while True:
            try:
                return self.queue.put_nowait(record)
            except queue.Full:
                # What multiprocessing has accepted takes a moment to arrive at its other end: get_nowait() may miss it.
                self.queue.get(timeout=10)


class Blocks(logging.handlers.QueueHandler):
    def enqueue(self, record):
        self.queue.put(record)


class BlocksForATime(Quiet):
    def enqueue(self, record):
        self.queue.put(record, timeout=0.02)


class Raises(logging.handlers.QueueHandler):
    def emit(self, record):
        self.enqueue(self.prepare(record))


class Retries(logging.handlers.QueueHandler):
    def enqueue(self, record):
        while self.queue.full():
            time.sleep(0)
        self.queue.put_nowait(record)


class FallsBack(logging.handlers.QueueHandler):
    def enqueue(self, record):
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.listener.handle(record)


class OwnLimit(logging.handlers.QueueHandler):
    """Bounds a queue that has no limit of its own."""

    def enqueue(self, record):
        if self.queue.qsize() >= 4:
            self.queue.get_nowait()
        self.queue.put_nowait(record)


class Packs(Quiet):
    """A priority queue holds things that can be compared."""

    def enqueue(self, record):
        self.queue.put_nowait((-record.levelno, time.perf_counter_ns(), record))


class Unpacks(logging.handlers.QueueListener):
    def dequeue(self, block):
        item = self.queue.get(block)
        return item if item is None else item[2]

    def enqueue_sentinel(self):
        self.queue.put((0, 0, None))

    _sentinel = None


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def listen(sink):
    """Start a listener; it is stopped when the saturation is over."""
    started = []

    def listen(handler):
        started.append(logging.handlers.QueueListener(handler.queue, sink))
        started[-1].start()
        return started[-1]

    yield listen
    for listener in started:
        listener.stop()


@pytest.fixture
def saturation(listen):
    with QueueSaturation() as room:
        yield room


def make_queue(kind, size=3):
    return {"queue": queue.Queue, "lifo": queue.LifoQueue, "mp": multiprocessing.Queue}[kind](size)


def logger_with(handler):
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    return logger


@pytest.mark.parametrize("kind", ["queue", "lifo", "mp"])
def test_the_stdlib_handler_drops_the_newest_and_calls_handleerror(saturation, listen, sink, kind):
    handler = Quiet(make_queue(kind))
    listen(handler)
    saturation.hold(handler)
    assert saturation.fill() == 3
    logger = logger_with(handler)
    for number in range(5):
        logger.info("late %d", number)

    dropped = saturation.assert_dropped(5)
    assert [record.text for record in dropped] == [f"late {number}" for number in range(5)]
    assert {type(record.error) for record in dropped} == {queue.Full}
    assert handler.errors == 5
    assert len(saturation.assert_raised(queue.Full, count=5)) == 5
    saturation.assert_never_blocked()
    assert saturation.policy == "drops the newest (Full to handleError)"

    saturation.release()
    assert len(saturation.delivered) == len(sink.texts) == 3
    saturation.assert_dropped(5)


@pytest.mark.parametrize("kind", ["queue", "mp"])
def test_a_silent_drop_is_seen_although_nobody_tells(saturation, listen, sink, kind):
    handler = Silent(make_queue(kind))
    listen(handler)
    saturation.hold(handler)
    saturation.fill()
    saturation.log(2)
    assert [record.error for record in saturation.assert_dropped(2)] == [None, None]
    assert saturation.policy == "drops the newest, silently"


@pytest.mark.parametrize("kind", ["queue", "mp"])
def test_an_evicting_handler_loses_the_oldest(saturation, listen, sink, kind):
    handler = EvictsOldest(make_queue(kind))
    listen(handler)
    saturation.hold(handler)
    saturation.log(3, "early")
    assert saturation.fill() == 0
    saturation.log(2, "late")
    assert [record.text for record in saturation.assert_evicted(2)] == ["early 0", "early 1"]
    saturation.assert_dropped(0)
    assert saturation.policy == "evicts the oldest"
    saturation.release()
    assert sink.texts == ["early 2", "late 0", "late 1"]
    assert [record.text for record in saturation.delivered] == sink.texts


@pytest.mark.parametrize("kind", ["queue", "mp"])
def test_a_blocked_thread_is_let_go_and_its_record_is_not_lost(saturation, listen, sink, kind):
    handler = Blocks(make_queue(kind))
    listen(handler)
    saturation.hold(handler, patience=0.05)
    saturation.fill()
    logger_with(handler).info("late")
    blocked = saturation.assert_blocked(1, at_least=0.05)
    assert blocked[0].text == "late"
    assert blocked[0].let_go and blocked[0].asked is None and blocked[0].fate == "waiting"
    assert saturation.policy == "blocks for ever"
    saturation.release()
    saturation.assert_nothing_lost()
    assert sink.texts[-1] == "late" and len(sink.texts) == 4


def test_many_blocked_records_cost_little_more_than_one(saturation):
    saturation.hold(Blocks(queue.Queue(1)), patience=0.2)
    saturation.fill()
    begun = time.monotonic()
    saturation.log(50)
    assert len(saturation.assert_blocked(50)) == 50
    assert time.monotonic() - begun < 50 * 0.2


def test_a_wait_with_a_timeout_ends_as_it_would_without_us(saturation, listen, sink):
    handler = BlocksForATime(queue.Queue(2))
    listen(handler)
    saturation.hold(handler)
    saturation.fill()
    saturation.log(2)
    blocked = saturation.assert_blocked(2)
    assert [(record.asked, record.let_go) for record in blocked] == [(0.02, False)] * 2
    saturation.assert_dropped(2)
    assert saturation.policy == "blocks for 0.02 s, then drops the newest (Full to handleError)"


def test_a_longer_timeout_is_cut_short_and_says_so(saturation):
    class Patient(Quiet):
        def enqueue(self, record):
            self.queue.put(record, True, 60)

    saturation.hold(Patient(queue.Queue(1)), patience=0.01)
    saturation.fill()
    saturation.log()
    (record,) = saturation.assert_dropped(1)
    assert record.let_go and record.asked == 60


def test_a_handler_that_raises_into_the_application_is_told_from_one_that_handles(saturation):
    handler = Raises(queue.Queue(1))
    saturation.hold(handler)
    saturation.fill()
    with pytest.raises(queue.Full):
        logger_with(handler).info("late")
    assert saturation.assert_raised().handled is False
    assert saturation.policy == "raises Full into the application"


def test_a_handler_that_waits_in_a_loop_of_its_own_is_let_go_too(saturation, listen, sink):
    handler = Retries(queue.Queue(2))
    listen(handler)
    saturation.hold(handler, patience=0.02)
    saturation.fill()
    logger_with(handler).info("late")
    assert saturation.assert_blocked().let_go
    saturation.release()
    assert sink.texts[-1] == "late" and len(sink.texts) == 3
    saturation.assert_nothing_lost()


def test_a_fallback_to_the_callers_thread_is_a_delivery_without_the_queue(saturation, listen, sink):
    handler = FallsBack(queue.Queue(2))
    listener = listen(handler)
    handler.listener = listener
    saturation.hold(handler)
    saturation.fill()
    saturation.log(1, "late")
    assert sink.texts == ["late 0"]
    assert saturation.delivered[0].synchronous
    assert saturation.policy == "delivers in the logging thread"


def test_a_limit_of_the_handlers_own_is_found_by_trying(saturation, listen, sink):
    handler = OwnLimit(queue.SimpleQueue())
    listen(handler)
    saturation.hold(handler)
    assert saturation.fill() == 4
    saturation.assert_evicted(0)
    saturation.log(3, "late")
    assert len(saturation.assert_evicted(3)) == 3
    saturation.release()
    assert sink.texts[-3:] == ["late 0", "late 1", "late 2"]


def test_a_priority_queue_and_a_listener_that_unpacks_are_held(saturation, listen, sink):
    handler = Packs(queue.PriorityQueue(3))
    listener = Unpacks(handler.queue, sink)
    listener.start()
    saturation.hold(handler)
    saturation.fill()
    saturation.log(1)
    saturation.assert_dropped(1)
    saturation.release()
    assert len(saturation.delivered) == 3
    thread = listener._thread
    handler.queue.put((0, 0, None))
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.parametrize("make", [queue.SimpleQueue, queue.Queue, multiprocessing.Queue])
def test_an_unbounded_queue_never_fills_and_a_failure_says_so(saturation, listen, sink, make):
    handler = Quiet(make())
    listen(handler)
    saturation.hold(handler)
    assert saturation.fill(limit=50) == 50
    with pytest.raises(AssertionError) as failure:
        saturation.assert_dropped(1)
    assert "fill: not full after 50 records" in str(failure.value)
    assert "hint      the queue is unbounded, or larger than fill(limit=...)" in str(failure.value)
    saturation.release()
    saturation.assert_nothing_lost()
    assert len(sink.texts) == 50
