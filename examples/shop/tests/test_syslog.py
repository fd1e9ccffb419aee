"""What the syslog daemon gets."""

import logging

from shop.payment import DECLINED_CARD, GATEWAY_DOWN_CARD, GOOD_CARD


def test_a_declined_card_is_an_error_of_local0(shop_logging, syslog_endpoint, buy):
    buy(DECLINED_CARD)

    message = syslog_endpoint.wait_for(
        "card 0002 declined", facility="local0", severity="err", app_name="shop", timeout=2
    )
    assert message.text == "shop.payment: card 0002 declined"


def test_a_dead_gateway_is_critical_and_brings_its_traceback(shop_logging, syslog_endpoint, buy):
    buy(GATEWAY_DOWN_CARD)

    message = syslog_endpoint.wait_for("payment gateway is down", severity="crit", timeout=2)
    assert "GatewayDownError: no route to the gateway" in message.text


def test_daily_business_is_not_the_daemons(shop_logging, syslog_endpoint, buy):
    buy(GOOD_CARD)
    logging.getLogger("shop").warning("the last thing that is sent")

    syslog_endpoint.wait_for("the last thing that is sent", severity="warning", timeout=2)
    syslog_endpoint.assert_not_received("charged")
