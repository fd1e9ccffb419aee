"""How fast records are taken: syslog over TCP and TLS, HTTPHandler; beside the servers that tests use otherwise."""

from __future__ import annotations

import logging
import logging.handlers
import socket
import socketserver
import ssl
import threading

from _pairs import Row, compare, main

from pytest_loghandlers import SyslogEndpoint, WebhookEndpoint
from pytest_loghandlers.endpoints._network.reactor import shutdown

RECORDS = 10_000
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


def log(handler: logging.Handler) -> None:
    logger = logging.Logger("bench")  # Outside the tree: nobody else hears it.
    logger.addHandler(handler)
    for number in range(RECORDS):
        logger.info(TEXT, number)
    handler.close()


def to_peer(kind: type[Plain]) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind) as server:
        server.kept, server.over = [], threading.Event()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        log(logging.handlers.SysLogHandler(server.server_address, socktype=socket.SOCK_STREAM))
        server.over.wait()
        found = len(server.kept)
        # Its stopping is not what is measured; this much of it has to be.
        server.shutdown()
        thread.join()
    if found != RECORDS:
        raise AssertionError(f"{found} of {RECORDS}")


def all_of(endpoint: SyslogEndpoint) -> None:
    """Wait until all are there: the system may hold some back on the sender's side for a moment."""
    if not endpoint._inbox.wait_for(lambda items: len(items) >= RECORDS or None, 10):
        raise AssertionError(f"{len(endpoint.received)} of {RECORDS}")


def to_endpoint() -> None:
    with SyslogEndpoint() as endpoint:
        log(logging.handlers.SysLogHandler(endpoint.address, socktype=socket.SOCK_STREAM))
        all_of(endpoint)


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


def to_tls() -> None:
    with SyslogEndpoint() as endpoint:
        log(OverTls(endpoint.tls_address, endpoint.client_context()))
        all_of(endpoint)


def syslog() -> list[Row]:
    found = compare(
        {
            "ours": to_endpoint,
            "tls": to_tls,
            "recipe": lambda: to_peer(Plain),
            "roomy": lambda: to_peer(Roomy),
        },
        base="ours",
        rounds=11,
    )
    # The peers' time beside ours is our rate as a multiple of theirs.
    return [
        Row(
            "syslog over TCP, rate of records kept",
            found["recipe"],
            least=1.3,
            beside="ThreadingTCPServer, recv(1024) and split",
        ),
        Row("the same", found["roomy"], beside="ThreadingTCPServer, recv(65536) and split; no parsing"),
        Row("syslog over TLS, time", found["tls"], beside="our own over TCP"),
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
