from __future__ import annotations

import re

import pytest

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._webhook.conversation import Arrived
from pytest_loghandlers.endpoints._webhook.request import request_of
from pytest_loghandlers.endpoints._webhook.vocabulary import VOCABULARY, hint, unformatted


def request(method="POST", target=b"/", headers=(), body=b"", **more):
    return request_of(Arrived(method, target, "1.1", tuple(headers), body, **more), 0.5)


JSON = (b"Content-Type", b"application/json")
FORM = (b"Content-Type", b"application/x-www-form-urlencoded")
MADE = request("POST", b"/hook", [JSON, (b"X-Token", b"s3cret")], b'{"a": [1, 2]}')


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        ({"method": "post"}, True),
        ({"method": "GET"}, False),
        ({"path": "/hook"}, True),
        ({"path": "/ho"}, False),
        ({"path": re.compile("^/ho")}, True),
        ({"json": {"a": [1, 2]}}, True),
        ({"json": {"a": [1]}}, False),
        ({"headers": {"x-token": "s3cret"}}, True),
        ({"headers": {"X-Token": re.compile("^s")}}, True),
        ({"headers": {"X-Token": "s"}}, False),
        ({"headers": {"X-Other": "s"}}, False),
        ({"malformed": False}, True),
        ({"malformed": True}, False),
    ],
)
def test_each_field_is_compared(wanted, fits):
    assert VOCABULARY.matcher(**wanted).matches(MADE) is fits


def test_a_form_has_at_least_the_fields_asked_for():
    made = request(headers=[FORM], body=b"levelname=ERROR&msg=x&msg=y")

    assert VOCABULARY.matcher(form={"levelname": "ERROR"}).matches(made)
    assert made.form == {"levelname": "ERROR", "msg": "y"}
    assert VOCABULARY.matcher(form={"levelname": "INFO"}).faults(made) == [
        "form is {'levelname': 'ERROR', 'msg': 'y'}, not {'levelname': 'INFO'}"
    ]


def test_a_body_that_is_no_json_is_the_fault_when_json_is_asked_for():
    assert VOCABULARY.matcher(json={"a": 1}).faults(request(body=b"x")) == ["json is not JSON, not {'a': 1}"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"headers": "x"}, "headers='x': it is a mapping of names to values (str or compiled regex)"),
        ({"form": 3}, "form=3: it is a mapping of names to values (str or compiled regex)"),
        ({"malformed": "yes"}, "malformed='yes': it is True or False"),
        (
            {"subject": "x"},
            "subject='x': a request has no such field; it has form, headers, json, malformed, method, path, transport",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(wanted, message):
    with pytest.raises(ArgumentError) as refusal:
        VOCABULARY.matcher(**wanted)

    assert str(refusal.value) == message


def test_the_hint_knows_that_HTTPHandler_does_not_format():
    made = request(headers=[FORM], body=b"msg=card+%25s&args=%28%27declined%27%2C%29")

    assert unformatted(VOCABULARY.matcher("card declined"), [made]) == (
        "HTTPHandler does not format: it sends msg and args apart, here msg='card %s' args=\"('declined',)\";\n"
        "          override mapLogRecord to send record.getMessage()"
    )
    assert unformatted(VOCABULARY.matcher(re.compile("^card d")), [made]) is not None


@pytest.mark.parametrize("args", ["()", "nonsense(", "(1, 2)", "x.y", "(" * 500, "(" * 3000])
def test_the_hint_says_nothing_that_is_not_certain(args):
    made = request("GET", f"/?msg=card+%25s&args={args}".encode())

    assert unformatted(VOCABULARY.matcher("card declined"), [made]) is None
    assert unformatted(VOCABULARY.matcher(path="/"), [made]) is None


def test_formatting_is_no_explanation_where_the_text_is_there_unformatted():
    made = request("GET", b"/?msg=card+%25s&args=(1,)")

    assert unformatted(VOCABULARY.matcher("card", path="/x"), [made]) is None


def test_the_hint_says_that_json_is_the_whole_of_it():
    made = [request(body=b"x"), request(headers=[JSON], body=b'{"message": "boom", "log.level": "error", "ecs": {}}')]

    assert hint(VOCABULARY.matcher(json={"message": "boom"}), made) == (
        "json= is the whole of it, and [1] has more: 'log.level', 'ecs';\n"
        "          a part of it is asked for as text, or looked up in .json of the request that is returned"
    )


@pytest.mark.parametrize("wanted", [{"message": "other"}, {"message": "boom", "x": None}, {}, [1], re.compile("boom")])
def test_what_is_no_part_of_the_json_is_not_explained_by_it(wanted):
    made = request(headers=[JSON], body=b'{"message": "boom", "level": "error"}')

    assert hint(VOCABULARY.matcher(json=wanted), [made]) is None
