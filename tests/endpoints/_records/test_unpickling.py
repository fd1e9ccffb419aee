from __future__ import annotations

import json
import logging
import os
import pickle
import time
import tracemalloc
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from datetime import time as time_of_day
from decimal import Decimal
from logging.handlers import SocketHandler
from pathlib import Path, PurePosixPath, PureWindowsPath
from uuid import UUID, uuid1, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._records import unpickling
from pytest_loghandlers.endpoints._records.content import read
from pytest_loghandlers.endpoints._records.unpickling import Machine, load
from pytest_loghandlers.endpoints._records.weighing import Refused

RECORDED = json.loads(Path(__file__).with_name("data").joinpath("pickle_truth.json").read_text())
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

FIRST = datetime.fromisoformat("0001-01-01")
SHARED = ["shared"]
ONE_UUID = uuid4()

GENUINE = {
    "whole numbers": [0, 1, -1, 255, 256, 65_535, 65_536, -(2**31), 2**31, 2**63, -(2**200), 10**4_000],
    "floats": [0.5, -0.0, 1e300, float("inf")],
    "texts": ["", "x", "\u00fcber", "\U0001f525", "\ud800", "a\\u0041\n\r\0", "x" * 70_000],
    "nothing and truth": [None, True, False],
    "bytes": [b"", b"\0\xff", b"x" * 300, bytearray(), bytearray(b"\xfe")],
    "complex": 3 + 4j,
    "lists": [[], [1], [[2], [3, [4]]], list(range(3_000))],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((5,),)],
    "dicts": [{}, {"a": {1: None}}, {(1, "x"): 2}],
    "sets": [set(), {1, "x"}, frozenset(), frozenset({(1, 2), frozenset({3})})],
    "dates": [date(2020, 2, 29), FIRST, FIRST.replace(hour=2, microsecond=999_999, fold=1)],
    "aware": [datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=-3), "X"))],
    "times": [time_of_day(23, 59, 59, 1), time_of_day(2, fold=1, tzinfo=UTC), timedelta(-1, 3, 5), UTC],
    "decimals": [Decimal("1.50"), Decimal("-Infinity"), Decimal("NaN").is_nan()],
    "uuids": [uuid4(), uuid1(), UUID(int=0)],
    "paths": [Path("/a/b"), PurePosixPath("."), PureWindowsPath("c:\\x")],
    "ordered": OrderedDict(b=1, a=2),
    "one thing twice": [SHARED, SHARED, {"x": SHARED}],
    "one uuid twice": [ONE_UUID, ONE_UUID, (ONE_UUID, "x")],
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", GENUINE.values(), ids=GENUINE)
def test_plain_data_and_a_few_inert_types_are_read_as_pickle_reads_them(value, protocol):
    read = load(pickle.dumps(value, protocol))

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_stands_in_a_pickle_twice_is_one_thing_again(protocol):
    shared = ["x"]

    one, other = load(pickle.dumps([shared, shared], protocol))

    assert one is other


def test_a_path_becomes_one_that_cannot_touch_a_file():
    assert type(load(pickle.dumps(Path("/a")))) in (PurePosixPath, PureWindowsPath)
    assert type(load(b"cpathlib._local\nPosixPath\n(V/\nVa\ntR.")) is PurePosixPath


@pytest.mark.parametrize("python", RECORDED)
def test_frames_recorded_from_other_pythons_are_read_as_pickle_reads_them(python):
    for frame in RECORDED[python]["frames"].values():
        octets = bytes.fromhex(frame)[4:]
        assert load(octets) == pickle.loads(octets)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_real_record_is_read_whatever_the_protocol(protocol):
    record = logging.makeLogRecord({"msg": "hello", "seq": 7})

    assert load(pickle.dumps(vars(record), protocol)) == vars(record)


PYTHON_2 = {
    b"S'it\\'s'\n.": "it's",
    b'S"x\\n"\n.': "x\n",
    b"U\x03abc.": "abc",
    b"T\x03\0\0\0abc.": "abc",
    b"F1.5\n.": 1.5,
    b"I01\n.": True,
    b"I-7\n.": -7,
    b"L-7L\n.": -7,
    b"(dVa\nK\x01s.": {"a": 1},
    b"(lK\x01a.": [1],
    b"K\x01K\x022(0(K\x03100.": 1,
}


@pytest.mark.parametrize(("octets", "value"), PYTHON_2.items())
def test_old_and_rare_opcodes_are_read_as_pickle_reads_them(octets, value):
    assert load(octets) == value == pickle.loads(octets)


# --- what is refused ---


@pytest.mark.parametrize("name", RECORDED["3.13.0"]["attacks"])
def test_every_recorded_attack_is_refused_and_nothing_is_executed(attacks, tmp_path, name):
    content = read(attacks[name])

    assert content.record is None
    assert content.refused
    assert not (tmp_path / "harm").exists()
    # The same opcode as was named to those who recorded it; where they stood depends on the text before them.
    for python in RECORDED.values():
        reason = python["attacks"][name].removeprefix("REJECTED: ")
        if reason.startswith("opcode") and "_codecs" not in reason:
            assert content.refused.split()[:2] == reason.split()[:2]


def test_the_attacks_are_real(attacks, tmp_path):
    harmed = 0
    for name in ("reduce in msg, protocol 1", "hand-made GLOBAL os system", "getattr chain", "INST opcode"):
        pickle.loads(attacks[name])
        (tmp_path / "harm").rmdir()
        harmed += 1

    assert harmed == 4


HOW = {
    "reduce in msg, protocol 1": f"opcode GLOBAL at byte 36 naming {os.name}.mkdir: a log record needs only plain data",
    "INST opcode": "opcode INST at byte {inst} naming os.mkdir: a log record needs only plain data",
    "copy_reg extension EXT1": "opcode EXT1 at byte 0: a log record needs only plain data",
    "persistent id": "opcode PERSID at byte 0: a log record needs only plain data",
    "codecs with other encoding": (
        "opcode REDUCE at byte 28 naming _codecs.encode: only a str as latin1, which is how bytes are pickled"
    ),
    "memo bomb (nested tuples, 2**26)": (
        "written out it has more than 67,108,864 characters and values (it refers to its parts often)"
    ),
    "LONG with 200k digits": "opcode LONG at byte 0: a whole number of more than 4,300 digits",
    "BINUNICODE length lies": (
        "not a well-formed pickle: opcode BINUNICODE at byte 0 says 2,147,483,647 octets, 4 are left"
    ),
    "deep nesting 100k lists": "its values are nested more than 100 deep",
    "top level list": "the pickle holds a list, not the dict of a LogRecord's attributes",
    "dict without levelno": "the dict lacks levelno, levelname of a LogRecord",
    "trailing bytes after STOP": "20 octets behind the end of the pickle (STOP at byte 88)",
}


@pytest.mark.parametrize("name", HOW)
def test_the_reason_names_the_opcode_the_octet_and_the_name(attacks, name):
    octets = attacks[name]

    assert read(octets).refused == HOW[name].format(inst=octets.find(b"ios\n"))


ILL = "not a well-formed pickle"
PLAIN_DATA = "a log record needs only plain data"
REFUSED = {
    "nothing": (b"", "the pickle of no octet ends without STOP: its length may be too small"),
    "half": (b"}q\0", "the pickle of 3 octets ends without STOP: its length may be too small"),
    "cut in an opcode": (b"J\1", f"{ILL}: opcode BININT at byte 0 says 4 octets, 1 are left"),
    "json": (
        b'{"a": 1}',
        "not a pickle: no opcode is b'{' at byte 0; it looks like JSON (decode= takes a function for what is none)",
    ),
    "no opcode": (
        b"N\xff.",
        "not a pickle: no opcode is b'\\xff' at byte 1 (decode= takes a function for what is none)",
    ),
    "nothing to stop with": (b".", f"{ILL}: opcode STOP at byte 0 takes what is not there"),
    "an unknown memo": (b"h\7.", f"{ILL}: opcode BINGET at byte 0 takes what is not there"),
    "two values": (b"NN.", f"{ILL}: more than one value at its end"),
    "an open mark": (b"(N.", f"{ILL}: more than one value at its end"),
    "a list as key": (b"}]Ns.", "opcode SETITEM at byte 3: a list cannot be a key"),
    "no utf-8": (
        b"X\1\0\0\0\xff.",
        f"{ILL}: opcode BINUNICODE at byte 0: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
    ),
    "a quote missing": (b"S'x\n.", f"{ILL}: opcode STRING at byte 0: a STRING is quoted"),
    "protocol 6": (b"\x80\6N.", "opcode PROTO at byte 0: protocol 6 is unknown"),
    "append to a tuple": (b")Na.", f"opcode APPEND at byte 2: {PLAIN_DATA}"),
    "add to a list": (b"](N\x90.", f"opcode ADDITEMS at byte 3: {PLAIN_DATA}"),
    "set in a list": (b"]NNs.", f"opcode SETITEM at byte 3: {PLAIN_DATA}"),
    "build a dict": (b"}}b.", f"opcode BUILD at byte 2: {PLAIN_DATA}"),
    "call a number": (b"K\1)R.", f"opcode REDUCE at byte 3: {PLAIN_DATA}"),
    "a name of numbers": (b"K\1K\2\x93.", f"opcode STACK_GLOBAL at byte 4: {PLAIN_DATA}"),
    "a global alone": (b"c__builtin__\nset\n.", f"builtins.set stands in it as a value of its own: {PLAIN_DATA}"),
    "object": (b"c__builtin__\nobject\n)R.", "opcode REDUCE at byte 21 naming builtins.object: it cannot stand alone"),
    "a new set": (b"cbuiltins\nset\n)\x81.", f"opcode NEWOBJ at byte 15 naming builtins.set: {PLAIN_DATA}"),
    "a number built": (
        b"ccopy_reg\n_reconstructor\n(c__builtin__\nset\nc__builtin__\nobject\nNtR.",
        "opcode REDUCE at byte 65 naming copyreg._reconstructor: only for a uuid.UUID",
    ),
    "a uuid without state": (b"cuuid\nUUID\n)\x81.", f"uuid.UUID stands in it as a value of its own: {PLAIN_DATA}"),
    "a set of a number": (b"cbuiltins\nset\n(K\1tR.", "opcode REDUCE at byte 18 naming builtins.set: only from a list"),
    "too many arguments": (b"cbuiltins\nset\n(]]]tR.", None),
    "a list in itself": (b"]q\0h\0a.", f"a list of it contains itself: {PLAIN_DATA}"),
    "a huge binary number": (
        b"\x8b\xd0\x07\0\0" + b"\1" * 2000 + b".",
        "opcode LONG4 at byte 0: a whole number of more than 4,300 digits",
    ),
}


@pytest.mark.parametrize(("octets", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_plain_pickle_is_refused_with_the_reason(octets, reason):
    with pytest.raises(Refused) as refused:
        load(octets)

    assert reason is None or str(refused.value) == reason


# --- what is bounded ---


def test_the_memory_that_refusing_takes_is_bounded():
    lies = [
        b"X\xff\xff\xff\x7f",
        b"\x8e" + b"\xff" * 7 + b"\0",
        b"\x8b\xff\xff\xff\x7f",
        b"Nr\xff\xff\xff\xff.",
        b"N\x94" * 9,
    ]
    tracemalloc.start()
    for octets in lies:
        with pytest.raises(Refused):
            load(octets + b"x" * 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1_000_000


def test_a_flood_of_opcodes_ends():
    with pytest.raises(Refused, match=r"^more than 500,000 opcodes$"):
        load(b"(" * 600_000 + b".")


def test_one_text_many_times_is_weighed_as_often():
    octets = b"(X\x40\x42\x0f\0" + b"x" * 1_000_000 + b"q\0" + b"h\0" * 100 + b"l."

    with pytest.raises(Refused, match=r"^written out it has more than 67,108,864 characters"):
        load(octets)


def test_a_key_that_takes_for_ever_to_hash_is_not_hashed():
    bomb = b")" + b"2\x86" * 60
    began = time.thread_time()

    with pytest.raises(Refused, match=r"^opcode SETITEM at byte \d+: a key of more than 10,000 values or 100 levels$"):
        load(b"}" + bomb + b"Ns.")
    with pytest.raises(Refused, match=r"^opcode SETITEM at byte 203: a key of more than 10,000 values or 100 levels$"):
        load(b"}" + b")" + b"\x85" * 200 + b"Ns.")

    assert time.thread_time() - began < 5


def test_keys_that_all_collide_have_little_time(monkeypatch):
    monkeypatch.setattr(unpickling, "KEYS_TIME", 0.0)
    keys = b"".join(pickle.dumps(number * (2**61 - 1), 2)[2:-1] + b"N" for number in range(3_000))

    with pytest.raises(Refused, match=r"its keys take more than 0 s to be told apart$"):
        load(b"}(" + keys + b"u.")


def test_a_refusal_imports_no_pickle_machinery_and_no_named_module(attacks):
    machine = Machine(attacks["hand-made GLOBAL os system"])

    with pytest.raises(Refused):
        machine.run()
    assert machine.stack == []


# --- properties ---

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.datetimes()
    | st.uuids()
    | st.timedeltas(),
    lambda each: st.lists(each) | st.dictionaries(st.text(max_size=5), each) | st.tuples(each, each),
    max_leaves=15,
)


@settings(deadline=None)
@given(PLAIN, st.sampled_from(PROTOCOLS))
def test_any_plain_value_is_read_as_it_was(value, protocol):
    assert load(pickle.dumps(value, protocol)) == value


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=80))
def test_any_octets_are_read_or_refused(octets):
    assert_read_or_refused(octets)


@settings(deadline=None, max_examples=300)
@given(PLAIN, st.sampled_from(PROTOCOLS), st.data())
def test_a_spoilt_pickle_is_read_or_refused(value, protocol, data):
    octets = bytearray(pickle.dumps({"v": value}, protocol))
    for _ in range(data.draw(st.integers(1, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    del octets[data.draw(st.integers(0, len(octets))) :]

    assert_read_or_refused(bytes(octets))


def assert_read_or_refused(octets):
    content = read(octets)
    assert (content.record is None) is (content.refused is not None)
    try:
        value = load(octets)
    except Refused as refused:
        assert str(refused)
        assert len(str(refused)) < 400
    else:
        assert len(repr(value)) < 10_000


def test_what_makepickle_sends_of_ordinary_extras_is_taken():
    handler = SocketHandler("x", 1)
    for name, extra in GENUINE.items():
        record = logging.LogRecord("shop", 20, __file__, 1, "hello %s", ("x",), None)
        record.extra = extra
        content = read(handler.makePickle(record)[4:])
        assert content.refused is None, name
        assert content.extra == {"extra": extra}
        assert content.text == "hello x"
