"""Request smuggling and its relatives."""

from __future__ import annotations

import pytest

from pytest_loghandlers.endpoints._webhook.answer import NORMAL
from pytest_loghandlers.endpoints._webhook.conversation import Conversation

GET = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"POST /x HTTP/1.1\r\nHost: x\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
#: What two servers in a row could read differently, why it is refused, and with which status.
SMUGGLING = {
    "length and chunked": (
        HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "it has both Content-Length and Transfer-Encoding (RFC 9112 section 6.3: an attempt at smuggling)",
        400,
    ),
    "two lengths": (
        HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "conflicting Content-Length headers",
        400,
    ),
    "signed length": (HEAD + b"Content-Length: +3\r\n\r\nabc", "bad Content-Length", 400),
    "huge length": (HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n", "bad Content-Length", 400),
    "chunked twice": (
        HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "multiple Transfer-Encoding headers",
        501,
    ),
    "almost chunked": (
        HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Only Transfer-Encoding: chunked is supported",
        501,
    ),
    "space before the colon": (
        HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "illegal header line: b'Transfer-Encoding : chunked'",
        400,
    ),
    "vertical tab": (
        HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        "illegal header line: b'Transfer-Encoding: \\x0bchunked'",
        400,
    ),
    "chunked in HTTP/1.0": (
        CHUNKS.replace(b"1.1", b"1.0") + b"0\r\n\r\n",
        "it has a Transfer-Encoding, and HTTP/1.0 knows none (RFC 9112 section 6.1)",
        400,
    ),
    "negative chunk": (CHUNKS + b"-1\r\n", "illegal chunk header: b'-1\\r\\n'", 400),
    "hex chunk": (CHUNKS + b"0x3\r\nabc\r\n", "illegal chunk header: b'0x3\\r\\n'", 400),
    "huge chunk": (
        CHUNKS + b"f" * 21 + b"\r\n",
        "illegal chunk header: b'fffffffffffffffffffff\\r\\n'",
        400,
    ),
    "chunk that goes on": (
        CHUNKS + b"3\r\nabcX\r\n0\r\n\r\n",
        "a chunk goes on behind the size that it says",
        400,
    ),
    "bare CR": (HEAD + b"X: a\rb\r\n\r\n", "illegal header line: b'X: a\\rb'", 400),
    "NUL in a header": (HEAD + b"X: a\0b\r\n\r\n", "illegal header line: b'X: a\\x00b'", 400),
    "NUL in the path": (
        b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
        "illegal request line: b'GET /\\x00 HTTP/1.1'",
        400,
    ),
    "two hosts": (HEAD + b"Host: y\r\n\r\n", "Found multiple Host: headers", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", "Missing mandatory Host: header", 400),
    "HTTP/0.9": (b"GET /\r\n\r\n", "illegal request line: b'GET /'", 400),
    "HTTP/2": (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "this is HTTP/2.0: the endpoint speaks HTTP/1.0 and 1.1",
        505,
    ),
}


def talk(*pieces):
    """Feed the pieces, answer each request; return the requests and the bytes that went out."""
    conversation = Conversation()
    requests, sent = [], b""
    for piece in pieces:
        conversation.feed(piece)
        while (arrived := conversation.next()) is not None:
            requests.append(arrived)
            sent += arrived.refusal if arrived.malformed else conversation.answer(NORMAL)
    return requests, sent, conversation


@pytest.mark.parametrize("name", SMUGGLING)
def test_what_two_servers_could_read_differently_is_refused_with_the_reason(name):
    sent, reason, status = SMUGGLING[name]

    (request,), out, conversation = talk(sent, GET)

    assert (request.malformed, request.status) == (reason, status)
    assert request.raw.startswith(sent[: len(request.raw)])
    assert out.startswith(b"HTTP/1.1 %d " % status)
    assert conversation.over


@pytest.mark.parametrize(
    ("sent", "headers"),
    [
        (HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", {b"content-length": b"3"}),
        (HEAD + b"Content-Length: 3, 3\r\n\r\nabc", {b"content-length": b"3"}),
        (HEAD + b"X: a\r\n b\r\nContent-Length: 3\r\n\r\nabc", {b"x": b"a b"}),
        ((HEAD + b"Content-Length: 3\r\n\r\n").replace(b"\r\n", b"\n") + b"abc", {b"host": b"x"}),
        (CHUNKS + b"3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n", {b"transfer-encoding": b"chunked"}),
        (HEAD + b"X: \xff\xfe\r\nContent-Length: 3\r\n\r\nabc", {b"x": b"\xff\xfe"}),
    ],
    ids=["same length twice", "length as a list", "folded", "bare LF", "trailer", "no UTF-8"],
)
def test_what_is_odd_and_means_one_thing_is_taken(sent, headers):
    (request, after), _, _ = talk(sent, GET)

    assert (request.malformed, request.body, after.method) == (None, b"abc", "GET")
    assert headers.items() <= {name.lower(): value for name, value in request.headers}.items()


@pytest.mark.parametrize("name", [*SMUGGLING, "folded"])
def test_hostile_octets_one_by_one_are_the_same_as_whole(name):
    sent = SMUGGLING[name][0] if name in SMUGGLING else HEAD + b"X: a\r\n b\r\n\r\n"

    def told(requests):
        return [(request.method, request.malformed, request.body) for request in requests]

    assert told(talk(*(bytes([octet]) for octet in sent))[0]) == told(talk(sent)[0])
