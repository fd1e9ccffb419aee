"""A record that HTTPHandler lost is told with what the endpoint did: handleError never heard of it."""

from __future__ import annotations

import gc
import json
import logging
import logging.handlers
import re
import urllib.request

import pytest

from pytest_loghandlers import CaptureHandler, WebhookEndpoint

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def endpoint():
    with WebhookEndpoint() as started:
        yield started
    gc.collect()


@pytest.fixture
def capture(logger):
    with CaptureHandler() as handler:
        logger.addHandler(handler)
        yield handler
        logger.removeHandler(handler)


def without_times(text):
    return re.sub(r"\d+\.\d\d+ s", "0.00 s", text)


def test_what_HTTPHandler_sends_is_recognised_though_it_is_not_formatted(endpoint, logger, capture):
    logger.addHandler(logging.handlers.HTTPHandler(endpoint.hostport, "/log", method="POST"))
    logger.error("card %s", "declined")
    logger.error("100%")

    assert len(endpoint.assert_delivered(capture.records)) == 2


class Unprintable:
    def __str__(self):
        return "as text"

    def __repr__(self):
        raise ZeroDivisionError


def test_arguments_that_HTTPHandler_sends_as_no_python_are_recognised(endpoint, logger, capture):
    logger.addHandler(logging.handlers.HTTPHandler(endpoint.hostport, "/log", method="POST"))
    logger.error("failed: %s", ValueError("no card"))
    logger.error("%s", "x" * 3000)
    endpoint.answer(500, times=1)
    logger.error("failed: %s", OSError("no bank"))
    logger.error("%(why)s", {"why": object()})

    with pytest.raises(AssertionError, match="did not receive 1 of 4 logged records") as failure:
        endpoint.assert_delivered(capture.records)
    assert "'failed: no bank'\n             arrived   answered 500, in [2]" in str(failure.value)

    odd = logging.LogRecord("shop", logging.ERROR, __file__, 1, "%s", (Unprintable(),), None)
    with pytest.raises(AssertionError, match="did not receive 1 of 1 logged record"):
        endpoint.assert_delivered([odd])


def test_what_was_answered_with_an_error_was_not_delivered_and_the_network_says_so(endpoint, logger, capture):
    logger.addHandler(logging.handlers.HTTPHandler(endpoint.hostport, "/log", method="POST"))
    logger.error("first")
    endpoint.answer(503, times=1)
    logger.error("second")
    logger.error("third")

    with pytest.raises(AssertionError) as failure:
        endpoint.assert_delivered(capture.records)

    text = without_times(str(failure.value))
    assert text.startswith("webhook_endpoint did not receive 1 of 3 logged records\n")
    assert "           arrived   answered 503, in [1]\n" in text
    assert "           network   normal; POST /log was answered 503 at +0.00 s\n" in text
    assert "  answered 503\n" in text


def test_what_a_json_shipper_sends_is_recognised(endpoint):
    for message in ("a", "b"):
        body = json.dumps({"text": message, "blocks": [{"text": {"text": message}}]}).encode()
        with urllib.request.urlopen(endpoint.url, data=body, timeout=10):
            pass

    assert endpoint.assert_delivered(["a", "b"]) == endpoint.received


def test_verbs_and_strikes_are_in_the_timeline_in_their_order(endpoint):
    endpoint.answer(500)
    endpoint.route("/a").stall(times=2)
    endpoint.route("/b").redirect()
    endpoint.reset(times=1)
    endpoint.answer(201)
    endpoint.route("/b").recover()
    endpoint.recover()

    assert [(entry.is_state, entry.text) for entry in endpoint._timeline.entries] == [
        (True, "each request is answered 500"),
        (False, "each of the next 2 requests on route '/a' is to be left without an answer"),
        (True, "each request is answered 500; each request on route '/b' is answered 307"),
        (False, "the next request is to be cut off: its connection reset (RST)"),
        (True, "each request on route '/b' is answered 307"),
        (True, "normal"),
        (True, "normal"),
    ]


def test_a_failure_tells_which_faults_are_in_force_and_to_come(endpoint):
    endpoint.answer(500)
    endpoint.stop_reading()
    endpoint.disconnect(times=2)
    endpoint.route("/a").stall(times=1)

    with pytest.raises(AssertionError) as failure:
        endpoint.assert_received("x")

    assert str(failure.value) == (
        "webhook_endpoint never received 'x'\n"
        "\n"
        "  wanted    1 request whose text contains 'x'\n"
        "  received  no request\n"
        "  network   each request is answered 500; reading nothing;"
        " to come: 2 times cut off: its connection closed (FIN);"
        " to come on route '/a': once left without an answer"
    )
