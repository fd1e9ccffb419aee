"""What each room saw, in the report of a test that failed: rendered then, not while the test runs."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Protocol, TypeVar

import pytest

from ._base.lifetime import Lifetime


class Room(Protocol):
    """What a fixture's class offers the report: its name and what it saw."""

    _who: str

    def _report(self) -> str:
        """Return what it saw, bounded in lines; empty when there is nothing to tell."""


RoomType = TypeVar("RoomType", bound=Lifetime)
_KEY = pytest.StashKey[list[Lifetime]]()


class FailureSections:
    """The hook behind the sections: registered by an item's first door, gone when that item's report is made.

    So a test that uses no fixture of ours pays for no hook of ours.
    """

    def __init__(self, item: pytest.Item) -> None:
        self.item = item

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add a section for each room in use to the report of the phase that failed."""
        report = yield
        if item is self.item:
            if report.failed:
                for room in item.stash.get(_KEY, ()):
                    text = room._report()  # type: ignore[attr-defined]  # noqa: SLF001 - rooms offer it to this door
                    if text:
                        report.sections.append((f"{room._who} saw", text))  # noqa: SLF001 - as above
            if call.when == "teardown":
                item.config.pluginmanager.unregister(self)
        return report


def opened(request: pytest.FixtureRequest, room: RoomType) -> Iterator[RoomType]:
    """Start ``room`` for one test, lend it, and stop it when the test is over."""
    item = request.node
    if _KEY not in item.stash:
        item.stash[_KEY] = []
        request.config.pluginmanager.register(FailureSections(item))
    item.stash[_KEY].append(room)
    with room:
        yield room
