"""Pickles of log records, read by a machine that can do nothing else. Pure.

Nothing of the ``pickle`` module runs here. Of its opcodes (all protocols, 0 to 5) the machine knows those that make
plain data; it has no way to import, to call what a pickle names, or to set an attribute. A global is a name in the
table of ``inert``, or the end: ``Refused``, with the opcode, its octet and the name.

Bounded, whatever comes: STEPS opcodes, whole numbers of DIGITS digits, what ``weighing`` allows, and as much for all
that is built of other values (one text in the memo could be copied ten thousand times). Keys of dicts and sets are
looked at before they are hashed, and have KEYS_TIME seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

from pytest_loghandlers._base.deadline import RealClock
from pytest_loghandlers._base.report import cut, plural

from .inert import BUILDERS, DIGITS, Unfit, known_name, make_uuid, most_digits
from .weighing import DEPTH, PLAIN, WEIGHT, Named, Refused, octets_of_a_copy, weigh

#: Opcodes of one pickle: a record of eight megabytes of text has a hundred, one with a list of 100,000 numbers as many.
STEPS: Final = 500_000
#: Values in a tuple or frozenset that is a key.
KEY_SIZE: Final = 10_000
#: Seconds for all the keys of one pickle: numbers can be chosen so that they all collide.
KEYS_TIME: Final = 5.0
_PUT: Final = ord("q")
_TEXT: Final = ord("X")


class _Unbuilt:
    """A UUID before its state has come; ``keys`` of the memo stand for it."""

    name = "uuid.UUID"

    def __init__(self) -> None:
        self.keys: list[int] = []


def load(data: bytes) -> Any:
    """Return the value that ``data``, a pickle of plain data, stands for; raise Refused for any other."""
    machine = Machine(data)
    try:
        value = machine.run()
    except Refused:
        raise
    except RecursionError:
        raise Refused(f"{machine.where}: its values are nested too deeply") from None
    except (IndexError, KeyError):
        raise Refused(f"not a well-formed pickle: {machine.where} takes what is not there") from None
    except Exception as error:  # noqa: BLE001 - whatever nonsense does to the types of Python
        raise Refused(f"not a well-formed pickle: {machine.where}: {cut(str(error), 120)}") from None
    rest = len(data) - machine.at - 1
    if rest:
        raise Refused(f"{plural(rest, 'octet')} behind the end of the pickle (STOP at byte {machine.at})")
    weigh(value)
    return value


@cache
def _names() -> dict[bytes, str]:
    # Only a refusal needs them.
    import pickletools

    return {opcode.code.encode("latin-1"): opcode.name for opcode in pickletools.opcodes}


class Machine:
    """One pickle being read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.next = 0
        #: The octet of the current opcode.
        self.at = 0
        self.stack: list[Any] = []
        self.outer: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        #: Characters, octets and values of which something was built.
        self._copied = 0
        self._keys = 0
        self._keys_end = 0.0

    @property
    def where(self) -> str:
        """The current opcode and its octet, for a reason."""
        if self.at >= len(self.data):
            return f"the end at byte {self.at}"
        octet = self.data[self.at : self.at + 1]
        name = _names().get(octet)
        return f"{octet!r} at byte {self.at}" if name is None else f"opcode {name} at byte {self.at}"

    def run(self) -> Any:
        """Return what is on the stack at STOP."""
        from .opcodes import ACTIONS, STOP

        data, size, memo = self.data, len(self.data), self.memo
        for _ in range(STEPS):
            self.at = at = self.next
            if at >= size:
                raise Refused(f"the pickle of {plural(size, 'octet')} ends without STOP: its length may be too small")
            code = data[at]
            self.next = at + 1
            # The two opcodes of which a record is made, BINPUT and BINUNICODE, without a call: it halves the time.
            if code == _PUT and type(self.stack[-1]) is str:
                memo[data[at + 1]] = self.stack[-1]
                self.next = at + 2
            elif code == _TEXT and (end := at + 5 + int.from_bytes(data[at + 1 : at + 5], "little")) <= size:
                self.stack.append(str(data[at + 5 : end], "utf-8", "surrogatepass"))
                self.next = end
            elif code == STOP:
                value = self.stack.pop()
                if self.stack or self.outer:
                    raise Refused("not a well-formed pickle: more than one value at its end")
                return value
            elif (action := ACTIONS[code]) is None:
                self.unknown()
            else:
                action(self)
        raise Refused(f"more than {STEPS:,} opcodes")

    def unknown(self) -> None:
        """Refuse the current opcode."""
        if self.data[self.at : self.at + 1] in _names():
            raise self.refusal()
        seems = "; it looks like JSON" if self.data[:1] in (b"{", b"[") else ""
        raise Refused(f"not a pickle: no opcode is {self.where}{seems} (decode= takes a function for what is none)")

    def refusal(self, name: str | None = None, why: str = PLAIN) -> Refused:
        """Return what says that the current opcode, naming ``name``, is refused."""
        return Refused(f"{self.where}{'' if name is None else f' naming {cut(name, 80)}'}: {why}")

    def take(self, size: int) -> bytes:
        """Return the next ``size`` octets."""
        end = self.next + size
        if end > len(self.data):
            left = len(self.data) - self.next
            raise Refused(f"not a well-formed pickle: {self.where} says {size:,} octets, {left:,} are left")
        data = self.data[self.next : end]
        self.next = end
        return data

    def number(self, size: int) -> int:
        """Return the unsigned little-endian number in the next ``size`` octets."""
        return int.from_bytes(self.take(size), "little")

    def text_line(self) -> bytes:
        """Return the octets up to the next line feed."""
        end = self.data.index(b"\n", self.next)
        data = self.data[self.next : end]
        self.next = end + 1
        return data

    def pop_mark(self) -> list[Any]:
        """Return what is above the last mark, and go back below it."""
        items, self.stack = self.stack, self.outer.pop()
        return items

    def global_named(self, module: str, name: str) -> Any:
        """Return what stands for a global of the table; refuse any other."""
        known = known_name(module, name)
        if known in BUILDERS or known in _OURS:
            return Named(known)
        raise self.refusal(f"{module}.{name}")

    def call(self, named: Any, arguments: Any) -> Any:
        """Return what the table builds from ``arguments``."""
        if type(named) is not Named or type(arguments) is not tuple:
            raise self.refusal(why=PLAIN)
        self._copied += octets_of_a_copy(arguments)
        if self._copied > WEIGHT:
            raise self.refusal(named.name, f"more than {WEIGHT:,} octets are copied")
        try:
            ours = _OURS.get(named.name)
            return BUILDERS[named.name](*arguments) if ours is None else ours(self, *arguments)
        except Refused:
            raise
        except Unfit as unfit:
            raise self.refusal(named.name, str(unfit)) from None
        except Exception as error:  # noqa: BLE001 - a month of 13, say
            raise self.refusal(named.name, cut(str(error), 120)) from None

    def put_in_memo(self, key: int, value: Any) -> None:
        """Remember ``value``."""
        if type(value) is _Unbuilt:
            value.keys.append(key)
        self.memo[key] = value

    def build(self, state: Any) -> None:
        """Give what is on the stack its state."""
        unbuilt = self.stack[-1]
        if type(unbuilt) is not _Unbuilt:
            raise self.refusal()
        try:
            made = make_uuid(state)
        except (Unfit, ValueError) as error:
            raise self.refusal("uuid.UUID", str(error)) from None
        self.stack[-1] = made
        for key in unbuilt.keys:
            self.memo[key] = made

    def check_key(self, key: Any) -> None:
        """Refuse a key that would be dear to hash; bound the time for all keys."""
        if type(key) in (tuple, frozenset):
            self._check_tuple(key)
        elif type(key).__hash__ is None:
            raise self.refusal(why=f"a {type(key).__name__} cannot be a key")
        self._keys += 1
        if not self._keys & 1023:
            if not self._keys_end:
                self._keys_end = RealClock.monotonic() + KEYS_TIME
            elif RealClock.monotonic() > self._keys_end:
                raise self.refusal(why=f"its keys take more than {KEYS_TIME:g} s to be told apart")

    def _check_tuple(self, key: Any) -> None:
        level, size = [key], 0
        for _ in range(DEPTH):
            below = [part for each in level if type(each) in (tuple, frozenset) for part in each]
            size += len(below)
            if not below:
                return
            if size > KEY_SIZE:
                break
            level = below
        raise self.refusal(why=f"a key of more than {KEY_SIZE:,} values or {DEPTH} levels")

    def set_of(self, items: Iterable[Any]) -> set[Any]:
        """Return the set of ``items``."""
        made: set[Any] = set()
        for item in items:
            self.check_key(item)
            made.add(item)
        return made

    def fill(self, into: Any, items: list[Any]) -> None:
        """Set keys and values, in turns, in the dict ``into``."""
        if type(into) not in (dict, OrderedDict) or len(items) % 2:
            raise self.refusal()
        for index in range(0, len(items), 2):
            key = items[index]
            if type(key) is not str:
                self.check_key(key)
            into[key] = items[index + 1]

    def whole(self, data: bytes) -> int:
        """Return the signed little-endian whole number."""
        if most_digits(len(data)):
            raise self.refusal(why=f"a whole number of more than {DIGITS:,} digits")
        return int.from_bytes(data, "little", signed=True)

    def whole_of(self, text: bytes) -> int:
        """Return the whole number that ``text`` writes in digits."""
        if len(text) > DIGITS + 1:
            raise self.refusal(why=f"a whole number of more than {DIGITS:,} digits")
        return int(text)


def _make_set(machine: Machine, items: Any = ()) -> set[Any]:
    if type(items) not in (list, tuple):
        raise Unfit("only from a list")
    return machine.set_of(items)


def _make_frozenset(machine: Machine, items: Any = ()) -> frozenset[Any]:
    return frozenset(_make_set(machine, items))


def _make_uuid_later(machine: Machine, named: Any, base: Any = None, state: Any = None) -> _Unbuilt:  # noqa: ARG001 - the signature of the table
    if type(named) is not Named or named.name != "uuid.UUID":
        raise Unfit("only for a uuid.UUID")
    if base is not None and not (type(base) is Named and base.name == "builtins.object" and state is None):
        raise Unfit("only for a uuid.UUID of object")
    return _Unbuilt()


def _alone(machine: Machine, *args: Any) -> None:  # noqa: ARG001 - as above
    raise Unfit("it cannot stand alone")


_OURS: Final[dict[str, Callable[..., Any]]] = {
    "builtins.set": _make_set,
    "builtins.frozenset": _make_frozenset,
    "copyreg._reconstructor": _make_uuid_later,
    "builtins.object": _alone,
    "uuid.UUID": _alone,
}


def new_object(machine: Machine, named: Any, arguments: Any) -> _Unbuilt:
    """Return what NEWOBJ makes: a UUID without its state, or nothing."""
    if type(named) is not Named or named.name != "uuid.UUID" or arguments != ():
        raise machine.refusal(named.name if type(named) is Named else None)
    return _Unbuilt()
