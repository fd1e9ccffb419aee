from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def only_names_of_this_test():
    """Named handlers of other tests, which the garbage collector has not found yet, are not found by name here."""
    names = dict(logging._handlers)
    logging._handlers.clear()
    yield
    logging._handlers.update({name: handler for name, handler in names.items() if name not in logging._handlers})


@pytest.fixture
def empty_tree(monkeypatch):
    """No logger below a root at WARNING: what other tests have logged on does not show in a drawing or a hint."""
    root = logging.getLogger()
    monkeypatch.setattr(root.manager, "loggerDict", {})
    before, level = root.handlers[:], root.level
    root.setLevel("WARNING")
    yield root
    logging.disable(logging.NOTSET)
    root.handlers[:] = before
    root.setLevel(level)
