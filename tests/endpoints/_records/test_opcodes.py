from __future__ import annotations

import pickletools

import pytest

from pytest_loghandlers.endpoints._records.opcodes import ACTIONS, STOP
from pytest_loghandlers.endpoints._records.unpickling import load
from pytest_loghandlers.endpoints._records.weighing import Refused

BY_NAME = {opcode.name: opcode.code.encode("latin-1")[0] for opcode in pickletools.opcodes}
#: What a log record never needs: the application's objects, what is outside the pickle, extensions.
HARMFUL = {"OBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID", "NEXT_BUFFER", "READONLY_BUFFER"}


def test_every_opcode_is_known_but_those_that_do_harm():
    unknown = {name for name, code in BY_NAME.items() if ACTIONS[code] is None}

    assert unknown - {"STOP"} == HARMFUL
    assert BY_NAME["STOP"] == STOP
    assert sum(action is not None for action in ACTIONS) == len(BY_NAME) - len(HARMFUL) - 1


@pytest.mark.parametrize("name", sorted(HARMFUL))
def test_an_opcode_that_does_harm_is_refused_by_its_name(name):
    with pytest.raises(Refused) as refused:
        load(b"N" + bytes([BY_NAME[name]]) + b"\1\0\0\0\n.")

    assert str(refused.value) == f"opcode {name} at byte 1: a log record needs only plain data"


def test_inst_names_what_it_would_have_called():
    with pytest.raises(Refused, match=r"^opcode INST at byte 1 naming os\.system: "):
        load(b"(ios\nsystem\n.")


def test_a_name_of_megabytes_is_cut_in_the_reason():
    with pytest.raises(Refused) as refused:
        load(b"c" + b"x" * 1_000_000 + b"\ny\n.")

    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("named", "of"),
    [
        (b"c_codecs\nencode\n", b"h\x00X\x06\x00\x00\x00latin1\x86"),
        (b"cbuiltins\nbytearray\n", b"h\x01\x85"),
        (b"cpathlib\nPurePosixPath\n", b"h\x00h\x00\x86"),
        (b"cbuiltins\nset\n", b"h\x02\x85"),
    ],
    ids=["bytes", "bytearray", "path", "set"],
)
def test_what_was_said_once_is_not_copied_without_end(named, of):
    text = b"x" * 1_000_000
    size = len(text).to_bytes(4, "little")
    memo = b"X" + size + text + b"q\x00" + b"B" + size + text + b"q\x01" + b"(" + b"K\x01" * 100_000 + b"lq\x02000"
    copies = b"]" + (named + of + b"Ra") * 1_000 + b"."

    with pytest.raises(Refused, match=r"opcode REDUCE .*: more than 67,108,864 octets are copied$"):
        load(b"\x80\x04" + memo + copies)
