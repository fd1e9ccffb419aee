from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._webhook import conversation as parsing
from pytest_loghandlers.endpoints._webhook.answer import NORMAL, Answer, response
from pytest_loghandlers.endpoints._webhook.conversation import Conversation

OK = NORMAL.head
POST = b"POST /log?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n"
GET = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"


def talk(*pieces, head=OK, body=b""):
    """Feed the pieces, answer each request; return the requests and the bytes that went out."""
    conversation = Conversation()
    requests, sent = [], b""
    for piece in pieces:
        conversation.feed(piece)
        while (arrived := conversation.next()) is not None:
            requests.append(arrived)
            sent += arrived.refusal if arrived.malformed else conversation.answer(Answer(head=head, body=body))
        sent += conversation.outgoing()
    return requests, sent, conversation


def test_a_request_arrives_with_all_its_parts():
    (request,), sent, conversation = talk(POST)

    assert request == parsing.Arrived(
        "POST", b"/log?a=b", "1.1", ((b"Host", b"x"), (b"Content-Length", b"5")), b"hello", raw=POST
    )
    assert sent == b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    assert not conversation.over


@pytest.mark.parametrize(
    "sent", [POST, CHUNKED, GET, POST + CHUNKED + GET], ids=["post", "chunked", "get", "pipelined"]
)
def test_byte_by_byte_is_the_same_as_whole(sent):
    whole, answers, _ = talk(sent)
    apart, others, _ = talk(*(bytes([byte]) for byte in sent))

    assert apart == whole
    assert others == answers
    assert b"".join(request.raw for request in whole) == sent


@given(st.lists(st.binary(max_size=300), max_size=5), st.data())
def test_bodies_cut_anywhere_arrive_whole(bodies, data):
    sent = b"".join(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(b), b) for b in bodies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=8)))
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True) if start < end]

    requests, _, _ = talk(*pieces)

    assert [request.body for request in requests] == bodies


@given(st.binary(max_size=400))
def test_any_bytes_are_kept_and_end_in_a_request_or_a_reason(garbage):
    conversation = Conversation()
    arrived = []
    if garbage:
        conversation.feed(garbage)
    for _ in range(2):
        while (request := conversation.next()) is not None:
            arrived.append(request)
            if request.malformed is None:
                conversation.answer(NORMAL)
        conversation.end()

    assert b"".join(request.raw for request in arrived) == garbage
    assert sum(request.malformed is not None for request in arrived) <= 1


def test_garbage_is_malformed_with_its_bytes_and_answered_400():
    (request,), sent, conversation = talk(b"\x00\xff nonsense\r\n\r\n")

    assert (request.raw, request.method) == (b"\x00\xff nonsense\r\n\r\n", "")
    assert request.malformed == r"illegal request line: b'\x00\xff nonsense'"
    assert sent == (
        b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 43\r\n\r\n"
        b"illegal request line: b'\\x00\\xff nonsense'\n"
    )
    assert conversation.over


def test_tls_on_the_plain_port_is_named():
    (request,), _, _ = talk(b"\x16\x03\x01\x02\x00\x01\r\n\r\n")

    assert (
        request.malformed == "this is the start of TLS, on a plain HTTP port: the client was given https:// for http://"
    )


def test_a_bad_chunk_spoils_the_request_but_not_what_was_read():
    (request,), _, _ = talk(CHUNKED[:-5] + b"zzz\r\n")

    assert request.malformed.startswith("illegal chunk header: b'zzz")
    assert (request.method, request.body) == ("POST", b"abcde")


def test_a_request_cut_off_is_malformed_with_what_there_is():
    conversation = Conversation()
    conversation.feed(POST[:-2])
    assert conversation.next() is None

    conversation.end()
    request = conversation.next()

    assert request.malformed == (
        "peer closed connection without sending complete message body (received 3 bytes, expected 5)"
    )
    assert (request.method, request.body, request.raw) == ("POST", b"hel", POST[:-2])


def test_an_end_between_requests_is_no_request():
    _, _, conversation = talk(POST)

    conversation.end()
    conversation.end()

    assert conversation.next() is None
    assert conversation.over


def test_who_waits_for_100_continue_gets_it():
    head, body = POST.replace(b"Host", b"Expect: 100-continue\r\nHost").split(b"\r\n\r\n")
    requests, sent, _ = talk(head + b"\r\n\r\n", body)

    assert sent == b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    assert requests[0].body == b"hello"


@pytest.mark.parametrize(
    ("request_line", "headers", "over"),
    [
        (b"GET / HTTP/1.1", b"", False),
        (b"GET / HTTP/1.1", b"Connection: close\r\n", True),
        (b"GET / HTTP/1.0", b"", True),
    ],
)
def test_the_connection_is_kept_alive_as_the_client_wants(request_line, headers, over):
    _, _, conversation = talk(request_line + b"\r\nHost: x\r\n" + headers + b"\r\n")

    assert conversation.over is over


@pytest.mark.parametrize(
    ("method", "status", "sent"),
    [
        (b"GET", 500, b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\n\r\nbody"),
        (b"HEAD", 200, b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"),
        (b"GET", 204, b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"GET", 304, b"HTTP/1.1 304 Not Modified\r\n\r\n"),
        (b"GET", 599, b"HTTP/1.1 599 \r\ncontent-length: 4\r\n\r\nbody"),
    ],
)
def test_an_answer_has_a_body_where_http_allows_one(method, status, sent):
    _, out, _ = talk(method + b" / HTTP/1.1\r\nHost: x\r\n\r\n", head=response(status, (), b"body"), body=b"body")

    assert out == sent


def test_a_body_over_the_limit_is_refused_and_its_start_kept(monkeypatch):
    monkeypatch.setattr(parsing, "MAX_BODY", 4)
    (request,), sent, _ = talk(POST)

    assert (request.malformed, request.body) == ("the body is longer than 4 bytes", b"hell")
    assert sent.startswith(b"HTTP/1.1 413 ")


def test_a_long_url_as_HTTPHandler_makes_it_is_taken_and_an_endless_head_is_not():
    (request,), _, _ = talk(b"GET /?msg=" + b"x" * 500_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    (refused,), sent, _ = talk(*[b"GET /" + b"x" * 100_000] * 11)

    assert len(request.target) == 500_006
    assert refused.malformed == "the request line and the headers are longer than 1,048,576 bytes"
    assert len(refused.raw) == parsing.RAW_KEPT
    assert sent.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


def test_h11_itself_understands_what_is_answered():
    _, sent, _ = talk(POST, head=response(503, {"Retry-After": "3"}.items(), b"later"), body=b"later")

    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="POST", target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    client.receive_data(sent)

    head, data, _ = client.next_event(), client.next_event(), client.next_event()
    assert (head.status_code, dict(head.headers)[b"retry-after"], bytes(data.data)) == (503, b"3", b"later")


def test_bare_http_client_is_told_to_close_and_who_pipelines_is_not():
    bare = b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: identity\r\n"
    assert b"connection: close" in talk(bare + b"\r\n")[1].lower()
    assert b"connection: close" not in talk(bare + b"User-Agent: x\r\n\r\n")[1]
    requests, _, _ = talk((bare + b"\r\n") * 3)
    assert len(requests) == 3


@given(
    st.lists(st.sampled_from([POST, CHUNKED, GET, GET.replace(b"GET", b"HEAD")]), max_size=4), st.binary(max_size=40)
)
def test_requests_are_the_same_whole_octet_by_octet_and_with_anything_behind_them(sent, behind):
    whole = b"".join(sent)

    requests, out, _ = talk(*([whole] if whole else []))
    apart = talk(*(bytes([octet]) for octet in whole))
    followed = talk(whole + behind)[0] if whole else []

    assert apart[:2] == (requests, out)
    assert [request.body for request in followed[: len(sent)]] == [request.body for request in requests]
    assert all(request.malformed is None for request in requests)


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (Answer(head=OK, body=b"", to_itself=True), b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nlocation: /x\r\n\r\n"),
        (
            Answer(head=response(200, (), b"hello"), body=b"hello", cut=2),
            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe",
        ),
        (Answer("raw", body=b"\x00 mine"), b"\x00 mine"),
    ],
)
def test_answers_that_no_server_should_give_leave_the_conversation_in_order(answer, sent):
    conversation = Conversation()
    conversation.feed(GET + POST)
    conversation.next()

    assert conversation.answer(answer) == sent
    assert conversation.next().body == b"hello"


def test_a_request_to_a_proxy_and_one_for_the_server_itself_are_taken():
    connect, options = b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"

    requests, _, conversation = talk(options, connect)

    assert [(request.method, request.target) for request in requests] == [("OPTIONS", b"*"), ("CONNECT", b"a:1")]
    assert conversation.over


@pytest.mark.parametrize("status", [200, 204, 503])
@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}, {"X-A": "b"}])
def test_the_short_way_to_answer_bare_http_client_says_what_the_long_one_says(status, headers):
    answer = Answer(head=response(status, headers.items(), b"body"), body=b"body")
    bare = b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: identity\r\n\r\n"
    closing = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    _, short, conversation = talk(bare, head=answer.head, body=answer.body)
    _, long, _ = talk(closing, head=answer.head, body=answer.body)

    assert conversation.over
    assert short.lower().split(b"\r\n") == long.lower().split(b"\r\n")
