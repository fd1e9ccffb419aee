"""How large a value that came out of a pickle is when it is written out: what is refused before anybody looks. Pure.

Shared references make a few octets stand for terabytes; a deep nesting makes comparing and printing end in an error.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from .inert import LENGTHS, SCALARS

#: How deep lists, dicts and the like may stand in one another; what is deeper cannot be compared or printed either.
DEPTH: Final = 100
#: Characters, octets and values of the whole, written out.
WEIGHT: Final = 64 * 1024 * 1024

#: Octets of one value in a copied list or set; and what is copied, with the octets of one of its parts.
_PART: Final = 32
_COPIED: Final[dict[type, int]] = {str: 1, bytes: 1, list: _PART, tuple: _PART}

PLAIN: Final = "a log record needs only plain data"
_CONTAINERS: Final = frozenset({list, tuple, dict, set, frozenset, OrderedDict})


class Refused(Exception):  # noqa: N818 - a verdict about what came, with its reason
    """The pickle was not read to its end; the message says why."""


class Named:
    """A global of the table: what stands on the stack between naming it and building it."""

    def __init__(self, name: str) -> None:
        self.name = name


def weigh(value: Any) -> int:
    """Return the size of ``value`` written out; raise Refused for one above WEIGHT, too deep, endless or not plain."""
    if type(value) is dict and SCALARS.issuperset(map(type, value.values())) and SCALARS.issuperset(map(type, value)):
        # Nearly every record. It holds nothing twice but texts.
        total = sum(map(_own_weight, value)) + sum(map(_own_weight, value.values()))
        _judge_weight(total)
        return total
    # By id: the weight of a container that is done, None of one that is being weighed.
    known: dict[int, int | None] = {}
    # A stack of (container, its members still to come, the weight so far): no recursion, however deep it is.
    stack: list[list[Any]] = [[None, iter((value,)), 0]]
    while True:
        frame = stack[-1]
        for each in frame[1]:
            kind = type(each)
            if kind in SCALARS:
                frame[2] += _own_weight(each)
                continue
            if kind not in _CONTAINERS:
                name = getattr(each, "name", kind.__name__)
                raise Refused(f"{name} stands in it as a value of its own: {PLAIN}")
            if id(each) in known:
                done = known[id(each)]
                if done is None:
                    raise Refused(f"a {kind.__name__} of it contains itself: {PLAIN}")
                frame[2] += done
                _judge_weight(frame[2])
                continue
            if len(stack) > DEPTH:
                raise Refused(f"its values are nested more than {DEPTH} deep")
            known[id(each)] = None
            members = (part for pair in each.items() for part in pair) if kind in (dict, OrderedDict) else iter(each)
            stack.append([each, members, 1])
            break
        else:
            stack.pop()
            _judge_weight(frame[2])
            if not stack:
                return int(frame[2])
            known[id(frame[0])] = frame[2]
            stack[-1][2] += frame[2]


def octets_of_a_copy(arguments: tuple[Any, ...]) -> int:
    """Return about how many octets are copied when something is built of ``arguments``."""
    return _PART * len(arguments) + sum(
        len(each) * _COPIED.get(type(each), 0) for each in arguments if type(each) in _COPIED
    )


def _own_weight(value: Any) -> int:
    length: Callable[[Any], int] | None = LENGTHS.get(type(value))
    return 1 if length is None else length(value)


def _judge_weight(weight: int) -> None:
    if weight > WEIGHT:
        raise Refused(f"written out it has more than {WEIGHT:,} characters and values (it refers to its parts often)")
