"""CaptureHandler: what it keeps and returns, and what survives."""

from __future__ import annotations

import logging
import logging.config
import logging.handlers
import re
import threading

import pytest

from pytest_loghandlers import ArgumentError, CaptureHandler, LifetimeError, LoggingSandbox

pytestmark = pytest.mark.usefixtures("empty_tree")


@pytest.fixture
def capture():
    with CaptureHandler() as handler:
        yield handler


@pytest.fixture
def shop():
    logger = logging.getLogger("shop")
    logger.setLevel("DEBUG")
    return logger


def test_every_record_is_kept_in_order_and_returned(capture, shop):
    shop.info("item %s", "added")
    shop.error("card declined")
    assert capture.messages == ("item added", "card declined")
    assert capture.assert_logged("card") is capture.records[1]
    assert capture.assert_logged(re.compile("^item")) is capture.records[0]


def test_it_is_a_buffering_handler_that_changes_no_level(empty_tree, capture, shop):
    assert isinstance(capture, logging.handlers.BufferingHandler)
    logging.getLogger("quiet").info("below root's level")
    shop.debug("as its logger lets through")
    assert (empty_tree.level, shop.level) == (logging.WARNING, logging.DEBUG)
    assert capture.messages == ("as its logger lets through",)


def test_flush_and_close_keep_the_records_and_what_comes_later(capture, shop):
    shop.info("before")
    capture.flush()
    capture.close()
    capture.flush()
    shop.info("after")
    assert capture.messages == ("before", "after")


def test_records_are_a_snapshot(capture, shop):
    shop.info("one")
    records = capture.records
    shop.info("two")
    assert len(records) == 1
    assert isinstance(records, tuple)


def test_with_a_count_all_matches_are_returned_and_the_number_is_exact(capture, shop):
    for number in range(3):
        shop.info("item %d", number)
    assert capture.assert_logged("item", count=3) == capture.records
    assert capture.assert_logged("order", count=0) == ()
    assert capture.count("item") == 3
    assert capture.count("item 1", level="INFO") == 1
    with pytest.raises(AssertionError):
        capture.assert_logged("item", count=2)


def test_all_conditions_must_be_met_by_one_record(capture, shop):
    shop.info("declined", extra={"order": 7})
    try:
        raise ValueError("no card")
    except ValueError:
        shop.exception("declined", extra={"order": 8})
    wanted = {
        "level": "ERROR",
        "logger": "shop",
        "min_level": "INFO",
        "extra": {"order": 8},
        "exc_info": ValueError,
        "formatted": "8 declined\nTraceback",
        "formatter": logging.Formatter("%(order)s %(message)s"),
    }
    assert capture.assert_logged("declined", **wanted) is capture.records[1]
    for other in ({"order": 7}, {"order": 9}):
        capture.assert_not_logged("declined", **{**wanted, "extra": other})
    capture.assert_not_logged("declined", **{**wanted, "formatted": "7 declined"})


def test_formatted_alone_takes_the_captures_own_formatter(capture, shop):
    capture.setFormatter(logging.Formatter("<%(levelname)s> %(message)s"))
    shop.info("item")
    assert capture.assert_logged(formatted="<INFO> item") is capture.records[0]
    capture.assert_not_logged(formatted=re.compile("^item"))


def test_a_record_that_cannot_be_formatted_disturbs_no_look_up(capture, shop):
    capture_only = logging.LogRecord("shop", logging.INFO, __file__, 1, "%d items", ("x",), None)
    capture.handle(capture_only)
    shop.info("item")
    assert capture.assert_logged("item") is capture.records[1]
    assert capture.assert_logged(level="INFO") is capture_only
    capture.assert_not_logged("items")
    assert capture.messages == ("<no message: '%d items' % ('x',) raises TypeError>", "item")


def test_a_message_is_formatted_at_the_first_look_and_then_stays(capture, shop):
    basket = ["apple"]
    shop.info("basket %s", basket)
    basket.append("pear")
    capture.assert_logged("['apple', 'pear']")
    basket.append("fig")
    assert capture.messages == ("basket ['apple', 'pear']",)


def test_nothing_is_formatted_before_somebody_looks(capture, shop):
    class Loud:
        def __str__(self):
            raise AssertionError("formatted")

    shop.propagate = False  # pytest's handlers format every record
    capture.attach(shop)
    shop.info("%s", Loud())
    assert len(capture.records) == 1
    assert capture.assert_logged(level="INFO", logger="shop") is capture.records[0]


def test_clear_forgets_what_was_there(capture, shop):
    shop.info("item")
    capture.assert_logged("item")
    capture.clear()
    assert capture.records == ()
    capture.assert_not_logged("item")
    shop.info("item again")
    assert capture.assert_logged("item") is capture.records[0]


def test_a_logger_that_does_not_propagate_can_be_attached_and_detached(capture, shop):
    shop.propagate = False
    shop.info("unseen")
    capture.attach("shop")
    capture.attach(shop)
    shop.info("seen")
    capture.detach("shop")
    shop.info("unseen again")
    assert capture.messages == ("seen",)


def test_other_loggers_than_root_can_be_named(shop):
    with CaptureHandler("shop", logging.getLogger("audit")) as capture:
        shop.error("one")
        logging.getLogger("audit").error("two")
        logging.getLogger("other").error("three")
        logging.error("four")
    assert [record.getMessage() for record in capture.records] == ["one", "two"]


def test_a_record_that_passes_two_of_its_loggers_is_kept_once(capture, shop):
    shop.info("before")
    capture.attach("shop.db")
    capture.attach("shop")
    logging.getLogger("shop.db").info("pool ready")
    shop.info("pool ready")
    assert capture.messages == ("before", "pool ready", "pool ready")
    first = capture.records[0]
    capture.handle(first)
    assert len(capture.records) == 3
    capture.clear()
    capture.handle(first)
    logging.getLogger("shop.db").info("again")
    assert capture.messages == ("before", "again")


def test_records_of_many_threads_are_all_kept(capture, shop):
    def log():
        for number in range(500):
            shop.info("item %d", number)

    threads = [threading.Thread(target=log) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        capture.count("item 4")
    for thread in threads:
        thread.join()
    assert capture.count(re.compile("^item 499$")) == 4
    assert capture.count("item") == 2000


DICT = {
    "version": 1,
    "root": {"level": "INFO", "handlers": ["null"]},
    "handlers": {"null": {"class": "logging.NullHandler"}},
}
FILE = """\
[loggers]
keys=root
[handlers]
keys=null
[formatters]
keys=
[logger_root]
level=INFO
handlers=null
[handler_null]
class=NullHandler
args=()
"""


@pytest.mark.parametrize("how", ["dictConfig", "fileConfig", "basicConfig", "assigned", "cleared", "shutdown"])
def test_it_survives_what_reconfigures_logging(how, tmp_path):
    with LoggingSandbox(), CaptureHandler() as capture:
        root = logging.getLogger()
        root.error("before")
        if how == "dictConfig":
            logging.config.dictConfig(DICT)
        elif how == "fileConfig":
            (tmp_path / "logging.ini").write_text(FILE)
            logging.config.fileConfig(tmp_path / "logging.ini")
        elif how == "basicConfig":
            logging.basicConfig(force=True, handlers=[logging.NullHandler()])
        elif how == "assigned":
            root.handlers = []
        elif how == "cleared":
            root.handlers.clear()
        else:
            logging.shutdown()
        root.error("after")
        assert capture.messages == ("before", "after")


def test_a_wait_ends_with_the_record_that_another_thread_logs(capture, shop):
    shop.info("item 0")
    thread = threading.Thread(target=lambda: [shop.info("item %d", number) for number in range(1, 4)])
    thread.start()
    try:
        assert capture.wait_for("item 3", timeout=10) is capture.records[3]
        assert capture.wait_for("item", count=2, timeout=10) == capture.records[:2]
        assert capture.wait_for("item 2", level="INFO", timeout=0) is capture.records[2]
    finally:
        thread.join()


def test_an_arrival_wakes_every_thread_that_waits(shop):
    looked = threading.Semaphore(0)

    class Watched(CaptureHandler):
        def _first(self, matcher):
            found = super()._first(matcher)
            looked.release()
            return found

    found = []
    with Watched() as capture:
        threads = [
            threading.Thread(target=lambda: found.append(capture.wait_for("item", timeout=600))) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert looked.acquire(timeout=30)
        shop.info("item")
        for thread in threads:
            thread.join(timeout=30)
        assert found == [capture.records[0]] * 3


def test_before_its_start_and_after_its_end_it_judges_nothing(shop):
    handler = CaptureHandler()
    with pytest.raises(LifetimeError, match="has not been started"):
        handler.assert_logged("x")
    with handler:
        shop.info("item")
    shop.info("too late")
    assert len(handler.records) == 1
    for call in (handler.assert_logged, handler.assert_not_logged, handler.wait_for, handler.attach, handler.count):
        with pytest.raises(LifetimeError, match="used after its test"):
            call("x")
    for call in (handler.clear, lambda: handler.detach("root"), lambda: handler.assert_logged_in_order("x")):
        with pytest.raises(LifetimeError, match="used after its test"):
            call()


def test_its_end_leaves_nothing_behind():
    before = vars(logging.Logger).copy()
    with CaptureHandler("audit") as capture:
        assert capture not in logging.getLogger("audit").handlers
        capture.attach("root")
        assert vars(logging.Logger) != before
    assert vars(logging.Logger) == before


def test_the_report_of_a_failed_test_is_a_bounded_listing(capture, shop):
    assert capture._report() == ""
    for number in range(1000):
        shop.info("item %d", number)
    lines = capture._report().split("\n")
    assert lines[:2] == ["1,000 records, oldest first", "    [  0]  INFO     shop         'item 0'"]
    assert len(lines) < 30


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda capture: capture.assert_logged(b"x"),
            (
                "b'x' is a bytes: the text of a record is looked for with a str (contained in it) or a compiled regex "
                "of str (searched in it)"
            ),
        ),
        (
            lambda capture: capture.assert_logged("x", levle="INFO"),
            ("levle='INFO': a record has no such field; it has exc_info, extra, formatted, level, logger, min_level"),
        ),
        (
            lambda capture: capture.wait_for("x", count=0),
            "count=0: a wait ends when something comes; that nothing comes is for an assert",
        ),
        (
            lambda capture: capture.wait_for("x", timeout=float("inf")),
            "timeout=inf: a wait needs a finite number of seconds, 0 or more (every wait here ends)",
        ),
        (
            lambda capture: capture.assert_logged_in_order(),
            "assert_logged_in_order() without a step: name the records in the order they must have",
        ),
        (
            lambda capture: capture.assert_logged_in_order({"text": "x", "count": 2}),
            "{'text': 'x', 'count': 2}: a step is one record; name it again for each further one",
        ),
        (lambda capture: capture.attach(7), "logger=7: it is the name of a logger, or a logging.Logger"),
        (lambda capture: capture.detach("shop"), "logger='shop': this capture_handler is attached to root"),
    ],
)
def test_a_bad_argument_is_named(capture, call, message):
    with pytest.raises(ArgumentError) as caught:
        call(capture)
    assert str(caught.value) == message
