from __future__ import annotations

import pytest

from pytest_loghandlers.endpoints import _timeline
from pytest_loghandlers.endpoints._timeline import Timeline


@pytest.fixture
def noted():
    """Return a function: a timeline with these notes, a state in capitals, each a second after the one before."""

    def made(*texts):
        ages = iter(range(1, len(texts) + 1))
        timeline = Timeline(lambda: float(next(ages)))
        for text in texts:
            (timeline.state if text.isupper() else timeline.event)(text)
        return timeline

    return made


def test_notes_are_kept_with_their_moment(noted):
    assert noted("REFUSING", "a reset").entries == [(1.0, True, "REFUSING"), (2.0, False, "a reset")]


@pytest.mark.parametrize(
    ("begin", "end", "story"),
    [
        (0.5, 0.9, "normal; next after it: REFUSING at +1.00 s"),
        (8.5, 9.0, "NORMAL (since +3.00 s); last before it: e at +7.00 s"),
        (0.5, 1.0, "normal; REFUSING at +1.00 s"),
        (1.5, 1.9, "REFUSING (since +1.00 s)"),
        (1.5, 2.5, "REFUSING (since +1.00 s); a reset at +2.00 s"),
        (2.0, 2.9, "REFUSING (since +1.00 s); last before it: a reset at +2.00 s"),
        (
            3.5,
            9.0,
            "NORMAL (since +3.00 s); b at +4.00 s; c at +5.00 s; d at +6.00 s; and 1 more",
        ),
    ],
)
def test_a_story_has_what_was_in_force_and_what_happened(noted, begin, end, story):
    assert noted("REFUSING", "a reset", "NORMAL", "b", "c", "d", "e").story(begin, end) == story


def test_where_nothing_ever_happened_there_is_nothing_to_tell(noted):
    assert noted().story(0.5, 0.9) == "normal"


def test_it_does_not_grow_without_end_and_forgets_the_oldest_events_first(monkeypatch, noted):
    monkeypatch.setattr(_timeline, "MOST", 4)

    timeline = noted(*"abC", "REFUSING", *"defgh")

    assert [entry.text for entry in timeline.entries] == ["C", "REFUSING", "g", "h"]
    assert timeline.story(9.0, 9.5) == "REFUSING (since +4.00 s); last before it: h at +9.00 s"
