"""The house rules that a look at the files can judge."""

from __future__ import annotations

import ast
import io
import re
import tokenize

import pytest

#: Where a handler that sleeps is what is judged.
SLEEPING_HANDLERS = {"stress/test_queue_saturation.py"}


def calls(source):
    return [node for node in ast.walk(source.tree) if isinstance(node, ast.Call)]


def called(call):
    """Return the last part of what is called: ``sleep`` of ``time.sleep(1)``."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def at_import(tree):
    """Yield the nodes that run when the file is imported."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from at_import(node)


def test_a_judgement_is_raised_and_never_a_bare_assert(package):
    # With -O a bare assert is gone, and with --assert=plain it says nothing.
    assert not [source.where(n) for source in package for n in ast.walk(source.tree) if isinstance(n, ast.Assert)]


def test_nothing_sleeps(package, tests):
    assert not [
        source.where(call)
        for source in (*package, *tests)
        if source.name not in SLEEPING_HANDLERS
        for call in calls(source)
        if called(call) == "sleep" and [ast.unparse(a) for a in call.args] != ["0"]
    ]


def test_what_a_handler_does_is_never_told_from_the_version_of_python(package):
    assert not [
        source.where(node)
        for source in package
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Attribute) and node.attr in {"version_info", "hexversion"})
        or (isinstance(node, ast.Name) and node.id in {"version_info", "hexversion"})
    ]


def test_our_own_machinery_never_logs(package):
    speaking = {"debug", "info", "warning", "error", "critical", "exception", "warn"}
    module_level = {
        source.where(node)
        for source in package
        for node in at_import(source.tree)
        if isinstance(node, ast.Call) and called(node) == "getLogger"
    }
    spoken = {
        source.where(call)
        for source in package
        for call in calls(source)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in speaking
        and ast.unparse(call.func.value).endswith(("logging", "logger", "log", "LOG", "getLogger()"))
    }

    assert not module_level | spoken


def test_no_server_listens_beyond_this_machine(package):
    assert not [
        source.where(node)
        for source in package
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and node.value in {"0.0.0.0", "::"}
    ]


@pytest.mark.parametrize(("tree", "most"), [("package", 300), ("tests", 350)])
def test_a_file_stays_one_room(request, tree, most):
    long = {source.name: len(source.text.splitlines()) for source in request.getfixturevalue(tree)}

    assert not {name: lines for name, lines in long.items() if lines > most}


def own_tests(source):
    """Return the test file that mirrors a source file: ``_base/inbox.py`` has ``_base/test_inbox.py``."""
    folder, _, file = source.name.rpartition("/")
    return f"{folder}/test_{file.lstrip('_')}".lstrip("/")


def test_every_source_file_has_a_test_file_of_the_same_stem(package, tests):
    there = {source.name for source in tests}

    assert not {source.name for source in package if own_tests(source) not in there and source.path.stem != "__init__"}


def test_a_suppression_carries_its_code_and_its_reason(package):
    bad = []
    for source in package:
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            if token.type != tokenize.COMMENT:
                continue
            marks = re.findall(r"noqa|type: ignore", token.string)
            good = re.findall(r"noqa: [A-Z]+[0-9]+|type: ignore\[[a-z-]+", token.string)
            if marks and (len(marks) != len(good) or not re.search(r"(\]| |[0-9]) +(- |# )\S+ \S+", token.string)):
                bad.append(f"{source.name}:{token.start[0]} {token.string}")

    assert not bad


def test_every_file_says_what_it_is(package):
    assert not [source.name for source in package if not ast.get_docstring(source.tree)]


def test_nobody_takes_the_names_of_the_standard_library(package, tests):
    import sys

    assert not [
        source.name
        for source in (*package, *tests)
        if source.path.stem in sys.stdlib_module_names and source.path.stem != "__init__"
    ]
