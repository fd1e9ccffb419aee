from __future__ import annotations

import copy
import dataclasses
import operator
import pickle
import threading

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._syslog import unread as module
from pytest_loghandlers.endpoints._syslog.message import SyslogMessage, parse
from pytest_loghandlers.endpoints._syslog.unread import unread, unread_run

FRAME = {"transport": "tcp", "framing": "nul", "flaw": "cut short", "arrival": 1.5, "damage": "cut"}
RAW = b"<131>shop[42]: disk full"
PARSED = parse(RAW, **FRAME)


@pytest.fixture
def parsings(monkeypatch):
    """The frames that have been parsed."""
    seen, fields_of = [], module.fields_of
    monkeypatch.setattr(module, "fields_of", lambda *frame: seen.append(frame[0]) or fields_of(*frame))
    return seen


def fresh():
    return unread(RAW, **FRAME)


def test_nothing_is_parsed_until_somebody_looks_and_then_once(parsings):
    message = fresh()
    kept = [message]
    assert isinstance(kept[0], SyslogMessage)
    assert parsings == []

    assert (message.text, message.severity, message.pri) == ("disk full", "err", 131)
    assert parsings == [RAW]


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(SyslogMessage)])
def test_every_field_may_be_the_first_that_is_looked_at(name):
    assert getattr(fresh(), name) == getattr(PARSED, name)


@settings(deadline=None)  # A busy machine is not slow code.
@given(st.binary(max_size=30) | st.binary(max_size=30).map(lambda tail: b"<14>" + tail))
@example(b"<14>1 2003-10-11T22:14:15Z h a p m - \xef\xbb\xbftext")
@example(b"<192>x")
def test_all_fields_are_those_of_a_message_parsed_at_once(raw):
    message = unread(raw, **FRAME)
    message.text  # noqa: B018 - it looks

    assert vars(message) == vars(parse(raw, **FRAME))
    assert list(vars(message)) == [field.name for field in dataclasses.fields(SyslogMessage)]


def test_a_run_has_what_its_transport_and_framing_say():
    first, second = unread_run([b"<14>a", b"<11>b"], "tcp", 2.5)

    assert first == parse(b"<14>a", transport="tcp", framing="nul")
    assert second == parse(b"<11>b", transport="tcp", framing="nul")
    assert (first.arrival, first.had_nul) == (2.5, True)


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(lambda message: message == PARSED, id="equal to one that was parsed"),
        pytest.param(lambda message: operator.eq(PARSED, message), id="one that was parsed equal to it"),
        pytest.param(lambda message: message == fresh(), id="two that nobody has looked at"),
        pytest.param(lambda message: message != dataclasses.replace(PARSED, text="other"), id="unequal"),
        pytest.param(lambda message: [PARSED, PARSED].count(message) == 2, id="contained"),
        pytest.param(lambda message: hash(message) == hash(PARSED), id="hash"),
        pytest.param(lambda message: {PARSED: 1}[message], id="key"),
        pytest.param(lambda message: repr(message) == repr(PARSED), id="repr"),
        pytest.param(lambda message: str(message) == str(PARSED), id="str"),
        pytest.param(lambda message: f"{message}" == str(PARSED), id="format"),
        pytest.param(lambda message: vars(message) == vars(PARSED), id="vars"),
        pytest.param(lambda message: dir(message) == dir(PARSED), id="dir"),
        pytest.param(lambda message: copy.copy(message) == PARSED, id="copy"),
        pytest.param(lambda message: type(copy.copy(message)) is SyslogMessage, id="class of the copy"),
        pytest.param(lambda message: dataclasses.replace(message, text="x").text == "x", id="replace"),
        pytest.param(lambda message: message.__class__ is SyslogMessage, id="class"),
        pytest.param(lambda message: not isinstance(message, int), id="isinstance"),
        pytest.param(lambda message: message.__eq__(PARSED) is True, id="method"),
    ],
)
def test_it_is_as_good_as_one_that_was_parsed_at_once(look):
    message = fresh()

    assert look(message)
    message.text  # noqa: B018 - it looks
    assert type(message) is SyslogMessage
    assert vars(message) == vars(PARSED)


def test_it_matches_by_structure():
    match fresh():
        case SyslogMessage(severity="err", text=text):
            assert text == "disk full"
        case other:
            pytest.fail(f"no match: {other}")


# The structured data of no message can be pickled or copied in depth where it is a MappingProxyType.
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda message: pickle.loads(pickle.dumps(message))])
def test_what_copies_in_depth_does_with_it_what_it_does_with_any_message(duplicate):
    def outcome(message):
        try:
            return vars(duplicate(message))
        except TypeError as error:
            return str(error)

    assert outcome(fresh()) == outcome(PARSED)


def test_its_class_shows_as_that_of_any_message():
    assert repr(type(fresh())) == repr(SyslogMessage)


def test_it_is_frozen_looked_at_or_not():
    message = fresh()
    with pytest.raises(dataclasses.FrozenInstanceError):
        message.text = "x"
    with pytest.raises(dataclasses.FrozenInstanceError):
        fresh().other = "x"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del fresh().text

    assert message == PARSED


def test_an_attribute_that_it_does_not_have_is_missed_as_in_any_message():
    with pytest.raises(AttributeError, match="'SyslogMessage' object has no attribute 'nope'"):
        fresh().nope  # noqa: B018 - it looks


def test_threads_that_look_at_once_all_see_the_whole_message():
    for _ in range(300):
        message, start, seen = fresh(), threading.Barrier(4), []

        def look(message=message, start=start, seen=seen):
            start.wait(10)
            seen.append((message == PARSED, message.text, message.pri, type(message)))

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

        assert seen == [(True, "disk full", 131, SyslogMessage)] * 4
