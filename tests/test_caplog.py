"""_caplog: caplog beside a fixture that sets pytest's handlers aside, whatever the order."""

import pytest

LEVELS = """
    import logging
    import pytest

    @pytest.fixture
    def earlier(caplog):
        caplog.set_level("INFO", logger="early")

    def test_uses_both({order}):
        logging.getLogger("late").setLevel("ERROR")
        logging.disable(logging.DEBUG)
        caplog.set_level("DEBUG", logger="late")
        logging.getLogger("late").debug("seen")
        assert caplog.messages == ["seen"]
        assert caplog.record_tuples == [("late", logging.DEBUG, "seen")]

    def test_nothing_is_left():
        assert [logging.getLogger(name).level for name in ("early", "late")] == [0, 0]
        assert logging.root.manager.disable == 0
"""


@pytest.mark.parametrize("room", ["logging_sandbox", "handler_spy"])
@pytest.mark.parametrize("order", ["{room}, caplog", "caplog, {room}", "earlier, {room}, caplog"])
def test_caplog_sees_and_undoes_as_ever(pytester, room, order):
    if room == "handler_spy":
        # The spy restores no levels: what the test sets itself is the test's.
        levels = LEVELS.replace('logging.getLogger("late").setLevel("ERROR")', "pass").replace(
            "logging.disable(logging.DEBUG)", "pass"
        )
    else:
        levels = LEVELS
    pytester.makepyfile(levels.replace("{order}", order.format(room=room)))
    pytester.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=2)


def test_a_test_without_caplog_pays_nothing_for_it(pytester):
    pytester.makepyfile(
        """
        import logging
        from pytest_loghandlers.observe import _aside

        def test_it(logging_sandbox, request):
            assert _aside._read_by_tests == []
            assert all(forward is None for held in _aside.current().held.values() for _, forward in held)
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
