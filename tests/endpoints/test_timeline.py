from __future__ import annotations

from pytest_loghandlers.endpoints import _timeline
from pytest_loghandlers.endpoints._timeline import Timeline


def test_notes_are_kept_with_their_moment():
    ages = iter([0.5, 1.5])
    timeline = Timeline(lambda: next(ages))

    timeline.state("refusing connections")
    timeline.event("2 connections reset (RST)")

    assert timeline.entries == [(0.5, True, "refusing connections"), (1.5, False, "2 connections reset (RST)")]


def test_it_does_not_grow_without_end(monkeypatch):
    monkeypatch.setattr(_timeline, "MOST", 3)
    timeline = Timeline(lambda: 0.0)

    for number in range(10):
        timeline.event(str(number))

    assert [text for _, _, text in timeline.entries] == ["0", "1", "9"]
