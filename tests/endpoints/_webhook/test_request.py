from __future__ import annotations

import dataclasses
import gzip
import re
import zlib

import pytest

from pytest_loghandlers.endpoints._webhook.conversation import Arrived
from pytest_loghandlers.endpoints._webhook.request import formatted, line, request_of
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


MULTIPART = (b"Content-Type", b'multipart/form-data; boundary="B"')
PARTS = (
    b'--B\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n{"content": "card declined"}\r\n'
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.log"\r\n\r\nno funds\r\n--B--\r\n'
)


def test_a_multipart_body_has_fields_and_files():
    made = request(headers=[MULTIPART], body=PARTS)

    assert (made.malformed, made.form) == (None, {"payload_json": '{"content": "card declined"}'})
    assert [(part.filename, part.text) for part in made.files] == [("a.log", "no funds")]
    assert line(made) == "+0.50 s  POST /  {'payload_json': '{\"content\": \"card declined\"}'} and 'a.log'"


@pytest.mark.parametrize(
    ("made", "reason", "shown"),
    [
        (
            request(headers=[(b"Content-Encoding", b"gzip")], body=gzip.compress(b"hello")[:-1]),
            "Content-Encoding says gzip: it ends in the middle",
            "+0.50 s  POST /  'hello'  malformed: Content-Encoding says gzip: it ends in the middle",
        ),
        (
            request(headers=[MULTIPART], body=PARTS[:-6]),
            "the multipart body has no end",
            (
                "+0.50 s  POST /  {'payload_json': '{\"content\": \"card declined\"}'} and 'a.log'"
                "  malformed: the multipart body has no end"
            ),
        ),
    ],
)
def test_a_body_that_is_not_what_its_headers_say_is_malformed_with_the_reason(made, reason, shown):
    assert (made.malformed, line(made)) == (reason, shown)
    assert VOCABULARY.matcher(malformed=True).matches(made)


def test_several_json_documents_are_decoded_and_searched():
    bulk = request(body=b'{"index": {}}\n{"message": "caf\\u00e9 closed"}\n')

    assert bulk.json_lines == ({"index": {}}, {"message": "café closed"})
    assert VOCABULARY.matcher("café closed").matches(bulk)
    with pytest.raises(ValueError, match="is not JSON") as refusal:
        _ = request(target=b"/bulk", body=b'{"a": 1} x').json_lines

    assert str(refusal.value) == (
        "the body of this POST /bulk is not JSON (Expecting value: line 1 column 10 (char 9)): '{\"a\": 1} x'"
    )


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (request(headers=[FORM], body=b"payload=%7B%22text%22%3A+%22caf%5Cu00e9%22%7D"), "café"),
        (request(headers=[MULTIPART], body=PARTS), "card declined"),
        (request(headers=[MULTIPART], body=PARTS), "no funds"),
        (request(body=b'{"text": "a &lt; b &amp; c"}'), "a < b & c"),
        (request(body=b'{"streams": [{"stream": {}, "values": [["1", "caf\\u00e9"]]}]}'), "café"),
        (request(body=b'{"event": "caf\\u00e9"}{"event": "y"}'), "café"),
    ],
    ids=["Slack payload", "Discord payload_json", "file", "Slack escapes", "Loki", "Splunk"],
)
def test_the_text_of_a_shippers_body_is_found(made, text):
    assert VOCABULARY.matcher(text).matches(made)


@pytest.mark.parametrize(
    ("made", "carried"),
    [
        (request(headers=[FORM], body=b"msg=card+%25s&args=%28%27x%27%2C%29&levelname=ERROR&name=shop"), "card x"),
        (request("GET", b"/?msg=100%25&args=%28%29&levelname=INFO"), "100%"),
        (request("GET", b"/?msg=a+%25s&args=nonsense&levelname=INFO"), "a %s\nnonsense"),
        (request("GET", b"/?msg=a+%25s&args=nonsense&levelname=INFO&message=a+b"), "a b"),
        (request(body=b'{"text": "x"}'), "text\nx"),
        (request(body=b"plain"), "plain"),
    ],
)
def test_what_a_request_carries_is_said_once(made, carried):
    assert made.carried == carried


@pytest.mark.parametrize(
    ("arguments", "made"),
    [("()", "a %s"), ("('b',)", "a b"), ("{'s': 1}", "a {'s': 1}"), ("(1, 2)", None), ("(" * 3000, None)],
)
def test_what_HTTPHandler_sends_apart_is_put_together(arguments, made):
    assert formatted("a %s", arguments) == made


@pytest.mark.parametrize(
    ("message", "arguments"),
    [("%99999999d", "(1,)"), ("%(a)-99999999s", "{'a': 1}"), ("%.99999999f", "(1,)"), ("%*d", "(99999999, 1)")],
)
def test_a_width_that_would_fill_the_memory_is_not_formatted(message, arguments):
    assert formatted(message, arguments) is None


def test_the_path_of_a_request_to_a_proxy_is_that_of_its_url():
    made = request("GET", b"http://shop.test:80/a/b?c=d")

    assert (made.path, made.query) == ("/a/b", "c=d")
    assert request("GET", b"http://shop.test").path == "/"


def test_a_line_tells_an_answer_that_was_no_success():
    made = request()
    assert made.status is None

    made._answers.append(503)

    assert (made.status, line(made)) == (503, "+0.50 s  POST /  ''  answered 503")


def test_its_connection_and_transport_are_known():
    made = request_of(Arrived("GET", b"/"), 0.5, 3, "tls")

    assert (made.connection, made.transport) == (3, "tls")
    assert VOCABULARY.matcher(transport="tls").matches(made)
    assert VOCABULARY.matcher(transport="tcp").faults(made) == ["transport is tls, not tcp"]
