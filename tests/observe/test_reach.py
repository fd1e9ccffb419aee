"""Which handlers a spy watches: all that logging's tree reaches, also those that come later."""

import logging
import logging.config
import logging.handlers
import queue
import subprocess
import sys
from unittest import mock

import pytest
from _pytest.logging import LogCaptureHandler

from pytest_loghandlers import CaptureHandler, HandlerSpy
from pytest_loghandlers.observe._reach import is_handler, may_be_watched, reached_from


class Plain(logging.Handler):
    def emit(self, record):
        pass


@pytest.fixture
def logger():
    made = logging.getLogger("spied.reach")
    made.setLevel(logging.DEBUG)
    made.propagate = False
    yield made
    for handler in list(made.handlers):
        made.removeHandler(handler)
        handler.close()


def watched(spy):
    return list(spy.handlers.values())


def test_handlers_of_root_and_of_any_logger_are_watched(logger):
    above, below = Plain(), Plain()
    logging.getLogger().addHandler(above)
    logger.addHandler(below)
    try:
        with HandlerSpy() as spy:
            assert above in watched(spy)
            assert below in watched(spy)
    finally:
        logging.getLogger().removeHandler(above)


def test_handlers_attached_later_are_watched(logger):
    with HandlerSpy() as spy:
        handler = Plain()
        logger.addHandler(handler)
        logger.info("seen")
        assert spy.assert_routed("seen", to=handler).handler is handler


def test_what_a_handler_passes_records_on_to_is_watched(logger):
    inner = Plain()
    memory = logging.handlers.MemoryHandler(10, target=logging.handlers.MemoryHandler(10, target=inner))
    logger.addHandler(memory)
    with HandlerSpy() as spy:
        assert watched(spy)[-3:] == [memory, memory.target, inner]


def test_handlers_in_a_list_or_a_dict_of_a_handler_are_watched(logger):
    class Fan(Plain):
        def __init__(self):
            super().__init__()
            self.branches = [Plain(), Plain()]
            self.by_name = {"x": Plain()}

    fan = Fan()
    logger.addHandler(fan)
    with HandlerSpy() as spy:
        for handler in (*fan.branches, fan.by_name["x"]):
            assert handler in watched(spy)


def test_handlers_that_hold_each_other_are_watched_once():
    first, second = logging.handlers.MemoryHandler(1), logging.handlers.MemoryHandler(1)
    first.target, second.target = second, first
    assert reached_from([first, first]) == [first, second]


@pytest.mark.parametrize(
    "change", [lambda memory, new: memory.setTarget(new), lambda memory, new: setattr(memory, "target", new)]
)
def test_a_target_set_later_is_watched_from_the_first_record_it_gets(logger, change):
    memory, target = logging.handlers.MemoryHandler(10, target=None), Plain()
    logger.addHandler(memory)
    with HandlerSpy() as spy:
        logger.info("one")
        change(memory, target)
        memory.flush()
        spy.assert_routed("one", to=target)


def test_the_handlers_of_a_listener_that_runs_are_watched(logger):
    handler = Plain()
    listener = logging.handlers.QueueListener(queue.Queue(), handler)
    listener.start()
    try:
        with HandlerSpy() as spy:
            assert handler in watched(spy)
    finally:
        listener.stop()


def test_the_handlers_of_a_listener_started_later_are_watched(logger):
    handler, start = Plain(), logging.handlers.QueueListener.start
    with HandlerSpy() as spy:
        listener = logging.handlers.QueueListener(queue.Queue(), handler)
        listener.start()
        try:
            assert handler in watched(spy)
        finally:
            listener.stop()
    assert logging.handlers.QueueListener.start is start


def test_the_handlers_of_a_queue_handlers_listener_are_watched(logger):
    handler, front = Plain(), logging.handlers.QueueHandler(queue.Queue())
    front.listener = logging.handlers.QueueListener(front.queue, handler)  # What dictConfig of 3.12 does.
    logger.addHandler(front)
    with HandlerSpy() as spy:
        assert handler in watched(spy)


def test_a_handler_that_has_only_a_name_is_watched():
    handler = Plain()
    handler.name = "spied-unattached"
    try:
        with HandlerSpy() as spy:
            assert spy.handlers["spied-unattached"] is handler
    finally:
        handler.close()


def test_handlers_of_a_configuration_applied_meanwhile_are_watched(logging_sandbox):
    with HandlerSpy() as spy:
        logging.config.dictConfig(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "handlers": {"spied-new": {"class": "logging.NullHandler"}},
                "root": {"handlers": ["spied-new"], "level": "INFO"},
            }
        )
        assert "spied-new" in spy.handlers


def test_neither_pytests_handlers_nor_our_captures_are_watched(logger):
    with CaptureHandler(), HandlerSpy() as spy:
        logging.getLogger().warning("out")
        modules = {type(handler).__module__ for handler in watched(spy)}
        assert not any(module.startswith(("_pytest", "pytest_loghandlers")) for module in modules)
        assert not may_be_watched(LogCaptureHandler())


def test_a_mock_that_says_it_is_a_handler_is_left_alone(logger):
    pretender = mock.Mock(spec=logging.Handler, level=logging.NOTSET)
    logger.addHandler(pretender)
    with HandlerSpy():
        logger.info("seen")
    logger.removeHandler(pretender)
    assert not is_handler(pretender)
    assert pretender.handle.call_count == 1


def test_given_handlers_are_watched_and_no_other(logger):
    inner, other = Plain(), Plain()
    memory = logging.handlers.MemoryHandler(10, target=inner)
    logger.addHandler(memory)
    logger.addHandler(other)
    with HandlerSpy(memory) as spy:
        logger.addHandler(Plain())
        assert watched(spy) == [memory]
        spy.watch(other)
        assert watched(spy) == [memory, other]


def test_logging_handlers_is_not_imported_and_a_listener_of_it_is_still_seen():
    script = """
import logging, sys
from pytest_loghandlers import HandlerSpy
class Plain(logging.Handler):
    def emit(self, record): pass
with HandlerSpy() as spy:
    assert "logging.handlers" not in sys.modules, "imported by the spy"
    import logging.handlers, queue
    handler, records = Plain(), queue.Queue()
    listener = logging.handlers.QueueListener(records, handler)
    listener.start()
    logging.getLogger().addHandler(logging.handlers.QueueHandler(records))
    logging.getLogger().error("seen")
    listener.stop()
    spy.assert_routed("seen", to=["QueueHandler", handler])
    later = Plain()
    listener = logging.handlers.QueueListener(records, later)
    listener.start()
    listener.stop()
    assert later in spy.handlers.values(), "a listener started after the attachment"
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
