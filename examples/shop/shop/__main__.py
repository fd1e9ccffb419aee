"""Place the orders that stand on standard input: one JSON object a line, with customer, items and card."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence

from .cart import Cart
from .log_config import logging_config, setup_logging
from .orders import place


def place_all(lines: Iterable[str]) -> int:
    """Place an order for each line; return how many failed."""
    failed = 0
    for line in lines:
        order = json.loads(line)
        cart = Cart(order["customer"])
        for item, quantity in order["items"].items():
            cart.add(item, quantity)
        failed += place(cart, order["card"]) is None
    return failed


def address(text: str) -> tuple[str, int]:
    """Return ``host:port`` as a pair."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the shop; return 1 when an order failed."""
    parser = argparse.ArgumentParser(prog="shop", description=__doc__)
    parser.add_argument("--log-dir", default=".")
    parser.add_argument("--syslog", type=address, default=("localhost", 514), metavar="HOST:PORT")
    parser.add_argument("--webhook", default="http://localhost:8000/alerts", metavar="URL")
    parser.add_argument("--mail", type=address, default=("localhost", 25), metavar="HOST:PORT")
    parser.add_argument("--collector", type=address, default=("localhost", 9020), metavar="HOST:PORT")
    options = parser.parse_args(arguments)
    setup_logging(
        logging_config(
            log_dir=options.log_dir,
            syslog_address=options.syslog,
            webhook_url=options.webhook,
            mailhost=options.mail,
            collector=options.collector,
        )
    )
    return 1 if place_all(sys.stdin) else 0


if __name__ == "__main__":
    sys.exit(main())
