"""LoggingSandbox: everything global in logging is as it was, and configurations are applied and explained."""

import io
import json
import logging
import logging.config
import logging.handlers
import sys
import threading
import warnings

import pytest

from pytest_loghandlers import (
    ArgumentError,
    ConfigurationError,
    LeakError,
    LifetimeError,
    LoggingSandbox,
    UnknownHandlerError,
)
from pytest_loghandlers._base import lifetime


def tree():
    """The whole logger tree as plain values."""
    found = {}
    loggers = {"root": logging.getLogger(), **logging.Logger.manager.loggerDict}
    for name, logger in loggers.items():
        if isinstance(logger, logging.PlaceHolder):
            found[name] = ("placeholder", id(logger), {child.name for child in logger.loggerMap})
        else:
            state = {key: value for key, value in vars(logger).items() if key != "_cache"}
            for key in ("handlers", "filters"):
                state[key] = (id(state[key]), list(state[key]))
            found[name] = (id(logger), state)
    return found


@pytest.fixture
def box():
    with LoggingSandbox() as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def loggers_of_the_test():
    """Two loggers that were there before, one of them with a handler, a filter and a placeholder above it."""
    with LoggingSandbox():
        old = logging.getLogger("old")
        old.addHandler(logging.NullHandler())
        old.addFilter(logging.Filter("old"))
        logging.getLogger("above.below")
        yield


CHANGES = {
    "setLevel": lambda: logging.getLogger("old").setLevel(5),
    "level written": lambda: setattr(logging.getLogger("old"), "level", 5),
    "root level": lambda: logging.getLogger().setLevel(5),
    "propagate": lambda: setattr(logging.getLogger("old"), "propagate", False),
    "disabled": lambda: setattr(logging.getLogger("old"), "disabled", True),
    "handlers emptied in place": lambda: [logging.getLogger("old").handlers.clear()],
    "handlers replaced": lambda: setattr(logging.getLogger("old"), "handlers", []),
    "handlers assigned by slice": lambda: logging.getLogger("old").handlers.__setitem__(slice(None), []),
    "handler added": lambda: logging.getLogger("old").addHandler(logging.NullHandler()),
    "handler removed": lambda: logging.getLogger("old").removeHandler(logging.getLogger("old").handlers[0]),
    "filters emptied in place": lambda: [logging.getLogger("old").filters.clear()],
    "filter added": lambda: logging.getLogger("old").addFilter(logging.Filter("x")),
    "an attribute of one's own": lambda: setattr(logging.getLogger("old"), "notice", print),
    "a new logger": lambda: logging.getLogger("brand.new"),
    "a new logger below an old one": lambda: logging.getLogger("old.new").setLevel(5),
    "a placeholder become a logger": lambda: logging.getLogger("above"),
    "a logger between": lambda: logging.getLogger("above.below.far.down"),
    "parent": lambda: setattr(logging.getLogger("old"), "parent", logging.getLogger("above.below")),
    "a logger deleted": lambda: logging.Logger.manager.loggerDict.pop("old"),
    "the tree emptied": lambda: [logging.Logger.manager.loggerDict.clear()],
    "dictConfig": lambda: logging.config.dictConfig({"version": 1, "loggers": {"old": {"level": 5, "handlers": []}}}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_tree_is_as_it_was(change):
    before = tree()
    with LoggingSandbox():
        change()
        assert tree() != before
    assert tree() == before


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


def test_level_caches_are_not_left_stale():
    log = logging.getLogger("old")
    log.setLevel(logging.WARNING)
    assert not log.isEnabledFor(logging.DEBUG)
    with LoggingSandbox():
        log.level = logging.DEBUG
        log._cache.clear()
        assert log.isEnabledFor(logging.DEBUG)
    assert not log.isEnabledFor(logging.DEBUG)


def test_a_module_imported_during_the_test_keeps_its_logger_and_nothing_of_its_configuration(tmp_path, monkeypatch):
    (tmp_path / "late_module.py").write_text("import logging\nlog = logging.getLogger('late')\n")
    monkeypatch.syspath_prepend(tmp_path)
    below = logging.getLogger("late.below")
    with LoggingSandbox():
        import late_module

        late_module.log.setLevel(5)
        late_module.log.propagate = False
        late_module.log.addHandler(logging.NullHandler())
    assert logging.getLogger("late") is late_module.log
    assert (late_module.log.level, late_module.log.propagate, late_module.log.handlers) == (0, True, [])
    assert below.parent is late_module.log
    assert late_module.log.parent is logging.getLogger()
    del sys.modules["late_module"], logging.Logger.manager.loggerDict["late"]


def test_handlers_made_during_the_test_are_flushed_and_closed_newest_first(box):
    order = []

    class Noted(logging.Handler):
        def flush(self):
            order.append(("flush", self.name))

        def close(self):
            order.append(("close", self.name))
            super().close()

    with LoggingSandbox():
        one, two = Noted(), Noted()
        one.name, two.name = "one", "two"
    assert order == [("flush", "two"), ("close", "two"), ("flush", "one"), ("close", "one")]


def test_a_handler_that_raises_in_close_is_named_and_the_rest_is_restored():
    class Rude(logging.Handler):
        def close(self):
            raise OSError("no such socket")

    before = tree()
    sandbox = LoggingSandbox().start()
    rude = Rude()
    logging.getLogger("old").setLevel(5)
    rude.name = "rude"
    with pytest.raises(LeakError) as caught:
        sandbox.stop()
    assert str(caught.value) == (
        "handlers made during the test could not be put away:\n"
        "- close() of handler 'rude' (Rude) raised OSError: 'no such socket'"
    )
    assert tree() == before


def test_a_handler_on_a_stream_that_is_closed_by_now_is_no_leak():
    with LoggingSandbox():
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        stream.close()
        assert handler.stream.closed


def test_a_handler_that_hangs_in_close_costs_a_bounded_wait_and_shows_where(monkeypatch):
    monkeypatch.setattr("pytest_loghandlers.observe.sandbox.UNDO_TIMEOUT", 0.05)
    let_go = threading.Event()

    class Hangs(logging.Handler):
        def close(self):
            let_go.wait(30)

    sandbox = LoggingSandbox().start()
    hangs = Hangs()
    with pytest.raises(LeakError) as caught:
        sandbox.stop()
    let_go.set()
    assert "- close() of handler Hangs did not end within 0.05 s; it hangs in\n" in str(caught.value)
    assert "let_go.wait(30)" in str(caught.value)
    assert hangs
    assert lifetime.UNDO_TIMEOUT == 5.0


CONFIG = {
    "version": 1,
    "handlers": {"memory": {"class": "logging.handlers.BufferingHandler", "capacity": 10, "level": "ERROR"}},
    "loggers": {"shop": {"handlers": ["memory"], "level": "INFO"}},
}


def test_a_mapping_is_applied_and_not_changed(box):
    config = {**CONFIG, "handlers": {"mine": {"()": logging.handlers.BufferingHandler, "capacity": 10}}, "loggers": {}}
    box.configure(config)
    assert config["handlers"] == {"mine": {"()": logging.handlers.BufferingHandler, "capacity": 10}}
    assert isinstance(box.handler("mine"), logging.handlers.BufferingHandler)


@pytest.mark.parametrize("suffix", ["json", "toml", "yaml", "yml"])
def test_a_file_with_a_mapping_is_applied(box, tmp_path, suffix):
    texts = {
        "json": json.dumps(CONFIG),
        "toml": 'version = 1\n[handlers.memory]\nclass = "logging.handlers.BufferingHandler"\ncapacity = 10\n'
        'level = "ERROR"\n[loggers.shop]\nhandlers = ["memory"]\nlevel = "INFO"\n',
    }
    path = tmp_path / f"logging.{suffix}"
    path.write_text(texts.get(suffix, texts["json"]))  # JSON is YAML.
    box.configure(path)
    assert logging.getLogger("shop").handlers == [box.handler("memory")]
    assert box.handler("memory").level == logging.ERROR


def test_an_ini_file_is_applied_with_its_defaults(box, tmp_path):
    path = tmp_path / "logging.ini"
    path.write_text(
        "[loggers]\nkeys=root\n[handlers]\nkeys=out\n[formatters]\nkeys=\n[logger_root]\nlevel=INFO\nhandlers=out\n"
        "[handler_out]\nclass=FileHandler\nargs=('%(logfile)s',)\n"
    )
    box.configure(str(path), defaults={"logfile": str(tmp_path / "out.log")}, disable_existing_loggers=False)
    assert box.handler("out").baseFilename == str(tmp_path / "out.log")
    assert not logging.getLogger("old").disabled


def test_existing_loggers_are_disabled_as_logging_does_unless_said_otherwise(box):
    box.configure({"version": 1})
    assert logging.getLogger("old").disabled
    logging.getLogger("old").disabled = False
    box.configure({"version": 1}, disable_existing_loggers=False)
    assert not logging.getLogger("old").disabled


def test_a_refused_configuration_says_the_whole_chain_of_causes(box, tmp_path):
    target = tmp_path / "missing" / "app.log"
    with pytest.raises(ConfigurationError) as caught:
        box.configure({"version": 1, "handlers": {"file": {"class": "logging.FileHandler", "filename": str(target)}}})
    assert str(caught.value) == (
        "dictConfig refused the mapping: ValueError: Unable to configure handler 'file'\n"
        f"  because of FileNotFoundError: [Errno 2] No such file or directory: '{target}'"
    )
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (42, "configure(42): a configuration is a dictConfig mapping or the path of a file, not a int"),
        ("nowhere.json", "configure('nowhere.json'): there is no such file"),
    ],
)
def test_what_is_no_configuration_is_refused(box, config, message):
    with pytest.raises(ArgumentError) as caught:
        box.configure(config)
    assert str(caught.value) == message


def test_a_file_that_does_not_parse_is_refused(box, tmp_path):
    path = tmp_path / "broken.json"
    path.write_text("{")
    with pytest.raises(ConfigurationError, match=r"broken\.json cannot be read as JSON: Expecting property name"):
        box.configure(path)
    path.write_text("[]")
    with pytest.raises(ConfigurationError, match=r"broken\.json holds a list, and dictConfig takes a mapping"):
        box.configure(path)


def test_an_unknown_handler_name_lists_those_there_are(box):
    box.configure(CONFIG)
    with pytest.raises(UnknownHandlerError) as caught:
        box.handler("file")
    assert str(caught.value) == "no handler is named 'file'; the names there are: 'memory'"


def test_a_name_is_found_after_a_namesake_was_closed(box):
    box.configure(CONFIG)
    twin = logging.NullHandler()
    twin.name = "memory"
    twin.close()
    assert box.handler("memory").capacity == 10


def test_it_cannot_be_used_after_its_end():
    with LoggingSandbox() as sandbox:
        pass
    with pytest.raises(LifetimeError, match="this logging_sandbox has been stopped"):
        sandbox.configure(CONFIG)


def test_sandboxes_nest():
    before = tree()
    with LoggingSandbox():
        logging.getLogger("old").setLevel(5)
        middle = tree()
        with LoggingSandbox():
            logging.getLogger("old").setLevel(7)
            logging.getLogger("another")
        assert tree() == middle
    assert tree() == before
