"""What is behind every door: its room's life, and what it saw in the report of a test that failed.

That is rendered when a test has failed, not while it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TypeVar

import pytest

from ._base.lifetime import Lifetime, bounded, told

RoomType = TypeVar("RoomType", bound=Lifetime)


class FailureSections:
    """The hook behind the sections: registered by the first door, gone before a test that asks for no room.

    So a test that uses no fixture of ours pays for no hook of ours; and a row of tests that do registers it once,
    which costs pytest more than most rooms do.
    """

    def __init__(self) -> None:
        #: The names of the fixtures that have opened a room.
        self.doors: set[str] = set()
        self._stays = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, nextitem: pytest.Item | None) -> None:
        """Stay for the next test when it asks for a room too."""
        self._stays = not self.doors.isdisjoint(getattr(nextitem, "fixturenames", ()))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add a section for each room in use to the report of the phase that failed."""
        report = yield
        if report.failed and _ROOMS in item.stash:
            report.sections += _sections(item.stash[_ROOMS])
        if call.when == "teardown":
            if _ROOMS in item.stash:
                # Let go of what the rooms hold; and a plugin may run the item again, with new ones.
                del item.stash[_ROOMS]
            if not self._stays:
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
    config = request.config
    if _HOOK not in config.stash:
        config.stash[_HOOK] = FailureSections()
        _sessions.append(config)
        config.add_cleanup(lambda: _session_ended(config))
    hook = config.stash[_HOOK]
    hook.doors.add(request.fixturename or "")
    if _ROOMS not in item.stash:
        item.stash[_ROOMS] = []
        # It is still there when the next test was known to need it, or when a test was interrupted.
        if not config.pluginmanager.is_registered(hook):
            config.pluginmanager.register(hook)
    item.stash[_ROOMS].append(room)
    with room:
        yield room


#: The sessions that have opened a door and not ended: more than one where a test runs pytest in this process.
_sessions: list[pytest.Config] = []


def _session_ended(config: pytest.Config) -> None:
    """End the background threads that endpoints share, if any endpoint was ever asked for and none can be in use."""
    _sessions.remove(config)
    reactor = sys.modules.get(f"{__package__}.endpoints._network.reactor")
    if reactor is not None and not _sessions:
        reactor.shutdown()
