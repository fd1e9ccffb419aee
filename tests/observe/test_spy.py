"""HandlerSpy as a whole: its life, its events, waiting."""

import logging
import logging.config
import logging.handlers
import queue
import re
import threading

import pytest

from pytest_loghandlers import HandlerSpy, LifetimeError


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
    if not any(type(handler).__module__ == "_pytest.logging" for handler in before):
        pytest.skip("pytest's logging plugin is off")
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
