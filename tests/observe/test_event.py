"""What a spy saw, as it is kept and shown: exceptions, lines, and what can be asked."""

import logging
import re
import threading

import pytest

from pytest_loghandlers import ArgumentError, HandlerSpy
from pytest_loghandlers.observe._event import FRAMES, SpyError


class Plain(logging.Handler):
    def emit(self, record):
        pass


def record(text="hello", level=logging.INFO):
    return logging.LogRecord("spied", level, __file__, 1, text, (), None)


def text_of(judge, *args, error=AssertionError, **kwargs):
    with pytest.raises(error) as raised:
        judge(*args, **kwargs)
    return re.sub(r"\+\d+\.\d\d s", "+0.00 s", str(raised.value))


def test_the_exception_is_kept_as_text_so_that_nothing_in_it_stays_alive(monkeypatch):
    import gc
    import weakref

    monkeypatch.setattr(logging, "raiseExceptions", False)

    class Socket:
        pass

    held = []

    class Leaky(logging.Handler):
        def emit(self, record):
            sock = Socket()
            held.append(weakref.ref(sock))
            try:
                raise OSError("refused")
            except OSError:
                self.handleError(record)

    handler = Leaky()
    with HandlerSpy(handler) as spy:
        handler.handle(record())
        gc.collect()

        assert held[0]() is None
        trace = spy.events[-1].exception.traceback
        assert 'raise OSError("refused")' in trace
        assert trace.endswith("OSError: refused")


@pytest.mark.parametrize("wrong", [3, int, (), (OSError, 3)])
def test_what_is_no_exception_class(wrong):
    with HandlerSpy(logging.NullHandler()) as spy, pytest.raises(ArgumentError) as raised:
        spy.assert_handled_error(wrong)
    assert str(raised.value) == (f"type={wrong!r}: it is an exception class, a tuple of such, or the name of one")


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


def test_the_traceback_keeps_the_innermost_calls_only():
    def deeper(left):
        if not left:
            raise RecursionError("enough")
        deeper(left - 1)

    with pytest.raises(RecursionError) as raised:
        deeper(200)
    seen = SpyError(raised.value)

    # Python shows three calls of those that repeat.
    assert seen.traceback.count("  File ") <= FRAMES
    assert seen.tail(1).count("  File ") == 1
    assert "[Previous line repeated 4 more times]" in seen.traceback
    assert str(seen) == "RecursionError: enough"
    assert repr(seen) == "<SpyError 'RecursionError: enough'>"


def test_an_event_cannot_be_changed():
    handler = Plain()
    with HandlerSpy(handler) as spy:
        handler.handle(record("one"))
        handler.close()
        first, last = spy.events[0], spy.events[-1]
    assert (first.message, last.message) == ("one", "")
    with pytest.raises(AttributeError):
        first.kind = "other"
