"""The audit log belongs to logrotate: whatever it does to the file, no order is forgotten."""

import logging

import pytest

from shop.log_config import setup_logging, shutdown_logging
from shop.payment import GOOD_CARD


@pytest.mark.parametrize("rotate", ["rename_and_create", "swap_inode", "delete"])
def test_the_audit_log_follows_its_file(shop_logging, log_rotation, buy, rotate):
    audit = shop_logging.handler("audit")
    buy(GOOD_CARD)
    getattr(log_rotation, rotate)(audit)
    buy(GOOD_CARD)

    log_rotation.assert_reopened(audit)


@pytest.mark.parametrize("rotate", ["rename_and_create", "swap_inode", "copytruncate"])
def test_rotation_loses_no_order(shop_logging, log_rotation, buy, rotate):
    audit = shop_logging.handler("audit")
    log_rotation.watch(audit)
    for _ in range(3):
        buy(GOOD_CARD)
        getattr(log_rotation, rotate)(audit)
    buy(GOOD_CARD)

    assert log_rotation.assert_nothing_lost().expected == 4


def test_a_restart_loses_no_order(shop_logging, config, log_rotation, buy):
    log_rotation.watch(shop_logging.handler("audit"))
    buy(GOOD_CARD)
    shutdown_logging()
    setup_logging(config)

    log_rotation.assert_nothing_lost()


def test_the_shops_own_rotation_loses_nothing(logging_sandbox, config, log_rotation, tmp_path):
    config["handlers"]["file"]["maxBytes"] = 300
    logging_sandbox.configure(config)
    log_rotation.watch(logging_sandbox.handler("file"))
    for number in range(10):
        logging.getLogger("shop").info("record %d", number)

    log_rotation.assert_nothing_lost()
    assert (tmp_path / "shop.jsonl.1").exists()
