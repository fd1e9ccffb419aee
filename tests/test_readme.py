"""README tells the truth: its examples run, its failure message is the real one, its table names every fixture."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
if not (ROOT / "README.md").exists():
    pytest.skip("the suite stands alone here, beside an installed wheel", allow_module_level=True)

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
PYTHON = [text for language, text in BLOCKS if language == "python"]
TESTS = [text for text in PYTHON if "def test_" in text]
SCRIPTS = [text for text in PYTHON if "def test_" not in text]
FIRST, MESSAGE = TESTS[0], next(text for language, text in BLOCKS if language == "text")


def without_times(text):
    return re.sub(r"\+\d+\.\d\d s", "+0.00 s", text)


@pytest.fixture
def pytester(pytester, monkeypatch):
    # A proxy of this machine must not get between an example and 127.0.0.1.
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return pytester


def section(title):
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)[1]


def test_the_first_example_fails_with_the_message_that_is_printed_below_it(pytester):
    pytester.makepyfile(test_first=FIRST)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")

    result.assert_outcomes(failed=1)
    said = [line.removeprefix("E").strip() for line in result.outlines if line.startswith("E ")]
    wanted = [line.strip() for line in MESSAGE.splitlines() if line.strip()]
    assert [without_times(line) for line in said if line] == [without_times(line) for line in wanted]


def test_the_loss_that_is_printed_is_the_one_that_its_example_meets(pytester):
    example = next(text for text in TESTS if "assert_delivered" in text)
    printed = [text for language, text in BLOCKS if language == "text"][1].partition("      ...")
    pytester.makepyfile(test_loss=example)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-s")

    result.assert_outcomes(passed=1)
    said = without_times(result.stdout.str())
    for part in (printed[0], printed[2].lstrip("\n")):
        assert without_times(part.rstrip()) in said


def test_every_other_example_passes(pytester):
    pytester.makepyfile(**{f"test_example_{number}": text for number, text in enumerate(TESTS[1:], 1)})
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")

    result.assert_outcomes(passed=sum(text.count("def test_") for text in TESTS[1:]))


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_is_shown_without_pytest_runs_without_pytest(pytester, script):
    path = pytester.makepyfile(script=f"import sys\nsys.modules['pytest'] = None  # importing it fails\n{script}")
    result = pytester.runpython(path)

    assert (result.ret, result.stderr.str()) == (0, "")


def test_the_table_names_every_fixture():
    import pytest_loghandlers.plugin

    doors = re.findall(r"^def (\w+)\(request", Path(pytest_loghandlers.plugin.__file__).read_text(), re.MULTILINE)
    table = [line for line in README.splitlines() if line.startswith("|")]
    assert doors
    assert {door for door in doors if not any(f"`{door}`" in line for line in table)} == set()


def test_run_it_holds_two_sh_blocks_that_name_no_machine():
    blocks = re.findall(r"^```sh\n(.*?)^```$", section("Run it"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    assert not re.search(r"https?:|index-url|(^|\s)/", "".join(blocks))
    assert len(re.findall(r"^```sh$", README, re.MULTILINE)) == 2


def test_run_it_runs_this_checkout():
    commands = [line.split() for line in section("Run it").splitlines() if line.startswith(".venv")]
    paths = {word for command in commands for word in command if word.startswith(("examples", "./", "tests"))}
    assert paths
    assert {path for path in paths if not (ROOT / path).exists()} == set()
