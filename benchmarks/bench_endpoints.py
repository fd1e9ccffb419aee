"""What the fake servers cost: start and stop beside bare sockets, a request beside a bare server, foreign records."""

from __future__ import annotations

import http.client
import logging
import logging.handlers
import smtplib
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from _pairs import Row, compare, main

from pytest_loghandlers import RecordEndpoint, SmtpEndpoint, SyslogEndpoint, WebhookEndpoint
from pytest_loghandlers.endpoints._network.listener import Listener
from pytest_loghandlers.endpoints._network.reactor import shutdown

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def bare_tcp() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()


def bare_tcp_and_udp() -> None:
    """What a syslog daemon cannot do without: TCP and UDP on one port."""
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        try:
            udp.bind(tcp.getsockname())
        except OSError:
            pass  # Somebody else's UDP port.


def started(kind: type) -> None:
    with kind():
        pass


class Constant:
    """The least that can answer HTTP on the same reactor: no parsing at all."""

    def __init__(self, link) -> None:
        self.link = link

    def data(self, data: bytes) -> None:
        self.link.write(ANSWER)

    def eof(self) -> None:
        self.link.close()

    def lost(self) -> None:
        pass


def ask(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/", b'{"text": "x"}')
    connection.getresponse().read()


def requests() -> Row:
    limit = Listener(Constant, print)
    with WebhookEndpoint() as endpoint:
        ours = http.client.HTTPConnection(endpoint.hostport)
        bare = http.client.HTTPConnection(":".join(map(str, limit.address)))
        figure = compare({"bare": lambda: ask(bare), "ours": lambda: ask(ours)}, base="bare", calls=100, rounds=15)
        ours.close()
        bare.close()
    limit.stop()
    return Row("a request kept and answered (keep-alive)", figure["ours"], beside="a constant answer on the reactor")


def slow_stop() -> Row:
    """Stop a webhook with ten stalled clients, beside one without."""

    def stalled() -> None:
        with WebhookEndpoint() as endpoint:
            endpoint.stall()
            clients = [socket.create_connection(endpoint.address) for _ in range(10)]
            for client in clients:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            endpoint.wait_for(count=10)
        for client in clients:
            client.close()

    def answered() -> None:
        with WebhookEndpoint() as endpoint:
            clients = [socket.create_connection(endpoint.address) for _ in range(10)]
            for client in clients:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            endpoint.wait_for(count=10)
        for client in clients:
            client.close()

    figure = compare({"answered": answered, "stalled": stalled}, base="answered", rounds=15)
    return Row("ten stalled clients let go", figure["stalled"], beside="ten answered ones")


def foreign_records() -> Row:
    """Count what reaches the root logger at DEBUG while every endpoint starts, serves and stops."""
    records: list[logging.LogRecord] = []

    class Count(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    root, handler = logging.getLogger(), Count()
    root.addHandler(handler)
    before = root.level
    root.setLevel(1)
    with WebhookEndpoint() as webhook, SmtpEndpoint() as smtp, SyslogEndpoint() as syslog:
        connection = http.client.HTTPConnection(webhook.hostport)
        ask(connection)
        connection.close()
        with smtplib.SMTP(*smtp.address) as client:
            client.sendmail("a@x", ["b@x"], "Subject: s\r\n\r\nx\r\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            datagram.sendto(b"<14>x", syslog.address)
        syslog.wait_for("x")
    shutdown()
    root.setLevel(before)
    root.removeHandler(handler)
    return Row("foreign log records at root DEBUG", float(len(records)), most=0, unit="")


def tls_too() -> None:
    with SyslogEndpoint() as endpoint:
        endpoint.tls_address  # noqa: B018 - its side effect is what is measured


def starts() -> list[Row]:
    rows = []
    figure = compare({"bare": bare_tcp, "webhook": lambda: started(WebhookEndpoint)}, base="bare", rounds=41, calls=200)
    rows.append(Row("webhook_endpoint start+stop", figure["webhook"], most=3, beside="bind+listen+close"))
    for name, kind in (("syslog", SyslogEndpoint), ("record", RecordEndpoint)):
        figure = compare(
            {"bare": bare_tcp_and_udp, name: lambda kind=kind: started(kind)}, base="bare", rounds=41, calls=100
        )
        rows.append(Row(f"{name}_endpoint start+stop", figure[name], most=3, beside="TCP and UDP bind+close"))
    figure = compare({"bare": bare_tcp, "smtp": lambda: started(SmtpEndpoint)}, base="bare", rounds=25, calls=50)
    rows.append(Row("smtp_endpoint start+stop", figure["smtp"].seconds * 1000, most=1, unit="ms"))
    tls_too()  # The authority is made once per process.
    figure = compare({"bare": bare_tcp_and_udp, "tls": tls_too}, base="bare", rounds=25, calls=50)
    rows.append(Row("syslog_endpoint with TLS start+stop", figure["tls"].seconds * 1000, most=1, unit="ms"))
    return rows + beside_httpserver()


def beside_httpserver() -> list[Row]:
    try:
        from pytest_httpserver import HTTPServer
    except ImportError:
        return [Row("start+stop beside pytest-httpserver: not installed", 0.0, unit="")]

    def peer() -> None:
        with HTTPServer(host="127.0.0.1", port=0):
            pass

    # One of the peer's takes as long as thousands of ours: so many of ours are one.
    ours, theirs = [], []
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(200):
            started(WebhookEndpoint)
        middle = time.perf_counter()
        peer()
        ours.append((middle - start) / 200)
        theirs.append(time.perf_counter() - middle)
    times = median(other / one for one, other in zip(ours, theirs, strict=True))
    return [Row("start+stop, times quicker", times, least=1000, beside="pytest-httpserver's")]


HALVES: dict[type, bytes] = {
    SyslogEndpoint: b"<14>half",
    RecordEndpoint: b"\0\0\1\0half",
    WebhookEndpoint: b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf",
    SmtpEndpoint: b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nhalf",
}


def hung() -> list[Row]:
    """Stop each endpoint while a client hangs in the middle of something."""
    rows = []
    for kind, half in HALVES.items():
        worst = 0.0
        for _ in range(10):
            with ExitStack() as stack:
                endpoint = stack.enter_context(kind())
                client = stack.enter_context(socket.create_connection(endpoint.address))
                client.sendall(half)
                time.sleep(0.01)  # It has been read by then.
                start = time.perf_counter()
                endpoint.stop()
                worst = max(worst, time.perf_counter() - start)
        rows.append(Row(f"{kind._who} stopped with a hung client, worst", worst, most=0.2, unit="s"))
    return rows


def descriptors() -> int:
    try:
        return len(list(Path("/proc/self/fd").iterdir()))
    except OSError:
        return 0  # This system does not tell.


def cycles() -> list[Row]:
    """Start, use and stop each kind a thousand times; count what is left."""
    kinds: dict[str, Callable[[], None]] = {
        **{kind._who: lambda kind=kind: started(kind) for kind in HALVES},
        "syslog_endpoint with TLS": tls_too,
    }
    shutdown()
    rows = []
    for name, once in kinds.items():
        threads, files = threading.active_count(), descriptors()
        for _ in range(1_000):
            once()
        shutdown()
        left = max(0, threading.active_count() - threads) + max(0, descriptors() - files)
        rows.append(Row(f"{name}: left after 1,000", float(left), most=0, unit="", beside="threads and descriptors"))
    return rows


def measure() -> list[Row]:
    quiet = threading.active_count()
    rows = [foreign_records(), *starts(), requests(), slow_stop(), *hung(), *cycles()]
    shutdown()
    rows.append(Row("threads left after the session", float(threading.active_count() - quiet), most=0, unit=""))
    return rows


if __name__ == "__main__":
    main(measure)
