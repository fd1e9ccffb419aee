"""What the shop has said is told when its process ends. A real process: only there does logging shut down."""

import json
import subprocess
import sys

import pytest

from shop.payment import DECLINED_CARD, GATEWAY_DOWN_CARD


@pytest.fixture
def run_shop(tmp_path, config, syslog_endpoint, webhook_endpoint, smtp_endpoint, record_endpoint):
    """Run the shop's command for some cards, to its end; its sinks are this test's endpoints."""

    def run_shop(*cards):
        orders = "".join(json.dumps({"customer": "ada", "items": {"tea": 1}, "card": card}) + "\n" for card in cards)
        return subprocess.run(
            [
                *(sys.executable, "-m", "shop"),
                *("--log-dir", tmp_path),
                *("--syslog", "{}:{}".format(*syslog_endpoint.address)),
                *("--mail", "{}:{}".format(*smtp_endpoint.address)),
                *("--collector", "{}:{}".format(*record_endpoint.address)),
                *("--webhook", webhook_endpoint.url),
            ],
            check=False,
            input=orders,
            text=True,
            capture_output=True,
            timeout=30,
            cwd=__file__.rpartition("tests")[0],
        )

    return run_shop


def test_every_alert_is_delivered_before_the_process_ends(run_shop, webhook_endpoint, smtp_endpoint, syslog_endpoint):
    webhook_endpoint.answer(200, delay=0.1)
    ended = run_shop(DECLINED_CARD, DECLINED_CARD, GATEWAY_DOWN_CARD)

    webhook_endpoint.assert_received(count=3)
    smtp_endpoint.assert_received("payment gateway is down", count=1)
    syslog_endpoint.wait_for("card 0002 declined", count=2, timeout=2)
    assert "Logging error" not in ended.stderr


def test_a_dead_chat_room_does_not_keep_the_process(run_shop, webhook_endpoint, smtp_endpoint):
    webhook_endpoint.refuse()
    ended = run_shop(DECLINED_CARD, GATEWAY_DOWN_CARD)

    assert ended.returncode == 1  # an order failed: not a crash
    assert ended.stderr.count("--- Logging error ---") == 2
    smtp_endpoint.assert_received("payment gateway is down", count=1)
