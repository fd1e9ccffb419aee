from __future__ import annotations

import http.client
import logging.handlers
import re
import socket
import threading
import urllib.error
import urllib.request

import httpx
import pytest

from pytest_loghandlers import ArgumentError, WebhookEndpoint
from pytest_loghandlers.endpoints._network.reactor import reactor


@pytest.fixture
def endpoint():
    with WebhookEndpoint() as started:
        yield started


@pytest.fixture
def client(endpoint):
    with httpx.Client(base_url=endpoint.url, timeout=10) as opened:
        yield opened


def without_times(text):
    return re.sub(r"\+\d+\.\d\d s", "+0.00 s", text)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # HTTPHandler never closes its connection.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_record_of_HTTPHandler_arrives_as_a_form(endpoint, logger, method):
    logger.addHandler(logging.handlers.HTTPHandler(endpoint.hostport, "/log", method=method, credentials=("me", "pw")))

    logger.error("card %s", "declinéd")

    request = endpoint.assert_received("card %s", method=method, path="/log", form={"levelname": "ERROR"})
    assert request.form["args"] == "('declinéd',)"
    assert request.headers["authorization"] == "Basic bWU6cHc="


def test_json_of_httpx_arrives_decoded(endpoint, client):
    assert client.post("/hook?x=1", json={"text": "café"}).status_code == 200

    request = endpoint.assert_received("café", path="/hook", json={"text": "café"})
    assert (request.query, request.headers["content-type"]) == ("x=1", "application/json")
    endpoint.assert_not_received("tea")


def test_requests_and_urllib_are_served_too(endpoint):
    requests = pytest.importorskip("requests")

    assert endpoint.url == f"http://127.0.0.1:{endpoint.port}"
    assert requests.post(endpoint.url + "/a", data={"k": "v"}, timeout=10).ok
    with urllib.request.urlopen(endpoint.url + "/b", data=b"raw", timeout=10) as answer:
        assert answer.status == 200

    assert [request.path for request in endpoint.received] == ["/a", "/b"]
    assert endpoint.received[0].form == {"k": "v"}


def test_chunked_bodies_and_kept_connections(endpoint, client):
    for number in range(3):
        client.post("/", content=iter([b"part", b"%d" % number]))

    assert [request.body for request in endpoint.received] == [b"part0", b"part1", b"part2"]


def test_a_connection_is_really_kept_alive(endpoint):
    connection = http.client.HTTPConnection(endpoint.hostport, timeout=10)
    connection.request("GET", "/1")
    connection.getresponse().read()
    sock = connection.sock
    connection.request("GET", "/2")
    connection.getresponse().read()

    assert connection.sock is sock
    connection.close()


def test_byte_by_byte_with_two_requests_in_one_go(endpoint, connect):
    sock = connect(endpoint.address)
    for byte in b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: x\r\n\r\n":
        sock.sendall(bytes([byte]))

    assert [request.path for request in endpoint.wait_for(count=2)] == ["/b", "/2"]


def test_it_fails_twice_and_then_recovers(endpoint, client):
    endpoint.answer(503, "try later", {"Retry-After": "7"}, times=2)

    answers = [client.post("/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert (answers[0].text, answers[0].headers["retry-after"]) == ("try later", "7")


def test_an_answer_takes_effect_on_a_connection_that_is_kept_alive(endpoint, client):
    before = client.get("/").status_code
    endpoint.answer(404)

    assert (before, client.get("/").status_code) == (200, 404)


def test_a_delayed_answer_does_not_delay_others(endpoint, client):
    endpoint.answer(delay=3600, times=1)
    slow = threading.Thread(target=httpx.get, args=[endpoint.url + "/slow"], kwargs={"timeout": 60})
    slow.start()
    endpoint.wait_for(path="/slow")

    quick = client.get("/quick").status_code
    waiting = slow.is_alive()
    endpoint.recover()
    slow.join(10)

    assert (quick, waiting, slow.is_alive()) == (200, True, False)


def test_a_delay_is_kept(endpoint, client):
    endpoint.answer(delay=0.05)

    assert client.get("/").elapsed.total_seconds() >= 0.05


def test_a_reset_breaks_the_connection_after_the_request_was_kept(endpoint, client):
    client.get("/1")
    endpoint.reset(times=1)

    with pytest.raises(httpx.ReadError):
        client.get("/2")

    assert client.get("/3").status_code == 200
    assert [request.path for request in endpoint.received] == ["/1", "/2", "/3"]


def test_refused_until_recovery_also_on_kept_connections(endpoint, client):
    client.get("/")
    url = endpoint.url
    endpoint.refuse()

    for _ in range(2):
        with pytest.raises((httpx.ConnectError, httpx.ReadError)):
            client.get("/")
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(url, timeout=10)
    endpoint.recover()

    assert endpoint.url == url
    assert client.get("/").status_code == 200


def test_a_stalled_client_waits_and_is_answered_by_recovery(endpoint, client):
    endpoint.stall()
    with pytest.raises(httpx.ReadTimeout):
        client.get("/impatient", timeout=0.05)
    got = []
    patient = threading.Thread(target=lambda: got.append(httpx.get(endpoint.url + "/patient", timeout=60).status_code))
    patient.start()
    endpoint.wait_for(path="/patient")

    endpoint.recover()
    patient.join(10)

    assert got == [200]


def test_a_stalled_client_is_let_go_when_the_endpoint_stops():
    errors = []

    def ask(url):
        try:
            httpx.get(url, timeout=60)
        except httpx.HTTPError as error:
            errors.append(error)

    with WebhookEndpoint() as endpoint:
        endpoint.stall()
        client = threading.Thread(target=ask, args=[endpoint.url])
        client.start()
        endpoint.wait_for()
    client.join(10)

    assert len(errors) == 1


def test_an_answer_that_is_still_due_at_the_end_is_dropped(connect):
    with WebhookEndpoint() as endpoint:
        endpoint.answer(delay=3600)
        connect(endpoint.address).sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        endpoint.wait_for()

    assert reactor()._until_next_timer() is None


def test_half_a_request_is_kept_with_the_reason(endpoint, connect):
    sock = connect(endpoint.address)
    sock.sendall(b"POST /part HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
    sock.shutdown(socket.SHUT_WR)

    request = endpoint.wait_for("abc", malformed=True)
    assert (request.path, request.body) == ("/part", b"abc")
    assert request.malformed == (
        "peer closed connection without sending complete message body (received 3 bytes, expected 100)"
    )


def test_a_large_body_arrives_whole(endpoint, client):
    body = bytes(range(256)) * 40_000

    client.post("/", content=body)

    assert endpoint.received[0].body == body


def test_clear_forgets_and_more_can_come(endpoint, client):
    client.get("/1")
    endpoint.clear()
    client.get("/2")

    assert [request.path for request in endpoint.received] == ["/2"]


def test_a_miss_shows_what_was_wanted_and_what_came(endpoint, client):
    client.post("/hook", json={"text": "card declined"})
    client.get("/health")

    with pytest.raises(AssertionError) as failure:
        endpoint.assert_received("card declined", method="post", path="/alerts")

    assert without_times(str(failure.value)) == (
        "webhook_endpoint never received 'card declined' by POST at '/alerts'\n"
        "\n"
        "  wanted    1 request whose text contains 'card declined' and whose method is 'POST'"
        " and whose path is '/alerts'\n"
        "  received  2 requests, oldest first\n"
        "   ~  [0]  +0.00 s  POST /hook  '{\"text\":\"card declined\"}'      path is '/hook', not '/alerts'\n"
        "      [1]  +0.00 s  GET /health  ''"
    )


def test_a_count_that_is_missed_says_so(endpoint, client):
    client.get("/")

    with pytest.raises(AssertionError) as failure:
        endpoint.wait_for(method="GET", count=2, timeout=0)

    assert without_times(str(failure.value)) == (
        "webhook_endpoint received a request by GET once, not 2 (waited 0.0 s)\n"
        "\n"
        "  wanted    exactly 2 requests whose method is 'GET'\n"
        "  matched   1 request\n"
        "      [0]  +0.00 s  GET /  ''"
    )


def test_what_should_not_have_come_is_shown(endpoint, client):
    client.post("/", content=b"secret")

    with pytest.raises(AssertionError) as failure:
        endpoint.assert_not_received("secret")

    assert without_times(str(failure.value)) == (
        "webhook_endpoint received 'secret' once\n"
        "\n"
        "  wanted    no request whose text contains 'secret'\n"
        "  received  1 request\n"
        "      [0]  +0.00 s  POST /  'secret'"
    )


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_miss_tells_that_HTTPHandler_does_not_format(endpoint, logger):
    logger.addHandler(logging.handlers.HTTPHandler(endpoint.hostport, "/log", method="POST"))
    logger.error("card %s", "declined")

    with pytest.raises(AssertionError, match="hint      HTTPHandler does not format"):
        endpoint.assert_received("card declined")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"status": 100}, "status=100: an answer has a status of 200 to 999"),
        ({"status": "500"}, "status='500': an answer has a status of 200 to 999"),
        ({"body": {"a": 1}}, "body={'a': 1}: a body is bytes, or a str that is sent in UTF-8"),
        ({"body": "\ud800"}, "body='\\ud800': a body is bytes, or a str that is sent in UTF-8"),
        ({"headers": "x"}, "headers='x': it is a mapping of names to values"),
        ({"headers": {"X": None}}, "headers={'X': None}: names and values of headers are str"),
        ({"headers": {1: "x"}}, "headers={1: 'x'}: names and values of headers are str"),
        ({"times": 0}, "times=0: it is for how many, a whole number from 1"),
        ({"headers": {"Content-Length": "3"}}, "headers={'content-length': '3'}: the endpoint sets it from the body"),
    ],
)
def test_an_answer_that_cannot_be_meant_is_refused(endpoint, arguments, message):
    with pytest.raises(ArgumentError) as refusal:
        endpoint.answer(**arguments)

    assert str(refusal.value) == message


def test_the_headline_of_a_long_json_stays_short(endpoint, client):
    client.post("/", json={"text": "hi"})

    with pytest.raises(AssertionError) as failure:
        endpoint.assert_received(json={"text": "x" * 80})

    assert without_times(str(failure.value)) == (
        "webhook_endpoint never received a request with json {'text': 'xxxxxxxxxxxxxx...xxxxxxxxxxx'}\n"
        "\n"
        f"  wanted    1 request whose json is {{'text': '{'x' * 80}'}}\n"
        "  received  1 request\n"
        '      [0]  +0.00 s  POST /  \'{"text":"hi"}\''
    )


@pytest.mark.parametrize("path", ["/hook?x=1", "hook"])
def test_a_path_that_no_request_can_have_is_explained(endpoint, client, path):
    client.post("/hook?x=1", content="hi")

    with pytest.raises(AssertionError) as failure:
        endpoint.assert_received(path=path)

    assert str(failure.value).endswith(
        "\n  hint      a path begins with / and goes without its query: path='/hook', and the query decoded is form="
    )
    with pytest.raises(AssertionError, match=r"(?s)^(?!.*hint)"):
        endpoint.assert_received("no", path="/hook")


def test_a_delay_without_end_is_refused(endpoint):
    with pytest.raises(ArgumentError) as refusal:
        endpoint.answer(delay=float("inf"))

    assert str(refusal.value) == "delay=inf: it is a finite number of seconds, 0 or more"


def test_the_report_lists_what_came(endpoint, client):
    assert endpoint._report() == ""

    client.get("/")

    assert without_times(endpoint._report()) == "1 request\n    [0]  +0.00 s  GET /  ''"
