"""HandlerSpy as a whole: its life, waiting, levels, names, and its section in the report."""

import io
import logging
import logging.config
import logging.handlers
import queue
import re
import threading

import pytest

from pytest_loghandlers import ArgumentError, HandlerSpy, LifetimeError, UnknownHandlerError


class Plain(logging.Handler):
    def emit(self, record):
        pass


def record(text="hello", level=logging.INFO):
    return logging.LogRecord("spied", level, __file__, 1, text, (), None)


def text_of(judge, *args, error=AssertionError, **kwargs):
    with pytest.raises(error) as raised:
        judge(*args, **kwargs)
    return re.sub(r"\+\d+\.\d\d s", "+0.00 s", str(raised.value))


def test_a_spy_that_was_not_started_or_has_ended_says_so():
    spy = HandlerSpy()
    assert text_of(lambda: spy.events, error=LifetimeError) == (
        "this handler_spy has not been started: use the fixture, or `with HandlerSpy() as ...`"
    )
    with spy:
        pass
    for use in (
        lambda: spy.events,
        lambda: spy.handlers,
        lambda: spy.watch("x"),
        lambda: spy.wait_for("x"),
        lambda: spy.assert_routed("x", to="x"),
        lambda: spy.assert_level("x", level="INFO"),
        lambda: spy.assert_handled_error(handler="x"),
        lambda: spy.assert_no_errors("x"),
        lambda: spy.assert_no_recursion("x"),
        lambda: spy.assert_flushed("x"),
        lambda: spy.assert_closed("x"),
    ):
        assert text_of(use, error=LifetimeError) == (
            "this handler_spy has been stopped: it was used after its test (or its with block) had ended"
        )


def test_pytests_handlers_are_set_aside_meanwhile_and_back_afterwards():
    root = logging.getLogger()
    before = list(root.handlers)
    assert any(type(handler).__module__ == "_pytest.logging" for handler in before)
    with HandlerSpy():
        assert not any(type(handler).__module__ == "_pytest.logging" for handler in root.handlers)
        # pytest's own would raise out of the call.
        logging.getLogger("spied").addHandler(logging.NullHandler())
        logging.getLogger("spied").warning("%d", "not a number")
    assert root.handlers == before
    logging.getLogger("spied").handlers.clear()


def test_nothing_is_left_in_logging():
    patched = {name: vars(logging.Logger).get(name) for name in ("addHandler", "callHandlers", "__setattr__")}
    with HandlerSpy():
        pass
    assert {name: vars(logging.Logger).get(name) for name in patched} == patched


def test_events_are_a_snapshot():
    handler = Plain()
    with HandlerSpy(handler) as spy:
        handler.handle(record())
        before = spy.events
        assert spy.events is before
        handler.handle(record())
        assert (len(before), len(spy.events)) == (2, 4)


def test_waiting_ends_when_another_thread_has_emitted():
    handler = Plain()
    with HandlerSpy(handler) as spy:
        thread = threading.Thread(target=handler.handle, args=(record("late"),), name="worker")
        timer = threading.Timer(0.05, thread.start)
        timer.start()
        event = spy.wait_for("late", handler=handler, timeout=10)
        timer.join()
        thread.join()
        assert (event.kind, event.thread) == ("emitted", "worker")


def test_waiting_for_other_kinds_and_for_several():
    handler = Plain()
    with HandlerSpy(handler) as spy:
        handler.handle(record("one"))
        handler.handle(record("two", logging.ERROR))
        handler.close()
        assert spy.wait_for(kind="closed").handler is handler
        assert [event.message for event in spy.wait_for(count=2, timeout=0)] == ["one", "two"]
        assert spy.wait_for(kind="offered", min_level="ERROR", logger="spied").message == "two"


def test_a_wait_that_was_in_vain():
    handler = Plain()
    with HandlerSpy(handler) as spy:
        handler.handle(record("one"))
        assert text_of(spy.wait_for, "two", kind="failed", handler=handler, timeout=0.01) == (
            "handler_spy never saw 'two' failed by 'Plain' (waited 0.0 s)\n"
            "\n"
            "  wanted    1 event whose message contains 'two' and whose kind is failed and whose handler is 'Plain'\n"
            "  saw       2 events, oldest first\n"
            "      [0]  +0.00 s  offered    Plain  INFO     spied        'one'\n"
            "      [1]  +0.00 s  emitted    Plain  INFO     spied        'one'"
        )


def test_a_kind_that_there_is_not():
    with HandlerSpy(Plain()) as spy:
        assert text_of(spy.wait_for, kind="dropped", error=ArgumentError) == (
            "kind='dropped': it is one of offered, filtered, emitted, failed, escaped, reentered, cut, flushed, closed"
        )


def test_a_line_tells_a_long_duration_and_another_thread():
    gate = threading.Event()

    class Slow(logging.Handler):
        def emit(self, record):
            gate.wait(0.12)

    handler = Slow()
    with HandlerSpy(handler) as spy:
        thread = threading.Thread(target=handler.handle, args=(record("slow"),), name="worker")
        thread.start()
        thread.join()
        text = re.sub(r"0\.1\d s", "0.12 s", text_of(spy.assert_closed, handler))
        assert text.split("\n")[-1].endswith(
            "emitted    Slow  INFO     spied        'slow'  took 0.12 s  in thread 'worker'"
        )


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


def test_handlers_go_by_configured_name_or_class_and_stay_distinct():
    named, first, second = Plain(), Plain(), Plain()
    named.name = "file"
    with HandlerSpy(named, first, second) as spy:
        assert spy.handlers == {"file": named, "Plain": first, "Plain#2": second}
        first.handle(record())
        second.handle(record())
        assert [event.handler_name for event in spy.events if event.kind == "emitted"] == ["Plain", "Plain#2"]
    named.close()


def test_handlers_are_watched_by_name():
    handler = Plain()
    handler.name = "spied-by-name"
    with HandlerSpy("spied-by-name") as spy:
        assert spy.handlers == {"spied-by-name": handler}
    with HandlerSpy(logging.NullHandler()) as spy:
        spy.watch("spied-by-name")
        assert handler in spy.handlers.values()
    handler.close()


def test_a_name_that_nobody_has_and_things_that_are_no_handlers(logging_sandbox):
    handler = Plain()
    handler.name = "spied-known"
    with HandlerSpy() as spy:
        said = text_of(spy.watch, "unknown", error=UnknownHandlerError)
        assert said.startswith("no handler is named 'unknown'; there are ")
        assert "'spied-known'" in said
        for wrong in (3, logging.Handler, logging.getLogger("spied")):
            said = text_of(spy.watch, wrong, error=ArgumentError)
            assert said == f"{wrong!r} is not a handler: give a logging.Handler, or the configured name of one"
    assert text_of(HandlerSpy(3).start, error=ArgumentError).startswith("3 is not a handler")


def test_a_handler_that_is_not_watched_is_not_judged():
    stranger = Plain()
    with HandlerSpy(logging.NullHandler()) as spy:
        assert text_of(spy.assert_level, stranger, level="INFO", error=UnknownHandlerError) == (
            "handler_spy does not watch <Plain (NOTSET)>; it watches 'NullHandler'"
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


def test_the_whole_way_through_a_queue_is_judged(logging_sandbox):
    records = queue.Queue()
    webhook, front = Plain(), logging.handlers.QueueHandler(records)
    webhook.name = "webhook"
    listener = logging.handlers.QueueListener(records, webhook)
    logger = logging.getLogger("spied.queue")
    logger.addHandler(front)
    with HandlerSpy() as spy:
        listener.start()
        logger.error("card declined")
        event = spy.wait_for("card declined", handler="webhook")
        listener.stop()
        assert event.thread != threading.current_thread().name
        spy.assert_routed("card declined", to=[front, "webhook"])
        spy.assert_no_errors()
        spy.assert_no_recursion()
