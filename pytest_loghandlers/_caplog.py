"""caplog beside a fixture that sets pytest's handlers aside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from .observe._aside import forwarding_to


@contextmanager
def caplog_served(request: pytest.FixtureRequest, *, restored: bool = False) -> Iterator[None]:
    """Keep caplog working in a test that uses it too: it sees what it would have seen.

    Around the whole life of the room, which may restore logging's state itself (``restored``). Nothing happens for a
    test that does not ask for caplog.
    """
    if "caplog" not in request.fixturenames:
        yield
        return
    caplog: Any = request.getfixturevalue("caplog")
    state = vars(caplog)
    levels: dict[str | None, int] = state.get("_initial_logger_levels", {})
    earlier, disabled = set(levels), state.get("_initial_disabled_logging_level")
    with ExitStack() as stack:
        handler = getattr(caplog, "handler", None)
        if handler is not None:
            stack.enter_context(forwarding_to(handler))
        yield
    if restored:
        # caplog.set_level keeps here what it will set again when caplog ends, and that may be later than now. What
        # was set during the room's life has been undone, and must not be undone a second time.
        for name in set(levels) - earlier:
            del levels[name]
        if disabled is None and "_initial_disabled_logging_level" in state:
            caplog._initial_disabled_logging_level = None  # noqa: SLF001 - as above
