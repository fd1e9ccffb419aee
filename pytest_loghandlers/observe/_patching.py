"""Methods of ``logging.Logger`` replaced for a while: by us here, and by nobody else in this package."""

from __future__ import annotations

import logging
from typing import Any

#: What an attribute of Logger was before it was patched; absent when the class had none of its own.
_originals: dict[str, Any] = {}
_ABSENT = object()


def patch(name: str, value: Any) -> bool:
    """Put ``value`` in place; return whether what it covers has changed since the last time."""
    now = vars(logging.Logger).get(name, _ABSENT)
    if name in _originals and now is not _originals[name]:
        return False  # Ours is still there, or below what somebody else has patched on top.
    _originals[name] = now
    setattr(logging.Logger, name, value)
    return True


def unpatch(name: str, value: Any) -> None:
    if vars(logging.Logger).get(name) is not value:
        return  # Somebody patched on top of ours, which only passes through from now on.
    original = _originals.pop(name)
    if original is _ABSENT:
        delattr(logging.Logger, name)
    else:
        setattr(logging.Logger, name, original)
