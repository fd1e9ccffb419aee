"""The instrumentation of one handler: what it tells, what it leaves alone, what it leaves behind."""

import copy
import io
import logging
import logging.handlers
import pickle
import threading
from unittest import mock

import pytest

from pytest_loghandlers import HandlerSpy


class Plain(logging.Handler):
    def __init__(self):
        super().__init__()
        self.got = []

    def emit(self, record):
        self.got.append(record.getMessage())


class Portable(Plain):
    """A handler that can be copied and pickled."""

    def __getstate__(self):
        state = self.__dict__.copy()
        del state["lock"]
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.createLock()


def record(text="hello", level=logging.INFO, **fields):
    made = logging.LogRecord("spied", level, __file__, 1, text, (), None)
    made.__dict__.update(fields)
    return made


def kinds(spy):
    return [event.kind for event in spy.events]


def test_a_record_is_offered_and_emitted():
    handler, given = Plain(), record()
    with HandlerSpy(handler) as spy:
        handler.handle(given)

        assert kinds(spy) == ["offered", "emitted"]
        assert [event.record for event in spy.events] == [given, given]
        assert [event.handler_name for event in spy.events] == ["Plain", "Plain"]
        assert spy.events[0].started <= spy.events[1].started
        assert spy.events[1].thread == threading.current_thread().name
    assert handler.got == ["hello"]


def test_the_duration_is_that_of_the_call():
    waiting = threading.Event()

    class Slow(logging.Handler):
        def emit(self, record):
            waiting.wait(0.05)

    handler = Slow()
    with HandlerSpy(handler) as spy:
        handler.handle(record())

        assert 0.04 < spy.events[1].duration < 5
        assert spy.events[0].duration == 0


def test_time_is_real_also_while_a_test_has_frozen_it():
    import freezegun

    handler = Plain()
    with HandlerSpy(handler) as spy, freezegun.freeze_time("2001-01-01"):
        handler.handle(record())
        assert 0 <= spy.events[0].started < 60


def test_a_record_that_the_filter_refuses_is_filtered():
    handler = Plain()
    handler.addFilter(lambda record: False)
    with HandlerSpy(handler) as spy:
        assert not handler.handle(record())
        assert kinds(spy) == ["offered", "filtered"]


def test_an_overridden_filter_method_is_seen_too():
    class Picky(Plain):
        def filter(self, record):
            return record.levelno >= logging.ERROR and super().filter(record)

    handler = Picky()
    with HandlerSpy(handler) as spy:
        handler.handle(record())
        handler.handle(record(level=logging.ERROR))
        assert kinds(spy) == ["offered", "filtered", "offered", "emitted"]


def test_the_record_that_a_filter_puts_in_its_place_is_the_one_emitted():
    handler, other = Plain(), record("other")
    handler.addFilter(lambda record: other)
    bare = Plain()
    bare.addFilter(lambda record: other)
    expected = bare.handle(record())
    with HandlerSpy(handler) as spy:
        returned = handler.handle(record())
        # Python 3.12 and later take the filter's record; before, any true value let the first one pass.
        assert handler.got == bare.got
        assert returned is expected or (returned and expected)
        assert spy.events[-1].message == bare.got[0]


def test_an_error_in_emit_is_failed_not_emitted(monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    stream.close()
    with HandlerSpy(handler) as spy:
        handler.handle(record())

        assert "emitted" not in kinds(spy)
        failed = spy.events[-1]
        assert failed.kind == "failed"
        assert failed.exception.type is ValueError
        assert failed.exception.text == "I/O operation on closed file"


def test_an_overridden_handle_error_is_the_one_called():
    class Quiet(logging.handlers.SocketHandler):
        def __init__(self):
            super().__init__("127.0.0.1", 9)
            self.errors = []

        def handleError(self, record):
            self.errors.append(record)

        def emit(self, record):
            try:
                raise OSError("down")
            except OSError:
                self.handleError(record)

    handler, given = Quiet(), record()
    with HandlerSpy(handler) as spy:
        handler.handle(given)
        assert handler.errors == [given]
        assert kinds(spy) == ["offered", "failed"]


def test_an_exception_that_leaves_emit_passes_unchanged_and_is_told_once():
    boom = RuntimeError("boom")

    class Raising(logging.Handler):
        def emit(self, record):
            raise boom

    handler = Raising()
    with HandlerSpy(handler) as spy:
        with pytest.raises(RuntimeError) as raised:
            handler.handle(record())
        assert raised.value is boom
        assert kinds(spy) == ["offered", "escaped"]
        assert str(spy.events[-1].exception) == "RuntimeError: boom"


@pytest.mark.parametrize("place", ["filter", "handleError", "flush", "close"])
def test_an_exception_that_leaves_another_method_is_escaped(place, monkeypatch):
    class Raising(logging.Handler):
        def emit(self, record):
            try:
                raise OSError("sink")
            except OSError:
                self.handleError(record)

    def boom(*args):
        raise RuntimeError(place)

    handler = Raising()
    monkeypatch.setattr(Raising, place, boom)  # Undone: a handler may outlive its test.
    with HandlerSpy(handler) as spy:
        with pytest.raises(RuntimeError, match=place):
            handler.handle(record()) if place in ("filter", "handleError") else getattr(handler, place)()
        assert [event.exception.text for event in spy.events if event.kind == "escaped"] == [place]
        assert "emitted" not in kinds(spy)


def test_an_exception_that_the_handler_catches_itself_has_not_escaped():
    class Guarded(logging.Handler):
        def flush(self):
            raise OSError("disk")

        def emit(self, record):
            try:
                self.flush()
            except OSError:
                pass

    handler = Guarded()
    with HandlerSpy(handler) as spy:
        handler.handle(record())
        assert kinds(spy) == ["offered", "emitted"]


def test_emit_called_directly_is_seen():
    handler = Plain()
    with HandlerSpy(handler) as spy:
        handler.emit(record())
        assert kinds(spy) == ["emitted"]


def test_an_exception_that_leaves_an_emit_called_directly_is_escaped():
    class Raising(logging.Handler):
        def emit(self, record):
            raise RuntimeError("boom")

    handler = Raising()
    with HandlerSpy(handler) as spy:
        with pytest.raises(RuntimeError):
            handler.emit(record())
        assert kinds(spy) == ["escaped"]


def test_flush_and_close_are_seen_also_when_the_handler_calls_them():
    handler = logging.handlers.MemoryHandler(10)
    with HandlerSpy(handler) as spy:
        handler.flush()
        handler.close()
        assert kinds(spy) == ["flushed", "flushed", "closed"] or kinds(spy) == [
            "flushed",
            "flushed",
            "flushed",
            "closed",
        ]


def test_flush_and_close_keep_their_arguments_and_results():
    class Timed(Plain):
        def flush(self, timeout=None):
            return ("flushed", timeout)

    handler = Timed()
    with HandlerSpy(handler):
        assert handler.flush(timeout=3) == ("flushed", 3)


def test_a_null_handler_is_offered_and_emits_nothing():
    handler = logging.NullHandler()
    with HandlerSpy(handler) as spy:
        assert handler.handle(record()) is None
        assert kinds(spy) == ["offered"]


def test_a_method_replaced_on_the_class_meanwhile_is_the_one_called(monkeypatch):
    handler = Plain()
    with HandlerSpy(handler) as spy:
        monkeypatch.setattr(Plain, "emit", lambda self, record: self.got.append("replaced"))
        handler.handle(record())
        with mock.patch.object(Plain, "emit") as emit:
            given = record()
            handler.handle(given)
        emit.assert_called_once_with(given)
        assert kinds(spy) == ["offered", "emitted"] * 2
    assert handler.got == ["replaced"]


def test_a_method_of_the_instance_is_called_and_stands_there_afterwards():
    handler, got = Plain(), []
    handler.emit = got.append
    before = list(handler.__dict__.items())
    with HandlerSpy(handler) as spy:
        handler.handle(record())
        assert kinds(spy) == ["offered", "emitted"]
    assert len(got) == 1
    assert list(handler.__dict__.items()) == before


def test_the_handler_is_left_exactly_as_it_was():
    handler = Plain()
    before = list(handler.__dict__.items())
    with HandlerSpy(handler):
        assert list(handler.__dict__.items()) != before
    assert list(handler.__dict__.items()) == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_spies_on_one_handler_see_it_both_and_may_end_in_any_order(order):
    handler = Plain()
    before = dict(handler.__dict__)
    spies = [HandlerSpy(handler).start(), HandlerSpy(handler).start()]
    handler.handle(record())
    assert [kinds(spy) for spy in spies] == [["offered", "emitted"]] * 2
    for index in order:
        spies[index].stop()
        handler.handle(record())
    assert handler.__dict__ == {**before, "got": ["hello"] * 3}


def test_what_a_test_puts_on_top_stays_and_still_works_when_the_spy_is_gone():
    handler, seen = Plain(), []
    spy = HandlerSpy(handler).start()
    inner = handler.emit
    handler.emit = lambda record: (seen.append(record), inner(record))
    spy.stop()
    handler.handle(record())
    assert len(seen) == 1
    assert handler.got == ["hello"]


@pytest.mark.parametrize("duplicate", [copy.copy, lambda handler: pickle.loads(pickle.dumps(handler))])
def test_a_copy_of_a_watched_handler_is_a_handler_without_a_spy(duplicate):
    handler = Portable()
    handler.note = "kept"
    with HandlerSpy(handler) as outer, HandlerSpy(handler) as inner:
        twin = duplicate(handler)
        twin.got = []
        twin.handle(record("to the twin"))
        assert set(twin.__dict__) == {*Portable().__dict__, "note"}
        assert (twin.got, twin.note) == (["to the twin"], "kept")
        assert outer.events == inner.events == ()


def test_a_handler_with_slots_and_its_own_setattr_is_watched():
    class Strict(Plain):
        __slots__ = ("extra",)

        def __setattr__(self, name, value):
            if name in ("handle", "emit"):
                raise AttributeError(name)
            super().__setattr__(name, value)

    handler = Strict()
    with HandlerSpy(handler) as spy:
        handler.handle(record())
        assert kinds(spy) == ["offered", "emitted"]
    assert "emit" not in handler.__dict__
