"""syslog_endpoint over UDP: nothing lost at the sender's full speed, what that costs the sender, start and stop."""

from __future__ import annotations

import logging
import logging.handlers
import socket
import threading
import time
from collections.abc import Callable

from _pairs import Row, compare, main, ratio

from pytest_loghandlers.endpoints._network.datagrams import Datagrams
from pytest_loghandlers.endpoints.syslog_endpoint import SyslogEndpoint

MESSAGES = 50_000
RUNS = 20
#: Each takes as long as the interpreter's lock is fought for: ten times the others.
COMPUTING_RUNS = 20
TEXT = "message %d " + "x" * 80


class SmallBuffers(SyslogEndpoint):
    """As for a user who is not root, on a kernel with the long-standing limit of 212,992 octets: a bank of sockets."""

    def _make_datagrams(self) -> Datagrams:
        return Datagrams(force=False, buffer=212_992)


class GrantedBuffers(SyslogEndpoint):
    """As for a user who is not root, on this machine."""

    def _make_datagrams(self) -> Datagrams:
        return Datagrams(force=False)


def send(address: tuple[str, int]) -> float:
    """Log MESSAGES records through a SysLogHandler; return the seconds that took."""
    logger = logging.Logger("bench")  # Outside the tree: nobody else hears it.
    handler = logging.handlers.SysLogHandler(address)
    logger.addHandler(handler)
    start = time.perf_counter()
    for number in range(MESSAGES):
        logger.info(TEXT, number)
    spent = time.perf_counter() - start
    handler.close()
    return spent


def to_sink(kind: Callable[[], SyslogEndpoint]) -> float:
    """Send to sockets like the endpoint's, which hold everything and which nobody watches: the sender's limit."""
    sink = kind()._make_datagrams()
    sink.spread()
    try:
        return send(sink.address)
    finally:
        sink.close()


def to_endpoint(kind: Callable[[], SyslogEndpoint]) -> tuple[float, int, bool]:
    """Send to an endpoint; return the seconds, the datagrams lost, and whether the rest is in order."""
    with kind() as endpoint:
        spent = send(endpoint.address)
        numbers = [int(message.text.split()[1]) for message in endpoint.received]
    return spent, MESSAGES - len(numbers), numbers == sorted(numbers)


def raw_pair() -> None:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    tcp.bind(("127.0.0.1", 0))
    tcp.listen()
    tcp.close()
    udp.close()


def computing(action: Callable[[], float]) -> float:
    """Return ``action()``, run in another thread while this one computes: the sender's seconds."""
    result: list[float] = []
    thread = threading.Thread(target=lambda: result.append(action()))
    thread.start()
    while thread.is_alive():
        sum(range(2_000))
    return result[0]


def to_endpoint_computing(kind: Callable[[], SyslogEndpoint]) -> tuple[int, bool]:
    """Send from a thread while the test computes; return the datagrams lost, and whether the rest is in order."""
    with kind() as endpoint:
        computing(lambda: send(endpoint.address))
        numbers = [int(message.text.split()[1]) for message in endpoint.received]
    return MESSAGES - len(numbers), numbers == sorted(numbers)


def while_computing(name: str, kind: Callable[[], SyslogEndpoint]) -> list[Row]:
    lost = disordered = 0
    for _ in range(COMPUTING_RUNS):
        missing, ordered = to_endpoint_computing(kind)
        lost += missing
        disordered += not ordered
    return [
        Row(f"{name}, test computes: lost of {COMPUTING_RUNS} x {MESSAGES:,}", lost, most=0, unit=""),
        Row(f"{name}, test computes: out of order", disordered, most=0, unit=""),
    ]


def start_and_stop() -> None:
    with SyslogEndpoint():
        pass


def asked_too() -> None:
    with SyslogEndpoint() as endpoint:
        endpoint.address  # noqa: B018 - its side effect is what is measured


def small_asked_too() -> None:
    with SmallBuffers() as endpoint:
        endpoint.address  # noqa: B018 - as above


def measure() -> list[Row]:
    rows = []
    kinds = {
        "largest buffer": SyslogEndpoint,
        "granted buffer": GrantedBuffers,
        "small buffers": SmallBuffers,
    }
    for name, kind in kinds.items():
        limit, ours, lost, disordered = [], [], 0, 0
        for turn in range(RUNS):
            # In turns first: what comes second finds warmer caches.
            if turn % 2:
                limit.append(to_sink(kind))
            spent, missing, ordered = to_endpoint(kind)
            if not turn % 2:
                limit.append(to_sink(kind))
            ours.append(spent)
            lost += missing
            disordered += not ordered
        rows += [
            Row(f"{name}: lost of {RUNS} x {MESSAGES:,}", lost, most=0, unit=""),
            Row(f"{name}: runs out of order", disordered, most=0, unit=""),
            # Small buffers are nearly full after so many: their guard empties them while the sender sends.
            Row(
                f"{name}: the sender's time",
                ratio(ours, limit),
                most=None if kind is SmallBuffers else 1.2,
                goal=None if kind is SmallBuffers else 1.1,
                beside="the same sockets, unwatched",
            ),
            *while_computing(name, kind),
        ]
    figures = compare(
        {"raw": raw_pair, "ours": start_and_stop, "asked": asked_too, "bank": small_asked_too},
        base="raw",
        rounds=40,
        calls=20,
    )
    return [
        *rows,
        Row("start and stop", figures["ours"], most=3, goal=2, beside="raw bind and close, UDP and TCP"),
        Row("start, address and stop", figures["asked"], most=3, goal=2, beside="the same"),
        Row("start, address and stop, bank of 128", figures["bank"], beside="the same"),
    ]


if __name__ == "__main__":
    main(measure)
