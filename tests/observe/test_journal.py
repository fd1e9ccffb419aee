"""Journal: the logger tree is as it was, whatever a test did to it."""

import importlib
import logging
import logging.config
import sys

import pytest

from pytest_loghandlers import LoggingSandbox


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


def test_level_caches_are_not_left_stale():
    log = logging.getLogger("old")
    log.setLevel(logging.WARNING)
    assert not log.isEnabledFor(logging.DEBUG)
    with LoggingSandbox():
        log.level = logging.DEBUG
        log._cache.clear()
        assert log.isEnabledFor(logging.DEBUG)
    assert not log.isEnabledFor(logging.DEBUG)


@pytest.fixture
def late_module(tmp_path, monkeypatch):
    """What imports, for the first time, a module that sets up its logger; gone when the test is over."""

    def load(source):
        (tmp_path / "late_module.py").write_text(f"import logging\nlog = logging.getLogger('late')\n{source}")
        monkeypatch.syspath_prepend(tmp_path)
        return importlib.import_module("late_module")

    yield load
    sys.modules.pop("late_module", None)
    logging.Logger.manager.loggerDict.pop("late", None)


def test_a_module_imported_during_the_test_keeps_its_logger_and_nothing_the_test_did_to_it(late_module):
    below = logging.getLogger("late.below")
    with LoggingSandbox():
        log = late_module("").log
        log.setLevel(5)
        log.propagate = False
        log.addHandler(logging.NullHandler())
    assert logging.getLogger("late") is log
    assert (log.level, log.propagate, log.handlers) == (0, True, [])
    assert (below.parent, log.parent) == (log, logging.getLogger())


@pytest.mark.parametrize("used", [True, False])
def test_what_an_import_did_to_its_own_logger_stays_whether_or_not_the_test_used_it(late_module, used):
    with LoggingSandbox():
        log = late_module(
            "log.addHandler(logging.NullHandler())\nlog.addHandler(logging.StreamHandler())\n"
            "log.setLevel(7)\nlog.error('not yet the test')\nlog.addFilter(print)\n"
        ).log
        if used:
            log.error("the test")
            log.setLevel(5)
            log.handlers.clear()
            log.filters.clear()
    assert [type(handler) for handler in log.handlers] == [logging.NullHandler]
    assert (log.level, log.filters) == (7, [print])


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


def test_a_logger_of_its_own_that_a_module_makes_stays_out_of_the_tree(tmp_path, monkeypatch):
    (tmp_path / "lone_module.py").write_text("import logging\nlog = logging.Logger('lone', logging.INFO)\n")
    monkeypatch.syspath_prepend(tmp_path)
    with LoggingSandbox():
        import lone_module
    assert "lone" not in logging.Logger.manager.loggerDict
    assert lone_module.log.level == logging.INFO
    del sys.modules["lone_module"]
