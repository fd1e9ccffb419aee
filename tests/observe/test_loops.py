"""assert_no_recursion: the cycle drawn as text, whole."""

import contextlib
import logging
import logging.handlers
import queue
import re
import threading

import pytest

from pytest_loghandlers import ArgumentError, HandlerSpy


@pytest.fixture
def shop():
    loggers = [logging.getLogger(name) for name in ("shop", "lib.http", "lib.mail")]
    for logger in loggers:
        logger.setLevel(logging.INFO)
        logger.propagate = False
    yield loggers[0]
    for logger in loggers:
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
            handler.close()
        logger.setLevel(logging.NOTSET)
        logger.propagate = True


@pytest.fixture
def closing():
    with contextlib.ExitStack() as stack:
        yield stack


class Sending(logging.Handler):
    """Sends through a library that logs, as long as ``says`` agrees."""

    def __init__(self, name, library, says=lambda record: True):
        super().__init__()
        self.name, self.library, self.says = name, library, says

    def emit(self, record):
        if self.says(record):
            logging.getLogger(self.library).info("POST to %s", self.name)


def attach(handler, *names):
    for name in names:
        logging.getLogger(name).addHandler(handler)
    return handler


def failure(spy, **kwargs):
    with pytest.raises(AssertionError) as raised:
        spy.assert_no_recursion(**kwargs)
    text = re.sub(r"at \S*test_loops\.py:\d+", "at test_loops.py:N", str(raised.value))
    return re.sub(r"'Thread-\d+[^']*'", "'Thread-N'", text)


def test_a_loop_through_a_library(shop):
    attach(Sending("webhook", "lib.http"), "shop", "lib.http")
    with HandlerSpy() as spy:
        shop.error("card declined")

        assert failure(spy) == (
            "handler_spy saw 'webhook' feed itself: re-entered 4 times, then cut off 5 turns deep\n"
            "\n"
            "  wanted    no handler called for a record that was logged while it was at work\n"
            "  cycle     ┌> webhook, inside emit\n"
            "            │     INFO     lib.http     'POST to webhook'\n"
            "            │     at test_loops.py:N in emit\n"
            "            └─ webhook again: cut off, 5 turns inside one another\n"
            "  origin    ERROR    shop         'card declined'\n"
            "            at test_loops.py:N in test_a_loop_through_a_library\n"
            "  hint      keep the records of 'lib.http' from 'webhook': by a filter on it, or by their loggers' level"
        )


def test_two_handlers_that_feed_each_other(shop):
    attach(Sending("webhook", "lib.http"), "shop", "lib.mail")
    attach(Sending("mail", "lib.mail"), "lib.http")
    with HandlerSpy() as spy:
        shop.error("card declined")

        assert failure(spy) == (
            "handler_spy saw 'webhook' feed itself: re-entered 4 times, then cut off 5 turns deep\n"
            "\n"
            "  wanted    no handler called for a record that was logged while it was at work\n"
            "  cycle     ┌> webhook, inside emit\n"
            "            │     INFO     lib.http     'POST to webhook'\n"
            "            │     at test_loops.py:N in emit\n"
            "            │  mail, inside emit\n"
            "            │     INFO     lib.mail     'POST to mail'\n"
            "            │     at test_loops.py:N in emit\n"
            "            └─ webhook again: cut off, 5 turns inside one another\n"
            "  origin    ERROR    shop         'card declined'\n"
            "            at test_loops.py:N in test_two_handlers_that_feed_each_other\n"
            "  also      'mail' 4 times\n"
            "  hint      keep the records of 'lib.mail' from 'webhook': by a filter on it, or by their loggers' level"
        )


def test_a_finite_echo(shop):
    echo = attach(Sending("webhook", "lib.http", lambda record: record.name == "shop"), "shop", "lib.http")
    with HandlerSpy() as spy:
        shop.error("card declined")

        assert failure(spy, handler=echo) == (
            "handler_spy saw 'webhook' feed itself: re-entered once\n"
            "\n"
            "  wanted    no handler called for a record that was logged while it was at work\n"
            "  cycle     ┌> webhook, inside emit\n"
            "            │     INFO     lib.http     'POST to webhook'\n"
            "            │     at test_loops.py:N in emit\n"
            "            └─ webhook again: 1 deep\n"
            "  origin    ERROR    shop         'card declined'\n"
            "            at test_loops.py:N in test_a_finite_echo\n"
            "  hint      keep the records of 'lib.http' from 'webhook': by a filter on it, or by their loggers' level"
        )
        spy.assert_no_recursion(max_depth=1)


def test_a_loop_through_a_memory_handler(shop, closing):
    target = closing.enter_context(contextlib.closing(Sending("webhook", "shop")))
    memory = attach(logging.handlers.MemoryHandler(1, target=target), "shop")
    memory.name = "memory"
    with HandlerSpy() as spy:
        shop.error("card declined")

        assert failure(spy).split("\n")[3:10] == [
            "  cycle     ┌> memory, inside flush",
            "            │     passes it on to",
            "            │  webhook, inside emit",
            "            │     INFO     shop         'POST to webhook'",
            "            │     at test_loops.py:N in emit",
            "            └─ memory again: cut off, 5 turns inside one another",
            "  origin    ERROR    shop         'card declined'",
        ]


def test_a_loop_round_a_thread(shop, closing):
    records = queue.Queue()
    webhook = closing.enter_context(contextlib.closing(Sending("webhook", "shop")))
    attach(logging.handlers.QueueHandler(records), "shop").name = "queue"
    listener = logging.handlers.QueueListener(records, webhook)
    with HandlerSpy() as spy:
        listener.start()
        shop.error("card declined")
        spy.wait_for(kind="cut", handler="webhook")
        listener.stop()

        assert failure(spy, handler="webhook") == (
            "handler_spy saw 'webhook' feed itself: re-entered 4 times, then cut off 5 turns deep\n"
            "\n"
            "  wanted    no handler called for a record that was logged while it was at work\n"
            "  cycle     ┌> webhook, inside emit\n"
            "            │     INFO     shop         'POST to webhook'\n"
            "            │     at test_loops.py:N in emit\n"
            "            └─ webhook again: cut off, 5 turns inside one another\n"
            "  origin    ERROR    shop         'card declined'\n"
            "            at test_loops.py:N in test_a_loop_round_a_thread\n"
            "  hint      keep the records of 'shop' from 'webhook': by a filter on it, or by their loggers' level"
        )


def test_the_hint_names_every_logger_that_takes_part(shop):
    class Chatty(logging.Handler):
        def emit(self, record):
            for index in range(9):
                logging.getLogger(f"shop.lib{index}").info("sent")

    attach(Chatty(), "shop")
    with HandlerSpy() as spy:
        shop.error("card declined")
        assert failure(spy).split("\n")[-1] == (
            "  hint      keep the records of 'shop.lib0', 'shop.lib1', 'shop.lib2', 'shop.lib3', 'shop.lib4', "
            "'shop.lib5' and 3 others from 'Chatty': by a filter on it, or by their loggers' level"
        )


def test_a_handler_without_loop_is_judged_by_itself(shop):
    attach(Sending("webhook", "lib.http"), "shop", "lib.http")
    attach(logging.NullHandler(), "shop").name = "null"
    with HandlerSpy() as spy:
        shop.error("card declined")
        spy.assert_no_recursion("null")


def test_what_was_cut_off_is_never_let_pass(shop):
    attach(Sending("webhook", "lib.http"), "shop", "lib.http")
    with HandlerSpy() as spy:
        shop.error("card declined")
        assert failure(spy, max_depth=100)


@pytest.mark.parametrize("wrong", [-1, True, "2"])
def test_a_depth_that_cannot_be_meant(shop, wrong):
    with HandlerSpy() as spy, pytest.raises(ArgumentError) as raised:
        spy.assert_no_recursion(max_depth=wrong)
    assert str(raised.value) == f"max_depth={wrong!r}: it is how many turns may be inside the first, from 0"


def test_work_in_another_thread_meanwhile_is_no_loop(shop):
    done = threading.Event()

    class Handing(logging.Handler):
        def emit(self, record):
            if record.name == "shop":
                thread = threading.Thread(target=logging.getLogger("lib.http").info, args=("unrelated",))
                thread.start()
                thread.join(5)
                done.set()

        def createLock(self):
            self.lock = threading.RLock()

    attach(Handing(), "shop")
    attach(logging.NullHandler(), "lib.http")
    with HandlerSpy() as spy:
        shop.error("card declined")
        assert done.is_set()
        spy.assert_no_recursion()
