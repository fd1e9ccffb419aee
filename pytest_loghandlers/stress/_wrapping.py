"""Methods of live objects, watched on the instance and put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Wrapping:
    """Methods that call through a function of ours until ``undo``.

    Only the instance is touched. When somebody else wrapped the same method later and is still there, ours stays
    below it and calls straight through.
    """

    def __init__(self) -> None:
        self._active = True
        self._undo: list[Callable[[], None]] = []

    def wrap(self, owner: Any, name: str, around: Callable[..., Any]) -> Callable[..., Any]:
        """Have ``owner.name(...)`` call ``around(original, ...)``; return the original."""
        original: Callable[..., Any] = getattr(owner, name)
        had = name in vars(owner)

        def watched(*args: Any, **kwargs: Any) -> Any:
            if not self._active:
                return original(*args, **kwargs)
            return around(original, *args, **kwargs)

        setattr(owner, name, watched)

        def undo() -> None:
            if vars(owner).get(name) is not watched:
                return
            if had:
                setattr(owner, name, original)
            else:
                delattr(owner, name)

        self._undo.append(undo)
        return original

    def replace(self, owner: Any, name: str, value: object) -> None:
        """Set the instance attribute ``name``, until ``undo``."""
        before = vars(owner)[name]
        setattr(owner, name, value)

        def undo() -> None:
            if vars(owner).get(name) is value:
                setattr(owner, name, before)

        self._undo.append(undo)

    def undo(self) -> None:
        """Put everything back, last first; a second call does nothing."""
        self._active = False
        while self._undo:
            self._undo.pop()()
