"""What the network did, and when: so that a failure can say what was going on while a record was lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, NamedTuple

#: Entries kept; after that the oldest event goes for each new one: what lasts is not forgotten for what happened.
MOST: Final = 10_000
#: Events that a story tells.
TOLD: Final = 3


class Entry(NamedTuple):
    """One note."""

    #: Real seconds since the endpoint's start.
    age: float
    #: Whether it lasts until the next state, or was of its moment.
    is_state: bool
    text: str


class Timeline:
    """Notes of one endpoint, each at its age in real seconds (``age()`` is the moment of what is noted now).

    A *state* lasts until the next state (``refusing connections``, ``normal``); an *event* is of its moment (``a
    connection was reset``, ``answered 503``). From any thread.
    """

    def __init__(self, age: Callable[[], float]) -> None:
        self._age = age
        self._lock = threading.Lock()
        #: Oldest first.
        self.entries: list[Entry] = []

    def state(self, text: str) -> None:
        """Note what holds from now on."""
        self._keep(Entry(self._age(), is_state=True, text=text))

    def event(self, text: str) -> None:
        """Note what happened now."""
        self._keep(Entry(self._age(), is_state=False, text=text))

    def story(self, begin: float, end: float) -> str:
        """Return what was in force at the age ``begin``, and what happened from then until ``end``.

        Where nothing happened then, what happened last before; where nothing was wrong at all, what happened next: of
        what waited in a queue or a buffer, the handler may have been that late.
        """
        entries = tuple(self.entries)
        earlier = [entry for entry in entries if not entry.is_state and entry.age <= begin]
        states = [entry for entry in entries if entry.is_state and entry.age <= begin]
        told = [f"{states[-1].text} (since {when(states[-1].age)})" if states else "normal"]
        happened = [entry for entry in entries if begin < entry.age <= end]
        if earlier and not happened:
            told.append(f"last before it: {earlier[-1].text} at {when(earlier[-1].age)}")
        if told == ["normal"] and not happened:
            told += [f"next after it: {entry.text} at {when(entry.age)}" for entry in entries if entry.age > end][:1]
        told += [f"{entry.text} at {when(entry.age)}" for entry in happened[:TOLD]]
        if len(happened) > TOLD:
            told.append(f"and {len(happened) - TOLD:,} more")
        return "; ".join(told)

    def _keep(self, entry: Entry) -> None:
        with self._lock:
            if len(self.entries) >= MOST:
                oldest = next((index for index, each in enumerate(self.entries) if not each.is_state), 0)
                del self.entries[oldest]
            self.entries.append(entry)


def when(age: float) -> str:
    """Return an age as every listing writes it: ``+0.12 s``."""
    return f"+{age:.2f} s"
