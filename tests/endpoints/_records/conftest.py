from __future__ import annotations

import os
import pickle
import struct

import pytest


class Harm:
    """Its pickle makes the folder ``mark`` when a naive reader loads it."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (self.mark,)


def record(**attributes):
    return {"name": "shop", "msg": "x", "levelno": 20, "levelname": "INFO", **attributes}


def made_anew(mark):
    """Return the 23 hostile pickles whose treatment was recorded on four Pythons: ``{recorded as: octets}``."""
    text = mark.encode()
    call = b"(V" + text + b"\ntR."
    made = {f"reduce in msg, protocol {n}": pickle.dumps(record(msg=Harm(mark)), n) for n in range(6)}
    bomb = b"(t" + b"".join(b"p%d\n0(g%d\ng%d\nt" % (n, n, n) for n in range(26)) + b"."
    return made | {
        "hand-made GLOBAL os system": b"cos\nmkdir\n" + call,
        "INST opcode": b"(V" + text + b"\nios\nmkdir\n.",
        "OBJ opcode": b"(cos\nmkdir\nV" + text + b"\no.",
        "builtins eval": b"c__builtin__\neval\n(V__import__('os').mkdir(" + repr(mark).encode() + b")\ntR.",
        "getattr chain": b"c__builtin__\ngetattr\n(c__builtin__\n__import__\n(Vos\ntRVmkdir\ntR" + call,
        "copy_reg extension EXT1": b"\x82\x01)R.",
        "persistent id": b"Pos.mkdir\n.",
        "STACK_GLOBAL dotted name": b"\x80\x04\x8c\x07logging\x8c\x08os.mkdir\x93\x8c"
        + bytes([len(text)])
        + text
        + b"\x85R.",
        "codecs with other encoding": b"c_codecs\nencode\n(Vx\nVrot13\ntR.",
        "memo bomb (nested tuples, 2**26)": bomb,
        "LONG with 200k digits": b"L" + b"9" * 200_000 + b"L\n.",
        "BINUNICODE length lies": b"X" + struct.pack("<I", 2**31 - 1) + b"abc.",
        "deep nesting 100k lists": b"(l" * 100_000 + b"a" * 99_999 + b".",
        "not a pickle": b"GET / HTTP/1.1\r\n\r\n",
        "top level list": pickle.dumps([1, 2], 1),
        "dict without levelno": pickle.dumps({"name": "x", "msg": "y"}, 1),
        "trailing bytes after STOP": pickle.dumps(record(), 1) + b"x" * 20,
    }


@pytest.fixture
def attacks(tmp_path):
    """The 23 hostile pickles; whoever executes one makes the folder ``harm``."""
    return made_anew(str(tmp_path / "harm"))


@pytest.fixture
def pickled():
    """Return a function that pickles a record with these attributes by one of the protocols."""

    def pickled(protocol=1, **attributes):
        return pickle.dumps(record(**attributes), protocol)

    return pickled


@pytest.fixture
def records():
    """A running record endpoint."""
    from pytest_loghandlers.endpoints.record_endpoint import RecordEndpoint

    with RecordEndpoint() as endpoint:
        yield endpoint
