"""When the network fails, what the shop has said is delivered, or somebody hears that it is not."""

import pytest

from shop.log_config import setup_logging, shutdown_logging
from shop.payment import DECLINED_CARD, GATEWAY_DOWN_CARD


def errors(capture_handler):
    """Return the records that operators must hear of."""
    return [record for record in capture_handler.records if record.levelname in ("ERROR", "CRITICAL")]


def test_every_error_reaches_the_chat_room_once_and_in_order(shop_logging, capture_handler, webhook_endpoint, buy):
    for card in (DECLINED_CARD, GATEWAY_DOWN_CARD, DECLINED_CARD):
        buy(card)
    shutdown_logging()

    webhook_endpoint.assert_delivered(errors(capture_handler))


def test_an_error_that_the_chat_room_refuses_is_reported(
    shop_logging, capture_handler, handler_spy, webhook_endpoint, buy
):
    webhook_endpoint.answer(429, headers={"Retry-After": "30"}, times=1)
    buy(DECLINED_CARD)
    buy(GATEWAY_DOWN_CARD)
    shutdown_logging()

    handler_spy.assert_handled_error("HTTPStatusError", "429 Too Many Requests", handler="webhook", count=1)
    with pytest.raises(AssertionError, match="answered 429"):
        webhook_endpoint.assert_delivered(errors(capture_handler))


@pytest.mark.parametrize("fault", ["refuse", "reset", "disconnect", "answer_malformed"])
def test_whatever_the_chat_room_does_the_mail_goes_out(shop_logging, webhook_endpoint, smtp_endpoint, buy, fault):
    getattr(webhook_endpoint, fault)()
    buy(GATEWAY_DOWN_CARD)
    shutdown_logging()

    smtp_endpoint.assert_received("payment gateway is down", count=1)


def test_each_disaster_is_one_mail_and_ten_are_no_flood(shop_logging, capture_handler, smtp_endpoint, buy):
    for _ in range(10):
        buy(GATEWAY_DOWN_CARD)
    shutdown_logging()

    smtp_endpoint.assert_at_most(10, per=60)
    assert smtp_endpoint.connections == 10


def test_a_full_mailbox_is_reported_and_disturbs_no_customer(shop_logging, handler_spy, smtp_endpoint, buy):
    smtp_endpoint.reply(421, "try again later", at="RCPT")
    buy(GATEWAY_DOWN_CARD)
    shutdown_logging()

    handler_spy.assert_handled_error("SMTPRecipientsRefused", handler="mail", count=1)


def test_the_mail_login_goes_over_tls(logging_sandbox, config, smtp_endpoint, buy):
    smtp_endpoint.offer_starttls(required=True)
    smtp_endpoint.require_login("shop", "secret", needs_tls=True)
    config["handlers"]["mail"] |= {"credentials": ("shop", "secret"), "secure": ()}
    setup_logging(config)
    buy(GATEWAY_DOWN_CARD)
    shutdown_logging()

    smtp_endpoint.assert_received("payment gateway is down", count=1)


def test_a_traceback_stays_one_message_in_rsyslog(shop_logging, syslog_endpoint, buy):
    syslog_endpoint.behave_like("rsyslog")
    buy(GATEWAY_DOWN_CARD)

    # Over UDP rsyslog keeps it together, and writes each newline as #012.
    message = syslog_endpoint.wait_for("payment gateway is down", severity="crit", app_name="shop", timeout=2)
    assert "#012" in message.text
    syslog_endpoint.assert_not_truncated()


def test_a_daemon_that_restarts_misses_nothing_that_is_said_later(shop_logging, syslog_endpoint, buy):
    syslog_endpoint.restart()
    buy(DECLINED_CARD)

    syslog_endpoint.wait_for("card 0002 declined", severity="err", timeout=2)


def test_the_shop_speaks_to_the_local_daemon_too(logging_sandbox, config, syslog_endpoint, buy):
    config["handlers"]["syslog"]["address"] = syslog_endpoint.unix_address
    setup_logging(config)
    buy(DECLINED_CARD)
    shutdown_logging()

    syslog_endpoint.wait_for("card 0002 declined", transport="unix_dgram", timeout=2)
