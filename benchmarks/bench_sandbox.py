"""The sandbox: saving and restoring beside a walk over all loggers, and a logging-heavy test beside plain pytest."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from _pairs import Row, compare, main, ratio

from pytest_loghandlers.observe._journal import Journal
from pytest_loghandlers.observe._state import GlobalState

RECORDS = 20_000


def save_and_restore() -> list[Row]:
    for number in range(10_000):
        logging.getLogger(f"a{number // 100}.b{number // 10}.c{number}")
    tree = logging.Logger.manager.loggerDict
    touched = [logging.getLogger(f"a{number}.b{number * 10}.c{number * 100}") for number in range(5)]

    def walk() -> None:
        for logger in tree.values():
            isinstance(logger, logging.Logger)

    def sandbox(change: bool) -> None:
        state, journal = GlobalState(), Journal()
        if change:
            for logger in touched:
                logger.level, logger.propagate = logging.DEBUG, False
        state.restore()
        journal.restore()

    found = compare(
        {"walk": walk, "idle": lambda: sandbox(False), "changed": lambda: sandbox(True)}, base="walk", rounds=40
    )
    return [
        Row("save + restore, 10,000 loggers, 5 changed", found["changed"], most=3, beside="walking the dict"),
        Row("save + restore, 10,000 loggers, none changed", found["idle"], most=3, beside="walking the dict"),
    ]


SUITE = """
    import logging, time, gc
    TIMES = []

    def log(name):
        logger = logging.getLogger("app.db")
        logger.setLevel("INFO")
        gc.collect()
        start = time.process_time()
        for number in range({records}):
            logger.info("record %d of %s", number, "many")
        print("TOOK", name, time.process_time() - start)

    def test_plain():
        log("plain")

    def test_ours(logging_sandbox, capture_handler):
        log("ours")
        assert len(capture_handler.records) == {records}
"""


def heavy_test(rounds: int = 7) -> list[Row]:
    times: dict[str, list[float]] = {"plain": [], "ours": []}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_heavy.py").write_text(textwrap.dedent(SUITE.format(records=RECORDS)))
        root = str(Path(__file__).resolve().parents[1])
        environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": root}
        command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "pytest_loghandlers.plugin", "test_heavy.py"]
        for turn in range(rounds):
            ids = [f"test_heavy.py::test_{name}" for name in (("plain", "ours") if turn % 2 else ("ours", "plain"))]
            out = subprocess.run(
                command[:-1] + ids, cwd=folder, env=environ, capture_output=True, text=True, check=True
            ).stdout
            for line in out.splitlines():
                if "TOOK" in line:
                    name, seconds = line.split("TOOK")[1].split()
                    times[name].append(float(seconds))
    return [
        Row(
            "a logging-heavy test, sandbox + capture",
            ratio(times["ours"], times["plain"]),
            most=0.45,
            beside="plain pytest",
        )
    ]


def measure() -> list[Row]:
    return [*save_and_restore(), *heavy_test()]


if __name__ == "__main__":
    main(measure)
