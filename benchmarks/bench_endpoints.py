"""What the fake servers cost: start and stop beside bare sockets, a request beside a bare server, foreign records."""

from __future__ import annotations

import http.client
import logging
import logging.handlers
import smtplib
import socket
import threading

from _pairs import Row, compare, main

from pytest_loghandlers import SmtpEndpoint, SyslogEndpoint, WebhookEndpoint
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


def measure() -> list[Row]:
    quiet = threading.active_count()
    rows = [foreign_records()]
    starts = compare({"bare": bare_tcp, "webhook": lambda: started(WebhookEndpoint)}, base="bare", rounds=41, calls=200)
    rows.append(Row("webhook_endpoint start+stop", starts["webhook"], most=3, beside="bind+listen+close"))
    starts = compare(
        {"bare": bare_tcp_and_udp, "syslog": lambda: started(SyslogEndpoint)}, base="bare", rounds=41, calls=100
    )
    rows.append(Row("syslog_endpoint start+stop", starts["syslog"], most=3, beside="TCP and UDP bind+close"))
    starts = compare({"bare": bare_tcp, "smtp": lambda: started(SmtpEndpoint)}, base="bare", rounds=25, calls=50)
    rows.append(Row("smtp_endpoint start+stop", starts["smtp"].seconds * 1000, most=1, unit="ms"))
    rows += [requests(), slow_stop()]
    shutdown()
    rows.append(Row("threads left after the session", float(threading.active_count() - quiet), most=0, unit=""))
    return rows


if __name__ == "__main__":
    main(measure)
