"""What the plugin costs a test: one that does not use it, and one that opens a door with an empty room behind it."""

from __future__ import annotations

import gc
import importlib
import io
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from _pairs import Row, main, ratio

BLOCK = 25
BLOCKS = 160


class Timed:
    """A pytest plugin that notes what each test takes."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        start = time.perf_counter()
        result = yield
        self.taken.append(time.perf_counter() - start)
        return result


class Alternating(Timed):
    """It also takes our plugin out for every other block of tests."""

    def __init__(self, plugin: object) -> None:
        super().__init__()
        self.plugin = plugin

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        manager = item.config.pluginmanager
        if len(self.taken) % BLOCK == 0:
            gc.collect()
            if len(self.taken) // BLOCK % 2:
                manager.unregister(self.plugin)
            elif not manager.is_registered(self.plugin):
                manager.register(self.plugin)
        start = time.perf_counter()
        result = yield
        self.taken.append(time.perf_counter() - start)
        return result


def run(source: str, *plugins: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"test_{Path(folder).name}.py")  # a module of its own in sys.modules
        file.write_text(source, encoding="utf-8")
        arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", f"--rootdir={folder}"]
        with redirect_stdout(io.StringIO()) as output:
            status = pytest.main([*arguments, str(file)], [*plugins])
        if status != 0:
            raise SystemExit(output.getvalue())


def unused() -> Row:
    """Blocks of empty tests, with and without the plugin by turns."""
    plugin = importlib.import_module("pytest_loghandlers.plugin")
    timed = Alternating(plugin)
    run(
        f"import pytest\n@pytest.mark.parametrize('n', range({BLOCK * BLOCKS}))\ndef test_it(n):\n    pass\n",
        plugin,
        timed,
    )
    blocks = [sum(sorted(timed.taken[i : i + BLOCK])[: BLOCK * 4 // 5]) for i in range(0, len(timed.taken), BLOCK)]
    return Row(
        "a test that does not use it", ratio(blocks[2::2], blocks[3::2]), most=1.01, beside="the same without it"
    )


ROOMS = """
import pytest
from pytest_loghandlers._base.lifetime import Lifetime
from pytest_loghandlers._sections import opened

@pytest.fixture
def bare(request):
    yield

@pytest.fixture
def door(request):
    yield from opened(request, Lifetime())
"""


def used(how: str, row: int) -> Row:
    """Tests that open a door with an empty room and tests with a bare yield fixture, ``row`` of each by turns."""
    turn = "".join(
        f"def test_{{turn}}_{number}_{fixture}({fixture}):\n    pass\n"
        for fixture in ("door", "bare")
        for number in range(row)
    )
    timed = Timed()
    run(ROOMS + "".join(turn.format(turn=number) for number in range(BLOCK * BLOCKS // 2 // row // 2)), timed)
    blocks = [sum(timed.taken[i : i + row]) for i in range(0, len(timed.taken), row)]
    return Row(
        f"tests that open an empty room, {how}",
        ratio(blocks[2::2], blocks[3::2]),
        beside="tests with a bare yield fixture",
    )


def measure() -> list[Row]:
    return [unused(), used("in a row", BLOCK), used("each alone", 1)]


if __name__ == "__main__":
    main(measure)
