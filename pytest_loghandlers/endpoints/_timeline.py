"""What the network did, and when: so that a failure can say what was going on while a record was lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

#: Entries kept; after that only the last one is renewed.
MOST: Final = 10_000


class Timeline:
    """Notes of one endpoint, each at its age in real seconds (``age()`` is the moment of what is noted now).

    A *state* lasts until the next state (``refusing connections``, ``normal``); an *event* is of its moment (``a
    connection was reset``, ``answered 503``). From any thread.
    """

    def __init__(self, age: Callable[[], float]) -> None:
        self._age = age
        #: ``(age, is it a state, text)``, oldest first.
        self.entries: list[tuple[float, bool, str]] = []

    def state(self, text: str) -> None:
        """Note what holds from now on."""
        self._keep(is_state=True, text=text)

    def event(self, text: str) -> None:
        """Note what happened now."""
        self._keep(is_state=False, text=text)

    def _keep(self, *, is_state: bool, text: str) -> None:
        entry = (self._age(), is_state, text)
        if len(self.entries) < MOST:
            self.entries.append(entry)
        else:
            self.entries[-1] = entry
