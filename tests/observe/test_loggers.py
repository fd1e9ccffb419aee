"""_loggers: watchers are told before a logger is used or changed."""

import logging

import pytest

from pytest_loghandlers.observe._aside import set_aside
from pytest_loghandlers.observe._loggers import Watcher, on_attach, watch


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


def test_a_watcher_that_asks_for_it_is_told_again(tree):
    told = []

    class Twice(Watcher):
        def before_use(self, logger):
            told.append(logger.name)
            return len(told) < 2

    end = watch(Twice())
    try:
        for _ in range(4):
            tree.handlers.clear()
    finally:
        end()
    assert told == ["pins", "pins"]
