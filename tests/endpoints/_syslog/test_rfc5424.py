from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._syslog.rfc5424 import calendar_fault, read_header

names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=32).filter(lambda s: s != "-")
identities = st.from_regex(r"\A[a-zA-Z]{1,8}@[0-9]{1,5}(\.[0-9]{1,3}){0,2}\Z")
keys = st.from_regex(r"\A[a-zA-Z0-9_.:-]{1,32}\Z")
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def escaped(value):
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def test_every_part_of_the_header_is_told_apart():
    header = read_header(b'1 2003-10-11T22:14:15.003Z web1 shop 42 ID47 [a@1 k="v"] hello world')

    assert header.timestamp == "2003-10-11T22:14:15.003Z"
    assert (header.hostname, header.app_name, header.procid, header.msgid) == ("web1", "shop", "42", "ID47")
    assert header.structured_data == {"a@1": {"k": "v"}}
    assert header.message == b"hello world"
    assert header.flaws == []


def test_a_part_that_is_absent_is_none():
    header = read_header(b"1 - - - - - -")

    assert (header.timestamp, header.hostname, header.app_name, header.procid, header.msgid) == (None,) * 5
    assert (header.structured_data, header.message, header.flaws) == ({}, b"", [])


def test_a_name_that_comes_twice_has_all_its_values():
    header = read_header(b'1 - - - - - [origin ip="192.0.2.1" software="x" ip="192.0.2.2" ip="192.0.2.3"]')

    assert header.structured_data == {"origin": {"ip": ("192.0.2.1", "192.0.2.2", "192.0.2.3"), "software": "x"}}
    assert header.flaws == []


def test_only_three_escapes_are_undone():
    header = read_header(rb'1 - - - - - [a@1 k="\"\\\]\n\x"] m')

    assert header.structured_data == {"a@1": {"k": '"\\]\\n\\x'}}
    assert header.flaws == []


@pytest.mark.parametrize(
    ("stamp", "flaw"),
    [
        ("2003-10-11T22:14:15.1234567Z", "is not like 2003-10-11T22:14:15.003Z"),
        ("2003-10-11T22:14:15", "is not like"),
        ("2003-10-11t22:14:15Z", "is not like"),
        ("2003-10-11T22:14:15z", "is not like"),
        ("2003-10-11T22:14:15,5Z", "is not like"),
        ("2003-02-29T22:14:15Z", "there is no day 29 in month 2"),
        ("2003-13-01T22:14:15Z", "there is no month 13"),
        ("2016-12-31T23:59:60Z", "there is no 23:59:60"),
        ("2003-10-11T22:14:15+24:00", "there is no such offset"),
    ],
)
def test_a_timestamp_that_is_none_is_not_given_as_one(stamp, flaw):
    header = read_header(f"1 {stamp} - - - - - m".encode())

    assert header.timestamp is None
    assert len(header.flaws) == 1
    assert header.flaws[0].startswith(f"timestamp {stamp!r}")
    assert flaw in header.flaws[0]
    assert header.message == b"m"


@pytest.mark.parametrize(
    "stamp",
    ["2004-02-29T00:00:00Z", "2003-10-11T22:14:15.123456-07:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00"],
)
def test_a_timestamp_of_the_grammar_is_taken(stamp):
    header = read_header(f"1 {stamp} - - - - - m".encode())

    assert header.timestamp == stamp
    assert header.flaws == []


@pytest.mark.parametrize(
    ("content", "flaws"),
    [
        (b"1 - - - -", ["the header ends before MSGID (RFC 5424 6)"]),
        (b"1 -", ["the header ends before HOSTNAME (RFC 5424 6)"]),
        (b"1 - - - - -", ["the header ends before STRUCTURED-DATA (RFC 5424 6)"]),
        (b"1 - - - - - ", ["no STRUCTURED-DATA where it should be: '-' stands for none (RFC 5424 6.3)"]),
        (b"1 - - - - - hello", ["no STRUCTURED-DATA where it should be: '-' stands for none (RFC 5424 6.3)"]),
        (b"1 -  - - - - m", ["HOSTNAME is empty: '-' stands for none (RFC 5424 6)"]),
        (b"1 - h\xc3\xb6st - - - - m", ["HOSTNAME holds characters other than printable ASCII (RFC 5424 6)"]),
        (b"1 - - " + b"a" * 49 + b" - - - m", ["APP-NAME has 49 octets, more than 48 (RFC 5424 6)"]),
        (b"1 - - - - " + b"a" * 33 + b" - m", ["MSGID has 33 octets, more than 32 (RFC 5424 6)"]),
        (b'1 - - - - - [a@x k="v"] m', ["SD-ID a@x is not name@number (RFC 5424 6.3.2)"]),
        (b'1 - - - - - [a@1 k="\xff"] m', ["the value of k is not UTF-8 (RFC 5424 6.3.3)"]),
        (b"1 - - - - - [a@1 k=v] m", ["STRUCTURED-DATA is broken at its octet 5 (RFC 5424 6.3)"]),
    ],
)
def test_each_breach_of_the_grammar_has_its_reason(content, flaws):
    assert read_header(content).flaws == flaws


def test_broken_structured_data_stays_in_the_message():
    header = read_header(b'1 - web1 - - - [a@1 k="v" hello')

    assert header.hostname == "web1"
    assert header.structured_data == {}
    assert header.message == b'[a@1 k="v" hello'


def test_a_moment_that_does_not_exist_says_why():
    assert calendar_fault(2004, 2, 29, 23, 59, 59) is None
    assert calendar_fault(2003, 2, 29, 0, 0, 0) == "there is no day 29 in month 2"
    assert calendar_fault(2003, 0, 1, 0, 0, 0) == "there is no month 0"
    assert calendar_fault(2003, 1, 1, 24, 0, 0) == "there is no 24:00:00"


@settings(deadline=None)  # A busy machine is not slow code.
@given(
    st.tuples(names, names, names, names),
    st.dictionaries(identities, st.dictionaries(keys, values, max_size=3), max_size=3),
    st.binary(max_size=30).filter(lambda data: not data.startswith(b"\xef\xbb\xbf")),
)
def test_what_the_grammar_allows_comes_back_as_it_was(header, data, message):
    elements = "".join(
        f"[{identity}{''.join(f' {key}={chr(34)}{escaped(value)}{chr(34)}' for key, value in params.items())}]"
        for identity, params in data.items()
    )
    content = f"1 - {' '.join(header)} {elements or '-'} ".encode() + message

    read = read_header(content)

    assert (read.hostname, read.app_name, read.procid, read.msgid) == header
    assert read.structured_data == data
    assert read.message == message
    assert read.flaws == []


@settings(deadline=None)  # A busy machine is not slow code.
@given(
    st.lists(
        st.sampled_from([b" ", b"-", b"[", b"]", b'"', b"\\", b"=", b"a@1", b'k="v"', b"\xef\xbb\xbf", b"\0"])
        | st.binary(max_size=4),
        max_size=20,
    ).map(b"".join)
)
def test_no_octets_are_too_strange_to_be_read(content):
    header = read_header(b"1 " + content)

    assert content.endswith(header.message)
    assert header.flaws or content.count(b" ") >= 5
