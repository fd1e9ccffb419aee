from __future__ import annotations

import re

import pytest

from pytest_loghandlers.endpoints._webhook.answer import NORMAL, Answer, response
from pytest_loghandlers.endpoints._webhook.request import WebhookRequest
from pytest_loghandlers.endpoints._webhook.script import Place, Script, Service


def answer(status):
    return Answer(head=response(status, (), b""))


@pytest.fixture
def notes():
    return []


@pytest.fixture
def service(notes):
    return Service(lambda *_: None, notes.append)


def get(service, path="/", method="GET"):
    return service.take(WebhookRequest(method, path))[0].status


@pytest.mark.parametrize(
    ("path", "request_path", "fits"),
    [
        ("/a", "/a", True),
        ("/a", "/a/", False),
        ("/a", "/ab", False),
        ("/a/*", "/a/b/c", True),
        ("/a/*", "/a", False),
        ("*/hook", "/x/hook", True),
        ("*/hook", "/x/hook\n", False),
        ("/a[1]*", "/a[1]b", True),
        ("/a.c*", "/abc", False),
        (re.compile("T0+$"), "/services/T000", True),
        (re.compile("T0+$"), "/services/T000/x", False),
    ],
)
def test_a_place_is_a_path_a_glob_or_a_regex(path, request_path, fits):
    assert Place(path).fits(WebhookRequest("POST", request_path)) is fits


def test_a_place_may_be_for_one_method():
    place = Place("/a", "POST")

    assert place.fits(WebhookRequest("POST", "/a"))
    assert not place.fits(WebhookRequest("GET", "/a"))


def test_a_place_is_known_by_what_it_is_for():
    assert Place("/a*") == Place("/a*")
    assert hash(Place("/a*", "GET")) == hash(Place("/a*", "GET"))
    assert Place("/a") != Place("/a", "GET")
    assert [str(Place("/a")), str(Place(re.compile("a"), "PUT"))] == ["'/a'", "PUT /a/"]
    assert [Place("/a").is_exact, Place("/a*").is_exact, Place(re.compile("a")).is_exact] == [True, False, False]


def test_a_route_answers_for_its_path_and_then_the_endpoint(service):
    service.routes[Place("/a")] = script = Script()
    service.script.set(answer(500), None)
    script.set(answer(429), 1)

    assert [get(service, path) for path in ("/b", "/a", "/a")] == [500, 429, 500]


def test_the_route_that_was_made_last_and_has_something_to_say_answers(service):
    for path, status in (("/*", 401), ("/a", 402), ("/a*", None)):
        service.routes[Place(path)] = script = Script()
        if status:
            script.set(answer(status), None)

    assert [get(service, path) for path in ("/a", "/b")] == [402, 401]


def test_recovery_of_a_route_leaves_the_others(service):
    service.routes[Place("/a")] = one = Script()
    service.routes[Place("/b")] = other = Script()
    for script in (one, other, service.script):
        script.set(answer(500), None)

    service.recover(one)
    service.script.clear()

    assert [get(service, path) for path in ("/a", "/b")] == [200, 500]
    service.recover()
    assert service.take(WebhookRequest("GET", "/b")) == (NORMAL, service.script)


def test_what_is_still_to_come_is_told(service):
    service.routes[Place("/a", "PUT")] = script = Script()
    assert service.queued() == ""

    script.set(Answer("stall"), 1)
    service.script.set(answer(500), 2)
    service.script.set(Answer("reset"), 1)
    service.script.set(answer(404), None)

    assert service.queued() == (
        "to come: 2 times answered 500, then once cut off: its connection reset (RST);"
        " to come on route PUT '/a': once left without an answer"
    )


def test_a_strike_is_told_with_its_request(service, notes):
    service.tell(WebhookRequest("POST", "/" + "x" * 100), Answer("stall"))

    assert notes == [f"POST /{'x' * 37}...{'x' * 19} was left without an answer"]
