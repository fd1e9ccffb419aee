from __future__ import annotations

import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._smtp.mail import Mail
from pytest_loghandlers.endpoints._smtp.verdicts import KEYS, at_most, busiest, one_per_key, one_per_record, records_of

PER_WHAT = (
    "one mail per what? A list of log records or of their messages, a function of a mail, or one of 'connection', "
    "'subject', 'text'"
)


def mails(*texts, every=1.0):
    return [
        Mail("a@x", ("b@x",), f"Subject: s\r\n\r\n{text}\r\n".encode(), index * every, connection=index + 1)
        for index, text in enumerate(texts)
    ]


def record(message, *arguments):
    return logging.LogRecord("shop", logging.ERROR, "shop.py", 1, message, arguments, None)


def failure(call, *arguments):
    with pytest.raises(AssertionError) as raised:
        call("smtp_endpoint", *arguments)
    return str(raised.value)


def test_each_record_has_its_mail_in_the_order_of_the_records():
    came = mails("ERROR item 10", "ERROR item 1", "twice", "twice")

    found = one_per_record("e", [record("item %d", 1), record("item %d", 10), record("twice"), "twice"], came)

    assert found == (came[1], came[0], came[2], came[3])


def test_no_record_and_no_mail_is_well():
    assert one_per_record("e", [], []) == ()


def test_what_is_wrong_with_records_and_mails_is_told():
    came = mails("lost and found", "twice", "twice", "one and the other", "who knows")
    logged = [record("lost"), record("twice"), record("one"), record("the other"), "gone"]

    assert failure(one_per_record, logged, came) == (
        "smtp_endpoint did not receive one mail per record: 1 record without a mail, 1 record with more than one, "
        "1 mail with more than one record, 1 mail of no record\n"
        "\n"
        "  wanted    5 records, each in a mail of its own, and no other mail\n"
        "  missing   [4]  'gone'\n"
        "  twice     [1]  ERROR    shop         'twice'  in [1], [2]\n"
        "  shared    mail [3] has 2 records: [2], [3]\n"
        "  strange   mail [4]  'who knows'\n"
        "  received  5 mails, oldest first\n"
        "      [0]  +0.00 s  a@x -> b@x  's'  'lost and found'\n"
        "      [1]  +1.00 s  a@x -> b@x  's'  'twice'\n"
        "      [2]  +2.00 s  a@x -> b@x  's'  'twice'\n"
        "      [3]  +3.00 s  a@x -> b@x  's'  'one and the other'\n"
        "      [4]  +4.00 s  a@x -> b@x  's'  'who knows'"
    )


def test_many_missing_records_are_counted():
    text = failure(one_per_record, [f"record {number}" for number in range(13)], [])

    assert text.startswith("smtp_endpoint did not receive one mail per record: 13 records without a mail\n")
    assert "          [9]  'record 9'\n            ... 3 more\n" in text


def test_one_mail_per_key():
    came = mails("a", "b", "a", "c", "c")

    assert failure(one_per_key, "text", KEYS["text"], came) == (
        "smtp_endpoint did not receive one mail per text: 2 texts with more than one\n"
        "\n"
        "  wanted    mails of which no two have the same text\n"
        "  twice     'a'  in [0], [2]\n"
        "            'c'  in [3], [4]\n"
        "  received  5 mails, oldest first\n"
        "      [0]  +0.00 s  a@x -> b@x  's'  'a'\n"
        "      [1]  +1.00 s  a@x -> b@x  's'  'b'\n"
        "      [2]  +2.00 s  a@x -> b@x  's'  'a'\n"
        "      [3]  +3.00 s  a@x -> b@x  's'  'c'\n"
        "      [4]  +4.00 s  a@x -> b@x  's'  'c'"
    )
    assert one_per_key("e", "connection", KEYS["connection"], came) == tuple(came)


def test_a_connection_without_a_mail_is_told():
    assert failure(one_per_key, "connection", KEYS["connection"], mails("a"), [2, 3]) == (
        "smtp_endpoint did not receive one mail per connection: 2 connections with none\n"
        "\n"
        "  wanted    mails of which no two have the same connection, and no connection without one\n"
        "  none      2\n"
        "            3\n"
        "  received  1 mail\n"
        "      [0]  +0.00 s  a@x -> b@x  's'  'a'"
    )


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (3, f"3: {PER_WHAT}"),
        ("record", f"'record': {PER_WHAT}"),
        ([3], "the records have 3 among them: each is a log record, or a message as str"),
    ],
)
def test_what_cannot_be_meant_is_said(what, text):
    with pytest.raises(ArgumentError) as raised:
        records_of(what)

    assert str(raised.value) == text


def test_a_flood_is_the_most_in_any_window():
    came = mails("a", "b", "c", "d", every=0.5)

    assert at_most("e", ("a mail", ""), came, 3, 1.0) == tuple(came)
    assert failure(at_most, ("a mail", ""), came, 2, 1.0) == (
        "smtp_endpoint received 3 mails within 1.00 s, not at most 2\n"
        "\n"
        "  wanted    at most 2 mails in any 1 s\n"
        "  received  3 mails, oldest first\n"
        "      [0]  +0.00 s  a@x -> b@x  's'  'a'\n"
        "      [1]  +0.50 s  a@x -> b@x  's'  'b'\n"
        "      [2]  +1.00 s  a@x -> b@x  's'  'c'\n"
        "  of        4 mails in all"
    )


def test_too_many_in_all():
    assert failure(at_most, ("'a' to 'b@x'", "whose text contains 'a'"), mails("a"), 0, None) == (
        "smtp_endpoint received 1 mail for 'a' to 'b@x', not at most 0\n"
        "\n"
        "  wanted    at most 0 mails in all whose text contains 'a'\n"
        "  received  1 mail\n"
        "      [0]  +0.00 s  a@x -> b@x  's'  'a'"
    )


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(1, 20))
def test_the_busiest_window_is_the_busiest(moments, per):
    came = [Mail(arrival=float(moment)) for moment in sorted(moments)]
    most = max((sum(start <= other <= start + per for other in moments) for start in moments), default=0)

    first, end = busiest(came, per)

    assert end - first == most
    assert not came or came[end - 1].arrival - came[first].arrival <= per


def test_a_regex_is_no_list_of_records():
    with pytest.raises(ArgumentError):
        records_of(re.compile("x"))
