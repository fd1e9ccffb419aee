from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_overloads

import pytest

import pytest_loghandlers

FRONT_DOOR = Path(pytest_loghandlers.__file__)
ROOT = FRONT_DOOR.parents[1]


def in_a_fresh_interpreter(code):
    """Return what ``code`` prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def typed_names():
    """Return ``{name: module}`` of the TYPE_CHECKING block: what a type checker sees."""
    tree = ast.parse(FRONT_DOOR.read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    names = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        assert node.level == 1
        for alias in node.names:
            assert alias.asname == alias.name, "`import X as X` is what re-exports a name under mypy --strict"
            names[alias.name] = node.module
    return names


def test_what_a_type_checker_sees_is_what_is_there():
    assert typed_names() == pytest_loghandlers._ROOMS


def test_all_public_names_are_exported():
    assert sorted(pytest_loghandlers.__all__) == sorted(pytest_loghandlers._ROOMS)


@pytest.mark.parametrize("name", pytest_loghandlers.__all__)
def test_a_public_name_is_found_and_documented(name):
    value = getattr(pytest_loghandlers, name)

    assert value.__name__ == name
    assert value.__doc__


def test_importing_the_package_imports_no_room():
    assert in_a_fresh_interpreter(
        "import sys, pytest_loghandlers; print(*[m for m in sys.modules if m.startswith('pytest_loghandlers')])"
    ) == ["pytest_loghandlers"]


def test_a_name_imports_its_room_and_not_the_others():
    assert in_a_fresh_interpreter(
        "import sys, pytest_loghandlers; pytest_loghandlers.LifetimeError;"
        "print(*[m for m in sys.modules if m.startswith('pytest_loghandlers')])"
    ) == ["pytest_loghandlers", "pytest_loghandlers._base", "pytest_loghandlers._base.errors"]


def test_a_name_is_resolved_once():
    code = "import pytest_loghandlers as p; print('LeakError' in vars(p)); p.LeakError; print('LeakError' in vars(p))"

    assert in_a_fresh_interpreter(code) == ["False", "True"]


def test_a_tool_that_walks_every_modules_attributes_imports_no_room():
    # freezegun does, at each start.
    code = """
import sys
import pytest_loghandlers
import freezegun
with freezegun.freeze_time("2001-01-01"):
    pass
print(*[m for m in sys.modules if m.startswith("pytest_loghandlers.")])
"""

    assert in_a_fresh_interpreter(code) == []


def test_star_import_gives_the_public_names():
    code = "from pytest_loghandlers import *; print(*sorted(n for n in dir() if n[0] != '_'))"

    assert in_a_fresh_interpreter(code) == sorted(pytest_loghandlers.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError) as caught:
        pytest_loghandlers.Syslog  # noqa: B018 - the access is the test

    assert str(caught.value) == "module 'pytest_loghandlers' has no attribute 'Syslog'"


def test_the_package_says_that_it_is_typed():
    assert FRONT_DOOR.with_name("py.typed").exists()


def returned_by(cls):
    """Return our own classes that the public methods and properties of ``cls`` are annotated to return."""
    found = {each for base in getattr(cls, "__orig_bases__", ()) for each in get_args(base)}
    for name, member in inspect.getmembers(cls):
        function = member.fget if isinstance(member, property) else member
        if name.startswith("_") or not inspect.isfunction(function):
            continue
        for each in (function, *get_overloads(function)):
            words = re.findall(r"\w+", str(each.__annotations__.get("return", "")))
            found |= {each.__globals__.get(word) for word in words}
    return {each for each in found if isinstance(each, type) and each.__module__.startswith("pytest_loghandlers.")}


@pytest.mark.parametrize("name", [each for each in pytest_loghandlers.__all__ if not each.endswith("Error")])
def test_what_methods_return_can_be_imported_for_annotations(name):
    returned = returned_by(getattr(pytest_loghandlers, name))

    # A matcher is only handed on: capture_handler.expected(...) to assert_logged_in_order.
    assert {each.__name__ for each in returned} - {"Matcher"} <= set(pytest_loghandlers.__all__)


def test_a_type_that_is_returned_is_found():
    assert returned_by(pytest_loghandlers.SyslogEndpoint) == {pytest_loghandlers.SyslogMessage}
    assert returned_by(pytest_loghandlers.HandlerSpy) == {pytest_loghandlers.SpyEvent}
