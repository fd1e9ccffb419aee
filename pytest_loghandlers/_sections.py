"""What each room saw, in the report of a test that failed: rendered then, not while the test runs."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TypeVar

import pytest

from ._base.lifetime import Lifetime, bounded, told

RoomType = TypeVar("RoomType", bound=Lifetime)


class FailureSections:
    """The hook behind the sections: registered by an item's first door, gone when that item's report is made.

    So a test that uses no fixture of ours pays for no hook of ours. One object serves the whole session: pytest keeps
    every plugin object that it has ever seen.
    """

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add a section for each room in use to the report of the phase that failed."""
        report = yield
        if _ROOMS not in item.stash:
            return report
        if report.failed:
            report.sections += _sections(item.stash[_ROOMS])
        if call.when == "teardown":
            # Also for a plugin that runs the item again: its doors register anew.
            del item.stash[_ROOMS]
            item.config.pluginmanager.unregister(self)
        return report


_ROOMS = pytest.StashKey[list[Lifetime]]()
_HOOK = pytest.StashKey[FailureSections]()


def _sections(rooms: list[Lifetime]) -> list[tuple[str, str]]:
    """Return ``(title, text)`` for each room that has something to tell; a room that fails to is told of."""
    sections = []
    for room in rooms:
        who = room._who  # noqa: SLF001 - offered to this module
        try:
            # The room may be what hangs: bounded, like everything of a test that has failed already.
            text = bounded(room._report, f"the report of {who}")  # noqa: SLF001 - as above
        except Exception as error:  # noqa: BLE001 - the test's own failure is what must be seen
            text = f"<cannot be shown: {told(error)}>"
        if text:
            sections.append((f"{who} saw", text))
    return sections


def opened(request: pytest.FixtureRequest, room: RoomType) -> Iterator[RoomType]:
    """Start ``room`` for one test, lend it, and stop it when the test is over."""
    item: pytest.Item = request.node
    if _ROOMS not in item.stash:
        item.stash[_ROOMS] = []
        hook = item.config.stash.setdefault(_HOOK, FailureSections())
        # It is still there when a test was interrupted before its last report.
        if not item.config.pluginmanager.is_registered(hook):
            item.config.pluginmanager.register(hook)
    item.stash[_ROOMS].append(room)
    with room:
        yield room
