"""The audit log belongs to logrotate: whatever it does to the file, no order is forgotten."""

import logging

import pytest

from shop.payment import GOOD_CARD


@pytest.mark.parametrize("rotate", ["rename_and_create", "swap_inode", "delete"])
def test_the_audit_log_follows_its_file(shop_logging, log_rotation, buy, tmp_path, rotate):
    audit = shop_logging.handler("audit")
    path = tmp_path / "audit.jsonl"
    buy(GOOD_CARD)
    getattr(log_rotation, rotate)(path)
    buy(GOOD_CARD)

    log_rotation.assert_reopened(audit)


@pytest.mark.parametrize("rotate", ["rename_and_create", "swap_inode", "copytruncate"])
def test_rotation_loses_no_order(shop_logging, log_rotation, tmp_path, rotate):
    audit = logging.getLogger("shop.audit")
    for number in range(3):
        audit.info("order %d", number)
        getattr(log_rotation, rotate)(tmp_path / "audit.jsonl")
    audit.info("order 3")

    log_rotation.assert_nothing_lost([f"order {number}" for number in range(4)])


def test_the_shops_own_rotation_loses_nothing(logging_sandbox, config, log_rotation, tmp_path):
    config["handlers"]["file"]["maxBytes"] = 500
    logging_sandbox.configure(config)
    for number in range(10):
        logging.getLogger("shop").info("record %d", number)

    log_rotation.assert_nothing_lost([f"record {number}" for number in range(10)])
    assert (tmp_path / "shop.jsonl.1").exists()
