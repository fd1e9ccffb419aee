"""explain(): every rule that stops a record, told with the whole text."""

from __future__ import annotations

import logging
import logging.handlers
import queue

import pytest

from pytest_loghandlers import ArgumentError
from pytest_loghandlers.observe.route import explain

pytestmark = pytest.mark.usefixtures("empty_tree")


def lines(text):
    return str(text).split("\n")


def handler(name=None, level=logging.NOTSET, kind=logging.StreamHandler, **named):
    made = kind(**named)
    made.name = name
    made.setLevel(level)
    return made


def attached(logger, *arguments, **named):
    made = handler(*arguments, **named)
    logging.getLogger(logger).addHandler(made)
    return made


def test_a_record_that_passes_names_the_handlers_that_get_it():
    file = attached("shop", "file")
    console = attached(None, kind=logging.StreamHandler)
    route = explain("shop", "ERROR")
    assert route.stopped_by is None
    assert route.hint is None
    assert route.reached == (file, console)
    assert lines(route) == [
        "an ERROR record from 'shop' reaches 'file' (StreamHandler) and StreamHandler",
        "root   WARNING   handlers: StreamHandler",
        "└ shop (inherits)   handlers: file (StreamHandler)",
    ]


def test_the_effective_level_is_told_with_the_logger_where_it_is_set():
    logging.getLogger("shop").setLevel("ERROR")
    logging.getLogger("shop.db.pool")
    assert lines(explain("shop.db.pool", "INFO").hint) == [
        "an INFO record cannot leave 'shop.db.pool': its effective level is ERROR, set on 'shop'",
        "            root             WARNING",
        "            └ shop           ERROR     <- it stops here",
        "              └ shop.db.pool (inherits)",
    ]


def test_the_loggers_own_level_is_told():
    logging.getLogger("shop").setLevel("ERROR")
    attached("shop", "file")
    assert explain("shop", "WARNING").stopped_by == "a WARNING record cannot leave 'shop': its level is ERROR"
    assert explain("shop", "ERROR").stopped_by is None


def test_the_root_level_is_told_of_a_logger_and_of_root_itself():
    logging.getLogger("shop")
    assert (
        explain("shop", 25).stopped_by
        == "a record of level 25 cannot leave 'shop': its effective level is WARNING, set on root"
    )
    for root in ("", "root", logging.getLogger()):
        assert explain(root, "INFO").stopped_by == "an INFO record cannot leave root: its level is WARNING"


def test_logging_disable_is_told_and_marks_no_logger():
    attached("shop", "file")
    logging.disable(logging.ERROR)
    assert lines(explain("shop", "ERROR").hint) == [
        "an ERROR record cannot leave 'shop': logging.disable(ERROR) is in force",
        "            root   WARNING",
        "            └ shop (inherits)   handlers: file (StreamHandler)",
    ]
    assert explain("shop", "CRITICAL").stopped_by is None


def test_a_disabled_logger_is_told():
    attached("shop", "file")
    logging.getLogger("shop").disabled = True
    assert lines(explain("shop", "ERROR").hint) == [
        (
            "an ERROR record cannot leave 'shop': the logger is disabled (dictConfig and fileConfig do that unless "
            "disable_existing_loggers is False)"
        ),
        "            root   WARNING",
        "            └ shop (inherits)   handlers: file (StreamHandler)   disabled   <- it stops here",
    ]


def test_a_disabled_parent_stops_nothing_of_its_children():
    attached(None, "console")
    logging.getLogger("shop").disabled = True
    logging.getLogger("shop.db")
    assert explain("shop.db", "ERROR").stopped_by is None


def test_a_level_written_without_setlevel_is_told_by_the_stale_cache():
    attached(None, "console")
    logger = logging.getLogger("shop")
    logger.isEnabledFor(logging.INFO)
    logger.level = logging.INFO
    assert explain("shop", "INFO").stopped_by == (
        "an INFO record cannot leave 'shop': its level cache says disabled, against the levels: one of them was "
        "written without setLevel()"
    )
    logger.setLevel("INFO")
    logger.isEnabledFor(logging.INFO)
    logger.level = logging.ERROR
    route = explain("shop", "INFO")
    assert route.stopped_by is None
    assert route.doubts == (
        (
            "an INFO record leaves 'shop' only because its level cache says enabled, against the levels: one of them "
            "was written without setLevel()"
        ),
    )


def test_propagate_false_keeps_a_record_from_a_handler_above():
    console = attached(None, "console")
    attached("shop", "file")
    logging.getLogger("shop").propagate = False
    logging.getLogger("shop.db")
    assert lines(explain("shop.db", "ERROR", handler=console).hint) == [
        "an ERROR record from 'shop.db' does not get past 'shop': propagate is False there",
        "            root        WARNING   handlers: console (StreamHandler)",
        "            └ shop      (inherits)   handlers: file (StreamHandler)   propagate=False   <- it stops here",
        "              └ shop.db (inherits)",
    ]
    assert explain("shop.db", "ERROR").stopped_by is None


def test_a_handlers_level_is_told():
    file = attached(None, "file", "ERROR")
    logging.getLogger("shop")
    assert lines(explain("shop", "WARNING", handler=file).hint) == [
        "a WARNING record from 'shop' reaches 'file' (StreamHandler), but its level is ERROR",
        "            root   WARNING   handlers: file (StreamHandler, ERROR)   <- it stops here",
        "            └ shop (inherits)",
    ]


def test_when_all_handlers_refuse_the_first_is_told_and_the_others_counted():
    attached("shop", "file", "ERROR")
    attached("shop", "mail", "CRITICAL")
    attached(None, "console", "ERROR")
    assert explain("shop", "WARNING").stopped_by == (
        "a WARNING record from 'shop' reaches 'file' (StreamHandler), but its level is ERROR; the other 2 handlers on "
        "its way refuse it too"
    )


def test_name_filters_are_judged_and_only_those_of_the_logger_it_was_logged_on():
    attached(None, "console")
    logging.getLogger("shop").addFilter(logging.Filter("audit"))
    logging.getLogger("shop.db")
    assert lines(explain("shop", "ERROR").hint) == [
        "an ERROR record cannot leave 'shop': its filter 'audit' stops it",
        "            root   WARNING   handlers: console (StreamHandler)",
        "            └ shop (inherits)   filter 'audit'   <- it stops here",
    ]
    assert explain("shop.db", "ERROR").stopped_by is None


def test_a_name_filter_on_a_handler_lets_its_own_branch_through():
    file = attached(None, "file")
    file.addFilter(logging.Filter("shop"))
    for name in ("shop", "shop.db", "shopping"):
        logging.getLogger(name)
    assert explain("shop", "ERROR", handler=file).stopped_by is None
    assert explain("shop.db", "ERROR", handler=file).stopped_by is None
    assert (
        explain("shopping", "ERROR", handler=file).stopped_by
        == "an ERROR record from 'shopping' reaches 'file' (StreamHandler), but its filter 'shop' stops it"
    )


def test_the_name_of_a_given_record_is_what_name_filters_see():
    file = attached(None, "file")
    file.addFilter(logging.Filter("shop"))
    record = logging.makeLogRecord({"name": "shop.db"})
    assert explain("root", "ERROR", handler=file, record=record).stopped_by is None


def test_a_handler_on_another_logger_is_told_where_it_is():
    file = attached("audit", "file")
    logging.getLogger("shop")
    assert lines(explain("shop", "ERROR", handler=file).hint) == [
        "'file' (StreamHandler) is attached neither to 'shop' nor to a parent of it, but to 'audit'",
        "            root   WARNING",
        "            └ shop (inherits)",
    ]
    assert explain("root", "ERROR", handler=file).stopped_by == (
        "'file' (StreamHandler) is not attached to root, but to 'audit'"
    )
    assert explain("shop", "ERROR", handler=logging.NullHandler()).stopped_by == (
        "NullHandler is attached neither to 'shop' nor to a parent of it"
    )


def test_the_target_of_a_memory_handler_is_reached_whatever_its_own_level():
    target = handler("file", "CRITICAL")
    attached("shop", "buffer", "ERROR", kind=logging.handlers.MemoryHandler, capacity=10, target=target)
    assert explain("shop", "ERROR", handler=target).stopped_by is None
    assert lines(explain("shop", "WARNING", handler=target).hint) == [
        "a WARNING record from 'shop' reaches 'buffer' (MemoryHandler), but its level is ERROR",
        "            root   WARNING",
        (
            "            └ shop (inherits)   handlers: buffer (MemoryHandler, ERROR) -> file (StreamHandler, "
            "CRITICAL)   <- it stops here"
        ),
    ]


@pytest.mark.parametrize("respectful", [False, True])
def test_a_listeners_handlers_are_asked_for_their_level_only_if_it_respects_it(respectful):
    target = handler("file", "CRITICAL")
    waiting = queue.Queue()
    front = attached("shop", "queue", kind=logging.handlers.QueueHandler, queue=waiting)
    front.listener = logging.handlers.QueueListener(waiting, target, respect_handler_level=respectful)
    front.listener.start()
    stopped = "an ERROR record from 'shop' reaches 'file' (StreamHandler), but its level is CRITICAL"
    try:
        assert explain("shop", "ERROR", handler=target).stopped_by == (stopped if respectful else None)
    finally:
        front.listener.stop()


def test_a_listener_that_was_not_started_is_told():
    target = handler("file")
    waiting = queue.Queue()
    front = attached("shop", "queue", kind=logging.handlers.QueueHandler, queue=waiting)
    front.listener = logging.handlers.QueueListener(waiting, target)
    assert explain("shop", "ERROR", handler=target).stopped_by == (
        "an ERROR record from 'shop' reaches 'queue' (QueueHandler), but its listener does not run (dictConfig makes "
        "one without starting it)"
    )


def test_a_memory_handler_that_may_hold_the_record_back_is_a_doubt():
    target = handler("file")
    attached("shop", "buffer", kind=logging.handlers.MemoryHandler, capacity=10, target=target)
    route = explain("shop", "WARNING", handler=target)
    assert route.stopped_by is None
    assert route.doubts == ("'buffer' (MemoryHandler) holds it back until ERROR or until it is full",)


def test_a_queue_whose_listener_is_not_known_is_a_doubt():
    front = attached("shop", "queue", kind=logging.handlers.QueueHandler, queue=queue.Queue())
    front.listener = None
    route = explain("shop", "ERROR", handler=handler("file"))
    assert route.stopped_by is None
    assert route.doubts == ("'queue' (QueueHandler) may hand it on: which handlers its listener has is not known",)


def test_without_a_handler_it_is_lastresort_that_decides():
    logging.getLogger("shop").setLevel("DEBUG")
    assert explain("shop", "WARNING").reached == (logging.lastResort,)
    assert lines(explain("shop", "INFO").hint) == [
        (
            "an INFO record from 'shop' finds no handler: there is none between 'shop' and root, and "
            "logging.lastResort takes WARNING and above"
        ),
        "            root   WARNING",
        "            └ shop DEBUG",
    ]


def test_without_a_handler_below_propagate_false_that_is_told(monkeypatch):
    attached(None, "console")
    shop = logging.getLogger("shop")
    shop.propagate = False
    monkeypatch.setattr(logging, "lastResort", None)
    assert lines(explain("shop", "ERROR").hint) == [
        (
            "an ERROR record from 'shop' finds no handler: there is none on 'shop', where propagate=False ends its "
            "way, and logging.lastResort is None"
        ),
        "            root   WARNING   handlers: console (StreamHandler)",
        "            └ shop (inherits)   propagate=False   <- it stops here",
    ]


def test_a_null_handler_and_a_closed_file_take_no_record(tmp_path):
    attached("shop", "nothing", kind=logging.NullHandler)
    assert explain("shop", "ERROR").stopped_by == (
        "an ERROR record from 'shop' reaches 'nothing' (NullHandler), but a NullHandler drops every record"
    )
    file = attached("audit", "file", kind=logging.FileHandler, filename=tmp_path / "audit.log", mode="w")
    file.close()
    assert lines(explain("audit", "ERROR", handler=file)) == [
        (
            "an ERROR record from 'audit' reaches 'file' (FileHandler), but it was closed, and a closed file of mode "
            "'w' takes no record"
        ),
        "root    WARNING",
        "└ audit (inherits)   handlers: file (FileHandler, closed)   <- it stops here",
    ]


def test_loggers_levels_and_names_of_any_kind_are_taken():
    attached("shop", "file")
    logger = logging.getLogger("shop")
    for asked in (logger, logging.LoggerAdapter(logger, {}), "shop"):
        for level in ("ERROR", "error", logging.ERROR):
            assert explain(asked, level).stopped_by is None


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        (
            ("shop", "LOUD"),
            {},
            (
                "level='LOUD': it is a number or one of the level names that logging knows: "
                "NOTSET, DEBUG, INFO, WARN, WARNING, ERROR, CRITICAL, FATAL"
            ),
        ),
        ((7, "INFO"), {}, "logger=7: it is the name of a logger, or a logging.Logger"),
        (("shop", "INFO"), {"handler": "file"}, "handler='file': it is a logging.Handler"),
    ],
)
def test_a_bad_argument_is_named(arguments, named, message):
    with pytest.raises(ArgumentError) as caught:
        explain(*arguments, **named)
    assert str(caught.value) == message


def test_nothing_is_changed_by_asking(empty_tree):
    attached("shop", "file")
    before = {name: dict(vars(logger)) for name, logger in empty_tree.manager.loggerDict.items()}
    caches = {name: dict(logger._cache) for name, logger in empty_tree.manager.loggerDict.items()}
    explain("shop", "ERROR")
    explain("shop.db", "ERROR")
    assert {name: dict(vars(logger)) for name, logger in empty_tree.manager.loggerDict.items()} == before
    assert {name: dict(logger._cache) for name, logger in empty_tree.manager.loggerDict.items()} == caches
