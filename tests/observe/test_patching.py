"""_patching: nothing stays patched, and another's patch on top is left alone."""

import logging
from unittest import mock

from pytest_loghandlers.observe._loggers import Watcher, watch
from pytest_loghandlers.observe._passage import pin, unpin


class Kept:
    def __init__(self, level=0):
        self.level = level
        self.messages = []

    def handle(self, record):
        self.messages.append(record.getMessage())


def methods():
    return {name: value for name, value in vars(logging.Logger).items() if not name.startswith("__") or "set" in name}


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


def test_a_patch_made_before_ours_and_ended_meanwhile_does_not_end_ours_for_good():
    tree = logging.getLogger()
    first, second = Kept(), Kept()
    original = logging.Logger.callHandlers
    under = mock.patch.object(logging.Logger, "callHandlers", lambda self, record: None)
    under.start()
    pin(tree, first)
    under.stop()
    unpin(tree, first)

    pin(tree, second)
    tree.error("seen")
    unpin(tree, second)
    assert second.messages == ["seen"]
    assert logging.Logger.callHandlers is original


def test_patches_on_top_again_and_again_leave_nothing_between():
    before = methods()
    for _ in range(3):
        end = watch(Watcher())
        on_top = mock.patch.object(logging.Logger, "addHandler")
        on_top.start()
        end()
        on_top.stop()
    end = watch(Watcher())
    end()
    assert methods() == before
