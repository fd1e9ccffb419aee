from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import datetime, time
from pathlib import Path, PurePosixPath

import pytest

import pytest_loghandlers
from pytest_loghandlers.endpoints._records.inert import BUILDERS, SCALARS, Unfit, known_name, make_uuid, most_digits


def test_each_builder_refuses_what_its_type_is_never_pickled_with():
    wrong = {
        "builtins.bytes": (b"x",),
        "_codecs.encode": ("x", "rot13"),
        "builtins.bytearray": ("x",),
        "builtins.complex": ("1", 2.0),
        "datetime.date": (b"x",),
        "datetime.datetime": (b"\7\xe4\1\1\0\0\0\0\0\0", "UTC"),
        "datetime.time": (2026,),
        "datetime.timedelta": (1.5, 0, 0),
        "datetime.timezone": (3600,),
        "decimal.Decimal": ("9" * 5_000,),
        "collections.OrderedDict": ([],),
        "pathlib.PosixPath": (1,),
        "pathlib.PurePosixPath": (["x"],),
        "pathlib.WindowsPath": (None,),
        "pathlib.PureWindowsPath": (b"x",),
    }

    assert set(wrong) == set(BUILDERS)
    for name, arguments in wrong.items():
        with pytest.raises(Unfit):
            BUILDERS[name](*arguments)


@pytest.mark.parametrize("state", [None, {}, {"int": "1"}, {"int": 1, "x": 2}])
def test_a_uuid_is_made_of_a_number_alone(state):
    with pytest.raises(Unfit):
        make_uuid(state)


@pytest.mark.parametrize("state", [b"\7\xe4\x0d\1" + b"\0" * 6, b"\7\xe4\1\1\x20" + b"\0" * 5])
def test_a_date_that_there_is_not_is_refused(state):
    # datetime itself takes an hour of 32 out of a pickle.
    with pytest.raises(ValueError, match="must be in"):
        BUILDERS["datetime.datetime"](state)


def test_bytearrays_are_read_as_each_python_pickles_them():
    assert BUILDERS["builtins.bytearray"](b"\xff") == BUILDERS["builtins.bytearray"]("\xff", "latin-1") == b"\xff"


def test_the_names_of_python_2_and_of_3_13_are_those_of_today():
    assert known_name("__builtin__", "set") == "builtins.set"
    assert known_name("copy_reg", "_reconstructor") == "copyreg._reconstructor"
    assert known_name("pathlib._local", "PosixPath") == "pathlib.PosixPath"
    assert known_name("os", "system") == "os.system"


def test_a_number_has_too_many_digits_when_python_would_not_print_it():
    assert not most_digits(len((10**4_000).to_bytes(2_000, "little").rstrip(b"\0")))
    assert most_digits(1_800)


def test_what_is_scalar_holds_nothing_else():
    assert not SCALARS & {list, tuple, dict, set, frozenset}
    assert PurePosixPath in SCALARS


def test_dates_are_real_ones_also_when_it_was_imported_in_a_frozen_time():
    code = """
import pickle, datetime
value = {"v": [datetime.datetime(2020, 1, 2), datetime.date(2020, 1, 2)]}
octets = pickle.dumps(value)
from freezegun import freeze_time
with freeze_time("2001-01-01"):
    from pytest_loghandlers.endpoints._records.unpickling import load
    assert [type(each).__name__ for each in load(octets)["v"]] == ["datetime", "date"]
    assert load(octets) == value
assert load(octets) == value
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=Path(pytest_loghandlers.__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_times_keep_their_fold():
    for value in (time(1, fold=1), datetime.fromisoformat("2020-01-01").replace(fold=1)):
        octets = value.__reduce_ex__(4)[1][0]
        assert BUILDERS[f"datetime.{type(value).__name__}"](octets).fold == 1
        assert pickle.loads(pickle.dumps(value)).fold == 1
