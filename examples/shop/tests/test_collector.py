"""The accountants' machine gets every placed order, as a record."""

import pytest

from shop.payment import GOOD_CARD


def test_an_order_arrives_with_all_that_belongs_to_it(shop_logging, record_endpoint, buy):
    order = buy(GOOD_CARD)

    entry = record_endpoint.wait_for("order placed", logger="shop.audit", level="INFO", timeout=2)
    assert (entry.extra["order"], entry.extra["customer"], entry.extra["cents"]) == (order, "ada", 450)


def test_each_order_arrives_once_and_in_its_turn(shop_logging, capture_handler, record_endpoint, buy):
    capture_handler.attach("shop.audit")
    for _ in range(20):
        buy(GOOD_CARD)

    placed = capture_handler.assert_logged("order placed", logger="shop.audit", count=20)
    record_endpoint.assert_delivered(placed)


def test_what_is_lost_while_the_collector_restarts_is_still_in_the_audit_file(
    shop_logging, record_endpoint, handler_spy, buy, tmp_path
):
    clock = record_endpoint.backoff_clock()
    buy(GOOD_CARD)
    record_endpoint.wait_for("order placed", timeout=2)
    record_endpoint.refuse()
    for _ in range(3):
        buy(GOOD_CARD)
    record_endpoint.recover()
    clock.advance(clock.next_attempt(shop_logging.handler("collector")))
    buy(GOOD_CARD)

    # SocketHandler tells nobody: that is why there is a file too.
    record_endpoint.wait_for("order placed", count=2, timeout=2)
    handler_spy.assert_no_errors()
    assert len((tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()) == 5


def test_a_hanging_collector_does_not_lose_the_audit_file(shop_logging, record_endpoint, buy, tmp_path):
    record_endpoint.stop_reading()
    buy(GOOD_CARD)

    assert (tmp_path / "audit.jsonl").read_text(encoding="utf-8")
    record_endpoint.assert_not_received()
    record_endpoint.recover()
    record_endpoint.wait_for("order placed", count=1, timeout=2)


@pytest.mark.parametrize("fault", ["reset", "disconnect"])
def test_a_collector_that_breaks_connections_does_not_disturb_the_customers(shop_logging, record_endpoint, buy, fault):
    getattr(record_endpoint, fault)()

    assert all(buy(GOOD_CARD) for _ in range(5))
