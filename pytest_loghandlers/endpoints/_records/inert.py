"""The few types beyond plain data that a record's ``extra=`` may carry, each built from plain values by rules of ours.

A pickle names them; nothing is looked up by that name. None of them does anything when it is made, compared, printed or
thrown away. Paths become pure ones (``PurePosixPath`` for ``PosixPath``): equal, and unable to touch a file. ZoneInfo
is not among them: it reads files. Exceptions, enums, dataclasses and subclasses are the application's code.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
import pathlib
import uuid
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

#: Digits of a whole number, and characters of a Decimal: what Python itself converts (sys.int_info).
DIGITS: Final = 4300


class _Real:
    """The date classes as they were before anybody froze the time: freezegun does not look into classes."""

    # A frozen one is a subclass of the real one, whose module is this.
    date: Final[type[dt.date]] = next(kind for kind in dt.date.__mro__ if kind.__module__ == "datetime")
    datetime: Final[type[dt.datetime]] = next(kind for kind in dt.datetime.__mro__ if kind.__module__ == "datetime")


class Unfit(Exception):  # noqa: N818 - it ends up as a reason, nobody catches it as an error
    """Arguments that this type is never pickled with."""


def _bytes(*args: Any) -> bytes:
    if args:
        raise Unfit("bytes are pickled with nothing here, or by _codecs.encode")
    return b""


def _encode(text: Any, encoding: Any) -> bytes:
    if type(text) is not str or encoding != "latin1":
        raise Unfit("only a str as latin1, which is how bytes are pickled")
    return text.encode("latin-1")


def _bytearray(*args: Any) -> bytearray:
    if not args:
        return bytearray()
    if len(args) == 1 and type(args[0]) is bytes:
        return bytearray(args[0])
    if len(args) == 2 and type(args[0]) is str and args[1] == "latin-1":
        return bytearray(args[0], "latin-1")
    raise Unfit("only from bytes")


def _complex(real: Any, imag: Any) -> complex:
    if type(real) is not float or type(imag) is not float:
        raise Unfit("only from two floats")
    return complex(real, imag)


def _octets(state: Any, size: int) -> bytes:
    if type(state) is str:
        state = state.encode("latin-1")
    if type(state) is not bytes or len(state) != size:
        raise Unfit(f"only from its {size} octets")
    return state


def _zone(zone: Any) -> dt.timezone | None:
    if zone is None or type(zone) is dt.timezone:
        return zone
    raise Unfit("only with a datetime.timezone")


def _date(state: Any) -> dt.date:
    high, low, month, day = _octets(state, 4)
    return _Real.date(high << 8 | low, month, day)


def _datetime(state: Any, zone: Any = None) -> dt.datetime:
    high, low, month, day, hour, minute, second, *micro = _octets(state, 10)
    return _Real.datetime(
        *(high << 8 | low, month & 127, day, hour, minute, second, int.from_bytes(bytes(micro), "big")),
        tzinfo=_zone(zone),
        fold=month >> 7,
    )


def _time(state: Any, zone: Any = None) -> dt.time:
    hour, minute, second, *micro = _octets(state, 6)
    micros = int.from_bytes(bytes(micro), "big")
    return dt.time(hour & 127, minute, second, micros, tzinfo=_zone(zone), fold=hour >> 7)


def _timedelta(days: Any, seconds: Any, microseconds: Any) -> dt.timedelta:
    if {type(days), type(seconds), type(microseconds)} != {int}:
        raise Unfit("only from three whole numbers")
    return dt.timedelta(days, seconds, microseconds)


def _timezone(offset: Any, name: Any = None) -> dt.timezone:
    if type(offset) is not dt.timedelta or type(name) not in (str, type(None)):
        raise Unfit("only from a timedelta and a name")
    return dt.timezone(offset) if name is None else dt.timezone(offset, name)


def _decimal(text: Any) -> decimal.Decimal:
    if type(text) is not str or len(text) > DIGITS:
        raise Unfit(f"only from a str of up to {DIGITS:,} characters")
    return decimal.Decimal(text)


def _ordered(*args: Any) -> OrderedDict[Any, Any]:
    if args:
        raise Unfit("only empty, then filled")
    return OrderedDict()


def _path(make: Callable[..., Any]) -> Callable[..., Any]:
    def path(*parts: Any) -> Any:
        if not {type(part) for part in parts} <= {str}:
            raise Unfit("only from strs")
        return make(*parts)

    return path


def make_uuid(state: Any) -> uuid.UUID:
    """Return the UUID that was pickled with this state."""
    if type(state) is not dict or not {"int"} <= set(state) <= {"int", "is_safe"} or type(state["int"]) is not int:
        raise Unfit("only from a whole number")
    safe = state.get("is_safe", -1)
    return uuid.UUID(int=state["int"], is_safe=uuid.SafeUUID(safe if type(safe) is int else -1))


#: ``{name: the function that builds it}``. Sets are the machine's own: their elements have to be looked at.
BUILDERS: Final[dict[str, Callable[..., Any]]] = {
    "builtins.bytes": _bytes,
    "_codecs.encode": _encode,
    "builtins.bytearray": _bytearray,
    "builtins.complex": _complex,
    "datetime.date": _date,
    "datetime.datetime": _datetime,
    "datetime.time": _time,
    "datetime.timedelta": _timedelta,
    "datetime.timezone": _timezone,
    "decimal.Decimal": _decimal,
    "collections.OrderedDict": _ordered,
    "pathlib.PosixPath": _path(pathlib.PurePosixPath),
    "pathlib.PurePosixPath": _path(pathlib.PurePosixPath),
    "pathlib.WindowsPath": _path(pathlib.PureWindowsPath),
    "pathlib.PureWindowsPath": _path(pathlib.PureWindowsPath),
}

#: Types whose values hold no other value.
SCALARS: Final = frozenset(
    {str, int, float, bool, type(None), bytes, bytearray, complex}
    | {_Real.date, _Real.datetime, dt.time, dt.timedelta, dt.timezone}
    | {decimal.Decimal, uuid.UUID, pathlib.PurePosixPath, pathlib.PureWindowsPath}
)


def _digits(number: int) -> int:
    bits = number.bit_length()
    return 1 if bits <= 64 else bits // 3


def _zone_length(zone: Any) -> int:
    return 1 if zone is None else 1 + len(zone.tzname(None))


def _zoned_length(moment: Any) -> int:
    return _zone_length(moment.tzinfo)


def _text_length(value: Any) -> int:
    return max(1, len(str(value)))


#: ``{type: the function that says how long a value is when it is written out}``; all other scalars are short.
LENGTHS: Final[dict[type, Callable[[Any], int]]] = {
    **dict.fromkeys((str, bytes, bytearray), len),
    int: _digits,
    decimal.Decimal: _text_length,
    _Real.datetime: _zoned_length,
    dt.time: _zoned_length,
    dt.timezone: _zone_length,
    pathlib.PurePosixPath: _text_length,
    pathlib.PureWindowsPath: _text_length,
}

_MODULES: Final = {"__builtin__": "builtins", "pathlib._local": "pathlib", "copy_reg": "copyreg"}


def known_name(module: str, name: str) -> str:
    """Return ``module.name`` as it is called today: protocols below 3 write Python 2's names, 3.13 its own."""
    return f"{_MODULES.get(module, module)}.{name}"


def most_digits(octets: int) -> bool:
    """Return whether a whole number of so many octets may have more than DIGITS decimal digits."""
    return octets * 8 * math.log10(2) > DIGITS
