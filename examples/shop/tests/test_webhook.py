"""The chat room is down, rude or stalled: the shop goes on, and the handler says what it lost."""

import logging

import httpx
import pytest

from shop.webhook import WebhookHandler


@pytest.fixture
def shop(logging_sandbox, handler_spy, monkeypatch, webhook_endpoint):
    """A logger with the webhook right behind it, no queue between."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    logging_sandbox.configure(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {
                "webhook": {"()": "shop.webhook.WebhookHandler", "url": webhook_endpoint.url, "timeout": 0.2},
            },
            "root": {"level": "DEBUG", "handlers": ["webhook"]},
        }
    )
    return logging.getLogger("shop")


def test_an_answer_that_is_not_2xx_is_an_error(shop, webhook_endpoint, handler_spy):
    webhook_endpoint.answer(500)
    shop.error("card declined")

    handler_spy.assert_handled_error(httpx.HTTPStatusError, count=1)


def test_a_refused_connection_is_an_error(shop, webhook_endpoint, handler_spy):
    webhook_endpoint.refuse()
    shop.error("card declined")

    handler_spy.assert_handled_error(httpx.TransportError, count=1)


def test_a_reset_connection_is_an_error(shop, webhook_endpoint, handler_spy):
    webhook_endpoint.reset()
    shop.error("card declined")

    handler_spy.assert_handled_error(httpx.TransportError, count=1)


def test_a_stalled_server_is_given_up_in_time(shop, webhook_endpoint, handler_spy):
    webhook_endpoint.stall()
    shop.error("card declined")

    failed = handler_spy.assert_handled_error(httpx.ReadTimeout)
    assert failed.duration < 2


def test_the_next_record_is_sent_when_the_server_is_back(shop, webhook_endpoint, handler_spy):
    webhook_endpoint.answer(503, times=1)
    shop.error("lost")
    shop.error("sent")

    webhook_endpoint.assert_received("sent", count=1)
    handler_spy.assert_handled_error(httpx.HTTPStatusError, count=1)


def test_it_does_not_feed_itself_with_everything_at_debug(shop, webhook_endpoint, handler_spy):
    logging.getLogger("httpx").setLevel("DEBUG")
    logging.getLogger("httpcore").setLevel("DEBUG")
    shop.debug("item added")

    handler_spy.assert_no_recursion()
    webhook_endpoint.assert_received(count=1)


def test_it_closes_its_connections():
    handler = WebhookHandler("http://127.0.0.1/")
    handler.close()
    assert handler.client.is_closed
