"""What no good client does: the endpoint keeps it, or refuses it with the reason, and goes on serving."""

from __future__ import annotations

import contextlib
import socket
import urllib.request

import pytest

from pytest_loghandlers import WebhookEndpoint
from pytest_loghandlers.endpoints._webhook import conversation

GET = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def endpoint():
    with WebhookEndpoint() as started:
        yield started
        # It goes on serving.
        with urllib.request.urlopen(started.url + "/after", timeout=10) as answer:
            assert answer.status == 200
        started.wait_for(path="/after")


def everything(sock):
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            got += piece
    return got


def test_smuggling_is_refused_on_the_wire_and_what_follows_is_not_served(endpoint, connect):
    sock = connect(endpoint.address)
    sock.sendall(
        b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    )

    assert everything(sock).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert endpoint.assert_received(path="/a", malformed=True).status == 400
    endpoint.assert_not_received(path="/smuggled")


def test_a_head_without_end_is_refused_and_its_first_mebibyte_kept(endpoint, connect):
    sock = connect(endpoint.address)
    with contextlib.suppress(OSError):
        for _ in range(30):
            sock.sendall(b"GET /" + b"x" * 100_000)

    request = endpoint.wait_for(malformed=True)
    assert request.malformed == "the request line and the headers are longer than 1,048,576 bytes"
    assert len(request.raw) == 1024 * 1024


def test_a_body_over_the_limit_is_refused_and_its_start_kept(endpoint, connect, monkeypatch):
    monkeypatch.setattr(conversation, "MAX_BODY", 100_000)
    sock = connect(endpoint.address)
    with contextlib.suppress(OSError):
        sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 10_000_000)

    request = endpoint.wait_for(malformed=True)
    assert (request.malformed, len(request.body), request.status) == (
        "the body is longer than 100,000 bytes",
        100_000,
        413,
    )


def test_a_body_of_50_megabytes_arrives_whole(endpoint, connect):
    sock = connect(endpoint.address)
    sock.sendall(b"POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n")
    sock.sendall(b"x" * 50_000_000)

    assert len(endpoint.wait_for(path="/big", timeout=30).body) == 50_000_000


def test_a_thousand_connections_at_once_are_served(endpoint):
    try:
        import resource
    except ImportError:
        pytest.skip("this system does not tell how many files a process may have open")
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 2_200:
        pytest.skip("this process may not have 2,200 files open")
    with contextlib.ExitStack() as opened:
        socks = [opened.enter_context(socket.create_connection(endpoint.address, timeout=30)) for _ in range(1_000)]
        for sock in socks:
            sock.sendall(GET[:-2])
        for sock in socks:
            sock.sendall(GET[-2:])

        assert len(endpoint.wait_for(path="/x", count=1_000, timeout=30)) == 1_000
        assert {sock.recv(12) for sock in socks} == {b"HTTP/1.1 200"}
    assert len({request.connection for request in endpoint.received}) == 1_000


def test_a_client_that_sends_an_octet_now_and_then_holds_nobody_up(endpoint, connect):
    slow = connect(endpoint.address)
    for octet in GET:
        slow.sendall(bytes([octet]))
        if octet == ord("/"):
            with urllib.request.urlopen(endpoint.url + "/quick", timeout=10):
                pass

    assert endpoint.wait_for(path="/x").connection == 1
    assert endpoint.received[0].path == "/quick"


def test_who_sends_on_while_not_answered_is_not_read_without_end(endpoint, connect, spin):
    endpoint.stall(times=1)
    sock = connect(endpoint.address)
    sock.settimeout(0.3)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 50_000_000:
            sent += sock.send(GET * 10_000)
    spin(lambda: endpoint._service.open_ones)
    (exchange,) = endpoint._service.open_ones

    assert sent < 50_000_000
    assert exchange._ahead < 2 * 1024 * 1024

    sock.settimeout(10)
    endpoint.disconnect(now=True)
    spin(lambda: not endpoint._service.open_ones)


def test_what_was_pipelined_behind_a_stalled_request_is_served_when_it_goes_on(endpoint, connect):
    endpoint.stall(times=1)
    sock = connect(endpoint.address)
    count, padded = 6_000, GET.replace(b"Host", b"X: " + b"x" * 500 + b"\r\nHost")
    sock.sendall(padded * 4_000)
    endpoint.wait_for(path="/x")

    endpoint.recover()
    sock.sendall(padded * (count - 4_000))
    got = 0
    while got < count * len(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"):
        piece = sock.recv(1 << 20)
        assert piece
        got += len(piece)

    assert len(endpoint.wait_for(path="/x", count=count, timeout=30)) == count


@pytest.mark.parametrize(
    ("body", "text"),
    [(b"caf\xc3\xa9 \xff\xfe\x00 end", "end"), (b"\x00" * 1000 + b"needle", "needle"), (b"\xed\xa0\x80 x", " x")],
)
def test_octets_that_are_no_text_are_kept_and_searched(endpoint, connect, body, text):
    sock = connect(endpoint.address)
    sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    request = endpoint.wait_for(text)
    assert request.body == body
    assert request.malformed is None
    assert text in endpoint._report()


def test_a_connect_as_to_a_proxy_is_kept_and_ended(endpoint, connect):
    sock = connect(endpoint.address)
    sock.sendall(b"CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n\r\n")

    assert everything(sock).startswith(b"HTTP/1.1 200 OK\r\n")
    endpoint.assert_received(method="CONNECT", path="shop.test:443")
