"""Faults that were really there: what the plugin says of the first draft, and that today's shop is free of them."""

import logging
import subprocess
import sys

import pytest

from shop.log_config import setup_logging, shutdown_logging
from shop.obvious import obvious_setup_logging
from shop.payment import DECLINED_CARD


def webhook_on_root(factory, url):
    return {
        "version": 1,
        "disable_existing_loggers": False,  # httpx's own is one of them
        "handlers": {"webhook": {"()": factory, "url": url}},
        "root": {"level": "INFO", "handlers": ["webhook"]},
    }


def test_the_obvious_webhook_feeds_itself(logging_sandbox, handler_spy, monkeypatch, webhook_endpoint):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    logging_sandbox.configure(webhook_on_root("shop.obvious.ObviousWebhookHandler", webhook_endpoint.url))
    logging.getLogger("shop").error("card declined")

    with pytest.raises(AssertionError, match="'webhook' feed itself"):
        handler_spy.assert_no_recursion()


def test_the_mended_webhook_does_not(logging_sandbox, handler_spy, monkeypatch, webhook_endpoint):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    logging_sandbox.configure(webhook_on_root("shop.webhook.WebhookHandler", webhook_endpoint.url))
    logging.getLogger("shop").error("card declined")

    handler_spy.assert_no_recursion()
    webhook_endpoint.assert_received(count=1)


def test_the_obvious_webhook_takes_a_500_for_success(logging_sandbox, handler_spy, monkeypatch, webhook_endpoint):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    logging_sandbox.configure(webhook_on_root("shop.obvious.ObviousWebhookHandler", webhook_endpoint.url))
    logging.getLogger("httpx").setLevel("WARNING")
    webhook_endpoint.answer(500)
    logging.getLogger("shop").error("card declined")

    with pytest.raises(AssertionError, match="handler_spy never"):
        handler_spy.assert_handled_error()


def test_the_obvious_queue_mails_every_error(logging_sandbox, config, smtp_endpoint, buy):
    config["handlers"]["alerts"]["()"] = "shop.obvious.ObviousQueueHandler"
    obvious_setup_logging(config)
    buy(DECLINED_CARD)
    logging_sandbox.handler("alerts").listener.stop()

    with pytest.raises(AssertionError, match="smtp_endpoint received a mail once"):
        smtp_endpoint.assert_not_received()


def test_the_mended_queue_respects_the_levels_behind_it(logging_sandbox, config, smtp_endpoint, buy):
    setup_logging(config)
    buy(DECLINED_CARD)
    shutdown_logging()

    smtp_endpoint.assert_not_received()


PROCESS = """
import logging, time
from shop.log_config import logging_config, setup_logging
from shop.obvious import obvious_setup_logging

def look_up_who_is_on_call(record):
    time.sleep(1)
    return True

discard = ("127.0.0.1", 9)
{setup}(logging_config(
    log_dir={log_dir!r}, syslog_address=discard, webhook_url={url!r}, mailhost=discard, collector=discard
))
# In a filter, because a handler's lock is not held there: logging.shutdown waits for a held lock, and whether the next
# record is still sent is then a matter of luck.
logging.getLogger("shop.slow_sinks").handlers[0].addFilter(look_up_who_is_on_call)
logging.getLogger("shop").error("out of tea")
"""


@pytest.fixture
def run(tmp_path, monkeypatch, webhook_endpoint):
    """Run a process that sets logging up, logs an error and ends at once; its chat room takes a second."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def run(setup):
        code = PROCESS.format(setup=setup.__name__, log_dir=str(tmp_path), url=webhook_endpoint.url)
        shop = __file__.rpartition("tests")[0]
        subprocess.run([sys.executable, "-c", code], check=True, cwd=shop, capture_output=True, timeout=30)

    return run


def test_the_obvious_set_up_loses_what_is_queued_when_the_process_ends(run, webhook_endpoint):
    run(obvious_setup_logging)

    with pytest.raises(AssertionError, match="webhook_endpoint never received 'out of tea'"):
        webhook_endpoint.assert_received("out of tea")


def test_the_mended_set_up_delivers_it(run, webhook_endpoint):
    run(setup_logging)

    webhook_endpoint.assert_received("out of tea")
