from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._syslog.message import FACILITIES, SEVERITIES, decoded, parse


def test_what_python_sends_by_default_is_text_and_nothing_is_invented():
    message = parse(b"<14>hello world\0")

    assert (message.facility, message.severity, message.text) == ("user", "info", "hello world")
    assert (message.timestamp, message.hostname, message.app_name, message.procid) == (None, None, None, None)
    assert message.raw == b"<14>hello world\0"
    assert message.malformed is None


def test_the_ident_of_a_handler_is_the_app_name():
    message = parse(b"<134>shop[42]: hello\0")

    assert (message.facility, message.app_name, message.procid, message.text) == ("local0", "shop", "42", "hello")


def test_a_traceback_in_a_datagram_is_one_text():
    message = parse(b"<11>shop: boom\nTraceback (most recent call last):\n  ...\nValueError: no\0")

    assert message.text == "boom\nTraceback (most recent call last):\n  ...\nValueError: no"


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org: down",
        "C:\\temp is full",
        "std::vector is empty",
        "12:30 is too late",
        '{"event": "login"}',
        "[worker-1] started",
        "a word: later",
    ],
)
def test_what_only_looks_like_a_tag_stays_text(text):
    message = parse(b"<14>" + text.encode())

    assert message.app_name is None
    assert message.text == text


def test_every_pri_has_its_keywords():
    for value in range(192):
        message = parse(f"<{value}>x".encode())

        assert (message.facility, message.severity) == (FACILITIES[value // 8], SEVERITIES[value % 8])


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty: not one byte"),
        (b"hello", "no PRI: it does not begin with <number>"),
        (b"<14", "no usable PRI: '<14' is not closed by '>' after at most three digits"),
        (b"<", "no usable PRI: '<' is not closed by '>' after at most three digits"),
        (b"<x>y", "no usable PRI: <x> is not a number of one to three digits"),
        (b"<999>y", "no usable PRI: <999> is above <191> (facility local7, severity debug)"),
        (
            b"<1030>y",
            (
                "no usable PRI: <1030> is above <191> (facility local7, severity debug); was a facility of the syslog "
                "module (128) given?"
            ),
        ),
        (b"<014>y", "the PRI <014> has a leading zero (RFC 3164 4.1.1)"),
        (b"<14>1 apples", "begins with '1 ' like RFC 5424, but no timestamp follows: daemons will misread it"),
        (b"<14>2 - - - - - -", "version 2 of the syslog format is unknown (RFC 5424 has 1)"),
        (
            b"<14>Feb 30 10:00:00 host app: x",
            "timestamp 'Feb 30 10:00:00': there is no day 30 in month 2 (RFC 3164 4.1.2)",
        ),
    ],
)
def test_what_breaks_a_rule_is_kept_with_the_reason(raw, reason):
    message = parse(raw)

    assert message.malformed == reason
    assert message.raw == raw


def test_the_reason_of_the_framing_leads():
    message = parse(b"hello", transport="tcp", framing="eof", flaw="cut short")

    assert message.malformed == "cut short; no PRI: it does not begin with <number>"
    assert (message.transport, message.framing) == ("tcp", "eof")


def test_a_text_that_begins_like_rfc_5424_stays_whole():
    assert parse(b"<14>1 apples and pears").text == "1 apples and pears"


def test_bytes_that_are_not_utf_8_are_shown_and_kept():
    message = parse(b"<14>caf\xe9\0")

    assert message.text == "caf\\xe9"
    assert message.raw == b"<14>caf\xe9\0"


def test_a_bom_before_the_text_is_no_part_of_it():
    assert decoded(b"\xef\xbb\xbfcaf\xc3\xa9") == "caf\u00e9"


def test_a_message_cannot_be_changed():
    message = parse(b'<14>1 - - - - - [a@1 k="v"] x')

    with pytest.raises(AttributeError):
        message.text = "y"
    with pytest.raises(TypeError):
        message.structured_data["b@1"] = {}
    with pytest.raises(TypeError):
        message.structured_data["a@1"]["k"] = "w"


def test_equal_messages_are_equal_whenever_they_came():
    first, second = parse(b"<14>x", arrival=1.0), parse(b"<14>x", arrival=2.0)

    assert first == second
    assert hash(first) == hash(second)


@settings(deadline=None)  # A busy machine is not slow code.
@given(st.binary(max_size=200))
@example(b'<14>1 - - - - - [a@1 k="\\')
@example(b"<14>\xff\xfe: x")
@example(b"<\xb2>x")
@example(b"<14>Jan  0 99:99:99 : ")
def test_no_bytes_are_too_strange_to_be_kept(raw):
    message = parse(raw)

    assert message.raw == raw
    assert isinstance(message.text, str)
    assert (message.facility is None) == (message.severity is None)
    if message.facility is None:
        assert message.malformed


@settings(deadline=None)  # A busy machine is not slow code.
@given(
    st.sampled_from(FACILITIES),
    st.sampled_from(SEVERITIES),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=60),
)
def test_a_text_behind_an_ident_comes_back_as_it_was(facility, severity, text):
    pri = FACILITIES.index(facility) * 8 + SEVERITIES.index(severity)

    message = parse(f"<{pri}>shop: {text}\0".encode())

    assert (message.facility, message.severity, message.app_name) == (facility, severity, "shop")
    assert message.text == re.sub(r"\n\Z", "", text)
    assert message.malformed is None


@pytest.mark.parametrize(
    ("raw", "bom", "nul"),
    [
        (b"<14>x", False, False),
        (b"<14>x\0", False, True),
        (b"<14>x\0y", False, False),
        (b"<14>x\0\n", False, False),
        (b"<14>\xef\xbb\xbfx\0", True, True),
        (b"<14>shop: \xef\xbb\xbfx", True, False),
        (b"<14>1 - - - - - - \xef\xbb\xbfx", True, False),
        (b"\xef\xbb\xbfx", True, False),
        (b"x\0", False, True),
    ],
)
def test_a_bom_and_a_nul_that_came_with_it_are_told(raw, bom, nul):
    message = parse(raw)

    assert (message.had_bom, message.had_nul) == (bom, nul)
    assert "\ufeff" not in message.text


def test_a_nul_that_ended_it_on_a_stream_came_with_it():
    assert parse(b"<14>x", transport="tcp", framing="nul").had_nul
    assert not parse(b"<14>x", transport="tcp", framing="lf").had_nul


def test_the_number_of_the_pri_is_kept_when_it_is_one():
    assert [parse(raw).pri for raw in (b"<0>x", b"<191>x", b"<014>x", b"<192>x", b"x")] == [0, 191, 14, None, None]


def test_what_the_framing_did_to_it_is_kept():
    message = parse(b"<14>x", flaw="cut short", damage="cut")

    assert (message.damage, message.malformed) == ("cut", "cut short")


@settings(deadline=None)  # A busy machine is not slow code.
@given(st.binary(max_size=100).filter(lambda raw: raw[-1:] not in (b"\0", b"\n")), st.sampled_from([b"\0", b"\n\0"]))
def test_what_ends_a_message_changes_nothing_else_in_it(raw, end):
    bare, ended = parse(b"<14>" + raw), parse(b"<14>" + raw + end)

    assert replace(ended, raw=bare.raw, had_nul=False) == bare


@settings(deadline=None)  # A busy machine is not slow code.
@given(st.integers(0, 70))
def test_half_a_message_gives_what_has_come_of_it(length):
    whole = b'<165>1 2003-10-11T22:14:15.003Z web1 shop 42 ID47 [a@1 k="v"] hello'

    part, message = parse(whole[:length]), parse(whole)

    for name in ("facility", "severity", "timestamp", "hostname", "app_name", "procid", "msgid"):
        got, full = getattr(part, name), getattr(message, name)
        assert got is None or name != "timestamp" or got == full
        assert got is None or full.startswith(got)
    assert part.malformed or length in (5, 6) or message.structured_data == part.structured_data
