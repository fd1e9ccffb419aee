"""Imports run downwards only: the lobby, inside a door, to a room; a room to the ground floor; that to the stdlib."""

from __future__ import annotations

import re
import sys

import pytest

import pytest_loghandlers
from pytest_loghandlers import plugin

FLOORS = ("observe", "endpoints", "stress")
#: What a room may use besides the standard library, and who.
LIBRARIES = {
    "h11": ("endpoints",),
    "aiosmtpd": ("endpoints",),
    "trustme": ("endpoints",),
    "freezegun": ("stress",),
    "yaml": ("observe",),
}
#: The modules with a fixture's class in them: a floor's own shared modules are not among them.
ROOMS = {
    f"pytest_loghandlers.{module}"
    for name, module in pytest_loghandlers._ROOMS.items()
    if hasattr(plugin, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower())
}


def is_in(module, parent):
    return module == parent or module.startswith(f"{parent}.")


def first_part(module):
    return module.partition(".")[0]


@pytest.fixture
def imports(package):
    """Every import of the package that runs, as ``(source, import)``."""
    return [(source, found) for source in package for found in source.imports if not found.for_types]


def told(found):
    return [f"{source.name}:{each.line} imports {each.module}" for source, each in found]


def test_there_is_something_to_judge(imports):
    assert len(imports) > 50
    assert len(ROOMS) >= 8


def test_the_ground_floor_stands_on_the_standard_library_and_itself(imports):
    assert not told(
        (source, each)
        for source, each in imports
        if source.floor == "_base"
        and not is_in(each.module, "pytest_loghandlers._base")
        and first_part(each.module) not in sys.stdlib_module_names
    )


def test_a_room_imports_the_ground_floor_and_what_its_own_floor_shares(imports):
    assert not told(
        (source, each)
        for source, each in imports
        if source.floor in FLOORS
        and is_in(each.module, "pytest_loghandlers")
        and not is_in(each.module, "pytest_loghandlers._base")
        and not is_in(each.module, f"pytest_loghandlers.{source.floor}")
    )


def test_no_room_imports_another_room(imports):
    assert not told((source, each) for source, each in imports if source.floor in FLOORS and each.module in ROOMS)


def test_a_room_uses_the_libraries_of_its_floor_and_never_pytest(imports):
    assert not told(
        (source, each)
        for source, each in imports
        if source.floor in FLOORS
        and first_part(each.module) not in sys.stdlib_module_names
        and not is_in(each.module, "pytest_loghandlers")
        and source.floor not in LIBRARIES.get(first_part(each.module), ())
    )


def test_the_lobby_opens_a_room_only_inside_a_door(imports):
    assert not told(
        (source, each) for source, each in imports if not source.floor and each.at_start and each.module in ROOMS
    )


def test_the_plugins_file_imports_nothing_of_ours_when_pytest_starts(imports):
    assert not told(
        (source, each)
        for source, each in imports
        if source.name in {"plugin.py", "__init__.py"} and each.at_start and is_in(each.module, "pytest_loghandlers")
    )


def test_only_the_mail_server_loads_asyncio(imports):
    assert not told(
        (source, each)
        for source, each in imports
        if first_part(each.module) in {"asyncio", "aiosmtpd"} and "smtp" not in source.name
    )


@pytest.mark.parametrize("module", ["multiprocessing", "yaml", "trustme", "freezegun"])
def test_what_is_heavy_or_optional_is_imported_where_it_is_used(imports, module):
    assert not told((source, each) for source, each in imports if first_part(each.module) == module and each.at_start)


@pytest.mark.parametrize("module", ["fcntl", "pwd", "grp", "resource", "termios", "syslog", "winreg", "msvcrt"])
def test_what_only_some_systems_have_is_never_imported_at_the_start(imports, module):
    assert not told((source, each) for source, each in imports if first_part(each.module) == module and each.at_start)
