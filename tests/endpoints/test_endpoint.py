from __future__ import annotations

import errno
import re
import threading
from dataclasses import dataclass

import pytest

from pytest_loghandlers import ArgumentError, LifetimeError
from pytest_loghandlers._base.match import Vocabulary
from pytest_loghandlers.endpoints._endpoint import Endpoint, malformed_field


@dataclass(frozen=True)
class Word:
    text: str
    malformed: str | None = None


class WordEndpoint(Endpoint[Word]):
    _who = "word_endpoint"

    def __init__(self):
        self.looked_at = threading.Event()
        words = Vocabulary[Word]("word", lambda word: word.text, (malformed_field(),))
        super().__init__(words, lambda word: repr(word.text), refresh=self.looked_at.set)

    def _start(self):
        super()._start()
        self._address = ("127.0.0.1", 4711)


@pytest.fixture
def endpoint():
    with WordEndpoint() as started:
        yield started


def test_it_has_an_address(endpoint):
    assert (endpoint.host, endpoint.port, endpoint.address) == ("127.0.0.1", 4711, ("127.0.0.1", 4711))


def test_what_arrives_is_judged(endpoint):
    endpoint._inbox.put(Word("one"))
    endpoint._inbox.put(Word("other"))

    assert endpoint._assert_received("one", None, {}) == Word("one")
    assert endpoint._assert_received("o", 2, {}) == (Word("one"), Word("other"))
    endpoint._assert_not_received("two", {})
    assert endpoint.received == (Word("one"), Word("other"))
    assert endpoint.received is endpoint.received


def test_a_wait_ends_with_the_arrival(endpoint):
    threading.Timer(0.02, endpoint._inbox.put, [Word("late")]).start()

    assert endpoint._wait_for("late", None, 5, {}) == Word("late")


def test_a_wait_of_another_thread_ends_when_the_endpoint_stops():
    failures = []

    def wait(endpoint):
        try:
            endpoint._wait_for("never", None, 60, {})
        except AssertionError as failure:
            failures.append(failure)

    with WordEndpoint() as endpoint:
        waiting = threading.Thread(target=wait, args=[endpoint])
        waiting.start()
        assert endpoint.looked_at.wait(5)
    waiting.join(5)

    assert len(failures) == 1


def test_an_error_of_its_own_is_in_every_failure_and_in_the_report_and_is_raised_at_the_end():
    with pytest.raises(ZeroDivisionError) as raised, WordEndpoint() as endpoint:
        try:
            1 / 0  # noqa: B018 - the error is what is wanted
        except ZeroDivisionError as error:
            endpoint._fault(error)
        with pytest.raises(AssertionError) as failure:
            endpoint._assert_received("x", None, {})
        report = endpoint._report()

    fault = "1 error in the endpoint's own code, the last: ZeroDivisionError: division by zero (line 0 of test_x)"
    without_place = re.compile(r"\(line \d+ of \w+\)")
    assert without_place.sub("(line 0 of test_x)", str(failure.value)) == (
        "word_endpoint never received 'x'\n"
        "\n"
        "  wanted    1 word whose text contains 'x'\n"
        "  received  no word\n"
        f"  fault     {fault}"
    )
    assert without_place.sub("(line 0 of test_x)", report) == f"fault: {fault}"
    assert raised.value.__notes__ == [
        "raised in the server code of word_endpoint, not in your test: please report it",
        "while word_endpoint was being stopped (its own server code had failed)",
    ]


def test_a_process_without_file_descriptors_is_told_of_once_and_is_no_bug_of_the_endpoint():
    endpoint = WordEndpoint().start()
    for _ in range(3):
        endpoint._fault(OSError(errno.EMFILE, "Too many open files"))

    with pytest.raises(OSError, match="Too many open files") as raised:
        endpoint.stop()

    assert raised.value.__notes__ == [
        "word_endpoint could not accept a connection: the process has no file descriptor left",
        "while word_endpoint was being stopped (its own server code had failed)",
    ]


def test_several_errors_of_its_own_are_raised_together():
    endpoint = WordEndpoint().start()
    endpoint._fault(ValueError("one"))
    endpoint._fault(ValueError("two"))

    with pytest.raises(ExceptionGroup, match="the server code of word_endpoint failed 2 times"):
        endpoint.stop()


def test_the_report_lists_what_came(endpoint):
    assert endpoint._report() == ""

    endpoint._inbox.put(Word("one"))

    assert endpoint._report() == "1 word\n    [0]  'one'"


def test_the_report_of_a_flood_is_bounded(endpoint):
    for _ in range(10_000):
        endpoint._inbox.put(Word("x"))

    assert len(endpoint._report().splitlines()) < 30


def test_the_report_can_still_be_read_after_the_end():
    with WordEndpoint() as endpoint:
        endpoint._inbox.put(Word("one"))

    assert endpoint._report() == "1 word\n    [0]  'one'"


def test_malformed_is_asked_for_with_true_or_false(endpoint):
    endpoint._inbox.put(Word("good"))
    endpoint._inbox.put(Word("bad", "cut off"))

    assert endpoint._assert_received(None, None, {"malformed": True}).text == "bad"
    assert endpoint._assert_received(None, None, {"malformed": False}).text == "good"
    with pytest.raises(ArgumentError, match=r"^malformed=1: it is True or False$"):
        endpoint._assert_received(None, None, {"malformed": 1})


def test_unused_it_says_how_it_is_started():
    with pytest.raises(LifetimeError) as refusal:
        _ = WordEndpoint().address

    assert str(refusal.value) == (
        "this word_endpoint has not been started: use the fixture, or `with WordEndpoint() as ...`"
    )


def test_a_failure_says_which_fault_is_in_force(syslog):
    syslog.refuse()
    syslog.reset(times=2)

    with pytest.raises(AssertionError) as failure:
        syslog.assert_received("x")
    assert "\n  network   refusing connections; to come: " in str(failure.value)

    syslog.recover()
    with pytest.raises(AssertionError) as failure:
        syslog.assert_received("x")
    assert "network" not in str(failure.value)
