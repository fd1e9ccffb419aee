"""GlobalState: what is global in logging besides the loggers is as it was."""

import logging
import logging.config
import logging.handlers
import warnings

import pytest

from pytest_loghandlers import CaptureHandler, HandlerSpy, LoggingSandbox


@pytest.fixture(autouse=True)
def loggers_of_the_test():
    """A logger that was there before."""
    with LoggingSandbox():
        logging.getLogger("old")
        yield


STATE = {
    "disable": lambda: logging.disable(logging.CRITICAL),
    "raiseExceptions": lambda: setattr(logging, "raiseExceptions", False),
    "lastResort": lambda: setattr(logging, "lastResort", None),
    "level names": lambda: logging.addLevelName(25, "NOTICE"),
    "a level renamed": lambda: logging.addLevelName(logging.ERROR, "Fehler"),
    "logger class": lambda: logging.setLoggerClass(type("Mine", (logging.Logger,), {})),
    "logger class of the manager": lambda: logging.Logger.manager.setLoggerClass(type("M", (logging.Logger,), {})),
    "record factory": lambda: logging.setLogRecordFactory(type("R", (logging.LogRecord,), {})),
    "flags": lambda: setattr(logging, "logThreads", False),
    "captureWarnings": lambda: logging.captureWarnings(True),
    "formatter class": lambda: setattr(logging.Formatter, "default_msec_format", None),
    "terminator": lambda: setattr(logging.StreamHandler, "terminator", "\0"),
    "handleError": lambda: setattr(logging.Handler, "handleError", lambda self, record: None),
    "append_nul": lambda: setattr(logging.handlers.SysLogHandler, "append_nul", False),
    "handler names": lambda: [logging._handlers.clear()],
    "the list of shutdown": lambda: [logging._handlerList.clear()],
}


def state():
    return {
        "disable": logging.root.manager.disable,
        "manager": {key: value for key, value in vars(logging.root.manager).items() if key != "loggerDict"},
        "names": (dict(logging._levelToName), dict(logging._nameToLevel), dict(logging._handlers)),
        "list": [ref() for ref in logging._handlerList],
        "module": [
            getattr(logging, name)
            for name in ("raiseExceptions", "lastResort", "_loggerClass", "_logRecordFactory", "logThreads")
        ],
        "warnings": (logging._warnings_showwarning, warnings.showwarning),
        "classes": (
            logging.Formatter.default_msec_format,
            logging.StreamHandler.terminator,
            logging.Handler.handleError,
            logging.handlers.SysLogHandler.append_nul,
        ),
    }


@pytest.mark.parametrize("change", STATE.values(), ids=STATE)
def test_what_is_global_is_as_it_was(change):
    named = logging.NullHandler()
    named.name = "known"
    before = state()
    with LoggingSandbox():
        change()
        assert state() != before
    assert state() == before


def test_capturing_warnings_works_again_in_the_next_sandbox():
    for _ in range(2):
        with LoggingSandbox():
            logging.captureWarnings(True)
            seen = []
            handler = logging.Handler()
            handler.emit = seen.append
            logging.getLogger("py.warnings").addHandler(handler)
            warnings.showwarning("again", UserWarning, "here.py", 1)
            assert len(seen) == 1


def test_a_handler_that_was_there_gets_its_configuration_back(tmp_path):
    handler = logging.FileHandler(tmp_path / "old.log", mode="w")
    formatter = logging.Formatter("%(message)s")
    handler.setFormatter(formatter)
    handler.setLevel(logging.INFO)
    handler.name = "file"
    logger = logging.getLogger("old")
    logger.addHandler(handler)
    logger.error("before")
    with LoggingSandbox():
        handler.setLevel(logging.CRITICAL)
        handler.setFormatter(logging.Formatter("%(name)s"))
        handler.addFilter(lambda record: False)
        handler.name = "other"
        logging.config.dictConfig({"version": 1})
        assert handler.stream is None
    logger.error("after")
    assert (handler.level, handler.formatter, handler.filters, handler.name) == (20, formatter, [], "file")
    assert logging._handlers["file"] is handler
    assert (tmp_path / "old.log").read_text() == "before\nafter\n"


def test_a_file_whose_directory_is_gone_keeps_nothing_else_from_being_restored(tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    handler = logging.FileHandler(folder / "old.log")
    level = logging.getLogger().level
    with LoggingSandbox():
        logging.getLogger().setLevel(7)
        handler.close()
        (folder / "old.log").unlink()
        folder.rmdir()
    assert logging.getLogger().level == level
    assert handler.stream is None


def test_a_spy_that_ends_before_a_sandbox_begun_after_it_leaves_nothing_in_a_handler():
    handler = logging.NullHandler()
    before = dict(vars(handler))
    spy = HandlerSpy(handler).start()
    sandbox = LoggingSandbox().start()
    spy.stop()
    sandbox.stop()
    assert vars(handler) == before


def test_a_capture_begun_before_goes_on_as_it_does():
    logging.getLogger("old").setLevel(logging.INFO)
    with CaptureHandler() as capture:
        with LoggingSandbox():
            capture.attach("old")
        logging.getLogger("old").info("kept once")
        capture.assert_logged("kept once", count=1)


def test_a_configuration_server_that_a_test_has_started_is_stopped():
    with LoggingSandbox():
        server = logging.config.listen(0)
        server.start()
        assert server.ready.wait(5)
    server.join(10)
    assert not server.is_alive()
