"""What a customer wants to buy."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)

#: Cents.
PRICES = {"tea": 450, "pot": 2900, "cup": 800}


class Cart:
    """Items and how many of each."""

    def __init__(self, customer: str) -> None:
        self.customer = customer
        self.items: dict[str, int] = {}

    def add(self, item: str, quantity: int = 1) -> None:
        """Put ``quantity`` of ``item`` into the cart. Raises KeyError for what the shop does not sell."""
        if item not in PRICES:
            logger.warning("%s asked for %r, which we do not sell", self.customer, item)
            raise KeyError(item)
        self.items[item] = self.items.get(item, 0) + quantity
        logger.debug("%s added %d x %s", self.customer, quantity, item)

    @property
    def total(self) -> int:
        """The price of everything, in cents."""
        return sum(PRICES[item] * quantity for item, quantity in self.items.items())
