from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from pytest_loghandlers import ArgumentError
from pytest_loghandlers._base.match import Field, Vocabulary, equal, one_of, say_wanted


@dataclass
class Message:
    text: object
    severity: str = "info"
    host: object = None


class Rude:
    def __str__(self):
        raise ZeroDivisionError

    def __eq__(self, other):
        raise ZeroDivisionError

    __hash__ = None


SEVERITY = Field(
    "severity",
    lambda message: message.severity,
    accept=one_of("severity", "info", "warning", "error"),
    say=str,
    brief=lambda wanted: f"at severity {wanted}",
)
HOST = Field("host", lambda message: message.host)
MESSAGES = Vocabulary("message", lambda message: str(message.text), [SEVERITY, HOST])
EVENTS = Vocabulary("event", str, text_name="name")

POOL = Message("pool ready")
VAR = Message("disk full on /var", "warning", "db1")
HTTP = Message("timeout after 5 s", "error", "web")
ALL = [POOL, VAR, HTTP]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, ALL),
        ({"text": "disk full"}, [VAR]),
        ({"text": "disk full on /var and more"}, []),
        ({"text": re.compile(r"^\w+ (full|ready)")}, [POOL, VAR]),
        ({"text": re.compile("FULL")}, []),
        ({"severity": "error"}, [HTTP]),
        ({"text": "o", "severity": "info"}, [POOL]),
        ({"host": "db1"}, [VAR]),
        ({"host": re.compile("^w")}, [HTTP]),
        ({"host": None}, ALL),
        ({"text": "disk full", "severity": "error"}, []),
    ],
)
def test_what_is_asked_for_is_found_in_its_order(arguments, found):
    assert MESSAGES.matcher(**arguments).find(ALL) == found


@pytest.mark.parametrize("message", ALL)
@pytest.mark.parametrize("arguments", [{"text": "disk"}, {"severity": "error"}, {"text": "t", "host": "web"}])
def test_the_quick_answer_and_the_explained_one_agree(message, arguments):
    matcher = MESSAGES.matcher(**arguments)

    assert matcher.matches(message) is (matcher.faults(message) == [])


@pytest.mark.parametrize(("count", "satisfying"), [(None, {1, 2, 3}), (0, {0}), (1, {1}), (2, {2})])
def test_without_a_count_one_is_enough_and_with_one_it_is_exact(count, satisfying):
    matcher = MESSAGES.matcher(count=count)

    assert {found for found in range(4) if matcher.satisfied(found)} == satisfying


def test_every_reason_of_a_miss_is_told_the_texts_first():
    assert MESSAGES.matcher("pool", severity="error", host=re.compile("db")).faults(HTTP) == [
        "text does not contain 'pool'",
        "host is 'web', not /db/",
    ]
    assert MESSAGES.matcher(re.compile("^full"), severity="error").faults(VAR) == [
        "text does not match /^full/",
        "severity is warning, not error",
    ]


def test_what_cannot_be_read_or_compared_is_a_miss_with_a_reason():
    rude = Message(Rude(), host=Rude())

    assert MESSAGES.matcher("x").faults(rude) == ["text cannot be read: ZeroDivisionError"]
    assert MESSAGES.matcher(host="x").faults(rude) == ["host cannot be compared: ZeroDivisionError"]
    assert MESSAGES.matcher(severity="info").faults(object()) == ["severity cannot be read: AttributeError"]
    assert not MESSAGES.matcher("x").matches(rude)
    assert not MESSAGES.matcher(host="x").matches(rude)
    assert not MESSAGES.matcher(severity="info").matches(object())


def test_the_nearest_miss_fails_in_exactly_one_condition_and_its_text_fits():
    assert MESSAGES.matcher("disk full", severity="error").nearest(ALL) == {1: "severity is warning, not error"}


def test_what_fails_in_two_conditions_is_not_near():
    assert MESSAGES.matcher("disk full", severity="error", host="web").nearest([VAR]) == {}


def test_of_several_near_misses_the_last_is_taken():
    assert MESSAGES.matcher("disk", severity="error").nearest([VAR, VAR, POOL]) == {1: "severity is warning, not error"}


def test_a_message_that_only_lacks_the_text_is_not_near():
    assert MESSAGES.matcher("disk full", severity="error").nearest([HTTP]) == {}


def test_with_one_condition_everything_is_equally_far():
    assert MESSAGES.matcher("disk full").nearest(ALL) == {}


def test_the_nearest_miss_is_sought_only_among_the_last():
    assert MESSAGES.matcher("disk", severity="error").nearest([VAR, POOL, POOL], limit=2) == {}


@pytest.mark.parametrize(
    ("arguments", "brief", "wanted"),
    [
        ({}, "a message", "1 message"),
        ({"text": "disk full"}, "'disk full'", "1 message whose text contains 'disk full'"),
        ({"text": re.compile("^d")}, "/^d/", "1 message whose text matches /^d/"),
        ({"severity": "error"}, "a message at severity error", "1 message whose severity is error"),
        (
            {"text": "disk full", "severity": "error", "count": 2},
            "'disk full' at severity error",
            "exactly 2 messages whose text contains 'disk full' and whose severity is error",
        ),
        ({"host": re.compile("d")}, "a message with host /d/", "1 message whose host matches /d/"),
        ({"host": "db1", "count": 0}, "a message with host 'db1'", "exactly no message whose host is 'db1'"),
    ],
)
def test_what_was_asked_for_in_words(arguments, brief, wanted):
    matcher = MESSAGES.matcher(**arguments)

    assert matcher.brief == brief
    assert matcher.wanted == wanted


def test_another_kind_of_thing_has_its_own_nouns():
    matcher = EVENTS.matcher("flush")

    assert EVENTS.matcher().brief == "an event"
    assert matcher.wanted == "1 event whose name contains 'flush'"
    assert matcher.faults("emit") == ["name does not contain 'flush'"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"text": 5},
            (
                "5 is an int: the text of a message is looked for with a str (contained in it) or a compiled regex of "
                "str (searched in it)"
            ),
        ),
        (
            {"text": re.compile(b"x")},
            (
                "re.compile(b'x') is a Pattern: the text of a message is looked for with a str (contained in it) or a "
                "compiled regex of str (searched in it)"
            ),
        ),
        ({"severity": "fatal"}, "severity='fatal': it is one of info, warning, error"),
        ({"facility": "user"}, "facility='user': a message has no such field; it has host, severity"),
        ({"count": -1}, "count=-1: it is how many must match, a whole number from 0"),
        ({"count": True}, "count=True: it is how many must match, a whole number from 0"),
        ({"count": 1.0}, "count=1.0: it is how many must match, a whole number from 0"),
    ],
)
def test_an_argument_that_cannot_be_meant_is_refused_with_what_would_do(arguments, message):
    with pytest.raises(ArgumentError) as caught:
        MESSAGES.matcher(**arguments)

    assert str(caught.value) == message


def test_a_regex_is_searched_in_the_text_of_what_is_there_and_never_in_nothing():
    assert equal(re.compile("5"), 1_500)
    assert not equal(re.compile("None"), None)
    assert not equal(5, "5")


def test_a_long_regex_is_shown_in_short():
    assert len(say_wanted(re.compile("x" * 1000))) == 102
