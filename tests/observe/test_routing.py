"""assert_routed: who got a record, who did not, and why; every message whole."""

import logging
import logging.handlers
import re
import threading

import pytest

from pytest_loghandlers import ArgumentError, HandlerSpy, UnknownHandlerError


class Plain(logging.Handler):
    def emit(self, record):
        pass


class Raising(logging.Handler):
    def emit(self, record):
        raise OSError("sink is gone")


@pytest.fixture
def shop(empty_tree):
    """A logger with a chain of its own, and named handlers on it."""
    made = logging.getLogger("shop")
    made.setLevel(logging.INFO)
    made.propagate = False
    yield made
    for handler in list(made.handlers):
        made.removeHandler(handler)
        handler.close()
    made.propagate = True
    made.setLevel(logging.NOTSET)


@pytest.fixture
def add(shop):
    def add(name, handler=None, level=logging.NOTSET):
        handler = handler or Plain()
        handler.name = name
        handler.setLevel(level)
        shop.addHandler(handler)
        return handler

    return add


@pytest.fixture
def spy(shop):
    """Watches only what the test names, so that other tests' handlers are in no text."""
    with HandlerSpy() as spy:
        yield spy


def text_of(judge, *args, **kwargs):
    with pytest.raises(AssertionError) as raised:
        judge(*args, **kwargs)
    return re.sub(r"\+\d+\.\d\d s", "+0.00 s", str(raised.value))


def test_the_first_event_is_returned_or_with_count_all(spy, shop, add):
    file, console = add("file"), add("console")
    shop.error("card declined")
    shop.error("card declined again")

    first = spy.assert_routed("card declined", to=["file", console])
    assert (first.kind, first.handler, first.message) == ("emitted", file, "card declined")
    both = spy.assert_routed(re.compile("^card"), to="file", count=2, level="ERROR", logger="shop")
    assert [event.message for event in both] == ["card declined", "card declined again"]
    assert spy.assert_routed("card declined", to="file", count=0, level="DEBUG") == ()
    assert spy.assert_routed("paid", not_to=["file", "console"]) is None


def test_a_handler_whose_level_stops_the_record(spy, shop, add):
    add("console")
    add("file", level=logging.ERROR)
    shop.info("item added")

    assert text_of(spy.assert_routed, "item added", to=["console", "file"]) == (
        "handler_spy never saw 'item added' emitted by 'file'\n"
        "\n"
        "  wanted    1 record whose message contains 'item added', emitted by 'console' and 'file'\n"
        "  handlers  2 watched\n"
        "      'console'  wanted      emitted it\n"
        "   ~  'file'     wanted      was never offered it\n"
        "  offered   1 time\n"
        "      [0]  +0.00 s  offered    console  INFO     shop         'item added'\n"
        "  hint      an INFO record from 'shop' reaches 'file' (Plain), but its level is ERROR\n"
        "              root   WARNING\n"
        "              └ shop INFO      handlers: console (Plain), file (Plain, ERROR)   propagate=False   "
        "<- it stops here"
    )


def test_a_record_that_was_offered_to_no_handler_is_shown_and_explained(spy, shop, add):
    add("file", level=logging.ERROR)
    shop.info("item added")

    assert text_of(spy.assert_routed, "item added", to="file") == (
        "handler_spy never saw 'item added' emitted by 'file'\n"
        "\n"
        "  wanted    1 record whose message contains 'item added', emitted by 'file'\n"
        "  handlers  1 watched\n"
        "   ~  'file'  wanted      was never offered it\n"
        "  logged    1 time\n"
        "      [0]  INFO     shop         'item added'\n"
        "  offered   no record to any handler\n"
        "  hint      an INFO record from 'shop' reaches 'file' (Plain), but its level is ERROR\n"
        "              root   WARNING\n"
        "              └ shop INFO      handlers: file (Plain, ERROR)   propagate=False   <- it stops here"
    )


def test_a_handler_whose_filter_refuses_and_one_that_was_not_meant(spy, shop, add):
    add("file").addFilter(lambda record: False)
    add("webhook")
    shop.error("card declined")

    assert text_of(spy.assert_routed, "card declined", to="file", not_to="webhook") == (
        "handler_spy never saw 'card declined' emitted by 'file'\n"
        "\n"
        "  wanted    1 record whose message contains 'card declined', emitted by 'file', not by 'webhook'\n"
        "  handlers  2 watched\n"
        "   ~  'file'     wanted      its filter refused it\n"
        "   ~  'webhook'  not wanted  emitted it\n"
        "  offered   2 times, oldest first\n"
        "      [0]  +0.00 s  offered    file  ERROR    shop         'card declined'\n"
        "      [1]  +0.00 s  offered    webhook  ERROR    shop         'card declined'"
    )


def test_a_handler_that_was_not_meant(spy, shop, add):
    add("file")
    add("webhook")
    shop.error("card declined")
    shop.error("card declined")

    assert text_of(spy.assert_routed, "card declined", to="file", not_to="webhook", level="ERROR") == (
        "handler_spy saw 'card declined' at ERROR emitted by 'webhook' 2 times, where it was not wanted\n"
        "\n"
        "  wanted    1 record whose message contains 'card declined' and whose level is ERROR, emitted by 'file', "
        "not by 'webhook'\n"
        "  handlers  2 watched\n"
        "      'file'     wanted      emitted it 2 times\n"
        "   ~  'webhook'  not wanted  emitted it 2 times\n"
        "  offered   4 times, oldest first\n"
        "      [0]  +0.00 s  offered    file  ERROR    shop         'card declined'\n"
        "      [1]  +0.00 s  offered    webhook  ERROR    shop         'card declined'\n"
        "      [2]  +0.00 s  offered    file  ERROR    shop         'card declined'\n"
        "      [3]  +0.00 s  offered    webhook  ERROR    shop         'card declined'"
    )


def test_a_record_that_came_past_the_level_of_a_target(spy, shop, add):
    target = Plain()
    target.name = "webhook"
    target.setLevel(logging.ERROR)
    add("memory", logging.handlers.MemoryHandler(1, target=target))
    shop.info("item added")

    assert text_of(spy.assert_routed, "item added", not_to=target) == (
        "handler_spy saw 'item added' emitted by 'webhook' once, where it was not wanted\n"
        "\n"
        "  wanted    a record whose message contains 'item added', not emitted by 'webhook'\n"
        "  handlers  2 watched\n"
        "   ~  'webhook'  not wanted  emitted it\n"
        "      'memory'               emitted it\n"
        "  offered   2 times, oldest first\n"
        "      [0]  +0.00 s  offered    memory  INFO     shop         'item added'\n"
        "      [1]  +0.00 s  offered    webhook  INFO     shop         'item added'\n"
        "  hint      'webhook' has level ERROR, but only a logger compares it: who passes records on\n"
        "            (MemoryHandler, QueueListener without respect_handler_level=True) does not"
    )
    target.close()


def test_the_wrong_number_of_records(spy, shop, add):
    add("file")
    shop.error("card declined")

    assert text_of(spy.assert_routed, "card declined", to="file", count=3) == (
        "handler_spy saw 'card declined' emitted by 'file' once, not 3\n"
        "\n"
        "  wanted    exactly 3 records whose message contains 'card declined', emitted by 'file'\n"
        "  handlers  1 watched\n"
        "   ~  'file'  wanted      emitted it\n"
        "  offered   1 time\n"
        "      [0]  +0.00 s  offered    file  ERROR    shop         'card declined'"
    )


def test_a_record_that_nobody_was_offered(spy, shop, add):
    add("file")
    shop.warning("card declined")

    assert text_of(spy.assert_routed, "card declined", to="file", logger="shop", level="ERROR") == (
        "handler_spy never saw 'card declined' from 'shop' at ERROR emitted by 'file'\n"
        "\n"
        "  wanted    1 record whose message contains 'card declined' and whose logger is 'shop' or below it and whose "
        "level is ERROR, emitted by 'file'\n"
        "  handlers  1 watched\n"
        "   ~  'file'  wanted      was never offered it\n"
        "  offered   1 record\n"
        "   ~  [0]  +0.00 s  offered    file  WARNING  shop         'card declined'      level is WARNING, not ERROR"
    )


def test_a_record_that_could_not_leave_its_logger(spy, shop, add):
    add("file")

    assert text_of(spy.assert_routed, to="file", logger="shop", level="DEBUG") == (
        "handler_spy never saw a record from 'shop' at DEBUG emitted by 'file'\n"
        "\n"
        "  wanted    1 record whose logger is 'shop' or below it and whose level is DEBUG, emitted by 'file'\n"
        "  handlers  1 watched\n"
        "   ~  'file'  wanted      was never offered it\n"
        "  offered   no record to any handler\n"
        "  hint      a DEBUG record cannot leave 'shop': its level is INFO\n"
        "              root   WARNING\n"
        "              └ shop INFO      handlers: file (Plain)   propagate=False   <- it stops here"
    )


def test_a_text_that_no_logger_lets_through_is_explained(spy, shop, monkeypatch, request):
    console = Plain()
    console.name = "console"
    request.addfinalizer(console.close)
    monkeypatch.setattr(logging.getLogger(), "handlers", [console])
    shop.setLevel(logging.NOTSET)
    monkeypatch.setattr(shop, "disabled", True)
    logging.getLogger("app").debug("pool ready")

    assert text_of(spy.assert_routed, "pool ready", to="console").split("\n")[-3:] == [
        "  offered   no record to any handler",
        "  hint      no record below WARNING can arrive: that is root's level, and no other logger has a lower one",
        "              1 logger is disabled: 'shop'",
    ]
    assert text_of(spy.assert_routed, "pool ready", to="console", logger="app").split("\n")[-3:] == [
        "  hint      a DEBUG record cannot leave 'app': its effective level is WARNING, set on root",
        "              root  WARNING   handlers: console (Plain)   <- it stops here",
        "              └ app (inherits)",
    ]


def test_a_near_miss_needs_no_hint(spy, shop, add):
    add("file")
    shop.error("card declined")

    assert "hint" not in text_of(spy.assert_routed, "card declined", to="file", logger="app")


def test_handlers_that_failed_raised_or_drop_it(spy, shop, add, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)

    class Failing(logging.Handler):
        def emit(self, record):
            try:
                raise OSError("disk full")
            except OSError:
                self.handleError(record)

    add("null", logging.NullHandler())
    add("failing", Failing())
    add("raising", Raising())
    with pytest.raises(OSError):
        shop.error("card declined")

    text = text_of(spy.assert_routed, "card declined", to=["null", "failing", "raising"])
    assert text.split("\n")[0] == ("handler_spy never saw 'card declined' emitted by 'null', 'failing' and 'raising'")
    assert text.split("\n")[3:7] == [
        "  handlers  3 watched",
        "   ~  'null'     wanted      was offered it, but handle() did not call emit()",
        "   ~  'failing'  wanted      handleError was called: OSError: disk full",
        "   ~  'raising'  wanted      raised: OSError: sink is gone",
    ]


def test_a_handler_that_is_still_inside_emit(spy, shop, add):
    inside, go = threading.Event(), threading.Event()

    class Stuck(logging.Handler):
        def emit(self, record):
            inside.set()
            go.wait(10)

    add("stuck", Stuck())
    thread = threading.Thread(target=shop.error, args=("card declined",))
    thread.start()
    inside.wait(10)
    try:
        text = text_of(spy.assert_routed, "card declined", to="stuck")
    finally:
        go.set()
        thread.join()
    assert "   ~  'stuck'  wanted      was offered it and has not returned" in text.split("\n")


def test_a_handler_that_was_cut_off(spy, shop, add):
    class Feeding(logging.Handler):
        def emit(self, record):
            logging.getLogger("shop.lib").info("sent")

    add("webhook", Feeding())
    shop.error("card declined")

    text = text_of(spy.assert_routed, "sent", to="webhook", count=9)
    assert "   ~  'webhook'  wanted      emitted it 4 times, was cut off, feeding itself" in text.split("\n")


def test_a_name_stands_for_every_handler_that_has_it(spy, shop, add):
    old = add("file")
    shop.removeHandler(old)
    old.close()
    new = add("file")
    shop.error("card declined")

    assert spy.assert_routed("card declined", to="file").handler is new
    assert spy.assert_routed("card declined", to="file#2", not_to=old).handler is new


def test_a_name_that_no_handler_has(spy, shop, add):
    add("file")
    with pytest.raises(UnknownHandlerError) as raised:
        spy.assert_routed("x", to="fiel")
    assert str(raised.value) == "handler_spy watches no handler named 'fiel'; it watches 'file'"


def test_what_is_not_a_handler(spy):
    with pytest.raises(ArgumentError) as raised:
        spy.assert_routed("x", to=3)
    assert str(raised.value) == ("to=3 is not a handler: give a logging.Handler, or the name of one that is watched")


def test_a_question_without_handlers(spy):
    with pytest.raises(ArgumentError) as raised:
        spy.assert_routed("x")
    assert str(raised.value) == "assert_routed without to= and not_to=: it judges which handlers got the record"
