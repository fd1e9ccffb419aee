from __future__ import annotations

import threading

import pytest

from pytest_loghandlers import ArgumentError
from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers._base.judge import Judge
from pytest_loghandlers._base.match import Field, Vocabulary
from pytest_loghandlers._base.report import show

WORDS = Vocabulary("word", str, [Field("length", len)])
JUDGE = Judge("word_endpoint", show)
TALKATIVE = Judge(
    "word_spy",
    show,
    verb="saw",
    hint=lambda matcher, items: f"{len(items)} is not enough",
    extra=lambda items: [("state", f"open, {len(items)} held")],
)


def failure(call, *arguments, **named):
    with pytest.raises(AssertionError) as caught:
        call(*arguments, **named)
    return str(caught.value).split("\n")


def test_what_is_present_is_returned_the_first_of_several():
    assert JUDGE.present(WORDS.matcher("a"), ["x", "ab", "ba"]) == "ab"


def test_with_a_count_all_matches_are_returned_as_a_tuple():
    assert JUDGE.present(WORDS.matcher("a", count=2), ["x", "ab", "ba"]) == ("ab", "ba")
    assert JUDGE.present(WORDS.matcher("a", count=0), ["x"]) == ()


def test_a_miss_says_what_was_wanted_and_what_was_there_with_the_nearest():
    assert failure(JUDGE.present, WORDS.matcher("a", length=3), ["x", "ab"]) == [
        "word_endpoint never received 'a' with length 3",
        "",
        "  wanted    1 word whose text contains 'a' and whose length is 3",
        "  received  2 words, oldest first",
        "      [0]  'x'",
        "   ~  [1]  'ab'      length is 2, not 3",
    ]


def test_a_miss_where_nothing_arrived_says_so():
    assert failure(JUDGE.present, WORDS.matcher(), []) == [
        "word_endpoint never received a word",
        "",
        "  wanted    1 word",
        "  received  no word",
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_a_wrong_number_shows_the_matches_and_how_many_there_are_in_all(count):
    assert failure(JUDGE.present, WORDS.matcher("a", count=count), ["ab", "x", "ba"]) == [
        f"word_endpoint received 'a' 2 times, not {count}",
        "",
        f"  wanted    exactly {count} word{'s' if count > 1 else ''} whose text contains 'a'",
        "  matched   2 words, oldest first",
        "      [0]  'ab'",
        "      [1]  'ba'",
        "  of        3 words in all",
    ]


def test_one_instead_of_two_is_once():
    assert failure(JUDGE.present, WORDS.matcher("a", count=2), ["ab"])[0] == "word_endpoint received 'a' once, not 2"


def test_a_judge_adds_its_own_sections_and_at_last_its_hint():
    assert failure(TALKATIVE.present, WORDS.matcher("a"), ["x"]) == [
        "word_spy never saw 'a'",
        "",
        "  wanted    1 word whose text contains 'a'",
        "  saw       1 word",
        "      [0]  'x'",
        "  state     open, 1 held",
        "  hint      1 is not enough",
    ]


def test_what_is_absent_passes():
    assert JUDGE.absent(WORDS.matcher("a"), ["x"]) is None


def test_what_should_be_absent_is_shown_and_counted():
    assert failure(TALKATIVE.absent, WORDS.matcher("a", length=2), ["ab", "x", "ba"]) == [
        "word_spy saw 'a' with length 2 2 times",
        "",
        "  wanted    no word whose text contains 'a' and whose length is 2",
        "  saw       2 words, oldest first",
        "      [0]  'ab'",
        "      [1]  'ba'",
        "  state     open, 3 held",
    ]
    assert failure(JUDGE.absent, WORDS.matcher(), ["x"]) == [
        "word_endpoint received a word once",
        "",
        "  wanted    no word",
        "  received  1 word",
        "      [0]  'x'",
    ]


def test_matches_found_elsewhere_are_taken_as_they_are():
    assert JUDGE.present(WORDS.matcher("a"), ["x"], found=["indexed"]) == "indexed"
    JUDGE.absent(WORDS.matcher("a"), ["a"], found=[])


def test_what_is_awaited_is_returned_when_it_comes():
    inbox = Inbox()
    inbox.put("x")
    threading.Thread(target=inbox.put, args=("ab",)).start()

    assert JUDGE.awaited(WORDS.matcher("a"), inbox, 10) == "ab"


def test_a_wait_for_two_ends_at_the_second_whatever_comes_later():
    inbox = Inbox()
    for word in ("a1", "x", "a2", "a3"):
        inbox.put(word)

    assert JUDGE.awaited(WORDS.matcher("a", count=2), inbox, 0) == ("a1", "a2")


def test_a_wait_looks_at_each_item_once():
    looked = []
    words = Vocabulary("word", lambda word: looked.append(word) or word)
    inbox = Inbox()
    inbox.put("x")
    # Fed from the look itself, so that there are certainly two looks.
    words.fields["again"] = Field("again", lambda word: inbox.put("a") is None)

    assert JUDGE.awaited(words.matcher("", again=True, count=2), inbox, 10) == ("x", "a")
    assert looked == ["x", "a"]


def test_a_wait_begins_again_when_the_inbox_was_cleared_and_filled_meanwhile():
    inbox = Inbox()
    for word in ("x", "a1"):
        inbox.put(word)
    turns = []

    def read(word):
        if not turns:
            turns.append(word)
            inbox.clear()
            for later in ("a2", "y", "a3"):
                inbox.put(later)
        return word

    assert JUDGE.awaited(Vocabulary("word", read).matcher("a", count=2), inbox, 10) == ("a2", "a3")


def test_a_wait_in_vain_says_how_long_it_was():
    inbox = Inbox()
    inbox.put("x")

    assert failure(JUDGE.awaited, WORDS.matcher("a"), inbox, 0.04) == [
        "word_endpoint never received 'a' (waited 0.0 s)",
        "",
        "  wanted    1 word whose text contains 'a'",
        "  received  1 word",
        "      [0]  'x'",
    ]
    inbox.put("ab")
    assert failure(JUDGE.awaited, WORDS.matcher("a", count=2), inbox, 0)[0] == (
        "word_endpoint received 'a' once, not 2 (waited 0.0 s)"
    )


def test_nothing_cannot_be_awaited():
    with pytest.raises(ArgumentError) as caught:
        JUDGE.awaited(WORDS.matcher("a", count=0), Inbox(), 1)

    assert str(caught.value) == "count=0: a wait ends when something comes; that nothing comes is for an assert"


def test_a_failure_over_100_000_items_is_bounded():
    assert len(failure(JUDGE.present, WORDS.matcher("a", length=9), ["x"] * 100_000)) <= 60
    assert len(failure(JUDGE.absent, WORDS.matcher("x"), ["x"] * 100_000)) <= 60


def test_the_traceback_of_a_failure_ends_at_the_test(pytester):
    pytester.makepyfile(
        """
        from pytest_loghandlers._base.judge import Judge
        from pytest_loghandlers._base.match import Vocabulary

        def test_it():
            Judge("word_endpoint", repr).present(Vocabulary("word", str).matcher("a"), [])
        """
    )

    result = pytester.runpytest()

    result.stdout.fnmatch_lines(["test_*.py:5: AssertionError"])
    result.stdout.no_fnmatch_line("*judge.py*")


def test_a_lent_search_for_near_misses_replaces_the_matchers():
    judge = Judge("word_endpoint", show, nearest=lambda matcher, items: {0: "it is the first"})
    assert failure(judge.present, WORDS.matcher("a"), ["x", "y"])[-2:] == [
        "   ~  [0]  'x'      it is the first",
        "      [1]  'y'",
    ]


def test_a_summary_stands_for_the_listing_unless_a_near_miss_must_be_shown():
    judge = Judge("word_endpoint", show, summary=lambda matcher, items: f"{len(items)} short words")
    assert failure(judge.present, WORDS.matcher("a"), ["x", "y"])[-1] == "  received  2 short words"
    assert failure(judge.present, WORDS.matcher("x", length=2), ["x", "y"])[-2:] == [
        "   ~  [0]  'x'      length is 1, not 2",
        "      [1]  'y'",
    ]


def test_a_wait_that_is_ended_early_says_how_long_it_really_was():
    inbox = Inbox()
    inbox.close()
    assert failure(JUDGE.awaited, WORDS.matcher("spam"), inbox, 30)[0] == (
        "word_endpoint never received 'spam' (waited 0.0 s)"
    )
