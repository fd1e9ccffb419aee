from __future__ import annotations

import re

import httpx
import pytest

from pytest_loghandlers import ArgumentError, WebhookEndpoint


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


def test_each_route_has_its_own_script(endpoint, client):
    endpoint.route("/services/T000").answer(500, times=2)
    endpoint.route("/services/*", method="post").answer(202)
    endpoint.answer(404)

    paths = ["/services/T000", "/services/T000", "/services/T000", "/services/x", "/other"]
    assert [client.post(path).status_code for path in paths] == [202, 202, 202, 202, 404]
    assert [client.get(path).status_code for path in paths] == [500, 500, 404, 404, 404]


def test_a_route_has_every_rudeness(endpoint, client):
    route = endpoint.route("/a")
    route.reset(times=1)
    route.disconnect(times=1)
    route.half_close(times=1)
    route.answer_malformed("garbage", times=1)
    route.redirect("/b", times=1)

    for kind in (httpx.ReadError, *[httpx.RemoteProtocolError] * 3):
        with pytest.raises(kind):
            client.get("/a")
        assert client.get("/b").status_code == 200
    assert client.get("/a", follow_redirects=True).url.path == "/b"


def test_recovery_of_a_route_answers_those_that_wait_for_it(endpoint, connect):
    route = endpoint.route("/a")
    route.stall()
    endpoint.route("/b").stall()
    one, other = connect(endpoint.address), connect(endpoint.address)
    one.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
    other.sendall(b"GET /b HTTP/1.1\r\nHost: x\r\n\r\n")
    endpoint.wait_for(count=2)

    route.recover()

    assert one.recv(15) == b"HTTP/1.1 200 OK"
    other.setblocking(False)
    with pytest.raises(BlockingIOError):
        other.recv(1)
    endpoint.recover()
    other.settimeout(10)
    assert other.recv(15) == b"HTTP/1.1 200 OK"


def test_the_same_arguments_give_the_same_route(endpoint, client):
    endpoint.route("/a").answer(500)
    endpoint.route("/a").answer(418)

    assert client.get("/a").status_code == 418
    endpoint.recover()
    assert client.get("/a").status_code == 200


def test_a_route_judges_what_came_for_it(endpoint, client):
    hook, get = endpoint.route("/hook"), endpoint.route("*", method="GET")
    client.post("/hook", content=b"one")
    client.get("/hook")
    client.post("/other", content=b"two")

    assert hook.wait_for("one", method="POST") is hook.received[0]
    assert (len(hook.received), len(get.received)) == (2, 1)
    assert len(hook.assert_received(count=2)) == 2
    hook.assert_not_received("two")
    assert endpoint.route(re.compile("o")).received == endpoint.received


def test_a_miss_of_a_route_shows_what_came_elsewhere(endpoint, client):
    client.post("/other", content=b"card declined")

    with pytest.raises(AssertionError) as failure:
        endpoint.route("/hook", method="POST").wait_for("card declined", timeout=0)

    assert without_times(str(failure.value)) == (
        "webhook_endpoint never received 'card declined' on route POST '/hook' (waited 0.0 s)\n"
        "\n"
        "  wanted    1 request whose text contains 'card declined' and whose route is POST '/hook'\n"
        "  received  1 request\n"
        "   ~  [0]  +0.00 s  POST /other  'card declined'      route is POST '/other', not POST '/hook'"
    )


def test_what_should_not_have_come_to_a_route_is_shown(endpoint, client):
    client.post("/a/b", content=b"secret")

    with pytest.raises(AssertionError) as failure:
        endpoint.route("/a/*").assert_not_received("secret")

    assert without_times(str(failure.value)) == (
        "webhook_endpoint received 'secret' on route '/a/*' once\n"
        "\n"
        "  wanted    no request whose text contains 'secret' and whose route is '/a/*'\n"
        "  received  1 request\n"
        "      [0]  +0.00 s  POST /a/b  'secret'"
    )


def test_the_url_of_a_route_is_the_endpoints_and_its_path(endpoint):
    assert endpoint.route("/a").url == f"{endpoint.url}/a"
    assert repr(endpoint.route("/a*", method="get")) == "<route GET '/a*'>"
    with pytest.raises(ArgumentError) as refusal:
        _ = endpoint.route("/a*").url

    assert str(refusal.value) == "route '/a*' has no url of its own: it is for many paths"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": "hook"}, "path='hook': a path begins with / (or *) and goes without its query"),
        ({"path": "/hook?x=1"}, "path='/hook?x=1': a path begins with / (or *) and goes without its query"),
        ({"path": 3}, "path=3: it is a str that begins with / (or *), or a compiled regex of str"),
        (
            {"path": re.compile(b"x")},
            "path=re.compile(b'x'): it is a str that begins with / (or *), or a compiled regex of str",
        ),
        ({"path": "/", "method": 1}, "method=1: it is a str like 'POST'"),
    ],
)
def test_a_route_that_cannot_be_meant_is_refused(endpoint, arguments, message):
    with pytest.raises(ArgumentError) as refusal:
        endpoint.route(**arguments)

    assert str(refusal.value) == message


def test_a_route_is_over_with_its_endpoint():
    from pytest_loghandlers import LifetimeError

    with WebhookEndpoint() as endpoint:
        route = endpoint.route("/a")

    for use in (route.stall, route.recover, route.assert_received, lambda: route.url, lambda: route.received):
        with pytest.raises(LifetimeError):
            use()
