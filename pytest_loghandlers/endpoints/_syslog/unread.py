"""Messages that are parsed when somebody first looks at them: who only counts them, or looks for one, waits less."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from .message import Damage, SyslogMessage, fields_of

_FRAME: Final = "_frame"
_set: Final = object.__setattr__


def unread(
    raw: bytes, *, transport: str, framing: str, flaw: str | None, arrival: float, damage: Damage | None
) -> SyslogMessage:
    """Return the message that ``parse`` returns for the same, parsed at the first look at anything of it."""
    message = object.__new__(_Unread)
    _set(message, _FRAME, (raw, transport, framing, flaw, arrival, damage))
    return message


def unread_run(raws: Iterable[bytes], transport: str, arrival: float) -> list[SyslogMessage]:
    """Return the messages of ``raws``, each of which a NUL ended and nothing is to be said of, as ``unread`` does."""
    messages: list[SyslogMessage] = []
    for raw in raws:
        message = object.__new__(_Unread)
        _set(message, _FRAME, (raw, transport, "nul", None, arrival, None))
        messages.append(message)
    return messages


class _Unread(SyslogMessage):
    """A message of which only the frame is there. At the first look it turns into a ``SyslogMessage`` like any other.

    All that a message can do (compare, hash, show, copy, pickle) reads an attribute of it first, ``__class__`` or
    ``__reduce__`` if not a field: so this is the one place. Two threads that look at once both parse, to the same.
    """

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        _read(self)
        return object.__getattribute__(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _read(self)
        setattr(self, name, value)

    def __delattr__(self, name: str) -> None:
        _read(self)
        delattr(self, name)


# Nobody is to see the difference in a listing or a traceback.
_Unread.__name__ = _Unread.__qualname__ = SyslogMessage.__name__
_Unread.__module__ = SyslogMessage.__module__


def _read(message: SyslogMessage) -> None:
    frame = object.__getattribute__(message, "__dict__").get(_FRAME)
    if frame is not None:
        # All fields at once, before the class: no other thread ever sees half a message.
        _set(message, "__dict__", fields_of(*frame))
    _set(message, "__class__", SyslogMessage)
