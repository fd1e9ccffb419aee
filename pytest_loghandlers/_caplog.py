"""caplog beside a fixture that sets pytest's handlers aside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from .observe._aside import forwarding_to


@contextmanager
def caplog_served(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep caplog working in a test that uses it too: it sees what it would have seen.

    Around the whole life of the room. Nothing happens for a test that does not ask for caplog.
    """
    if "caplog" not in request.fixturenames:
        yield
        return
    caplog: Any = request.getfixturevalue("caplog")
    # caplog.set_level keeps here what it will set again when caplog ends. That may be after the room has restored
    # everything: what was set during the room's life is then no longer caplog's to undo.
    levels: dict[str | None, int] = vars(caplog).get("_initial_logger_levels", {})
    earlier = set(levels)
    with ExitStack() as stack:
        handler = getattr(caplog, "handler", None)
        if handler is not None:
            stack.enter_context(forwarding_to(handler))
        yield
    for name in set(levels) - earlier:
        del levels[name]
