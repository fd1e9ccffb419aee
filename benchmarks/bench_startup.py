"""What the plugin costs at pytest's start: import and registration, beside an empty plugin with as many fixtures."""

from __future__ import annotations

import importlib
import sys
import tempfile
import textwrap
from pathlib import Path

from _pairs import Ratio, Row, compare
from _pairs import main as show_table
from _pytest.config import get_config

EMPTY = '''
"""A plugin with nothing in it but its fixtures."""

import pytest

'''
FIXTURE = '''
@pytest.fixture
def fixture_{number}(request):
    """A fixture."""
    yield
'''


def fixtures_of(module: object) -> list[str]:
    """Return the names of the fixtures in a plugin's module; pytest 8.4 made them objects of their own."""
    return [
        name
        for name, value in vars(module).items()
        if type(value).__name__ == "FixtureFunctionDefinition" or hasattr(value, "_pytestfixturefunction")
    ]


def loader(name: str, package: str, managers: list[object]):
    """Return what imports the module afresh and registers it with the manager that is made ready for it."""

    def load() -> None:
        managers.pop().register(importlib.import_module(name), name)

    def forget() -> None:
        for module in [module for module in sys.modules if module == package or module.startswith(f"{package}.")]:
            del sys.modules[module]

    return load, forget


def measure() -> list[Row]:
    managers: list[object] = [get_config().pluginmanager]  # pytest's own modules are there before ours
    before = set(sys.modules)
    count = len(fixtures_of(importlib.import_module("pytest_loghandlers.plugin")))
    modules = len({name for name in set(sys.modules) - before if name.startswith("pytest_loghandlers")})
    foreign = sorted({name for name in set(sys.modules) - before if not name.startswith("pytest_loghandlers")})

    with tempfile.TemporaryDirectory() as folder:
        source = EMPTY + "".join(FIXTURE.format(number=number) for number in range(count))
        Path(folder, "empty_plugin.py").write_text(textwrap.dedent(source), encoding="utf-8")
        sys.path.insert(0, folder)
        sys.dont_write_bytecode = False
        ours, forget_ours = loader("pytest_loghandlers.plugin", "pytest_loghandlers", managers)
        empty, forget_empty = loader("empty_plugin", "empty_plugin", managers)

        def fresh() -> None:
            forget_ours()
            forget_empty()
            managers[:] = [get_config().pluginmanager]

        figure: Ratio = compare({"empty": empty, "ours": ours}, base="empty", rounds=101, before=fresh)["ours"]
        sys.path.remove(folder)
    return [
        Row(
            "import + register",
            figure,
            most=2.0,
            goal=1.5,
            beside=f"an empty plugin with {count} fixtures",
        ),
        Row("modules of ours", float(modules), most=2.0, unit=""),
        Row(f"further modules {' '.join(foreign)}".strip(), float(len(foreign)), most=0.0, unit=""),
    ]


if __name__ == "__main__":
    show_table(measure)
