"""Answers that are sent slowly or without an end, and what the timeline is told."""

from __future__ import annotations

import pytest

from pytest_loghandlers.endpoints._webhook.answer import Answer, endless, response
from pytest_loghandlers.endpoints._webhook.exchange import Exchange

GET = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def answer(status, **more):
    return Answer(head=response(status, (), b""), **more)


def slow(body, rate, **more):
    return Answer(head=response(200, (), body), body=body, rate=rate, **more)


def run_timers(link):
    while link.timers and not link.gone:
        timer = link.timers.pop(0)
        if not timer.cancelled:
            timer.due()


def test_a_slow_answer_goes_out_piece_by_piece_and_then_the_next_request_is_served(exchange, script, link):
    script.set(slow(b"x" * 10, 20), 1)

    exchange.data(GET + GET)
    first, pause = link.sent, link.timers[0].delay
    run_timers(link)

    assert (first, pause) == (b"H", 1 / 20)
    assert link.sent == b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n" + b"x" * 10 + OK


def test_a_slow_answer_waits_for_the_client_to_take_it(exchange, script, link):
    script.set(slow(b"", 1000), 1)
    link.unsent = 5

    exchange.data(GET)
    waited = link.sent
    link.timers.pop(0).due()
    link.unsent = 0
    run_timers(link)

    assert (waited, link.sent) == (b"", OK)


def test_recovery_sends_the_rest_of_a_slow_answer_at_once(exchange, service, script, link):
    script.set(slow(b"abc", 20, delay=1.0), 1)
    exchange.data(GET)
    service.recover()
    delayed = link.sent
    script.set(slow(b"def", 20, close=True), 1)
    exchange.data(GET)
    begun = link.sent
    service.recover()

    assert delayed.endswith(b"\r\n\r\nabc")
    assert begun == delayed + b"H"
    assert link.sent.endswith(b"\r\n\r\ndef")
    assert link.did == ["close"]


def test_an_answer_without_end_goes_on_and_recovery_closes_its_connection(exchange, service, script, link):
    script.set(endless("body", 1000), 1)
    exchange.data(GET)
    for _ in range(30):
        link.timers.pop(0).due()
    sent = len(link.sent)

    service.recover()

    assert 1_000 <= sent <= 3_000
    assert (link.did, link.timers[0].cancelled) == (["close"], True)


def test_a_client_that_ends_in_a_slow_answer_ends_it(exchange, service, script, link):
    script.set(endless("headers", 1000), 1)
    exchange.data(GET)

    link.gone = True
    exchange.lost()

    assert link.timers[0].cancelled
    assert not service.waiting


def test_a_half_closed_connection_keeps_what_comes_and_takes_nothing_from_the_script(exchange, script, link, kept):
    script.set(Answer("half_close"), 1)
    script.set(answer(500), 1)

    exchange.data(GET + GET)
    exchange.data(GET.replace(b"Host", b"Connection: close\r\nHost"))

    assert (len(kept), link.did, link.sent) == (3, ["half_close"], b"")
    assert script.take().status == 500


@pytest.mark.parametrize(
    ("struck", "note"),
    [
        (answer(500), "GET /x was answered 500"),
        (answer(500, delay=1.5), "GET /x was made to wait 1.5 s for its answer"),
        (Answer("stall"), "GET /x was left without an answer"),
        (Answer("reset"), "GET /x was cut off: its connection reset (RST)"),
        (endless("headers", 10), "GET /x was answered with headers without end"),
    ],
)
def test_each_strike_is_noted_with_its_request(exchange, script, notes, struck, note):
    script.set(struck, 1)

    exchange.data(GET)

    assert notes == [note]


def test_a_plain_answer_is_not_noted_and_a_refusal_is(exchange, notes):
    exchange.data(GET + b"garbage\r\n\r\n")

    assert notes == ["what is no HTTP was answered 400: illegal request line: b'garbage'"]


def test_who_sends_on_unanswered_is_read_again_when_it_is_answered(exchange, service, script, link, kept):
    script.set(Answer("stall"), 1)
    exchange.data(GET)
    exchange.data(GET * 1000)
    calm = list(link.did)
    exchange.data(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000)

    service.recover()

    assert (calm, link.did) == ([], ["pause", "resume"])
    assert len(kept) == 1002


def test_a_status_is_kept_with_its_request(service, script, link):
    seen = []
    keep = service.keep
    service.keep = lambda *arguments: seen.append(keep(*arguments)) or seen[-1]
    script.set(answer(500), 1)
    script.set(Answer("reset"), 1)

    Exchange(service, "tls", link).data(GET * 2)

    assert [(request.status, request.connection, request.transport) for request in seen] == [
        (500, 1, "tls"),
        (None, 1, "tls"),
    ]


def test_what_stands_behind_an_answer_that_closes_is_not_served(exchange, script, link, kept):
    script.set(answer(200, close=True), 1)
    link.close = lambda: link.did.append("close")  # Something waits to be sent still.

    exchange.data(GET + GET)
    exchange.data(GET)

    assert (len(kept), link.did) == (1, ["close"])
