"""Sections in the report of a failed test. The rooms are stand-ins: what real ones say is their own tests' matter."""

from __future__ import annotations

import pytest

from pytest_loghandlers import _sections
from pytest_loghandlers._base import lifetime

ROOMS = """
    import pytest
    from pytest_loghandlers._base.lifetime import Lifetime
    from pytest_loghandlers._sections import opened

    class Well(Lifetime):
        _who = "well"
        def _report(self):
            self._require_running()
            return "12 buckets\\n  of water"

    class Dry(Lifetime):
        _who = "dry_well"

    class Rude(Lifetime):
        _who = "rude_well"
        def _report(self):
            raise ValueError("poisoned")

    class Broken(Lifetime):
        _who = "broken_well"
        def _start(self):
            raise OSError("no rope")
        def _report(self):
            return "no bucket"

    class Leaky(Lifetime):
        _who = "leaky_well"
        def _start(self):
            self._defer(self.undo, "the lid")
        def undo(self):
            raise OSError("lid stuck")
        def _report(self):
            return "half a bucket"

    def door(room):
        @pytest.fixture(name=room._who)
        def open_it(request):
            yield from opened(request, room())
        return open_it

    for room in (Well, Dry, Rude, Broken, Leaky):
        globals()[room._who] = door(room)
"""


@pytest.fixture
def run(pytester):
    """Run a test file beside the stand-in rooms; return the lines of the report."""
    pytester.makeconftest(ROOMS)

    def run(source, *arguments, subprocess=False):
        pytester.makepyfile(source)
        arguments = ("-p", "no:randomly", "-p", "no:cacheprovider", *arguments)
        return pytester.runpytest_subprocess(*arguments) if subprocess else pytester.runpytest(*arguments)

    return run


def titles(result):
    return [line.strip("- ") for line in result.outlines if line.startswith("---") and " saw " in line]


def test_a_failed_test_shows_what_its_rooms_saw(run):
    result = run("def test_it(well):\n    assert 0")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*--- well saw ---*", "12 buckets", "  of water", "*short test summary*"])


def test_a_passed_test_shows_nothing(run):
    result = run("def test_it(well):\n    pass", "-rA")

    result.assert_outcomes(passed=1)
    assert titles(result) == []


def test_skipped_and_expected_failures_show_nothing(run):
    result = run(
        """
        import pytest

        def test_skipped(well):
            pytest.skip("today")

        @pytest.mark.xfail
        def test_expected(well):
            assert 0
        """,
        "-rA",
    )

    result.assert_outcomes(skipped=1, xfailed=1)
    assert titles(result) == []


def test_a_room_with_nothing_to_tell_has_no_section(run):
    assert titles(run("def test_it(dry_well, well):\n    assert 0")) == ["well saw"]


def test_a_room_whose_report_raises_does_not_break_the_others(run):
    result = run("def test_it(rude_well, well):\n    assert 0 == 1")

    result.assert_outcomes(failed=1)
    assert titles(result) == ["rude_well saw", "well saw"]
    result.stdout.fnmatch_lines(["E*assert 0 == 1", "<cannot be shown: ValueError: poisoned>", "12 buckets"])


def test_a_room_whose_report_hangs_is_given_up(run, monkeypatch):
    assert _sections.bounded is lifetime.bounded
    monkeypatch.setattr(lifetime.bounded, "__defaults__", (0.05,))
    result = run(
        """
        import threading
        from pytest_loghandlers._base.lifetime import Lifetime
        from pytest_loghandlers._sections import opened
        import pytest

        go_on = threading.Event()

        class Stuck(Lifetime):
            _who = "stuck_well"
            def _report(self):
                go_on.wait(30)
                return ""

        @pytest.fixture
        def stuck_well(request):
            yield from opened(request, Stuck())
            go_on.set()

        def test_it(stuck_well):
            assert 0
        """
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["<cannot be shown: LeakError: the report of stuck_well did not end within 0.05 s; *"])


def test_a_setup_that_fails_shows_what_was_open_by_then(run):
    result = run("def test_it(well, broken_well):\n    pass")

    result.assert_outcomes(errors=1)
    assert titles(result) == ["well saw", "broken_well saw"]
    result.stdout.fnmatch_lines(["E*OSError: no rope"])


def test_a_teardown_that_fails_never_hides_the_tests_own_failure(run):
    result = run("def test_it(leaky_well):\n    assert 0 == 1")

    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "E*OSError: lid stuck",
            "E*while leaky_well was being stopped (the lid)",
            "half a bucket",
            "E*assert 0 == 1",
            "half a bucket",
        ]
    )


def test_a_room_that_cannot_tell_after_its_end_is_told_of_at_a_failing_teardown(run):
    result = run("def test_it(well, leaky_well):\n    pass")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["<cannot be shown: LifetimeError: this well has been stopped: *", "half a bucket"])


def test_each_parameter_shows_its_own(run):
    result = run(
        """
        import pytest

        @pytest.mark.parametrize("broken", [True, False, True])
        def test_it(well, broken):
            assert not broken
        """
    )

    result.assert_outcomes(failed=2, passed=1)
    assert titles(result) == ["well saw", "well saw"]


@pytest.mark.parametrize(
    "arguments",
    [("-p", "no:logging"), ("--assert=plain",), ("-n", "1"), ("-s",)],
    ids=["without pytest's logging", "plain asserts", "xdist", "without capture"],
)
def test_sections_are_shown_under(run, arguments):
    result = run("def test_it(well):\n    assert 0", *arguments, subprocess=True)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*--- well saw ---*", "12 buckets"])


def test_a_method_of_a_unittest_class_gets_its_sections_too(run):
    result = run(
        """
        import unittest
        import pytest

        class TestIt(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _open(self, well):
                pass

            def test_it(self):
                self.fail("dry")
        """
    )

    result.assert_outcomes(failed=1)
    assert titles(result) == ["well saw"]


def test_a_test_that_is_run_again_shows_what_it_saw_each_time(run, pytester):
    # What pytest-rerunfailures does.
    pytester.makepyfile(
        again="""
        from _pytest.runner import runtestprotocol

        def pytest_runtest_protocol(item, nextitem):
            for _ in range(2):
                item._initrequest()
                runtestprotocol(item, nextitem=nextitem)
            return True
        """
    )

    pytester.syspathinsert()

    result = run("def test_it(well):\n    assert 0", "-p", "again")

    assert titles(result) == ["well saw", "well saw"]


def test_a_hook_of_ours_is_there_only_while_a_test_uses_a_room(run):
    result = run(
        """
        import pytest
        from pytest_loghandlers._sections import FailureSections

        def ours(request):
            impls = request.config.pluginmanager.hook.pytest_runtest_makereport.get_hookimpls()
            return sum(isinstance(impl.plugin, FailureSections) for impl in impls)

        def test_before(request):
            assert ours(request) == 0

        def test_in_use(request, well, dry_well):
            assert ours(request) == 1

        def test_fails(request, well):
            assert ours(request) == 0

        def test_error(request, broken_well):
            pass

        def test_after(request):
            assert ours(request) == 0
        """
    )

    result.assert_outcomes(passed=3, failed=1, errors=1)


def test_a_hook_left_over_from_a_lost_report_serves_the_next_test(run):
    result = run(
        """
        def test_first(request, well):
            # As when something interrupts a test between its call and its last report: nobody unregisters the hook.
            storage = request.node.stash._storage
            for key in [key for key, value in storage.items() if value == [well]]:
                del storage[key]

        def test_second(well):
            assert 0
        """
    )

    result.assert_outcomes(passed=1, failed=1)
    assert titles(result) == ["well saw"]


def test_what_a_finished_test_held_is_let_go(run):
    result = run(
        """
        import gc, weakref

        seen = []

        def test_first(well):
            seen.append(weakref.ref(well))

        def test_second(dry_well):
            gc.collect()
            assert seen[0]() is None
        """
    )

    result.assert_outcomes(passed=2)
