"""A handler that feeds itself is seen, and cut off: directly, through others, and round a thread."""

import logging
import logging.handlers
import queue
import threading

import pytest

from pytest_loghandlers import HandlerSpy


@pytest.fixture
def logger():
    made = logging.getLogger("spied.turns")
    made.setLevel(logging.DEBUG)
    made.propagate = False
    yield made
    for handler in list(made.handlers):
        made.removeHandler(handler)
        handler.close()


class Talking(logging.Handler):
    """Logs ``times`` lines inside emit, as long as ``says`` agrees."""

    def __init__(self, logger, times=1, says=lambda record: True):
        super().__init__()
        self.logger, self.times, self.says, self.emitted = logger, times, says, 0

    def emit(self, record):
        self.emitted += 1
        if self.says(record):
            for index in range(self.times):
                self.logger.info("inside %d", index)


def count(spy, kind, handler=None):
    return sum(event.kind == kind and handler in (None, event.handler) for event in spy.events)


def test_a_handler_that_logs_to_itself_is_cut_off_after_five_turns(logger):
    handler = Talking(logger)
    logger.addHandler(handler)
    with HandlerSpy() as spy:
        logger.error("start")
        assert handler.emitted == 5
        assert (count(spy, "reentered"), count(spy, "cut")) == (4, 1)
        assert [event.depth for event in spy.events if event.kind in ("reentered", "cut")] == [1, 2, 3, 4, 5]


def test_one_that_logs_many_records_each_time_does_not_multiply(logger):
    handler = Talking(logger, times=50)
    logger.addHandler(handler)
    with HandlerSpy():
        logger.error("start")
        logger.error("again")
    assert handler.emitted == 5 + 1


def test_one_finite_echo_is_reentered_and_passed_on(logger):
    handler = Talking(logger, says=lambda record: record.levelno == logging.ERROR)
    logger.addHandler(handler)
    with HandlerSpy() as spy:
        logger.error("start")
        logger.error("start")
        assert handler.emitted == 4
        assert (count(spy, "reentered"), count(spy, "cut")) == (2, 0)


def test_a_record_that_the_handlers_own_filter_refuses_is_no_reentry(logger):
    handler = Talking(logging.getLogger("spied.turns.library"))
    handler.addFilter(lambda record: record.name != "spied.turns.library")
    logger.addHandler(handler)
    with HandlerSpy() as spy:
        logger.error("start")
        assert (count(spy, "filtered"), count(spy, "reentered")) == (1, 0)


def test_two_handlers_that_feed_each_other_are_cut_off():
    ping, pong = logging.getLogger("spied.ping"), logging.getLogger("spied.pong")
    first, second = Talking(pong), Talking(ping)
    for logger, handler in ((ping, first), (pong, second)):
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(handler)
    try:
        with HandlerSpy() as spy:
            ping.error("start")
            assert (first.emitted, second.emitted) == (5, 5)
            assert count(spy, "cut", first) == 1
    finally:
        ping.removeHandler(first)
        pong.removeHandler(second)


def test_an_argument_whose_str_logs_is_cut_off(logger):
    class Loud:
        def __str__(self):
            logger.info("my value is %s", self)
            return "loud"

    class Formatting(logging.Handler):
        emitted = 0

        def emit(self, record):
            self.emitted += 1
            self.format(record)

    handler = Formatting()
    logger.addHandler(handler)
    with HandlerSpy():
        logger.error("%s", Loud())
    assert handler.emitted == 5


def test_a_handle_error_that_logs_is_cut_off(logger):
    class Complaining(logging.Handler):
        emitted = 0

        def emit(self, record):
            self.emitted += 1
            try:
                raise OSError("down")
            except OSError:
                self.handleError(record)

        def handleError(self, record):
            logger.error("could not log")

    handler = Complaining()
    logger.addHandler(handler)
    with HandlerSpy() as spy:
        logger.error("start")
        assert handler.emitted == 5
        assert spy.events[-1].kind == "failed"


def test_a_filter_that_logs_is_cut_off(logger):
    handler = Talking(logger, says=lambda record: False)
    handler.addFilter(lambda record: logger.info("asked") or True)
    logger.addHandler(handler)
    with HandlerSpy() as spy:
        logger.error("start")
        assert count(spy, "cut") >= 1
        assert len(spy.events) < 50


def test_a_memory_handler_and_its_target_are_two_handlers(logger):
    target = Talking(logger, says=lambda record: False)
    memory = logging.handlers.MemoryHandler(1, target=target)
    logger.addHandler(memory)
    with HandlerSpy() as spy:
        logger.error("one")
        logger.error("two")
        assert target.emitted == 2
        assert (count(spy, "reentered"), count(spy, "cut")) == (0, 0)


def test_a_target_that_fills_the_buffer_it_is_flushed_from_is_cut_off(logger):
    target = Talking(logger)
    memory = logging.handlers.MemoryHandler(1000, flushLevel=logging.ERROR, target=target)
    logger.addHandler(memory)
    with HandlerSpy() as spy:
        # The buffer grows while flush() walks it: no call inside another, and no end.
        logger.error("start")
        assert target.emitted == 5
        assert count(spy, "cut", target) == 1


def test_emit_that_calls_itself_for_the_parts_of_a_record_is_no_reentry(logger):
    class Splitting(logging.Handler):
        got = ()

        def emit(self, record):
            if "\n" in record.msg:
                for part in record.msg.split("\n"):
                    self.emit(logging.makeLogRecord({"msg": part}))
            else:
                self.got = (*self.got, record.msg)

    handler = Splitting()
    logger.addHandler(handler)
    with HandlerSpy() as spy:
        logger.error("one\ntwo")
        assert handler.got == ("one", "two")
        assert (count(spy, "reentered"), count(spy, "cut")) == (0, 0)


def test_a_loop_round_the_thread_of_a_queue_listener_is_cut_off(logger):
    handler = Talking(logger)
    records = queue.Queue()
    logger.addHandler(logging.handlers.QueueHandler(records))
    listener = logging.handlers.QueueListener(records, handler)
    with HandlerSpy() as spy:
        listener.start()
        try:
            logger.error("start")
            cut = spy.wait_for(kind="cut", timeout=5)
        finally:
            listener.stop()
        assert cut.handler is handler
        assert handler.emitted == 5
        assert cut.thread != threading.current_thread().name
        assert records.empty()


def test_two_threads_at_once_in_one_handler_are_no_recursion(logger):
    both = threading.Barrier(2, timeout=5)

    class Meeting(logging.Handler):
        def createLock(self):
            self.lock = _NoLock()

        def emit(self, record):
            both.wait()

    class _NoLock:
        def acquire(self):
            pass

        release = _at_fork_reinit = acquire

        def __enter__(self):
            pass

        def __exit__(self, *trouble):
            pass

    logger.addHandler(Meeting())
    with HandlerSpy() as spy:
        threads = [threading.Thread(target=logger.error, args=("here",)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (count(spy, "emitted"), count(spy, "reentered")) == (2, 0)
