"""The opcodes that make plain data, and what each does on the machine. ``pickletools`` documents them."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from typing import Any, Final

from .unpickling import Machine, new_object

STOP: Final = ord(".")
HIGHEST_PROTOCOL: Final = 5

Action = Callable[[Machine], object]


def _push(value: Any) -> Action:
    return lambda machine: machine.stack.append(value)


def _push_new(make: Callable[[], Any]) -> Action:
    return lambda machine: machine.stack.append(make())


def _unsigned(size: int) -> Action:
    return lambda machine: machine.stack.append(machine.number(size))


def _text(size: int) -> Action:
    def action(machine: Machine) -> None:
        machine.stack.append(machine.take(machine.number(size)).decode("utf-8", "surrogatepass"))

    return action


def _octets(size: int, make: Callable[[bytes], Any] = bytes) -> Action:
    return lambda machine: machine.stack.append(make(machine.take(machine.number(size))))


def _old_text(size: int) -> Action:
    # Python 2's str: ASCII, as pickle.loads reads it.
    def action(machine: Machine) -> None:
        machine.stack.append(machine.take(machine.number(size)).decode("ascii"))

    return action


def _put(size: int) -> Action:
    return lambda machine: machine.put_in_memo(machine.number(size), machine.stack[-1])


def _get(size: int) -> Action:
    return lambda machine: machine.stack.append(machine.memo[machine.number(size)])


def _memo_key(machine: Machine) -> int:
    return machine.whole_of(machine.text_line())


def _protocol(machine: Machine) -> None:
    protocol = machine.number(1)
    if protocol > HIGHEST_PROTOCOL:
        raise machine.refusal(why=f"protocol {protocol} is unknown")


def _frame(machine: Machine) -> None:
    machine.number(8)  # How much to read at once: it is all there.


def _mark(machine: Machine) -> None:
    machine.outer.append(machine.stack)
    machine.stack = []


def _pop(machine: Machine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.pop_mark()


def _dup(machine: Machine) -> None:
    machine.stack.append(machine.stack[-1])


def _int_text(machine: Machine) -> None:
    text = machine.text_line()
    made = {b"00": False, b"01": True}.get(text)
    machine.stack.append(machine.whole_of(text) if made is None else made)


def _long_text(machine: Machine) -> None:
    machine.stack.append(machine.whole_of(machine.text_line().removesuffix(b"L")))


def _bin_int(machine: Machine) -> None:
    machine.stack.append(int.from_bytes(machine.take(4), "little", signed=True))


def _long(size: int) -> Action:
    return lambda machine: machine.stack.append(machine.whole(machine.take(machine.number(size))))


def _float_text(machine: Machine) -> None:
    machine.stack.append(float(machine.text_line()))


def _float(machine: Machine) -> None:
    machine.stack.append(struct.unpack(">d", machine.take(8))[0])


def _unicode_line(machine: Machine) -> None:
    machine.stack.append(machine.text_line().decode("raw-unicode-escape"))


def _string_line(machine: Machine) -> None:
    text = machine.text_line().strip()
    if len(text) < 2 or text[:1] not in (b"'", b'"') or text[-1:] != text[:1]:
        raise ValueError("a STRING is quoted")
    machine.stack.append(codecs.escape_decode(text[1:-1])[0].decode("ascii"))


def _list(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.stack.append(items)


def _tuple(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.stack.append(tuple(items))


def _tuple_of(size: int) -> Action:
    def action(machine: Machine) -> None:
        items = [machine.stack.pop() for _ in range(size)]
        machine.stack.append(tuple(reversed(items)))

    return action


def _dict(machine: Machine) -> None:
    items = machine.pop_mark()
    made: dict[Any, Any] = {}
    machine.fill(made, items)
    machine.stack.append(made)


def _append(machine: Machine) -> None:
    item = machine.stack.pop()
    _extend(machine, [item])


def _appends(machine: Machine) -> None:
    items = machine.pop_mark()
    _extend(machine, items)


def _extend(machine: Machine, items: list[Any]) -> None:
    if type(machine.stack[-1]) is not list:
        raise machine.refusal()
    machine.stack[-1].extend(items)


def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.fill(machine.stack[-1], [key, value])


def _set_items(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.fill(machine.stack[-1], items)


def _add_items(machine: Machine) -> None:
    items = machine.pop_mark()
    if type(machine.stack[-1]) is not set:
        raise machine.refusal()
    for item in items:
        machine.check_key(item)
        machine.stack[-1].add(item)


def _frozenset(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.stack.append(frozenset(machine.set_of(items)))


def _put_line(machine: Machine) -> None:
    machine.put_in_memo(_memo_key(machine), machine.stack[-1])


def _get_line(machine: Machine) -> None:
    machine.stack.append(machine.memo[_memo_key(machine)])


def _memoize(machine: Machine) -> None:
    machine.put_in_memo(len(machine.memo), machine.stack[-1])


def _global(machine: Machine) -> None:
    module, name = machine.text_line(), machine.text_line()
    machine.stack.append(machine.global_named(_name(module), _name(name)))


def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    if type(name) is not str or type(module) is not str:
        raise machine.refusal()
    machine.stack.append(machine.global_named(module, name))


def _inst(machine: Machine) -> None:
    raise machine.refusal(f"{_name(machine.text_line())}.{_name(machine.text_line())}")


def _reduce(machine: Machine) -> None:
    arguments, named = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.call(named, arguments))


def _new_object(machine: Machine) -> None:
    arguments, named = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(new_object(machine, named, arguments))


def _build(machine: Machine) -> None:
    state = machine.stack.pop()
    machine.build(state)


def _name(octets: bytes) -> str:
    return octets.decode("utf-8", "backslashreplace")


_KNOWN: Final[dict[bytes, Action]] = {
    b"\x80": _protocol,
    b"\x95": _frame,
    b"(": _mark,
    b"0": _pop,
    b"1": Machine.pop_mark,
    b"2": _dup,
    b"N": _push(None),
    b"\x88": _push(True),
    b"\x89": _push(False),
    b"I": _int_text,
    b"L": _long_text,
    b"J": _bin_int,
    b"K": _unsigned(1),
    b"M": _unsigned(2),
    b"\x8a": _long(1),
    b"\x8b": _long(4),
    b"F": _float_text,
    b"G": _float,
    b"V": _unicode_line,
    b"\x8c": _text(1),
    b"X": _text(4),
    b"\x8d": _text(8),
    b"S": _string_line,
    b"U": _old_text(1),
    b"T": _old_text(4),
    b"C": _octets(1),
    b"B": _octets(4),
    b"\x8e": _octets(8),
    b"\x96": _octets(8, bytearray),
    b"]": _push_new(list),
    b"}": _push_new(dict),
    b"\x8f": _push_new(set),
    b")": _push(()),
    b"l": _list,
    b"a": _append,
    b"e": _appends,
    b"d": _dict,
    b"s": _set_item,
    b"u": _set_items,
    b"t": _tuple,
    b"\x85": _tuple_of(1),
    b"\x86": _tuple_of(2),
    b"\x87": _tuple_of(3),
    b"\x90": _add_items,
    b"\x91": _frozenset,
    b"p": _put_line,
    b"q": _put(1),
    b"r": _put(4),
    b"\x94": _memoize,
    b"g": _get_line,
    b"h": _get(1),
    b"j": _get(4),
    b"c": _global,
    b"\x93": _stack_global,
    b"i": _inst,
    b"R": _reduce,
    b"\x81": _new_object,
    b"b": _build,
}
#: By the opcode's number; None for what is no opcode, and for those that only do harm.
ACTIONS: Final[list[Action | None]] = [_KNOWN.get(bytes([code])) for code in range(256)]
