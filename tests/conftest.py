from __future__ import annotations

import os
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import pytest_loghandlers

PLUGIN = "pytest_loghandlers.plugin"
INSTALLED = any(point.value == PLUGIN for point in entry_points(group="pytest11"))

# A checkout that is not installed is tested all the same. Where it is installed, its entry point has loaded it.
pytest_plugins = ["pytester", *([] if INSTALLED else [PLUGIN])]


@pytest.fixture(scope="session")
def _every_room():
    """All rooms are imported.

    A pytester session in this process forgets at its end what was imported meanwhile; the front door, which it does not
    forget, would go on giving out the forgotten classes.
    """
    for name in pytest_loghandlers.__all__:
        getattr(pytest_loghandlers, name)


@pytest.fixture
def pytester(_every_room, pytester, monkeypatch):
    """pytest's own, whose sessions (in this process or another) have our plugin and nobody's settings."""
    if not INSTALLED:
        monkeypatch.setenv("PYTEST_PLUGINS", PLUGIN)
        monkeypatch.setenv("PYTHONPATH", str(Path(pytest_loghandlers.__file__).parents[1]), prepend=os.pathsep)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return pytester
