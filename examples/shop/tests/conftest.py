"""The shop's logging as in production, with this test's endpoints in place of the real ones."""

import logging

import pytest

from shop.cart import Cart
from shop.log_config import logging_config, setup_logging, shutdown_logging
from shop.orders import place


@pytest.fixture
def config(tmp_path, monkeypatch, syslog_endpoint, webhook_endpoint, smtp_endpoint, record_endpoint):
    # A proxy of the machine that runs the tests must not get between the shop and 127.0.0.1.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return logging_config(
        log_dir=tmp_path,
        syslog_address=syslog_endpoint.address,
        webhook_url=webhook_endpoint.url,
        mailhost=smtp_endpoint.address,
        collector=record_endpoint.address,
    )


@pytest.fixture
def shop_logging(logging_sandbox, config):
    """The sandbox, with the shop's logging set up in it."""
    setup_logging(config)
    yield logging_sandbox
    shutdown_logging()


@pytest.fixture
def buy():
    """Buy a cup of tea with a card."""

    def buy(card, item="tea"):
        cart = Cart("ada")
        cart.add(item)
        return place(cart, card)

    return buy


@pytest.fixture
def alert():
    """Log an error, as the shop does when a card is declined."""
    return logging.getLogger("shop.payment").error
