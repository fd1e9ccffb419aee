"""LoggingSandbox: handlers by name, handlers put away, and its end."""

import io
import logging
import logging.handlers
import queue
import threading

import pytest

from pytest_loghandlers import LeakError, LifetimeError, LoggingSandbox, UnknownHandlerError
from pytest_loghandlers._base import lifetime


@pytest.fixture
def box():
    with LoggingSandbox() as sandbox:
        # What other tests made and the garbage collector has not found yet is not among the names here.
        logging._handlerList.clear()
        yield sandbox


def test_handlers_made_during_the_test_are_flushed_and_closed_newest_first(box):
    order = []

    class Noted(logging.Handler):
        def flush(self):
            order.append(("flush", self.name))

        def close(self):
            order.append(("close", self.name))
            super().close()

    with LoggingSandbox():
        one, two = Noted(), Noted()
        one.name, two.name = "one", "two"
    assert order == [("flush", "two"), ("close", "two"), ("flush", "one"), ("close", "one")]


def test_a_handler_that_raises_in_close_is_named_and_the_rest_is_restored():
    class Rude(logging.Handler):
        def close(self):
            raise OSError("no such socket")

    before = logging.getLogger().level
    sandbox = LoggingSandbox().start()
    rude = Rude()
    logging.getLogger().setLevel(5)
    rude.name = "rude"
    with pytest.raises(LeakError) as caught:
        sandbox.stop()
    assert str(caught.value) == (
        "handlers made during the test could not be put away:\n"
        "- close() of handler 'rude' (Rude) raised OSError: 'no such socket'"
    )
    assert logging.getLogger().level == before


def test_a_handler_on_a_stream_that_is_closed_by_now_is_no_leak():
    with LoggingSandbox():
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        stream.close()
        assert handler.stream.closed


def test_a_handler_that_hangs_in_close_costs_a_bounded_wait_and_shows_where(monkeypatch):
    monkeypatch.setattr("pytest_loghandlers.observe.sandbox.UNDO_TIMEOUT", 0.05)
    let_go = threading.Event()

    class Hangs(logging.Handler):
        def close(self):
            let_go.wait(30)

    sandbox = LoggingSandbox().start()
    hangs = Hangs()
    with pytest.raises(LeakError) as caught:
        sandbox.stop()
    let_go.set()
    assert "- close() of handler Hangs did not end within 0.05 s; it hangs in\n" in str(caught.value)
    assert "let_go.wait(30)" in str(caught.value)
    assert hangs
    assert lifetime.UNDO_TIMEOUT == 5.0


def test_a_handler_that_hangs_in_emit_is_told_of_by_the_thread_that_holds_its_lock(monkeypatch):
    monkeypatch.setattr("pytest_loghandlers.observe.sandbox.UNDO_TIMEOUT", 0.05)
    entered, let_go = threading.Event(), threading.Event()

    class Hangs(logging.Handler):
        def emit(self, record):
            entered.set()
            let_go.wait(30)

        def close(self):
            with self.lock:
                super().close()

    sandbox = LoggingSandbox().start()
    hangs = Hangs()
    thread = threading.Thread(target=hangs.handle, args=(logging.makeLogRecord({}),), name="worker", daemon=True)
    thread.start()
    entered.wait(10)
    with pytest.raises(LeakError) as caught:
        sandbox.stop()
    let_go.set()
    thread.join(10)
    lines = [line for line in str(caught.value).splitlines() if not line.startswith(("   ", "  File"))]
    assert lines == [
        "handlers made during the test could not be put away:",
        "- close() of handler Hangs did not end within 0.05 s; it hangs in",
        "  because thread 'worker' is in its emit() still, and holds its lock, in",
        "  let it go before the end of the test: recover() of the endpoint, or whatever it waits for",
    ]
    assert "let_go.wait(30)" in str(caught.value)


CONFIG = {
    "version": 1,
    "handlers": {"memory": {"class": "logging.handlers.BufferingHandler", "capacity": 10, "level": "ERROR"}},
    "loggers": {"shop": {"handlers": ["memory"], "level": "INFO"}},
}


def test_an_unknown_handler_name_lists_those_there_are(box):
    box.configure(CONFIG)
    with pytest.raises(UnknownHandlerError) as caught:
        box.handler("file")
    assert str(caught.value) == "no handler is named 'file'; the names there are: 'memory'"


def test_a_name_is_found_after_a_namesake_was_closed(box):
    box.configure(CONFIG)
    twin = logging.NullHandler()
    twin.name = "memory"
    twin.close()
    assert box.handler("memory").capacity == 10


def test_it_cannot_be_used_after_its_end():
    with LoggingSandbox() as sandbox:
        pass
    with pytest.raises(LifetimeError, match="this logging_sandbox has been stopped"):
        sandbox.configure(CONFIG)


def test_the_listener_of_a_handler_made_during_the_test_is_stopped_first():
    seen = []

    class Target(logging.Handler):
        def emit(self, record):
            seen.append((record.getMessage(), threading.current_thread() is threading.main_thread()))

    with LoggingSandbox():
        waiting = queue.Queue()
        handler = logging.handlers.QueueHandler(waiting)
        handler.listener = listener = logging.handlers.QueueListener(waiting, Target())
        listener.start()
        logging.getLogger("old").addHandler(handler)
        logging.getLogger("old").error("queued")
    assert listener._thread is None
    assert seen == [("queued", False)]


def test_a_route_is_explained_to_a_handler_by_name(box):
    box.configure(CONFIG)
    logging.getLogger("shop.db")
    assert box.explain("shop.db", "ERROR", handler="memory").stopped_by is None
    assert box.explain("shop.db", "DEBUG").stopped_by == (
        "a DEBUG record cannot leave 'shop.db': its effective level is INFO, set on 'shop'"
    )


def test_what_was_logged_is_told_for_a_failed_test(box):
    logging.getLogger("shop").warning("seen by %s", "nobody")
    assert box._report().startswith("1 record\n")
    assert "seen by nobody" in box._report()


def test_a_handler_that_the_test_has_closed_may_refuse_to_be_closed_again():
    class Once(logging.Handler):
        def close(self):
            if self._closed:
                raise RuntimeError("closed twice")
            super().close()

    with LoggingSandbox():
        handler = Once()
        handler.close()


def test_a_handler_whose_name_raises_is_put_away_too(box):
    closed = []

    class Nameless(logging.Handler):
        @property
        def name(self):
            raise RuntimeError("no name")

        def close(self):
            closed.append(self)

    with LoggingSandbox() as sandbox:
        handler = Nameless()
        with pytest.raises(UnknownHandlerError, match="the names there are: none"):
            sandbox.handler("file")
    assert closed == [handler]
