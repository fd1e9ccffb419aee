"""What HTTPHandler does: a connection for each record, and no look at the answer's status."""

from __future__ import annotations

from http.client import RemoteDisconnected
from logging.handlers import HTTPHandler

import pytest

# It leaves the socket of a connection that broke to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def webhook():
    """A running webhook endpoint."""
    from pytest_loghandlers.endpoints.webhook_endpoint import WebhookEndpoint

    with WebhookEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def over_http(webhook, counting):
    """An HTTPHandler that posts to ``webhook``."""
    return counting(HTTPHandler, webhook.hostport, "/", method="POST")


def texts(webhook):
    return [request.form["msg"] for request in webhook.received if request.malformed is None]


def test_while_the_server_refuses_each_record_fails_and_afterwards_none(webhook, over_http, say):
    webhook.refuse()
    assert say(over_http, "one", "two") == [ConnectionRefusedError, ConnectionRefusedError]

    webhook.recover()

    assert say(over_http, "three") == [None]
    assert texts(webhook) == ["three"]


def test_a_restart_goes_unnoticed(webhook, over_http, say):
    assert say(over_http, "one") == [None]
    webhook.restart()

    assert say(over_http, "two") == [None]
    assert texts(webhook) == ["one", "two"]


def test_it_fails_twice_and_recovers_but_all_three_had_arrived(webhook, over_http, say):
    webhook.reset(times=2)

    assert say(over_http, "one", "two", "three") == [ConnectionResetError, ConnectionResetError, None]
    assert texts(webhook) == ["one", "two", "three"]


@pytest.mark.parametrize("verb", ["disconnect", "half_close"])
def test_an_end_of_file_for_an_answer_is_an_error(webhook, over_http, say, verb):
    getattr(webhook, verb)(times=1)

    assert say(over_http, "one", "two") == [RemoteDisconnected, None]
    assert texts(webhook) == ["one", "two"]


def test_faults_of_several_kinds_strike_in_the_order_in_which_they_were_set(webhook, over_http, say):
    webhook.disconnect()
    webhook.reset(times=1)
    webhook.half_close(times=1)
    webhook.reset(times=1)

    assert say(over_http, "one", "two", "three", "four", "five") == [
        ConnectionResetError,
        RemoteDisconnected,
        ConnectionResetError,
        RemoteDisconnected,
        RemoteDisconnected,
    ]
    webhook.recover()
    assert say(over_http, "six") == [None]
    assert texts(webhook) == ["one", "two", "three", "four", "five", "six"]


def test_a_request_cut_in_the_middle_has_not_arrived(webhook, over_http, say):
    webhook.reset(times=1, after=40)

    assert say(over_http, "one", "two") == [ConnectionResetError, None]
    assert texts(webhook) == ["two"]
    assert len(webhook.assert_received(malformed=True).raw) == 40


def test_a_connection_that_breaks_before_any_octet_carries_nothing(webhook, over_http, say):
    webhook.reset(times=1, after=0)

    (kind,) = say(over_http, "one")

    assert issubclass(kind, ConnectionError)
    assert webhook.received == ()
    assert say(over_http, "two") == [None]


def test_a_stalled_server_holds_emit_up_until_it_recovers(webhook, over_http, talk):
    webhook.stop_reading()

    talking = talk(3)

    assert talking.is_stuck()
    assert talking.done == 0
    assert webhook.received == ()
    webhook.recover()
    assert talking.ends()
    assert texts(webhook) == talking.texts
    assert over_http.errors == []


def test_a_slow_server_holds_emit_up_for_as_long(webhook, over_http, talk):
    webhook.read_slowly(5_000)

    talking = talk(1)

    webhook.wait_for("000000")
    assert talking.ends()
    assert over_http.errors == []
