"""assert_level and the section in the report of a failed test: every text whole."""

import io
import logging
import logging.handlers
import re
import threading

import pytest

from pytest_loghandlers import ArgumentError, HandlerSpy


class Plain(logging.Handler):
    def emit(self, record):
        pass


def record(text="hello", level=logging.INFO):
    return logging.LogRecord("spied", level, __file__, 1, text, (), None)


def text_of(judge, *args, error=AssertionError, **kwargs):
    with pytest.raises(error) as raised:
        judge(*args, **kwargs)
    return re.sub(r"\+\d+\.\d\d s", "+0.00 s", str(raised.value))


def test_a_level_is_judged_by_what_was_emitted():
    handler = Plain()
    with HandlerSpy(handler) as spy:
        handler.handle(record("one", logging.ERROR))
        handler.handle(record("two", logging.CRITICAL))
        assert [event.message for event in spy.assert_level(handler, min_level="ERROR")] == ["one", "two"]
        spy.assert_level(handler, min_level=logging.ERROR, max_level="CRITICAL")


def test_a_record_outside_the_level():
    target = Plain()
    target.setLevel(logging.ERROR)
    target.name = "webhook"
    memory = logging.handlers.MemoryHandler(1, target=target)
    with HandlerSpy(target) as spy:
        memory.handle(record("item added"))
        memory.handle(record("card declined", logging.ERROR))

        assert text_of(spy.assert_level, "webhook", min_level="ERROR") == (
            "handler_spy saw 'webhook' emit 1 record not at ERROR or above\n"
            "\n"
            "  wanted    every record that 'webhook' emits at ERROR or above, and at least 1 of them\n"
            "  emitted   2 records, oldest first\n"
            "   ~  [0]  +0.00 s  emitted    webhook  INFO     spied        'item added'      "
            "level is INFO, not at ERROR or above\n"
            "      [1]  +0.00 s  emitted    webhook  ERROR    spied        'card declined'\n"
            "  hint      'webhook' has level ERROR, but only a logger compares it: who passes records on\n"
            "            (MemoryHandler, QueueListener without respect_handler_level=True) does not"
        )
        assert text_of(spy.assert_level, target, max_level="INFO").startswith(
            "handler_spy saw 'webhook' emit 1 record not at INFO or below\n"
        )
        assert text_of(spy.assert_level, target, level="WARNING").startswith(
            "handler_spy saw 'webhook' emit 2 records not at WARNING\n"
        )
    target.close()


def test_a_level_of_a_handler_that_emitted_nothing():
    with HandlerSpy(Plain()) as spy:
        assert text_of(spy.assert_level, "Plain", level="ERROR") == (
            "handler_spy never saw 'Plain' emit a record: nothing is known of its level\n"
            "\n"
            "  wanted    every record that 'Plain' emits at ERROR, and at least 1 of them"
        )


def test_a_level_that_was_not_given():
    with HandlerSpy(Plain()) as spy:
        assert text_of(spy.assert_level, "Plain", error=ArgumentError) == (
            "assert_level without a level: give min_level=, max_level= or level="
        )


def test_the_report_tells_what_each_handler_did(monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    closed = io.StringIO()
    broken, fine = logging.StreamHandler(closed), Plain()
    broken.setLevel(logging.ERROR)
    closed.close()
    with HandlerSpy(broken, fine) as spy:
        broken.handle(record("lost"))
        fine.handle(record())
        spy.watch(Plain())

        assert re.sub(r"\+\d+\.\d\d s", "+0.00 s", spy._report()) == (
            "3 handlers watched, 4 events\n"
            "    StreamHandler (StreamHandler, ERROR): 1 offered, 1 failed\n"
            "    Plain (Plain, NOTSET): 1 offered, 1 emitted\n"
            "    Plain#2 (Plain, NOTSET): nothing\n"
            "errors\n"
            "    1 error\n"
            "        [0]  +0.00 s  failed     StreamHandler  INFO     spied        'lost'  "
            "ValueError: I/O operation on closed file"
        )


def test_the_report_shows_who_is_stuck_and_where():
    inside, go = threading.Event(), threading.Event()

    class Stuck(logging.Handler):
        def emit(self, record):
            inside.set()
            go.wait(30)

    handler = Stuck()
    with HandlerSpy(handler) as spy:
        thread = threading.Thread(target=handler.handle, args=(record("never"),), name="worker")
        thread.start()
        try:
            assert inside.wait(10)
            report = spy._report().split("\n")
        finally:
            go.set()
            thread.join()
        assert re.sub(r"\d+\.\d\d s", "0.00 s", report[2]) == (
            "'Stuck' is still inside emit, in thread 'worker', 0.00 s with INFO     spied        'never'"
        )
        assert any(line.strip() == "go.wait(30)" for line in report)
        assert len(report) < 40


def test_the_report_does_not_call_its_own_thread_stuck():
    class Asking(logging.Handler):
        def emit(self, record):
            self.report = spy._report()

    handler = Asking()
    with HandlerSpy(handler) as spy:
        handler.handle(record())
    assert "still inside" not in handler.report


def test_a_spy_that_watches_nothing_reports_nothing():
    spy = HandlerSpy()
    assert spy._report() == ""


def test_the_report_is_bounded():
    handlers = [Plain() for _ in range(500)]
    with HandlerSpy(*handlers) as spy:
        for handler in handlers:
            handler.handle(record())
        assert len(spy._report().split("\n")) < 60
        with pytest.raises(AssertionError) as raised:
            spy.assert_routed("absent", to=handlers)
        assert len(str(raised.value).split("\n")) < 60


def test_a_handler_that_cannot_be_instrumented_is_named_and_the_application_goes_on():
    class Sealed(Plain):
        @property
        def __dict__(self):
            raise RuntimeError("sealed")

    with HandlerSpy() as spy:
        logger = logging.getLogger("spied.sealed")
        handler = Sealed()
        logger.addHandler(handler)
        logger.removeHandler(handler)
        assert spy._report().split("\n")[-2:] == ["could not be watched", "    \"RuntimeError: 'sealed'\""]
