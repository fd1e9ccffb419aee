from __future__ import annotations

import pytest

from pytest_loghandlers.endpoints._syslog.filed import Filed, elements, joined, keywords, message
from pytest_loghandlers.endpoints._syslog.framing import Frame


def test_a_message_is_what_was_filed_of_a_frame():
    text = b"\xef\xbb\xbfcaf\xe9"
    named = {"timestamp": b"Oct 11", "hostname": b"h", "program": b"a", "procid": b"-"}
    filed = Filed(14, "user", "info", text, **named, notes=("n",))

    seen = message(filed, Frame(b"raw\0", "eof", "f", damage="cut"), transport="tcp", arrival=2.0)

    assert (seen.facility, seen.severity, seen.pri, seen.timestamp) == ("user", "info", 14, "Oct 11")
    assert (seen.hostname, seen.app_name, seen.procid, seen.msgid) == ("h", "a", None, None)
    assert (seen.text, seen.had_bom, seen.had_nul, seen.raw) == ("\ufeffcaf\\xe9", True, True, b"raw\0")
    assert (seen.transport, seen.framing, seen.arrival) == ("tcp", "eof", 2.0)
    assert (seen.malformed, seen.damage) == ("f; n", "cut")


def test_the_damage_of_the_frame_is_said_before_that_of_the_reading():
    filed = Filed(14, "user", "info", b"", damage="cut")

    assert message(filed, Frame(b"x", "lf"), transport="tcp", arrival=0.0).damage == "cut"
    assert message(filed, Frame(b"x", "lf", damage="merged"), transport="tcp", arrival=0.0).damage == "merged"


@pytest.mark.parametrize(
    ("sd", "data"),
    [
        (b"", {}),
        (b"-", {}),
        (b"[a]", {"a": {}}),
        (b'[a b="c"][d e="\\"\\]\\\\\\n"]', {"a": {"b": "c"}, "d": {"e": '"]\\\\n'}}),
        (b'[a b="c" b="d" b="e"]', {"a": {"b": ("c", "d", "e")}}),
        (b'[a b="c"][d][a e="f"]', {"a": {"b": "c", "e": "f"}, "d": {}}),
    ],
)
def test_structured_data_that_can_be_read(sd, data):
    assert elements(sd) == (data, None)


@pytest.mark.parametrize("sd", [b"m", b"[", b"[a", b'[a b="c', b"[a]x", b"[]"])
def test_structured_data_that_is_none(sd):
    shown = sd.decode()

    assert elements(sd) == ({}, f"the structured data {shown!r} is not RFC 5424's, and was filed as it came")


def test_long_nonsense_is_shown_shortened():
    assert (
        elements(b"x" * 99)[1]
        == f"the structured data {'x' * 40 + '...'!r} is not RFC 5424's, and was filed as it came"
    )


def test_words():
    assert keywords(191) == ("local7", "debug")
    assert joined(None, "a", "", "b") == "a; b"
    assert joined(None) is None
