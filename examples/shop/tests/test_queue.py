"""The queue before the slow sinks."""

import pytest

from shop.log_config import setup_logging, shutdown_logging


@pytest.fixture
def config(config):
    config["handlers"]["alerts"]["capacity"] = 10
    return config


def test_a_full_queue_drops_and_counts_and_never_blocks(shop_logging, queue_saturation, alert):
    alerts = shop_logging.handler("alerts")
    queue_saturation.hold(alerts)
    queue_saturation.fill()
    for number in range(5):
        alert("declined %d", number)
    queue_saturation.release()

    queue_saturation.assert_dropped(5)
    queue_saturation.assert_never_blocked()
    assert alerts.dropped == 5


def test_the_drops_are_told_when_logging_stops(shop_logging, queue_saturation, capture_handler, alert):
    queue_saturation.hold(shop_logging.handler("alerts"))
    queue_saturation.fill()
    alert("one too many")
    queue_saturation.release()
    shutdown_logging()

    capture_handler.assert_logged(
        "alerts were lost: 1 dropped, 0 given up", level="WARNING", logger="shop.queueing", count=1
    )


def test_a_queue_with_room_loses_nothing(shop_logging, queue_saturation, alert):
    queue_saturation.hold(shop_logging.handler("alerts"))
    for number in range(10):
        alert("declined %d", number)
    queue_saturation.release()

    queue_saturation.assert_nothing_lost()


def test_what_is_queued_is_delivered_when_logging_stops(shop_logging, webhook_endpoint, alert):
    for number in range(10):
        alert("declined %d", number)
    shutdown_logging()

    webhook_endpoint.assert_received("declined", count=10)


def test_stopping_gives_up_on_sinks_that_do_not_answer(
    logging_sandbox, config, webhook_endpoint, capture_handler, alert
):
    config["handlers"]["alerts"]["patience"] = 0.1
    config["handlers"]["webhook"]["timeout"] = 0.3
    setup_logging(config)
    webhook_endpoint.stall()
    for number in range(5):
        alert("declined %d", number)
    shutdown_logging()

    capture_handler.assert_logged("alerts were lost: 0 dropped", count=1)


def test_every_library_at_debug_does_not_go_round_the_queue(
    logging_sandbox, config, handler_spy, webhook_endpoint, buy
):
    config["root"]["level"] = "DEBUG"
    setup_logging(config)
    buy("0002")
    shutdown_logging()

    handler_spy.assert_no_recursion()
    webhook_endpoint.assert_received(count=1)
