"""The package and its tests as text: nothing here is imported, so that a broken room is judged too."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

import pytest_loghandlers

PACKAGE = Path(pytest_loghandlers.__file__).parent
TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Import:
    """One imported name: its module in full, and where the statement stands."""

    module: str
    line: int
    at_start: bool  # it runs when the file is imported
    for_types: bool  # only a type checker sees it


@dataclass(frozen=True)
class Source:
    """One source file, named by its path in the package or in tests."""

    path: Path
    name: str

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def floor(self) -> str:
        """``_base``, ``observe``, ...; empty for the lobby."""
        return self.name.partition("/")[0] if "/" in self.name else ""

    def where(self, node: ast.AST) -> str:
        return f"{self.name}:{node.lineno}"

    @cached_property
    def imports(self) -> list[Import]:
        found: list[Import] = []
        package = ["pytest_loghandlers", *self.name.split("/")[:-1]]

        def walk(node: ast.AST, at_start: bool, for_types: bool) -> None:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.Import):
                    modules = [alias.name for alias in child.names]
                elif isinstance(child, ast.ImportFrom):
                    above = package[: len(package) - child.level + 1] if child.level else []
                    module = ".".join([*above, *([child.module] if child.module else [])])
                    # `from . import x` names the module in its alias.
                    modules = [module] if child.module else [f"{module}.{alias.name}" for alias in child.names]
                else:
                    modules = []
                found.extend(Import(module, child.lineno, at_start, for_types) for module in modules)
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
                walk(child, at_start and not inside, for_types or types)

        walk(self.tree, at_start=True, for_types=False)
        return found


def sources(folder: Path) -> list[Source]:
    return [Source(path, path.relative_to(folder).as_posix()) for path in sorted(folder.rglob("*.py"))]


@pytest.fixture(scope="session")
def package() -> list[Source]:
    return sources(PACKAGE)


@pytest.fixture(scope="session")
def tests() -> list[Source]:
    return sources(TESTS)
