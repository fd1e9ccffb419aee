from __future__ import annotations

import re

import pytest

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._smtp.stages import (
    STAGES,
    Script,
    Step,
    lines_of,
    recipient_of,
    seconds_of,
    stage_of,
)

ONE, TWO, THREE = (Step("reply", code, ("x",)) for code in (451, 452, 453))


def test_what_is_queued_comes_before_what_stands_and_in_its_order():
    script = Script()
    script.set("MAIL", THREE, None)
    script.set("MAIL", ONE, 2)
    script.set("MAIL", TWO, 1)

    assert [script.take("MAIL") for _ in range(5)] == [ONE, ONE, TWO, THREE, THREE]
    assert script.take("DATA") is None


def test_a_later_standing_step_replaces_the_earlier():
    script = Script()
    script.set("MAIL", ONE, None)
    script.set("MAIL", TWO, None)

    assert script.take("MAIL") is TWO


def test_a_step_for_one_recipient_leaves_the_others_alone():
    script = Script()
    for_b = Step("reply", 550, ("x",), to="b@x")
    for_c = Step("reply", 550, ("x",), to=re.compile("^c"))
    script.set("RCPT", for_b, 1)
    script.set("RCPT", ONE, None)
    script.set("RCPT", for_c, None)

    assert [script.take("RCPT", to) for to in ("a@x", "b@x", "b@x", "c@x")] == [ONE, for_b, ONE, for_c]


def test_after_clear_all_is_as_usual():
    script = Script()
    script.set("MAIL", ONE, None)
    script.set("MAIL", ONE, 3)
    script.clear()

    assert script.take("MAIL") is None


@pytest.mark.parametrize(
    ("step", "wire"),
    [
        (Step("reply", 250, ("ok",)), b"250 ok\r\n"),
        (Step("reply", 451, ("one", "", "three")), b"451-one\r\n451-\r\n451 three\r\n"),
        (Step("reply", 550, ("é",)), "550 é\r\n".encode()),
        (Step("raw", data=b"what"), b"what"),
    ],
)
def test_a_reply_on_the_wire(step, wire):
    assert step.wire == wire


def test_only_a_reply_that_says_no_refuses():
    steps = (ONE, Step("reply", 550), Step("reply", 354), Step("raw", data=b"550"), Step("stall"))
    assert [step.refuses for step in steps] == [True, True, False, False, False]


@pytest.mark.parametrize("name", ["greeting", "GREETING", "ehlo", "Rcpt", "end of data", "END_OF_DATA"])
def test_a_stage_is_known_however_it_is_capitalised(name):
    assert stage_of(name) in STAGES


@pytest.mark.parametrize("name", ["", "CONNECT", None, 3, b"MAIL"])
def test_an_unknown_stage_is_told_which_there_are(name):
    with pytest.raises(ArgumentError) as failure:
        stage_of(name)

    assert str(failure.value) == (
        f"at={name!r}: a stage is one of greeting, EHLO, HELO, STARTTLS, AUTH, MAIL, RCPT, DATA, end of data, RSET, "
        "NOOP, QUIT"
    )


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: lines_of(99, "x"),
            "code=99: a reply code is a whole number from 200 to 599 (reply_raw sends any octets)",
        ),
        (
            lambda: lines_of(True, "x"),
            "code=True: a reply code is a whole number from 200 to 599 (reply_raw sends any octets)",
        ),
        (
            lambda: lines_of(250, b"x"),
            "text=b'x': the text of a reply is a str; its lines become lines of the reply",
        ),
        (lambda: lines_of(250, "a\r\nb"), "text='a\\r\\nb': a CR would end the line (reply_raw sends any octets)"),
        (
            lambda: lines_of(250, "\udcff"),
            "text='\\udcff': it cannot be sent in UTF-8 (reply_raw sends any octets)",
        ),
        (
            lambda: recipient_of("b@x", "MAIL"),
            "to='b@x': only at='RCPT' is about one recipient, not at='MAIL'",
        ),
        (
            lambda: recipient_of(3, "RCPT"),
            "to=3: it is an address as str, or a compiled regex that is searched in it",
        ),
        (lambda: seconds_of("delay", -1), "delay=-1: it is a finite number of seconds, 0 or more"),
        (lambda: seconds_of("seconds", float("inf")), "seconds=inf: it is a finite number of seconds, 0 or more"),
    ],
)
def test_what_cannot_be_meant_is_said(call, text):
    with pytest.raises(ArgumentError) as failure:
        call()

    assert str(failure.value) == text
