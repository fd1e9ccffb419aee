"""The right record reaches the right handler, at the right level, in the right format."""

import json
import logging
import re

import pytest

from shop.payment import DECLINED_CARD, GATEWAY_DOWN_CARD, GOOD_CARD


def json_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_paid_order_is_logged_and_alarms_nobody(shop_logging, handler_spy, buy):
    buy(GOOD_CARD)

    handler_spy.assert_routed("charged 450 cents", to=["console", "file"], not_to=["alerts", "syslog"])


def test_a_declined_card_reaches_everybody_who_must_know(shop_logging, handler_spy, buy):
    buy(DECLINED_CARD)

    handler_spy.assert_routed("card 0002 declined", to=["console", "file", "trace", "syslog", "alerts"])


def test_debug_stays_off_the_console_and_the_file(shop_logging, handler_spy, buy):
    buy(GOOD_CARD)

    handler_spy.assert_routed("ada added 1 x tea", to="trace", not_to=["console", "file"])


def test_what_customers_ask_for_in_vain_is_a_warning(shop_logging, capture_handler, buy):
    with pytest.raises(KeyError):
        buy(GOOD_CARD, item="coffee")

    capture_handler.assert_logged("'coffee'", level="WARNING", logger="shop.cart", count=1)


def test_the_file_is_json_and_keeps_the_traceback(shop_logging, capture_handler, buy, tmp_path):
    buy(GATEWAY_DOWN_CARD)

    capture_handler.assert_logged(
        level="CRITICAL", formatter=shop_logging.handler("file"), formatted=re.compile(r'^\{"time": .*\}$')
    )
    entry = next(entry for entry in json_lines(tmp_path / "shop.jsonl") if entry["level"] == "CRITICAL")
    assert entry["message"] == "payment gateway is down"
    assert entry["logger"] == "shop.payment"
    assert entry["exc_info"].endswith("GatewayDownError: no route to the gateway")


def test_a_placed_order_is_one_line_of_the_audit_log_and_nothing_else(shop_logging, handler_spy, buy, tmp_path):
    order = buy(GOOD_CARD)

    handler_spy.assert_routed("order placed", to="audit", not_to=["console", "file", "trace"])
    [entry] = json_lines(tmp_path / "audit.jsonl")
    assert (entry["order"], entry["customer"], entry["cents"]) == (order, "ada", 450)


def test_an_error_brings_the_steps_that_led_to_it(shop_logging, handler_spy, buy):
    buy(GOOD_CARD)
    handler_spy.assert_routed("charging 450 cents", to="trace", not_to="trace_file")

    buy(DECLINED_CARD)
    handler_spy.assert_routed("charging 450 cents to card 0002", to="trace_file")


def test_the_libraries_are_heard_only_at_the_root_level(shop_logging, handler_spy):
    logging.getLogger("some.library").debug("chatter")

    handler_spy.assert_routed("chatter", not_to=["trace", "file"])
