"""_aside: pytest's own handlers neither judge nor suffer, and whoever asked for them is served."""

import logging

import pytest
from _pytest.logging import LogCaptureHandler

from pytest_loghandlers.observe._aside import current, forwarding_to, owned_by_pytest, set_aside


def theirs():
    return [handler for handler in logging.getLogger().handlers if owned_by_pytest(handler)]


@pytest.fixture(autouse=True)
def one_of_theirs():
    """A handler of pytest's own kind on root, also where its logging plugin is off."""
    handler = LogCaptureHandler()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def test_they_stand_in_no_list_while_set_aside_and_in_the_same_place_afterwards():
    before = list(logging.getLogger().handlers)
    listed = [reference() for reference in logging._handlerList]
    put_back = set_aside()
    assert theirs() == []
    assert not any(owned_by_pytest(reference()) for reference in logging._handlerList)
    put_back()
    assert logging.getLogger().handlers == before
    assert {id(reference()) for reference in logging._handlerList} == {id(handler) for handler in listed}


def test_overlapping_users_share_one_setting_aside():
    first = set_aside()
    second = set_aside()
    first()
    first()
    assert current() is not None
    assert theirs() == []
    second()
    assert current() is None
    assert theirs() != []


def test_a_non_propagating_logger_is_freed_when_it_is_used():
    logger = logging.getLogger("alone")
    logger.propagate = False
    handler = theirs()[0]
    logger.addHandler(handler)
    put_back = set_aside()
    assert logger.handlers == []
    put_back()
    assert logger.handlers == [handler]
    logger.removeHandler(handler)
    logger.propagate = True


def test_a_capture_handler_is_served_only_for_a_test_that_reads_it(one_of_theirs):
    put_back = set_aside()
    logging.getLogger("x").warning("unread")
    put_back()
    with forwarding_to(one_of_theirs):
        put_back = set_aside()
        logging.getLogger("x").warning("read")
        put_back()
    assert [record.getMessage() for record in one_of_theirs.records] == ["read"]


SUITE = """
    import logging
    import logging.config
    import pytest

    def test_before():
        logging.getLogger("app").warning("before")

    def test_dictconfig(logging_sandbox):
        root = {"level": "DEBUG", "handlers": []}
        logging_sandbox.configure({"version": 1, "root": root}, disable_existing_loggers=False)
        logging.getLogger("app").warning("in the sandbox")
        logging.basicConfig(force=True, handlers=[logging.NullHandler()])
        logging.getLogger("app").warning("after force")

    def test_after(caplog):
        logging.getLogger("app").warning("after")
        assert caplog.messages == ["after"]

    def test_both(logging_sandbox, caplog):
        logging_sandbox.configure({"version": 1}, disable_existing_loggers=False)
        caplog.set_level("DEBUG", logger="app")
        logging.getLogger("app").warning("both")
        assert caplog.messages == ["both"]
        assert caplog.text.endswith("both\\n")

    def test_both_in_the_other_order(caplog, logging_sandbox):
        logging.getLogger("app").setLevel("ERROR")
        caplog.set_level("DEBUG", logger="app")
        logging.getLogger("app").debug("other")
        assert caplog.messages == ["other"]

    def test_levels_are_as_they_were():
        assert logging.getLogger("app").level == logging.NOTSET
        assert logging.getLogger("app").getEffectiveLevel() == logging.WARNING

    def test_spy_and_caplog(handler_spy, caplog):
        logging.getLogger("app").warning("spied")
        assert caplog.messages == ["spied"]
"""


@pytest.fixture
def suite(pytester):
    pytester.makepyfile(test_it=SUITE)
    return pytester


def test_log_file_goes_on_during_and_after_a_sandbox(suite):
    result = suite.runpytest_subprocess("-p", "no:randomly", "--log-file=run.log", "--log-file-format=%(message)s")
    result.assert_outcomes(passed=7)
    assert (suite.path / "run.log").read_text().split("\n")[:-1] == [
        "before", "in the sandbox", "after force", "after", "both", "other", "spied",
    ]  # fmt: skip


def test_live_log_goes_on_during_and_after_a_sandbox(suite):
    result = suite.runpytest_subprocess("-p", "no:randomly", "--log-cli-level=WARNING")
    result.assert_outcomes(passed=7)
    result.stdout.fnmatch_lines(["*WARNING*before*", "*WARNING*in the sandbox*", "*WARNING*after force*", "*after*"])


def test_it_works_without_the_logging_plugin(pytester):
    pytester.makepyfile(
        """
        import logging
        def test_it(logging_sandbox, capture_handler):
            logging.getLogger("app").warning("seen")
            capture_handler.assert_logged("seen")
        """
    )
    pytester.runpytest_subprocess("-p", "no:logging").assert_outcomes(passed=1)


def test_a_bad_format_string_reaches_the_handler_and_not_the_application(pytester):
    pytester.makepyfile(
        """
        import logging
        def test_it(logging_sandbox, capsys):
            logging_sandbox.configure({
                "version": 1,
                "handlers": {"out": {"class": "logging.StreamHandler"}},
                "root": {"handlers": ["out"]},
            })
            logging.getLogger("app").warning("%d", "x")
            assert "--- Logging error ---" in capsys.readouterr().err
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_failed_test_still_shows_what_was_logged(pytester):
    pytester.makepyfile(
        """
        import logging
        def test_it(logging_sandbox):
            logging.getLogger("app.db").warning("pool %s", "exhausted")
            assert False
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*logging_sandbox saw*", "1 record", "*WARNING*app.db*pool exhausted*"])
    assert "Captured log call" not in result.stdout.str()
