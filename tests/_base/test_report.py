from __future__ import annotations

import pytest

from pytest_loghandlers._base.report import a, cut, layout, listing, plural, show


class Rude:
    def __repr__(self):
        raise ValueError("no")


@pytest.mark.parametrize("width", [10, 11, 50, 100])
def test_a_long_text_keeps_both_ends_and_exactly_the_width(width):
    text = "a" * 500 + "b" * 500

    short = cut(text, width)

    assert len(short) == width
    assert short.startswith("aaa")
    assert short.endswith("bb")
    assert "..." in short


def test_a_text_that_fits_is_left_alone():
    assert cut("x" * 100) == "x" * 100


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("disk full", "'disk full'"),
        ("two\nlines", r"'two\nlines'"),
        (b"\x00a", r"b'\x00a'"),
        (None, "None"),
        (Rude(), "<Rude whose repr raises ValueError>"),
    ],
)
def test_show_is_the_repr_and_survives_what_raises(value, text):
    assert show(value) == text


def test_show_keeps_a_repr_with_line_breaks_on_one_line():
    class Tall:
        def __repr__(self):
            return "first\r\nsecond"

    assert show(Tall()) == r"first\r\nsecond"


@pytest.mark.parametrize("huge", ["a" * 50_000_000 + "z", b"a" * 50_000_000 + b"z"], ids=["str", "bytes"])
def test_show_spares_the_repr_of_megabytes(huge):
    text = show(huge)

    assert len(text) == 100
    assert text.startswith(("'aaa", "b'aaa"))
    assert text.endswith("aaz'")


def test_show_never_asks_for_the_whole_repr_of_a_long_text():
    class Long(str):
        __slots__ = ()

        def __repr__(self):
            raise MemoryError

    assert show(Long("a" * 1_000)) == f"'{'a' * 63}...{'a' * 32}'"


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (0, "message", "no message"),
        (1, "message", "1 message"),
        (2, "message", "2 messages"),
        (12_345, "message", "12,345 messages"),
        (2, "reply", "2 replies"),
        (2, "key", "2 keys"),
        (3, "process", "3 processes"),
    ],
)
def test_plural_counts_in_english(count, noun, text):
    assert plural(count, noun) == text


def test_a_noun_has_its_article():
    assert (a("message"), a("event")) == ("a message", "an event")


def test_a_layout_is_a_headline_that_stands_alone_and_labelled_sections():
    assert layout(
        "syslog_endpoint never received 'disk full'",
        ("wanted", "1 message"),
        ("received", "2 messages\n    [0]  x\n    [1]  y"),
        ("nothing", None),
        ("empty", ""),
        ("hint", "look there"),
    ).split("\n") == [
        "syslog_endpoint never received 'disk full'",
        "",
        "  wanted    1 message",
        "  received  2 messages",
        "      [0]  x",
        "      [1]  y",
        "  hint      look there",
    ]


def test_a_layout_without_sections_is_its_headline():
    assert layout("it broke", ("hint", None)) == "it broke"


def test_a_listing_of_nothing_says_so():
    assert listing([], str, "message") == "no message"
    assert listing([], str, "message", empty="no message from 'shop' (2 from others)") == (
        "no message from 'shop' (2 from others)"
    )


def test_a_listing_of_one_has_no_order():
    assert listing(["x"], show, "message") == "1 message\n    [0]  'x'"


def test_a_listing_marks_the_nearest_miss_with_what_spoils_it():
    assert listing(["x", "y"], show, "message", marks={1: "severity is warning, not error"}).split("\n") == [
        "2 messages, oldest first",
        "    [0]  'x'",
        " ~  [1]  'y'      severity is warning, not error",
    ]


def test_a_long_listing_shows_both_ends_and_the_marked_and_counts_what_it_hides():
    lines = listing(range(100_000), str, "record", marks={500: "why"}, listed=4).split("\n")

    assert lines == [
        "100,000 records, oldest first",
        "    [    0]  0",
        "    [    1]  1",
        "    ... 498 records not shown",
        " ~  [  500]  500      why",
        "    ... 99,497 records not shown",
        "    [99998]  99998",
        "    [99999]  99999",
    ]


def test_a_listing_of_100_000_is_bounded():
    assert len(listing(range(100_000), str, "record").split("\n")) == 22


def test_a_listing_survives_a_line_that_cannot_be_made():
    def line(item):
        return 1 / item

    assert listing([0], line, "record") == "1 record\n    [0]  <cannot be shown: ZeroDivisionError>"
