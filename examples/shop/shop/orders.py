"""Turning a cart into an order. Each placed order is a line of the audit log."""

from __future__ import annotations

import itertools
import logging

from .cart import Cart
from .payment import PaymentError, charge

logger = logging.getLogger(__name__)
audit = logging.getLogger("shop.audit")

_numbers = itertools.count(1)


def place(cart: Cart, card: str) -> int | None:
    """Charge ``card`` for ``cart``; return the order's number, or None when the card was not charged."""
    order = next(_numbers)
    try:
        charge(card, cart.total)
    except PaymentError as error:
        logger.warning("order %d of %s failed: %s", order, cart.customer, type(error).__name__)
        return None
    audit.info("order placed", extra={"order": order, "customer": cart.customer, "cents": cart.total})
    return order
