"""Which name stands for which handler, and what is said when none does."""

import logging
import re

import pytest

from pytest_loghandlers import ArgumentError, HandlerSpy, UnknownHandlerError


class Plain(logging.Handler):
    def emit(self, record):
        pass


def record(text="hello", level=logging.INFO):
    return logging.LogRecord("spied", level, __file__, 1, text, (), None)


def text_of(judge, *args, error=AssertionError, **kwargs):
    with pytest.raises(error) as raised:
        judge(*args, **kwargs)
    return re.sub(r"\+\d+\.\d\d s", "+0.00 s", str(raised.value))


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


def test_a_configured_handler_that_is_attached_to_nothing_got_nothing():
    with HandlerSpy() as spy:
        handler = Plain()
        handler.name = "spied-unattached-yet"
        spy.assert_routed("x", not_to="spied-unattached-yet")
        assert text_of(spy.assert_routed, "x", to="spied-unattached-yet").startswith(
            "handler_spy never saw 'x' emitted by 'spied-unattached-yet'\n"
        )
    handler.close()


def test_a_handler_renamed_meanwhile_goes_by_its_new_name():
    handler = Plain()
    with HandlerSpy(handler) as spy:
        handler.handle(record("one"))
        assert spy.events[0].handler_name == "Plain"
        handler.name = "renamed"
        handler.handle(record("two"))
        assert spy.wait_for("two", handler="renamed").handler_name == "renamed"
    handler.close()


def test_a_handler_whose_init_never_ran_has_its_classs_name():
    class Lazy(logging.Handler):
        def __init__(self):
            self.filters = []

    handler = Lazy()
    with HandlerSpy(handler) as spy:
        assert spy.handlers == {"Lazy": handler}
