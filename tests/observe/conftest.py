from __future__ import annotations

import logging

import pytest


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
