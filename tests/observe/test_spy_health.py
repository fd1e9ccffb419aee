"""assert_handled_error, assert_no_errors, assert_flushed, assert_closed: every message whole."""

import logging
import logging.handlers
import re

import pytest

from pytest_loghandlers import ArgumentError, HandlerSpy


class Failing(logging.Handler):
    """Hands what it raises to handleError, or with ``guarded=False`` to whoever logs."""

    def __init__(self, error, *, guarded=True):
        super().__init__()
        self.error, self.guarded = error, guarded

    def emit(self, record):
        try:
            raise self.error
        except Exception:
            if not self.guarded:
                raise
            self.handleError(record)


class Refused(ConnectionError):
    pass


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)


def record(text="card declined"):
    return logging.LogRecord("shop", logging.ERROR, __file__, 1, text, (), None)


def text_of(judge, *args, **kwargs):
    with pytest.raises(AssertionError) as raised:
        judge(*args, **kwargs)
    text = re.sub(r"\+\d+\.\d\d s", "+0.00 s", str(raised.value))
    return re.sub(r'File "[^"]*test_spy_health.py", line \d+', 'File "test_spy_health.py", line N', text)


def test_a_handled_error_is_found_by_class_name_text_and_handler():
    handler, other = Failing(Refused("no route to sink")), Failing(ValueError("bad"))
    with HandlerSpy(handler, other) as spy:
        handler.handle(record())
        handler.handle(record())
        other.handle(record())

        assert spy.assert_handled_error().handler is handler
        assert spy.assert_handled_error(ConnectionError).exception.type is Refused
        assert spy.assert_handled_error((KeyError, OSError), "no route").kind == "failed"
        assert spy.assert_handled_error("ConnectionError", re.compile("^no"))
        assert len(spy.assert_handled_error(OSError, count=2, handler=handler)) == 2
        assert spy.assert_handled_error(ValueError, handler=handler, count=0) == ()


def test_no_such_error_was_handled():
    handler, leaking = Failing(ValueError("bad")), Failing(OSError("disk full"), guarded=False)
    handler.name, leaking.name = "file", "leaking"
    with HandlerSpy(handler, leaking) as spy:
        handler.handle(record())
        with pytest.raises(OSError):
            leaking.handle(record())

        assert text_of(spy.assert_handled_error, OSError, "disk full") == (
            "handler_spy never saw handleError called for 'disk full' of class OSError\n"
            "\n"
            "  wanted    1 error whose text contains 'disk full' and whose class is OSError\n"
            "  handled   1 error\n"
            "      [0]  +0.00 s  failed     file  ERROR    shop         'card declined'  ValueError: bad\n"
            "  escaped   1 error\n"
            "      [0]  +0.00 s  escaped    leaking  ERROR    shop         'card declined'  OSError: disk full\n"
            "  hint      it left the handler instead: what emit() does not catch, handleError never sees"
        )
    handler.close()
    leaking.close()


def test_the_nearest_handled_error_is_marked():
    handler = Failing(ValueError("disk full"))
    with HandlerSpy(handler) as spy:
        handler.handle(record())

        assert text_of(spy.assert_handled_error, "OSError", "disk full", handler=handler) == (
            "handler_spy never saw handleError called for 'disk full' of class OSError by 'Failing'\n"
            "\n"
            "  wanted    1 error whose text contains 'disk full' and whose class is OSError and whose handler is "
            "'Failing'\n"
            "  handled   1 error\n"
            "   ~  [0]  +0.00 s  failed     Failing  ERROR    shop         'card declined'  ValueError: disk full"
            "      type is ValueError, not OSError"
        )


def test_too_many_errors_were_handled():
    handler = Failing(OSError("disk full"))
    with HandlerSpy(handler) as spy:
        handler.handle(record())
        handler.handle(record())

        assert text_of(spy.assert_handled_error, OSError, count=1) == (
            "handler_spy saw handleError called for an error of class OSError 2 times, not 1\n"
            "\n"
            "  wanted    exactly 1 error whose class is OSError\n"
            "  handled   2 errors, oldest first\n"
            "      [0]  +0.00 s  failed     Failing  ERROR    shop         'card declined'  OSError: disk full\n"
            "      [1]  +0.00 s  failed     Failing  ERROR    shop         'card declined'  OSError: disk full"
        )


def test_no_errors_at_all():
    handler = logging.NullHandler()
    with HandlerSpy(handler) as spy:
        handler.handle(record())
        spy.assert_no_errors()


def test_errors_are_listed_with_where_the_first_came_from():
    handler, leaking = Failing(ValueError("bad")), Failing(OSError("disk full"), guarded=False)
    handler.name, leaking.name = "file", "leaking"
    with HandlerSpy(handler, leaking) as spy:
        handler.handle(record("paid"))
        with pytest.raises(OSError):
            leaking.handle(record())

        assert text_of(spy.assert_no_errors) == (
            "handler_spy saw 2 errors: 1 handled, 1 escaped\n"
            "\n"
            "  wanted    no call of handleError, and no exception that leaves a handler\n"
            "  errors    2 errors, oldest first\n"
            "      [0]  +0.00 s  failed     file  ERROR    shop         'paid'  ValueError: bad\n"
            "      [1]  +0.00 s  escaped    leaking  ERROR    shop         'card declined'  OSError: disk full\n"
            '  first     File "test_spy_health.py", line N, in emit\n'
            "              raise self.error\n"
            "            ValueError: bad"
        )
        escaped = spy.wait_for(kind="escaped").exception
        assert "_probe.py" not in escaped.traceback
        assert escaped.traceback.endswith("    raise self.error\nOSError: disk full")
        assert text_of(spy.assert_no_errors, "file").startswith("handler_spy saw 1 error: 1 handled\n")
    handler.close()
    leaking.close()


def test_an_exception_whose_str_raises_is_survived():
    class Rude(Exception):
        def __str__(self):
            raise KeyError("no words")

    handler = Failing(Rude())
    with HandlerSpy(handler) as spy:
        handler.handle(record())
        assert spy.events[-1].exception.text == "<str raises KeyError>"
        assert "Rude: <str raises KeyError>" in text_of(spy.assert_no_errors)


def test_handle_error_called_without_an_exception_is_seen():
    handler = Failing(None)
    with HandlerSpy(handler) as spy:
        handler.handleError(record())
        assert spy.assert_handled_error().exception is None
        assert text_of(spy.assert_handled_error, OSError, handler=handler).split("\n")[4] == (
            "   ~  [0]  +0.00 s  failed     Failing  ERROR    shop         'card declined'"
            "      type is no exception, not OSError"
        )


def test_flush_and_close_are_judged():
    handler = logging.handlers.MemoryHandler(10)
    with HandlerSpy(handler) as spy:
        handler.flush()
        assert spy.assert_flushed(handler).kind == "flushed"
        assert len(spy.assert_flushed("MemoryHandler", count=1)) == 1
        assert spy.assert_closed(handler, count=0) == ()
        handler.close()
        assert spy.assert_closed(handler).kind == "closed"


def test_a_handler_that_was_never_closed():
    handler = logging.handlers.MemoryHandler(10)
    with HandlerSpy(handler) as spy:
        handler.handle(record())
        spy.assert_flushed(handler)

        assert text_of(spy.assert_closed, handler) == (
            "handler_spy never saw 'MemoryHandler' closed\n"
            "\n"
            "  wanted    1 close() of 'MemoryHandler' that returns\n"
            "  saw       3 events, oldest first\n"
            "      [0]  +0.00 s  offered    MemoryHandler  ERROR    shop         'card declined'\n"
            "      [1]  +0.00 s  flushed    MemoryHandler\n"
            "      [2]  +0.00 s  emitted    MemoryHandler  ERROR    shop         'card declined'"
        )


def test_a_handler_that_was_flushed_too_often():
    handler = logging.handlers.MemoryHandler(10)
    with HandlerSpy(handler) as spy:
        handler.flush()
        handler.flush()

        assert text_of(spy.assert_flushed, handler, count=1) == (
            "handler_spy saw 'MemoryHandler' flushed 2 times, not 1\n"
            "\n"
            "  wanted    exactly 1 flush() of 'MemoryHandler' that returns\n"
            "  saw       2 events, oldest first\n"
            "      [0]  +0.00 s  flushed    MemoryHandler\n"
            "      [1]  +0.00 s  flushed    MemoryHandler"
        )


def test_a_count_that_cannot_be_meant():
    handler = logging.NullHandler()
    with HandlerSpy(handler) as spy, pytest.raises(ArgumentError) as raised:
        spy.assert_flushed(handler, count=-1)
    assert str(raised.value) == "count=-1: it is how many must match, a whole number from 0"
