"""_passage: pins and witnesses see records, and stand in nobody's way."""

import logging

import pytest

from pytest_loghandlers.observe._aside import set_aside
from pytest_loghandlers.observe._passage import pin, unpin, witness


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


def test_a_witness_sees_what_no_handler_wants_and_no_level_hides(tree):
    seen = []
    end = witness(lambda record: seen.append(record.getMessage()))
    try:
        tree.info("nobody's")
        tree.setLevel(logging.ERROR)
        tree.info("not let through")
        logging.getLogger("elsewhere").error("there too")
    finally:
        end()
        end()
    tree.error("later")
    assert seen == ["nobody's", "there too"]


def test_lastresort_still_speaks_below_a_pin(tree, capsys, monkeypatch):
    monkeypatch.setattr(logging, "lastResort", logging._StderrHandler(logging.WARNING))
    kept = Kept()
    pin(tree, kept)
    try:
        tree.warning("nobody listens")
    finally:
        unpin(tree, kept)
    assert capsys.readouterr().err == "nobody listens\n"
