"""How fast records are taken: syslog over TCP and TLS, HTTPHandler; beside the servers that tests use otherwise."""

from __future__ import annotations

import gc
import logging
import logging.handlers
import random
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable

from _pairs import Row, compare, main, ratio

from pytest_loghandlers import SyslogEndpoint, WebhookEndpoint
from pytest_loghandlers.endpoints._network.reactor import shutdown

RECORDS = 10_000
ROUNDS = 15
REQUESTS = 100
TEXT = "message %d " + "x" * 80


class Plain(socketserver.BaseRequestHandler):
    """The recipe of the cookbooks: read, split, keep."""

    size = 1024

    def handle(self):
        rest = b""
        while data := self.request.recv(self.size):
            *whole, rest = (rest + data).split(b"\0")
            self.server.kept.extend(whole)
        self.server.over.set()


class Roomy(Plain):
    """The same with large reads."""

    size = 65536


#: Seconds that the sender took, then until all was received, then until all of it was parsed.
Times = tuple[float, float, float]


def log(handler: logging.Handler, kept: Callable[[], object], parsed: Callable[[], object] = bool) -> Times:
    """Log RECORDS records, and wait until ``kept()`` and then ``parsed()`` return."""
    logger = logging.Logger("bench")  # Outside the tree: nobody else hears it.
    logger.addHandler(handler)
    start = time.perf_counter()
    for number in range(RECORDS):
        logger.info(TEXT, number)
    handler.close()
    sent = time.perf_counter() - start
    kept()
    received = time.perf_counter() - start
    parsed()
    return sent, received, time.perf_counter() - start


def to_peer(kind: type[Plain]) -> Times:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind) as server:
        server.kept, server.over = [], threading.Event()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        handler = logging.handlers.SysLogHandler(server.server_address, socktype=socket.SOCK_STREAM)
        times = log(handler, lambda: server.over.wait(10))
        found = len(server.kept)
        server.shutdown()
        thread.join()
    if found != RECORDS:
        raise AssertionError(f"{found} of {RECORDS}")
    return times


class Patient(Plain):
    """What only reads, and seldom: the limit. Nothing that takes messages apart is quicker."""

    def handle(self):
        rest = bytearray()
        while data := self.request.recv(1 << 20):
            rest += data
            time.sleep(0.002)
        self.server.kept.extend(rest.split(b"\0")[:-1])
        self.server.over.set()


def all_of(endpoint: SyslogEndpoint) -> None:
    """Wait until all are there: the system may hold some back on the sender's side for a moment."""
    if not endpoint._inbox.wait_for(lambda items: len(items) >= RECORDS or None, 10):
        raise AssertionError(f"{len(endpoint.received)} of {RECORDS}")


def parse_all(endpoint: SyslogEndpoint) -> None:
    """Look at every message: it is parsed then."""
    for message in endpoint._inbox.items:
        message.text  # noqa: B018 - its side effect is what is measured


def to_endpoint() -> Times:
    with SyslogEndpoint() as endpoint:
        handler = logging.handlers.SysLogHandler(endpoint.address, socktype=socket.SOCK_STREAM)
        return log(handler, lambda: all_of(endpoint), lambda: parse_all(endpoint))


class OverTls(logging.handlers.SysLogHandler):
    """SysLogHandler over TLS, octet-counted."""

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext) -> None:
        self.context = context
        super().__init__(address, socktype=socket.SOCK_STREAM)

    def createSocket(self) -> None:
        self.socket = self.context.wrap_socket(socket.create_connection(self.address), server_hostname="localhost")

    def emit(self, record: logging.LogRecord) -> None:
        octets = f"<14>{self.format(record)}".encode()
        self.socket.sendall(b"%d %b" % (len(octets), octets))


def to_tls() -> Times:
    with SyslogEndpoint() as endpoint:
        handler = OverTls(endpoint.tls_address, endpoint.client_context())
        return log(handler, lambda: all_of(endpoint), lambda: parse_all(endpoint))


def syslog() -> list[Row]:
    variants: dict[str, Callable[[], Times]] = {
        "ours": to_endpoint,
        "tls": to_tls,
        "recipe": lambda: to_peer(Plain),
        "roomy": lambda: to_peer(Roomy),
        "limit": lambda: to_peer(Patient),
    }
    sent: dict[str, list[float]] = {name: [] for name in variants}
    kept: dict[str, list[float]] = {name: [] for name in variants}
    parsed: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(ROUNDS + 1):
        for name in random.sample(list(variants), len(variants)):
            gc.collect()
            gc.disable()
            try:
                times = variants[name]()
            finally:
                gc.enable()
            if turn:
                sent[name].append(times[0])
                kept[name].append(times[1])
                parsed[name].append(times[2])
    # A peer's time beside ours is our rate as a multiple of its.
    recipe, roomy = "ThreadingTCPServer, recv(1024) and split", "the same with recv(65536)"
    return [
        Row("syslog over TCP, rate until received", ratio(kept["recipe"], kept["ours"]), least=1.3, beside=recipe),
        Row("syslog over TCP, rate until received", ratio(kept["roomy"], kept["ours"]), beside=roomy),
        Row("syslog over TCP, rate until sent", ratio(sent["recipe"], sent["ours"]), beside=recipe),
        Row(
            "syslog over TCP, rate until all is parsed",
            ratio(kept["recipe"], parsed["ours"]),
            beside=f"{recipe}, which parses nothing",
        ),
        Row("what only reads, rate until split", ratio(kept["recipe"], kept["limit"]), beside=f"{recipe}: the limit"),
        Row(
            "syslog over TLS, time until all is parsed", ratio(parsed["tls"], parsed["ours"]), beside="our own over TCP"
        ),
    ]


def post(host: str) -> None:
    logger = logging.Logger("bench")
    logger.addHandler(logging.handlers.HTTPHandler(host, "/log", method="POST"))
    for number in range(REQUESTS):
        logger.info(TEXT, number)


def http() -> list[Row]:
    try:
        from pytest_httpserver import HTTPServer
    except ImportError:
        return [Row("HTTPHandler beside pytest-httpserver: not installed", 0.0, unit="")]
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)  # It logs each request: not what is compared.
    peer = HTTPServer(host="127.0.0.1", port=0)
    peer.expect_request("/log").respond_with_data("")
    peer.start()
    try:
        with WebhookEndpoint() as endpoint:
            found = compare(
                {
                    "ours": lambda: post(endpoint.hostport),
                    "peer": lambda: post(f"127.0.0.1:{peer.port}"),
                },
                base="ours",
                rounds=15,
            )
    finally:
        peer.stop()
    return [Row("HTTPHandler, rate of requests", found["peer"], least=1.2, beside="pytest-httpserver")]


def measure() -> list[Row]:
    rows = syslog() + http()
    shutdown()
    return rows


if __name__ == "__main__":
    main(measure)
