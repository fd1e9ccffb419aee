"""Check what is in the wheel and in the sdist. Usage: ``wheel_content.py WHEEL SDIST``."""

from __future__ import annotations

import sys
import tarfile
import zipfile


def main(wheel: str, sdist: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        info = next(name.split("/")[0] for name in names if ".dist-info/" in name)
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
        metadata = archive.read(f"{info}/METADATA").decode()
    problems = [f"the wheel holds {name}" for name in names if not name.startswith(("pytest_loghandlers/", f"{info}/"))]
    problems += [f"the wheel holds {name}" for name in names if name.endswith((".pyc", ".orig", ".rej"))]
    problems += [
        f"the wheel lacks {name}"
        for name in ("pytest_loghandlers/py.typed", "pytest_loghandlers/plugin.py", f"{info}/licenses/LICENSE")
        if name not in names
    ]
    if entry_points.split() != ["[pytest11]", "loghandlers", "=", "pytest_loghandlers.plugin"]:
        problems.append(f"the entry points are {entry_points!r}")
    problems += [
        f"the metadata lacks {line!r}"
        for line in ("Classifier: Framework :: Pytest", "Requires-Python: >=3.11", "Provides-Extra: tls")
        if line not in metadata
    ]
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    problems += [
        f"the sdist lacks {name}"
        for name in ("tests/conftest.py", "tests/test_plugin.py", "README.md", "CHANGELOG.md", "LICENSE")
        if name not in inside
    ]
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(names)} files in the wheel, {len(inside)} in the sdist")


main(*sys.argv[1:])
