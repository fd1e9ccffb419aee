"""Charging a card. The gateway is a stand-in with the test cards that gateways have."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)

GOOD_CARD = "4242"
DECLINED_CARD = "0002"
GATEWAY_DOWN_CARD = "0119"


class PaymentError(Exception):
    """The card was not charged."""


class CardDeclinedError(PaymentError):
    """The customer's bank said no."""


class GatewayDownError(PaymentError):
    """The payment gateway cannot be reached: nobody can pay."""


def charge(card: str, cents: int) -> None:
    """Charge ``card``. Raises PaymentError when that fails; the operators know by then."""
    logger.debug("charging %d cents to card %s", cents, card)
    try:
        _ask_gateway(card)
    except CardDeclinedError:
        logger.error("card %s declined", card)
        raise
    except GatewayDownError:
        logger.critical("payment gateway is down", exc_info=True)
        raise
    logger.info("charged %d cents to card %s", cents, card)


def _ask_gateway(card: str) -> None:
    if card == DECLINED_CARD:
        raise CardDeclinedError(card)
    if card == GATEWAY_DOWN_CARD:
        raise GatewayDownError("no route to the gateway")
