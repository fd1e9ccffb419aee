"""Methods of ``logging.Logger`` replaced for a while: by us here, and by nobody else in this package.

A test may patch the same method: on top of ours, which then stays below it and only passes through; or before us, so
that what it puts back in the end takes ours away. Each time a cover of its own is made, so that neither the one nor
the other is met again by the next who patches.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

_ABSENT = object()
#: Each cover that is in place, or left below a patch of somebody else's, with what it covers.
_covers: list[tuple[Any, Any]] = []


def patch(name: str, make: Callable[[Any], Any]) -> Any:
    """Put ``make(what it covers)`` in place and return it."""
    below = vars(logging.Logger).get(name, _ABSENT)
    while (left := _held(below)) is not None:  # Ours of an earlier time, which a patch on top has put back.
        _covers.remove(left)
        below = left[1]
    inherited = next((vars(base)[name] for base in logging.Logger.__mro__[1:] if name in vars(base)), None)
    cover = make(inherited if below is _ABSENT else below)
    _covers.append((cover, below))
    setattr(logging.Logger, name, cover)
    return cover


def unpatch(name: str, cover: Any) -> None:
    """Put back what ``cover`` covers, unless somebody has patched on top of it."""
    held = _held(cover)
    if held is None or vars(logging.Logger).get(name) is not cover:
        return
    _covers.remove(held)
    if held[1] is _ABSENT:
        delattr(logging.Logger, name)
    else:
        setattr(logging.Logger, name, held[1])


def _held(cover: Any) -> tuple[Any, Any] | None:
    return next((each for each in _covers if each[0] is cover), None)
