"""What ``unittest.mock`` holds patched, and will put back itself."""

from __future__ import annotations

import sys
from typing import Any


def patched_by_mock(target: object) -> frozenset[str]:
    """Return the attributes of ``target`` that a ``mock.patch`` holds which was started, and not stopped so far.

    When it is stopped (pytest-mock's ``mocker`` may end after us) it deletes what it has put there, and raises
    AttributeError when that is gone.
    """
    patcher: Any = getattr(sys.modules.get("unittest.mock"), "_patch", None)
    active = getattr(patcher, "_active_patches", ())
    return frozenset(each.attribute for each in tuple(active) if getattr(each, "target", None) is target)
