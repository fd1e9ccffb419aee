from __future__ import annotations

import itertools

import pytest

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._webhook.answer import NORMAL, Answer, endless, malformed, pieces_of, response


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (200, {"Content-Length": "9"}, "headers={'content-length': '9'}: the endpoint sets it from the body"),
        (
            200,
            {"X-A": "a\nb"},
            "status=200, headers={'X-A': 'a\\nb'}: Illegal header value b'a\\nb'",
        ),
        (
            200,
            {"bad name": "a"},
            "status=200, headers={'bad name': 'a'}: Illegal header name b'bad name'",
        ),
    ],
)
def test_an_answer_that_http_cannot_carry_is_refused(status, headers, message):
    with pytest.raises(ArgumentError) as refusal:
        response(status, headers.items(), b"")

    assert str(refusal.value) == message


def made(status, **more):
    return Answer(head=response(status, (), b""), **more)


@pytest.mark.parametrize(
    ("answer", "said", "strikes"),
    [
        (NORMAL, "answered 200", False),
        (made(204), "answered 204", False),
        (made(307), "answered 307", True),
        (made(503), "answered 503", True),
        (made(200, cut=3), "answered 200, cut off after 3 octets of the body", True),
        (made(200, close=True), "answered 200, and the connection was closed", True),
        (Answer("stall"), "left without an answer", True),
        (Answer("reset"), "cut off: its connection reset (RST)", True),
        (Answer("disconnect"), "cut off: its connection closed (FIN)", True),
        (malformed("status line"), "answered with a status line without a number", True),
        (endless("body", 1), "answered with a body without end", True),
    ],
)
def test_an_answer_says_what_it_does_to_a_request(answer, said, strikes):
    assert (str(answer), answer.strikes) == (said, strikes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: malformed("body"),
            (
                "what='body': it is one of 'status line', 'header', 'chunk size', 'length too long', "
                "'length too short', 'two lengths', 'garbage'"
            ),
        ),
        (lambda: endless("x", 1), "what='x': it is one of 'body', 'headers', '100 Continue'"),
    ],
)
def test_what_can_be_wrong_is_named(make, message):
    with pytest.raises(ArgumentError) as refusal:
        make()

    assert str(refusal.value) == message


@pytest.mark.parametrize("size", [1, 1000, 100_000])
@pytest.mark.parametrize(
    ("what", "first"),
    [("body", b"HTTP/1.1 200 OK\r\n"), ("headers", b"HTTP/1.1 200 OK\r\n"), ("100 Continue", b"HTTP/1.1 100 C")],
)
def test_what_has_no_end_comes_in_pieces_of_the_size_asked_for(what, first, size):
    pieces = list(itertools.islice(endless(what, 1).pieces(size), 20))

    assert b"".join(pieces).startswith(first)
    assert all(len(piece) <= size + 100 for piece in pieces)
    assert all(pieces)


def test_two_requests_get_an_endless_answer_each():
    answer = endless("headers", 1)

    assert list(itertools.islice(answer.pieces(9), 3)) == list(itertools.islice(answer.pieces(9), 3))


def test_pieces_are_the_whole():
    assert list(pieces_of(b"abcdefg")(3)) == [b"abc", b"def", b"g"]
