from __future__ import annotations

import re
import threading

import pytest

from pytest_loghandlers import LeakError, LifetimeError
from pytest_loghandlers._base.lifetime import Lifetime, bounded, stack_of, told


class Pump(Lifetime):
    _who = "water_pump"

    def __init__(self, *steps):
        super().__init__()
        self.steps = steps
        self.done = []

    def _start(self):
        for step in self.steps:
            self.done.append(f"open {step}")
            self._defer(lambda step=step: self.done.append(f"close {step}"), step)

    def use(self):
        self._require_running()


def raising(error):
    def undo():
        raise error

    return undo


def test_it_runs_between_start_and_stop():
    with Pump() as pump:
        assert pump._running
        pump.use()

    assert not pump._running


def test_what_was_done_is_undone_in_reverse():
    with Pump("a", "b") as pump:
        pass

    assert pump.done == ["open a", "open b", "close b", "close a"]


def test_a_second_stop_does_nothing():
    pump = Pump("a").start()
    pump.stop()
    pump.stop()

    assert pump.done == ["open a", "close a"]


def test_stopping_what_was_never_started_does_nothing():
    Pump("a").stop()


def test_it_can_be_used_only_while_it_runs():
    pump = Pump()
    with pytest.raises(LifetimeError) as new:
        pump.use()
    with pump:
        pass
    with pytest.raises(LifetimeError) as stopped:
        pump.use()

    assert str(new.value) == "this water_pump has not been started: use the fixture, or `with Pump() as ...`"
    assert str(stopped.value) == (
        "this water_pump has been stopped: it was used after its test (or its with block) had ended"
    )


@pytest.mark.parametrize("stopped", [False, True])
def test_it_starts_only_once(stopped):
    pump = Pump().start()
    if stopped:
        pump.stop()

    with pytest.raises(LifetimeError) as caught:
        pump.start()

    assert str(caught.value) == "this water_pump was started before; make a new Pump"
    pump.stop()


def test_a_start_that_fails_half_way_undoes_its_half():
    class Leaky(Pump):
        def _start(self):
            super()._start()
            raise OSError("no water")

    pump = Leaky("a", "b")

    with pytest.raises(OSError, match="no water"):
        pump.start()

    assert pump.done == ["open a", "open b", "close b", "close a"]
    assert not pump._running


def test_a_failed_start_is_what_is_raised_also_when_undoing_fails():
    class Broken(Lifetime):
        _who = "water_pump"

        def _start(self):
            self._defer(raising(ValueError("stuck")), "the valve")
            raise OSError("no water")

    with pytest.raises(OSError, match="no water") as caught:
        Broken().start()

    assert caught.value.__notes__ == ["water_pump also failed to stop: ValueError: stuck"]


def test_every_step_is_undone_though_one_raises_and_the_error_names_it():
    pump = Pump("a").start()
    pump._defer(raising(ValueError("stuck")), "the valve")
    pump._defer(lambda: pump.done.append("close last"))

    with pytest.raises(ValueError, match="stuck") as caught:
        pump.stop()

    assert pump.done == ["open a", "close last", "close a"]
    assert caught.value.__notes__ == ["while water_pump was being stopped (the valve)"]


def test_a_step_without_a_name_is_called_what_its_function_is_called():
    pump = Pump().start()
    pump._defer(raising(ValueError("stuck")))

    with pytest.raises(ValueError, match="stuck") as caught:
        pump.stop()

    assert caught.value.__notes__ == ["while water_pump was being stopped (raising.<locals>.undo)"]


def test_several_errors_are_raised_together():
    pump = Pump().start()
    first, second = ValueError("stuck"), OSError("wet")
    pump._defer(raising(first))
    pump._defer(raising(second))

    with pytest.raises(ExceptionGroup) as caught:
        pump.stop()

    assert str(caught.value) == "water_pump could not be stopped cleanly (2 sub-exceptions)"
    assert caught.value.exceptions == (second, first)


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, pytest.fail.Exception])
def test_an_interrupted_step_does_not_keep_the_others_from_being_undone(interrupt):
    pump = Pump("a", "b").start()
    pump._defer(raising(ValueError("stuck")))
    pump._defer(raising(interrupt("now")))

    with pytest.raises(interrupt):
        pump.stop()

    assert pump.done == ["open a", "open b", "close b", "close a"]


def test_what_is_deferred_while_undoing_is_undone_too():
    pump = Pump().start()
    pump._defer(lambda: pump._defer(lambda: pump.done.append("late")))

    pump.stop()

    assert pump.done == ["late"]


def test_a_failing_teardown_never_hides_the_error_of_the_with_block():
    test_error = AssertionError("the test's own")

    with pytest.raises(AssertionError) as caught, Pump() as pump:
        pump._defer(raising(ValueError("stuck")))
        pump._defer(raising(OSError("wet")))
        raise test_error

    assert caught.value is test_error
    assert test_error.__notes__ == ["water_pump also failed to stop: OSError: wet; ValueError: stuck"]


def test_a_failing_teardown_is_raised_when_the_with_block_was_well():
    with pytest.raises(ValueError, match="stuck"), Pump() as pump:
        pump._defer(raising(ValueError("stuck")))


def test_there_is_nothing_to_report_unless_a_class_has_something():
    assert Pump()._report() == ""


def test_an_error_is_told_with_its_type_and_a_group_with_its_members():
    assert told(ValueError("x")) == "ValueError: x"
    assert (
        told(ExceptionGroup("g", [ValueError("x"), ExceptionGroup("h", [OSError("y")])])) == "ValueError: x; OSError: y"
    )


def test_bounded_returns_what_the_action_returns_from_a_thread_of_its_own():
    assert bounded(threading.current_thread, "asking") is not threading.current_thread()
    assert bounded(lambda: 5, "counting") == 5


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(3)])
def test_bounded_raises_what_the_action_raises(error):
    with pytest.raises(type(error)) as caught:
        bounded(raising(error), "failing")

    assert caught.value is error


def test_bounded_gives_up_an_action_that_hangs_and_shows_where():
    go_on = threading.Event()

    def close_that_hangs():
        go_on.wait(30)

    with pytest.raises(LeakError) as caught:
        bounded(close_that_hangs, "closing file", timeout=0.05)
    go_on.set()

    first, *stack = str(caught.value).split("\n")
    assert first == "closing file did not end within 0.05 s; it hangs in"
    assert re.search(r"line \d+, in close_that_hangs\n\s+go_on\.wait\(30\)", "\n".join(stack))


def test_a_thread_that_has_ended_or_not_begun_has_no_stack():
    thread = threading.Thread(target=int)
    assert stack_of(thread) == ""
    thread.start()
    thread.join()

    assert stack_of(thread) == ""
