from __future__ import annotations

import socket

import pytest

from pytest_loghandlers import WebhookEndpoint
from pytest_loghandlers.endpoints._webhook.answer import Answer, response

GET = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def answer(status, **more):
    return Answer(head=response(status, (), b""), **more)


def statuses(sent):
    return [int(part[:3]) for part in sent.split(b"HTTP/1.1 ")[1:]]


def test_each_request_is_kept_and_answered_200(exchange, link, kept):
    exchange.data(GET + GET)

    assert [arrived.target for arrived in kept] == [b"/x", b"/x"]
    assert link.sent == OK * 2
    assert link.did == []


def test_answers_for_some_come_first_in_their_order_and_then_the_standing_one(exchange, script, link):
    script.set(answer(500), 2)
    script.set(answer(201), None)
    script.set(answer(429), 1)

    exchange.data(GET * 5)

    assert statuses(link.sent) == [500, 500, 429, 201, 201]


def test_recovery_forgets_every_answer(exchange, script, link, service):
    script.set(answer(500), 2)
    script.set(answer(201), None)

    service.recover()
    exchange.data(GET * 2)

    assert statuses(link.sent) == [200, 200]


def test_a_reset_keeps_the_request_and_breaks_the_connection(exchange, script, link, kept):
    script.set(Answer("reset"), 1)

    exchange.data(GET * 2)

    assert (link.sent, link.did, len(kept)) == (b"", ["reset"], 1)


def test_a_stalled_request_and_those_behind_it_wait_until_recovery(exchange, script, link, kept, service):
    script.set(Answer("stall"), 1)
    exchange.data(GET + GET)
    before = (link.sent, len(kept))

    service.recover()

    assert before == (b"", 1)
    assert (link.sent, len(kept)) == (OK * 2, 2)
    assert not service.waiting


def test_a_delayed_answer_comes_with_its_timer(exchange, script, link):
    script.set(answer(503, delay=1.5), 1)
    exchange.data(GET)
    before = link.sent

    link.timers[0].due()

    assert (before, link.timers[0].delay, statuses(link.sent)) == (b"", 1.5, [503])


def test_recovery_gives_a_delayed_answer_at_once_and_drops_the_timer(exchange, script, link, service):
    script.set(answer(503, delay=1.5), 1)
    exchange.data(GET)

    service.recover()

    assert (statuses(link.sent), link.timers[0].cancelled) == ([503], True)


def test_who_has_closed_its_writing_side_gets_the_delayed_answer_and_then_the_end(exchange, script, link):
    script.set(answer(503, delay=1.5), 1)
    exchange.data(GET)

    exchange.eof()
    open_still = link.did == []
    link.timers[0].due()

    assert open_still
    assert (statuses(link.sent), link.did) == ([503], ["close"])


def test_a_client_that_ends_is_closed(exchange, link):
    exchange.data(GET)

    exchange.eof()

    assert link.did == ["close"]


def test_a_client_that_wants_no_more_is_closed_after_its_answer(exchange, link):
    exchange.data(GET.replace(b"Host", b"Connection: close\r\nHost"))

    assert statuses(link.sent) == [200]
    assert "close" in link.did


def test_what_is_no_http_is_kept_refused_and_read_to_its_end(exchange, link, kept):
    exchange.data(b"garbage\r\n\r\n")

    assert kept[0].malformed is not None
    assert (statuses(link.sent), link.did) == ([400], ["finish"])


@pytest.mark.parametrize("how", ["eof", "lost"])
def test_half_a_request_is_kept_however_the_connection_ended(exchange, kept, how):
    exchange.data(GET[:-2])

    getattr(exchange, how)()

    assert [arrived.raw for arrived in kept] == [GET[:-2]]
    assert kept[0].malformed is not None


def test_a_connection_that_is_lost_while_it_waits_is_forgotten(exchange, script, link, kept, service):
    script.set(answer(503, delay=1.5), 1)
    exchange.data(GET)

    exchange.lost()

    assert (link.timers[0].cancelled, service.waiting, len(kept)) == (True, set(), 1)


def test_forgetting_lets_go_of_all_that_wait(exchange, script, service):
    script.set(Answer("stall"), None)
    exchange.data(GET)

    service.forget()

    assert not service.waiting


def test_a_miss_shows_the_request_that_has_begun_and_not_the_one_that_waits_for_its_answer():
    with WebhookEndpoint() as endpoint, socket.create_connection(endpoint.address) as client:
        endpoint.stall()
        client.sendall(b"GET /whole HTTP/1.1\r\nHost: x\r\n\r\n")
        endpoint.wait_for(path="/whole")
        with pytest.raises(AssertionError) as without:
            endpoint.assert_received("half")
        endpoint.recover()
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nhalf")
        endpoint._listener.catch_up()
        with pytest.raises(AssertionError) as failure:
            endpoint.assert_received("half")

    assert "pending" not in str(without.value)
    assert str(failure.value).endswith(
        "\n  pending   1 request without an end yet, the first: b'POST / HTTP/1.1\\r\\nHost: x\\r\\nhalf'"
    )
