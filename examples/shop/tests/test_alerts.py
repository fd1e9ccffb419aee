"""Errors reach the chat room, disasters the mailbox too; both from behind the queue."""

from shop.log_config import shutdown_logging
from shop.payment import DECLINED_CARD, GATEWAY_DOWN_CARD, GOOD_CARD


def test_an_error_is_posted_to_the_chat_room(shop_logging, webhook_endpoint, buy):
    buy(DECLINED_CARD)

    wanted = {"text": ":rotating_light: shop.payment: card 0002 declined"}
    webhook_endpoint.wait_for("declined", method="POST", json=wanted, timeout=2)


def test_only_errors_are_posted(shop_logging, webhook_endpoint, buy):
    buy(GOOD_CARD)
    buy(DECLINED_CARD)
    shutdown_logging()

    webhook_endpoint.assert_received(count=1)


def test_a_disaster_is_mailed_to_the_operators(shop_logging, smtp_endpoint, buy):
    buy(GATEWAY_DOWN_CARD)

    mail = smtp_endpoint.wait_for("payment gateway is down", to="operators@example.com", timeout=2)
    assert mail.subject == "The shop is in trouble"


def test_an_error_is_not_mailed(shop_logging, smtp_endpoint, handler_spy, buy):
    buy(DECLINED_CARD)
    shutdown_logging()

    handler_spy.assert_routed("declined", to="webhook", not_to="mail")
    smtp_endpoint.assert_not_received()
