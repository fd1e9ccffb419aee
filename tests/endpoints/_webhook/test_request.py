from __future__ import annotations

import dataclasses
import gzip
import re
import zlib

import pytest

from pytest_loghandlers.endpoints._webhook.conversation import Arrived
from pytest_loghandlers.endpoints._webhook.request import line, request_of
from pytest_loghandlers.endpoints._webhook.vocabulary import VOCABULARY


def request(method="POST", target=b"/", headers=(), body=b"", **more):
    return request_of(Arrived(method, target, "1.1", tuple(headers), body, **more), 0.5)


JSON = (b"Content-Type", b"application/json")
FORM = (b"Content-Type", b"application/x-www-form-urlencoded")


def test_path_and_query_are_apart_and_the_path_is_decoded():
    made = request("GET", b"/caf%C3%A9/x?a=1&b=%20")

    assert (made.path, made.query, made.form) == ("/café/x", "a=1&b=%20", {"a": "1", "b": " "})


def test_it_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        request().method = "GET"


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        (b"text/plain", "café".encode(), "café"),
        (b"text/plain; charset=latin-1", "café".encode("latin-1"), "café"),
        (b'text/plain; charset="utf-16"', "café".encode("utf-16"), "café"),
        (b"text/plain; charset=nonsense", "café".encode(), "café"),
        (b"text/plain", b"\xff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_the_body_is_decoded_by_its_charset(content_type, body, text):
    assert request(headers=[(b"Content-Type", content_type)], body=body).text == text


@pytest.mark.parametrize(("encoding", "pack"), [(b"gzip", gzip.compress), (b"deflate", zlib.compress)])
def test_a_zipped_body_is_unzipped_for_text_and_json(encoding, pack):
    made = request(headers=[(b"Content-Encoding", encoding)], body=pack(b'{"a": 1}'))

    assert made.json == {"a": 1}
    assert made.body == pack(b'{"a": 1}')


@pytest.mark.parametrize("pack", [zlib.compress, lambda body: gzip.compress(zlib.compress(body))])
def test_several_codings_are_undone_as_far_as_they_were_done(pack):
    # graypy names two and does one.
    made = request(headers=[(b"Content-Encoding", b"deflate, gzip")], body=pack(b'{"a": 1}'))

    assert made.json == {"a": 1}


def test_a_body_that_is_not_zipped_as_it_says_is_shown_as_it_is():
    assert request(headers=[(b"Content-Encoding", b"gzip")], body=b"plain").text == "plain"


def test_json_that_is_none_says_what_the_body_was():
    with pytest.raises(ValueError, match="is not JSON") as refusal:
        _ = request(target=b"/hook", body=b"<html>").json

    assert str(refusal.value) == (
        "the body of this POST /hook is not JSON (Expecting value: line 1 column 1 (char 0)): '<html>'"
    )


def test_json_nested_too_deep_is_no_crash():
    made = request(headers=[JSON], body=b"[" * 200_000)

    assert VOCABULARY.matcher("[[[").matches(made)
    with pytest.raises(ValueError, match="is not JSON"):
        _ = made.json


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (request(body=b'{"text": "caf\\u00e9 \\"x\\"", "n": [{"deep": "down"}]}'), 'café "x"'),
        (request(body=b'{"text": "a", "n": [{"deep": "down"}]}'), "down"),
        (request(body=b'{"text": "a"}'), '{"text"'),
        (request(headers=[JSON], body=b' {"text": "\\u00e9"}'), "é"),
        (request(headers=[FORM], body=b"msg=card+declined&x=%C3%A9"), "card declined"),
        (request(headers=[FORM], body=b"msg=card+declined&x=%C3%A9"), "é"),
        (request("GET", b"/?msg=card+declined"), "card declined"),
        (request("GET", b"/?card+declined"), "card declined"),
        (request("", raw=b"\x16\x03 caf\xc3\xa9", malformed="why"), "café"),
    ],
)
def test_a_text_is_found_in_what_the_request_decodes_to(made, text):
    assert VOCABULARY.matcher(text).matches(made)
    assert VOCABULARY.matcher(re.compile(re.escape(text))).matches(made)
    assert not VOCABULARY.matcher(text + "!").matches(made)


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (request(target=b"/hook?a=1", body=b'{"text": "x"}'), '+0.50 s  POST /hook  \'{"text": "x"}\''),
        (request(headers=[FORM], body=b"msg=x+y"), "+0.50 s  POST /  {'msg': 'x y'}"),
        (request("GET", b"/log?msg=x"), "+0.50 s  GET /log  {'msg': 'x'}"),
        (request("GET"), "+0.50 s  GET /  ''"),
        (request(raw=b"\x00", malformed="illegal request line"), "+0.50 s  malformed: illegal request line  b'\\x00'"),
    ],
)
def test_a_line_shows_what_matters(made, shown):
    assert line(made) == shown
