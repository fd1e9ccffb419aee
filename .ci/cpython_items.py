"""A pytest plugin for running CPython's ``test.test_logging`` under pytest."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # A loop in that module leaves its last test method behind as a module-level name; pytest takes it for a test.
    items[:] = [
        item for item in items if not (item.name == "test_compute_rollover" and getattr(item, "cls", None) is None)
    ]
