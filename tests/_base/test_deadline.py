from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import freezegun
import pytest

from pytest_loghandlers import ArgumentError
from pytest_loghandlers._base.deadline import Deadline, RealClock, both_clocks


def test_a_deadline_passes_in_real_seconds():
    deadline = Deadline(0.01)
    assert not deadline.passed

    threading.Event().wait(0.02)

    assert deadline.passed
    assert deadline.left() == 0.0


def test_left_counts_down_from_the_timeout():
    deadline = Deadline(50)

    assert deadline.timeout == 50.0
    assert 49 < deadline.left() <= 50


def test_the_clock_goes_on_while_a_test_has_frozen_it():
    with freezegun.freeze_time("2001-01-01"):
        frozen = time.monotonic()
        real = RealClock.monotonic()
        threading.Event().wait(0.01)

        assert time.monotonic() == frozen
        assert RealClock.monotonic() > real
        assert RealClock.perf_counter() != time.perf_counter()


def test_the_clock_is_the_real_one_when_it_is_imported_while_a_test_has_frozen_it():
    code = (
        "import freezegun\n"
        "with freezegun.freeze_time('2001-01-01'):\n"
        "    from pytest_loghandlers._base.deadline import Deadline, RealClock\n"
        "    import threading\n"
        "    deadline = Deadline(0.01)\n"
        "    threading.Event().wait(0.02)\n"
        "    assert deadline.passed, RealClock.monotonic\n"
    )

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30, env=environment)


def test_a_deadline_made_under_a_frozen_clock_passes():
    with freezegun.freeze_time("2001-01-01"):
        deadline = Deadline(0.01)
        threading.Event().wait(0.02)

        assert deadline.passed


def test_a_timeout_of_nothing_has_passed_at_once():
    assert Deadline(0).passed


def test_what_is_left_is_never_more_than_a_lock_can_wait():
    lock = threading.Lock()

    assert lock.acquire(timeout=Deadline(1e300).left())


@pytest.mark.parametrize("timeout", [-1, -0.1, float("inf"), float("nan"), True, None, "2", 2j])
def test_a_wait_without_an_end_is_refused(timeout):
    with pytest.raises(ArgumentError) as caught:
        Deadline(timeout)

    assert str(caught.value) == (
        f"timeout={timeout!r}: a wait needs a finite number of seconds, 0 or more (every wait here ends)"
    )


def test_both_clocks_are_read_at_one_moment_though_the_thread_loses_its_turn(monkeypatch):
    now = [100.0]
    turns = iter([0.005, 0.002, 0.000001, 1.0])

    def time_of_day():
        now[0] += next(turns)
        return 1_000_000.0 + now[0]

    monkeypatch.setattr(RealClock, "monotonic", staticmethod(lambda: now[0]))
    monkeypatch.setattr(RealClock, "time", staticmethod(time_of_day))

    moment, day = both_clocks()

    assert abs(day - 1_000_000.0 - moment) < 0.00001


def test_of_clocks_that_are_never_read_at_one_moment_the_closest_reading_is_taken(monkeypatch):
    now = [100.0]
    turns = iter([0.5, 0.003, 0.4])

    def time_of_day():
        now[0] += next(turns)
        return now[0]

    monkeypatch.setattr(RealClock, "monotonic", staticmethod(lambda: now[0]))
    monkeypatch.setattr(RealClock, "time", staticmethod(time_of_day))

    moment, day = both_clocks(samples=3)

    assert abs(day - moment) < 0.002
