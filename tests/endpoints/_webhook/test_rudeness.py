"""What each verb sends, as a raw client and as HTTPHandler see it."""

from __future__ import annotations

import gc
import http.client
import logging.handlers
import sys
import threading

import httpx
import pytest

from pytest_loghandlers import ArgumentError, WebhookEndpoint

# HTTPHandler never closes the connection of a request that failed.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def endpoint():
    with WebhookEndpoint() as started:
        yield started


@pytest.fixture
def client(endpoint):
    with httpx.Client(base_url=endpoint.url, timeout=10) as opened:
        yield opened


class Counting(logging.handlers.HTTPHandler):
    """Remembers what handleError was called for."""

    def __init__(self, hostport):
        super().__init__(hostport, "/log", method="POST")
        self.errors = []

    def handleError(self, record):
        self.errors.append(sys.exc_info()[0])


@pytest.fixture
def handler(endpoint, logger):
    made = Counting(endpoint.hostport)
    logger.addHandler(made)
    yield made
    gc.collect()  # What it left open is warned of here, and not in some later test.


#: Each rudeness, and the errors that HTTPHandler is told of: it reads the head of the answer and nothing else.
RUDE = {
    "500": (lambda e: e.answer(500, times=1), ()),
    "429": (lambda e: e.answer(429, retry_after=2, times=1), ()),
    "301": (lambda e: e.redirect("/other", status=301, times=1), ()),
    "loop": (lambda e: e.redirect(times=1), ()),
    "cut": (lambda e: e.answer(200, "body", cut=1, times=1), ()),
    "close": (lambda e: e.answer(200, close=True, times=1), ()),
    "slow": (lambda e: e.answer(200, "x" * 100, octets_per_second=5_000, times=1), ()),
    "status line": (lambda e: e.answer_malformed(times=1), (http.client.BadStatusLine,)),
    "header": (lambda e: e.answer_malformed("header", times=1), ()),
    "chunk size": (lambda e: e.answer_malformed("chunk size", times=1), ()),
    "length too long": (lambda e: e.answer_malformed("length too long", times=1), ()),
    "length too short": (lambda e: e.answer_malformed("length too short", times=1), ()),
    "two lengths": (lambda e: e.answer_malformed("two lengths", times=1), ()),
    "garbage": (lambda e: e.answer_malformed("garbage", times=1), (http.client.BadStatusLine,)),
    "endless body": (lambda e: e.answer_endlessly(times=1), ()),
    "endless headers": (lambda e: e.answer_endlessly("headers", times=1), (http.client.HTTPException,)),
    "raw": (lambda e: e.answer_raw(b"HTTP/1.0 200 Fine\r\n\r\n", times=1), ()),
    "reset": (lambda e: e.reset(times=1), (ConnectionResetError,)),
    "disconnect": (lambda e: e.disconnect(times=1), (http.client.RemoteDisconnected,)),
    "half-close": (lambda e: e.half_close(times=1), (http.client.RemoteDisconnected,)),
}


@pytest.mark.parametrize("rude", RUDE)
def test_HTTPHandler_under_each_rudeness_and_after_it(endpoint, logger, handler, rude):
    set_up, errors = RUDE[rude]
    set_up(endpoint)

    logger.error("first")
    logger.error("second")

    assert len(endpoint.wait_for(count=2)) == 2
    assert [issubclass(kind, wanted) for kind, wanted in zip(handler.errors, errors, strict=True)] == [True] * len(
        errors
    )


def test_HTTPHandler_is_told_when_it_is_refused_and_when_it_is_cut_off_in_the_middle(endpoint, logger, handler):
    endpoint.reset(times=1, after=20)
    logger.error("in the middle")
    endpoint.refuse()
    logger.error("refused")
    endpoint.recover()
    logger.error("fine")

    assert issubclass(handler.errors[0], ConnectionError)
    assert handler.errors[1:] == [ConnectionRefusedError]
    endpoint.assert_received("fine", malformed=False, count=1)


@pytest.mark.parametrize("what", ["stall", "stop reading"])
def test_HTTPHandler_hangs_without_end_where_nobody_answers_for_it_has_no_timeout(endpoint, logger, handler, what):
    {"stall": endpoint.stall, "stop reading": endpoint.stop_reading}[what]()
    writing = threading.Thread(target=logger.error, args=["x"])
    writing.start()
    if what != "stop reading":
        endpoint.wait_for(path="/log")
    writing.join(0.1)
    hung = writing.is_alive()

    endpoint.recover()
    writing.join(10)

    assert (hung, writing.is_alive()) == (True, False)


def test_HTTPHandler_takes_interim_responses_without_end_or_tells_handleError(endpoint, logger, handler):
    endpoint.answer_endlessly("100 Continue", octets_per_second=1_000_000)
    writing = threading.Thread(target=logger.error, args=["x"])
    writing.start()
    endpoint.wait_for(path="/log")
    writing.join(0.2)
    hung = writing.is_alive()

    endpoint.recover()
    writing.join(10)

    # http.client of 3.14.10 and 3.15.2 gives up after some of them, that of 3.11.7, 3.12.1 and 3.13.0 reads for ever.
    assert not writing.is_alive()
    assert len(handler.errors) == 1
    assert issubclass(
        handler.errors[0], http.client.HTTPException if not hung else (http.client.HTTPException, OSError)
    )


def test_answers_and_broken_connections_come_in_the_order_in_which_they_were_set(endpoint, client):
    endpoint.answer(404)
    endpoint.answer(500, times=1)
    endpoint.disconnect(times=1)
    endpoint.answer_malformed(times=1)
    endpoint.reset(times=1)

    got = []
    for _ in range(6):
        try:
            got.append(client.get("/").status_code)
        except httpx.TransportError as error:
            got.append(type(error).__name__)

    assert got == [500, "RemoteProtocolError", "RemoteProtocolError", "ReadError", 404, 404]


def test_retry_after_and_json_are_put_together(endpoint, client):
    endpoint.answer(429, json={"error": "slow down"}, retry_after=3)

    answer = client.get("/")

    assert (answer.json(), answer.headers["retry-after"]) == ({"error": "slow down"}, "3")
    assert answer.headers["content-type"] == "application/json"


def test_a_redirection_leads_to_the_path_or_round_in_circles(endpoint, client):
    endpoint.redirect("/new?x=1", times=1)
    moved = client.post("/old", json={"a": 1}, follow_redirects=True)
    endpoint.redirect()
    with pytest.raises(httpx.TooManyRedirects):
        client.get("/loop?y=2", follow_redirects=True)

    assert [(answer.status_code, answer.url.path) for answer in moved.history] == [(307, "/old")]
    endpoint.assert_received(path="/new", json={"a": 1}, form={"x": "1"}, method="POST")
    assert len(endpoint.assert_received(path="/loop", form={"y": "2"}, count=21)) == 21


def test_an_answer_is_cut_off_in_its_body(endpoint, client):
    endpoint.answer(200, "0123456789", cut=4, times=1)

    with pytest.raises(httpx.RemoteProtocolError, match="received 4 bytes, expected 10"):
        client.get("/")
    assert client.get("/").status_code == 200


def test_a_connection_is_closed_behind_its_answer_without_notice(endpoint, client, spin):
    endpoint.answer(200, close=True, times=1)

    first = client.get("/")
    spin(lambda: not endpoint._listener.connections)
    client.get("/")

    assert "connection" not in first.headers
    assert [request.connection for request in endpoint.received] == [1, 2]


def test_idle_connections_are_closed_at_once(endpoint, client):
    client.get("/1")

    endpoint.disconnect(now=True)
    client.get("/2")  # httpx sees the end of the idle connection, and opens another.

    assert [request.connection for request in endpoint.received] == [1, 2]


def test_an_endless_answer_ends_with_its_connection(endpoint, client):
    endpoint.answer_endlessly(octets_per_second=1e9, times=1)

    with client.stream("GET", "/") as answer:
        got = 0
        for piece in answer.iter_bytes():
            got += len(piece)
            if got > 1_000_000:
                break
    endpoint.disconnect(now=True)

    assert client.get("/").status_code == 200


def test_an_endless_answer_that_nobody_reads_takes_no_memory(endpoint, connect, spin):
    endpoint.answer_endlessly(octets_per_second=1e8)
    sock = connect(endpoint.address)
    sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    endpoint.wait_for()
    (exchange,) = endpoint._service.open_ones
    spin(lambda: exchange._link.unsent)
    before = exchange._link.unsent
    ticks = []
    endpoint._listener.reactor.call_later(0.3, lambda: ticks.append(1), ticks.append)
    spin(lambda: ticks)

    assert 0 < exchange._link.unsent <= before <= 64 * 1024


def test_octets_of_the_tests_own_are_sent_as_they_are(endpoint, connect):
    endpoint.answer_raw(b"HTTP/1.1 299 Mine\r\n\r\n\x00", times=1)
    sock = connect(endpoint.address)
    sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    with sock.makefile("rb") as answer:
        assert answer.read() == b"HTTP/1.1 299 Mine\r\n\r\n\x00"


def test_what_was_kept_open_behind_octets_of_the_tests_own_goes_on(endpoint, client):
    endpoint.answer_raw(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi", close=False, times=1)

    assert [client.get("/").text, client.get("/").text] == ["hi", ""]
    assert {request.connection for request in endpoint.received} == {1}


@pytest.mark.parametrize(
    ("verb", "arguments", "message"),
    [
        ("answer", {"json": {1}}, "json={1}: Object of type set is not JSON serializable"),
        ("answer", {"json": 1, "body": "x"}, "json= is the body: it goes without body="),
        ("answer", {"retry_after": 1.5}, "retry_after=1.5: it is a whole number of seconds, or a date as str"),
        ("answer", {"retry_after": -1}, "retry_after=-1: it is a whole number of seconds, or a date as str"),
        ("answer", {"octets_per_second": 0}, "octets_per_second=0: it is a number above 0"),
        ("answer", {"body": "abc", "cut": 3}, "cut=3: it is a number of octets of the body, fewer than its 3"),
        ("answer", {"delay": float("nan")}, "delay=nan: it is a finite number of seconds, 0 or more"),
        ("redirect", {"status": 200}, "status=200: a redirection has 301, 302, 303, 307 or 308"),
        (
            "redirect",
            {"to": "https://example.org/"},
            "to='https://example.org/': it is a path that begins with /, or a URL of this machine's loopback",
        ),
        ("redirect", {"to": "x"}, "to='x': it is a path that begins with /, or a URL of this machine's loopback"),
        (
            "redirect",
            {"to": "//example.org/"},
            "to='//example.org/': it is a path that begins with /, or a URL of this machine's loopback",
        ),
        ("answer_raw", {"data": "text"}, "data='text': it is bytes, sent as they are"),
        ("answer_endlessly", {"octets_per_second": -1}, "octets_per_second=-1: it is a number above 0"),
        ("stall", {"times": 0}, "times=0: it is for how many, a whole number from 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(endpoint, verb, arguments, message):
    with pytest.raises(ArgumentError) as refusal:
        getattr(endpoint, verb)(**arguments)

    assert str(refusal.value) == message


@pytest.mark.parametrize(
    "to", ["/x", "http://127.0.0.1:1/x", "http://localhost/", "https://[::1]:2/", "http://127.9.9.9/"]
)
def test_a_redirection_stays_on_this_machine(endpoint, client, to):
    endpoint.redirect(to)

    assert client.get("/").headers["location"] == to
