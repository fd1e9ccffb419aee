"""How soon a waiting test runs again: beside a bare lock, with everything quiet and while the application computes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from statistics import median, quantiles

from _pairs import Row, main, ratio

from pytest_loghandlers import CaptureHandler, WebhookEndpoint
from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers.endpoints._network.reactor import shutdown

SAMPLES = 100
#: Seconds from the start of a wait until what it waits for, and of the computing that follows it.
PAUSE, BUSY = 0.004, 0.02

Wait = Callable[[], object]
Signal = Callable[[], object]


def compute(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(range(200))


def latency(wait: Wait, signal: Signal, *, computing: bool) -> float:
    """Return the seconds from ``signal()`` in another thread to the return of ``wait()``."""
    sent = 0.0

    def produce() -> None:
        nonlocal sent
        time.sleep(PAUSE)  # The other thread is waiting by then: it could not get there beside one that computes.
        if computing:
            compute(PAUSE)
        sent = time.perf_counter()
        signal()
        if computing:
            compute(BUSY)

    thread = threading.Thread(target=produce)
    thread.start()
    wait()
    arrived = time.perf_counter()
    thread.join()
    return arrived - sent


def bare() -> tuple[Wait, Signal]:
    lock = threading.Lock()
    lock.acquire()
    return lambda: lock.acquire(timeout=5), lock.release


def inbox() -> tuple[Wait, Signal]:
    box: Inbox[int] = Inbox()
    return lambda: box.wait_for(lambda items: items or None, 5), lambda: box.put(1)


def samples(*, computing: bool) -> tuple[dict[str, list[float]], CaptureHandler]:
    taken: dict[str, list[float]] = {"bare": [], "inbox": [], "capture": []}
    logger = logging.Logger("bench")
    with CaptureHandler() as capture:
        logger.addHandler(capture)

        def logged() -> tuple[Wait, Signal]:
            capture.clear()
            return lambda: capture.wait_for("woken", timeout=5), lambda: logger.error("woken")

        for turn in range(SAMPLES + 5):
            for name, make in (("bare", bare), ("inbox", inbox), ("capture", logged)):
                seconds = latency(*make(), computing=computing)
                if turn >= 5:
                    taken[name].append(seconds)
    return taken, capture


def from_the_network(*, computing: bool) -> list[float]:
    """Return how long a request takes from its last octet to the test that waits for it."""
    import socket

    taken = []
    with WebhookEndpoint() as endpoint, socket.create_connection(endpoint.address) as client:
        for turn in range(SAMPLES + 5):
            endpoint.clear()
            seconds = latency(
                lambda: endpoint.wait_for(timeout=5),
                lambda: client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
                computing=computing,
            )
            client.recv(65536)
            if turn >= 5:
                taken.append(seconds)
    return taken


def spread(values: list[float]) -> str:
    return f"p90 {quantiles(values, n=10)[-1] * 1000:.2f} ms"


def measure() -> list[Row]:
    quiet, _ = samples(computing=False)
    busy, _ = samples(computing=True)
    rows = [
        Row("waking, quiet: an inbox", ratio(quiet["inbox"], quiet["bare"]), most=3, beside="a bare lock"),
        Row("waking, quiet: capture_handler.wait_for", ratio(quiet["capture"], quiet["bare"]), beside="a bare lock"),
        Row("waking, computing: a bare lock", median(busy["bare"]) * 1000, unit="ms", beside=spread(busy["bare"])),
        Row(
            "waking, computing: an inbox", median(busy["inbox"]) * 1000, most=1, unit="ms", beside=spread(busy["inbox"])
        ),
        Row(
            "waking, computing: capture_handler.wait_for",
            median(busy["capture"]) * 1000,
            most=1,
            unit="ms",
            beside=spread(busy["capture"]),
        ),
    ]
    for name, computing in (("quiet", False), ("computing", True)):
        taken = from_the_network(computing=computing)
        most = 1 if computing else None
        text = f"waking, {name}: webhook_endpoint, octet to test"
        rows.append(Row(text, median(taken) * 1000, most=most, unit="ms", beside=spread(taken)))
    shutdown()
    return rows


if __name__ == "__main__":
    main(measure)
