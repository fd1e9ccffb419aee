"""What a failure of queue_saturation says, and what misuse of it says."""

import logging
import logging.handlers
import queue
import re

import pytest

from pytest_loghandlers import ArgumentError, LifetimeError, QueueSaturation


class Quiet(logging.handlers.QueueHandler):
    def handleError(self, record):
        pass


class Blocks(logging.handlers.QueueHandler):
    def enqueue(self, record):
        self.queue.put(record)


class Evicts(logging.handlers.QueueHandler):
    def enqueue(self, record):
        while self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(record)


@pytest.fixture
def saturation():
    with QueueSaturation() as room:
        yield room


def put(handler, *texts):
    for text in texts:
        handler.handle(logging.makeLogRecord({"msg": text}))


def message_of(call, *args, **kwargs):
    with pytest.raises(AssertionError) as failure:
        call(*args, **kwargs)
    return str(failure.value)


def test_too_few_dropped(saturation):
    handler = Quiet(queue.Queue(2))
    saturation.hold(handler)
    saturation.fill()
    put(handler, "late 0", "late 1")
    assert message_of(saturation.assert_dropped, 5) == (
        "queue_saturation saw Quiet drop 2 records, not 5\n"
        "\n"
        "  wanted    exactly 5 records that never reached the queue\n"
        "  dropped   2 records, oldest first\n"
        "      [0]  'late 0'  never reached the queue; Full went to handleError\n"
        "      [1]  'late 1'  never reached the queue; Full went to handleError\n"
        "  of        2 records offered: 2 dropped\n"
        "  queue     queue.Queue(maxsize=2); fill: 2 fitted\n"
        "  policy    drops the newest (Full to handleError)\n"
        "  consumer  no listener"
    )


def test_dropped_wanted_and_evicted_found(saturation):
    handler = Evicts(queue.Queue(2))
    saturation.hold(handler)
    saturation.fill()
    put(handler, "late")
    assert message_of(saturation.assert_dropped) == (
        "queue_saturation saw Evicts drop no record\n"
        "\n"
        "  wanted    1 record or more that never reached the queue\n"
        "  logged    1 record\n"
        "      [0]  'late'  in the queue\n"
        "  of        1 record offered: 1 queued\n"
        "  queue     queue.Queue(maxsize=2); fill: 2 fitted\n"
        "  policy    evicts the oldest\n"
        "  consumer  no listener"
    )


def test_evicted_names_what_fill_had_logged(saturation):
    handler = Evicts(queue.Queue(2))
    saturation.hold(handler)
    saturation.fill()
    put(handler, "late")
    lines = message_of(saturation.assert_nothing_lost).splitlines()
    assert lines[0] == "queue_saturation saw Evicts lose 1 record"
    assert lines[4] == (
        "      [0]  'queue_saturation.fill 0'  (by fill)  was in the queue, and was taken out to make room"
    )


def test_a_blocked_caller(saturation):
    handler = Blocks(queue.Queue(1))
    saturation.hold(handler, patience=0.02)
    saturation.fill()
    put(handler, "late")
    text = message_of(saturation.assert_never_blocked)
    waits = "still waiting for room; blocked its thread for N s and was let go, it would have waited for ever"
    lines = re.sub(r"\d\.\d\d s", "N s", text).splitlines()
    assert lines == [
        "queue_saturation saw Blocks block its caller on 1 record (up to N s)",
        "",
        "  wanted    no record that blocks the thread that logs it",
        "  blocked   1 record",
        f"      [0]  'late'  {waits}",
        "  of        1 record offered: 1 waiting",
        "  queue     queue.Queue(maxsize=1); fill: 1 fitted",
        "  policy    blocks for ever",
        "  consumer  no listener",
    ]


def test_nothing_blocked_nothing_raised(saturation):
    handler = Quiet(queue.Queue(1))
    saturation.hold(handler)
    saturation.fill()
    assert message_of(saturation.assert_blocked, at_least=1.5).splitlines()[:4] == [
        "queue_saturation saw Quiet block on no record",
        "",
        "  wanted    1 record or more that blocked their thread for 1.5 s or longer",
        "  logged    no record, apart from fill's",
    ]
    assert message_of(saturation.assert_raised, OSError, count=2).splitlines()[:3] == [
        "queue_saturation saw Quiet raise OSError for no record, not 2",
        "",
        "  wanted    exactly 2 records for which OSError was raised",
    ]


def test_a_long_listing_keeps_both_ends(saturation):
    handler = Quiet(queue.Queue(1))
    saturation.hold(handler)
    saturation.fill()
    saturation.log(500)
    text = message_of(saturation.assert_nothing_lost)
    assert "queue_saturation.log 0'" in text and "queue_saturation.log 499'" in text
    assert "... 480 records not shown" in text
    assert len(text.splitlines()) < 40


def test_a_listener_that_does_not_run_is_hinted_at(saturation):
    handler = Quiet(queue.Queue(1))
    saturation.hold(handler, listener=logging.handlers.QueueListener(handler.queue))
    saturation.fill()
    saturation.log()
    assert message_of(saturation.assert_nothing_lost).splitlines()[-2:] == [
        "  consumer  QueueListener, not running",
        "  hint      the listener was not running: dictConfig makes it and does not start it; start() does",
    ]


def test_a_listener_that_was_stopped_is_not_taken_for_one_that_never_ran(saturation):
    handler = Quiet(queue.Queue(1))
    listener = logging.handlers.QueueListener(handler.queue)
    saturation.hold(handler, listener=listener)
    listener.start()
    saturation.fill()
    saturation.log()
    saturation.release()
    listener.stop()
    assert message_of(saturation.assert_nothing_lost).splitlines()[-1] == "  consumer  QueueListener, stopped"


def test_the_report_of_a_failed_test(saturation):
    assert saturation._report() == ""
    handler = Quiet(queue.Queue(1))
    saturation.hold(handler)
    saturation.fill()
    put(handler, "late")
    assert saturation._report() == (
        "Quiet, held\n"
        "\n"
        "  of        1 record offered: 1 dropped\n"
        "  queue     queue.Queue(maxsize=1); fill: 1 fitted\n"
        "  policy    drops the newest (Full to handleError)\n"
        "  consumer  no listener\n"
        "  records   1 record\n"
        "      [0]  'late'  never reached the queue; Full went to handleError"
    )


class Odd:
    def __repr__(self):
        return "<odd>"


@pytest.mark.parametrize("handler", [None, 1, "alerts", Odd(), logging.NullHandler(), queue.Queue()])
def test_what_is_no_queue_handler_is_refused(saturation, handler):
    with pytest.raises(ArgumentError, match="cannot be held: it is not a QueueHandler"):
        saturation.hold(handler)


def test_a_listener_that_is_none_or_of_another_queue_is_refused(saturation):
    handler = Quiet(queue.Queue())
    with pytest.raises(ArgumentError) as failure:
        saturation.hold(handler, listener=Odd())
    assert str(failure.value) == "listener=<odd>: a QueueListener is held by its dequeue() and handle()"
    with pytest.raises(ArgumentError, match="listens to another queue than"):
        saturation.hold(handler, listener=logging.handlers.QueueListener(queue.Queue()))


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda room, _: room.fill(), "fill() came before hold(handler)"),
        (lambda room, _: room.log(), "log() came before hold(handler)"),
        (lambda room, _: room.release(), "release() came before hold(handler)"),
        (lambda room, _: room.assert_dropped(1), "has seen nothing: hold(handler) comes first"),
        (lambda room, _: room.delivered, "has seen nothing: hold(handler) comes first"),
        (lambda room, it: (room.hold(it), room.hold(it)), "holds Quiet already: release() it first"),
        (lambda room, it: (room.hold(it), room.release(), room.release()), "release() came after release()"),
        (lambda room, it: (room.hold(it), room.release(), room.fill()), "fill() came after release()"),
        (lambda room, it: (room.stop(), room.hold(it)), "used after its test"),
        (lambda room, it: (room.hold(it), room.stop(), room.assert_nothing_lost()), "used after its test"),
    ],
)
def test_what_comes_at_the_wrong_time_says_so(saturation, call, why):
    with pytest.raises(LifetimeError) as failure:
        call(saturation, Quiet(queue.Queue(1)))
    assert why in str(failure.value)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda room: room.fill(limit=0), "limit=0"),
        (lambda room: room.fill(timeout=float("inf")), "timeout=inf"),
        (lambda room: room.assert_dropped(-1), "count=-1"),
        (lambda room: room.assert_blocked(True), "count=True"),
    ],
)
def test_what_cannot_be_meant_is_refused(saturation, call, why):
    saturation.hold(Quiet(queue.Queue(1)))
    with pytest.raises(ArgumentError) as failure:
        call(saturation)
    assert why in str(failure.value)


def test_a_filter_that_rejects_fills_records_is_told(saturation):
    handler = Quiet(queue.Queue(1))
    handler.addFilter(lambda record: record.name == "shop")
    saturation.hold(handler)
    with pytest.raises(ArgumentError, match=r"did not take a record of loghandlers\.fill: a filter"):
        saturation.fill()


def test_a_message_that_cannot_be_formatted_is_shown_as_it_was_logged(saturation):
    handler = Quiet(queue.Queue(1))
    saturation.hold(handler)
    handler.handle(logging.makeLogRecord({"msg": "%d apples", "args": ("no",)}))
    (record,) = saturation.assert_dropped(1)
    assert record.text == "%d apples"
    assert isinstance(record.error, TypeError)
