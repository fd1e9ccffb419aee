"""_loggers: pins and watchers, and that nothing stays patched."""

import logging
import logging.config

import pytest

from pytest_loghandlers.observe._aside import set_aside
from pytest_loghandlers.observe._loggers import Watcher, on_attach, pin, unpin, watch


class Kept:
    def __init__(self, level=0):
        self.level = level
        self.messages = []

    def handle(self, record):
        self.messages.append(record.getMessage())


@pytest.fixture
def tree():
    """A tree of its own: cut off from root, and pytest's handlers set aside."""
    put_back = set_aside()
    logger = logging.getLogger("pins")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.handlers.clear()
    logger.propagate = True
    logger.setLevel(logging.NOTSET)
    put_back()


def methods():
    return {name: value for name, value in vars(logging.Logger).items() if not name.startswith("__") or "set" in name}


def test_a_pin_sees_records_of_descendants(tree):
    kept = Kept()
    pin(tree, kept)
    try:
        logging.getLogger("pins.below").info("down there")
    finally:
        unpin(tree, kept)
    tree.info("after")
    assert kept.messages == ["down there"]


def test_a_pin_has_a_level_as_a_handler_has(tree):
    kept = Kept(logging.ERROR)
    pin(tree, kept)
    try:
        tree.warning("low")
        tree.error("high")
    finally:
        unpin(tree, kept)
    assert kept.messages == ["high"]


def test_a_pin_stands_in_no_handlers_list(tree):
    kept = Kept()
    pin(tree, kept)
    try:
        assert tree.handlers == []
        assert not tree.hasHandlers()
        tree.handlers = []
        tree.handlers.clear()
        tree.info("still seen")
    finally:
        unpin(tree, kept)
    assert kept.messages == ["still seen"]


def test_a_pin_is_served_when_a_handler_raises(tree):
    class Raises(logging.Handler):
        def handle(self, record):
            raise OSError("disk")

    early, late = Kept(), Kept()
    tree.addHandler(Raises())
    pin(tree, early)
    pin(tree, late, late=True)
    try:
        with pytest.raises(OSError, match="disk"):
            tree.info("once")
    finally:
        unpin(tree, early)
        unpin(tree, late)
    assert early.messages == late.messages == ["once"]


def test_late_pins_come_after_the_handlers(tree):
    order = []

    class First(logging.Handler):
        def emit(self, record):
            order.append("handler")

    class Pinned:
        level = 0

        def __init__(self, name):
            self.name = name

        def handle(self, record):
            order.append(self.name)

    early, late = Pinned("early"), Pinned("late")
    tree.addHandler(First())
    pin(tree, late, late=True)
    pin(tree, early)
    try:
        tree.info("x")
    finally:
        unpin(tree, early)
        unpin(tree, late)
    assert order == ["early", "handler", "late"]


def test_lastresort_still_speaks_below_a_pin(tree, capsys, monkeypatch):
    monkeypatch.setattr(logging, "lastResort", logging._StderrHandler(logging.WARNING))
    kept = Kept()
    pin(tree, kept)
    try:
        tree.warning("nobody listens")
    finally:
        unpin(tree, kept)
    assert capsys.readouterr().err == "nobody listens\n"


def test_nothing_stays_patched():
    before = methods()
    kept = Kept()
    pin(logging.getLogger(), kept)
    end = watch(Watcher())
    assert methods() != before
    unpin(logging.getLogger(), kept)
    end()
    end()
    assert methods() == before


def test_a_patch_made_on_top_of_ours_is_left_alone_and_outlives_us(monkeypatch):
    tree = logging.getLogger()
    monkeypatch.setattr(tree, "level", logging.INFO)
    original = logging.Logger.callHandlers
    first, second, third = Kept(), Kept(), Kept()
    pin(tree, first)
    ours = logging.Logger.callHandlers

    def on_top(self, record):
        ours(self, record)

    monkeypatch.setattr(logging.Logger, "callHandlers", on_top)
    unpin(tree, first)
    tree.info("passes through")
    pin(tree, second)
    tree.info("below the other patch")
    unpin(tree, second)
    assert logging.Logger.callHandlers is on_top

    monkeypatch.undo()
    pin(tree, third)
    tree.info("without it")
    unpin(tree, third)
    assert logging.Logger.callHandlers is original
    assert (first.messages, second.messages, third.messages) == ([], ["below the other patch"], ["without it"])


def test_watchers_are_told_of_each_way_to_attach(tree):
    seen = []
    end = on_attach(lambda logger, handler: seen.append((logger.name, handler)))
    one, two = logging.NullHandler(), logging.NullHandler()
    try:
        tree.addHandler(one)
        tree.handlers = [one, two]
        tree.addHandler(one)
    finally:
        end()
    assert seen[:2] == [("pins", one), ("pins", two)]


def test_a_watcher_is_told_before_a_list_is_changed_in_place(tree):
    told = []

    class Notes(Watcher):
        def before_use(self, logger):
            told.append((logger.name, list(logger.__dict__.get("handlers", ()))))

    handler = logging.NullHandler()
    tree.addHandler(handler)
    end = watch(Notes())
    try:
        tree.handlers.clear()
    finally:
        end()
    assert told == [("pins", [handler])]


def test_a_logger_without_handlers_raises_as_ever(tree):
    end = watch(Watcher())
    try:
        bare = logging.Logger.__new__(logging.Logger)
        with pytest.raises(AttributeError, match="'Logger' object has no attribute 'handlers'"):
            bare.handlers  # noqa: B018
    finally:
        end()
