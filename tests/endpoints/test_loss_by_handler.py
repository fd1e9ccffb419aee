"""One record lost by each network handler of the stdlib: all that ``assert_delivered`` tells of it."""

from __future__ import annotations

import logging
import re
from logging.handlers import HTTPHandler, SMTPHandler, SocketHandler, SysLogHandler

import pytest

from pytest_loghandlers import HandlerSpy, RecordEndpoint, SmtpEndpoint, SyslogEndpoint, WebhookEndpoint

NOBODY = "\n  hint      nobody was told: no handler raised or called handleError for what is missing"


def http(endpoint):
    return HTTPHandler(endpoint.hostport, "/log", method="POST")


def socket_handler(endpoint):
    return SocketHandler(*endpoint.address)


def syslog(endpoint):
    return SysLogHandler(endpoint.address)


def smtp(endpoint):
    return SMTPHandler(endpoint.address, "app@shop.test", ["ops@shop.test"], "trouble")


@pytest.mark.parametrize(
    ("endpoint_class", "handler", "fail", "told"),
    [
        (
            WebhookEndpoint,
            http,
            lambda endpoint: endpoint.answer(500, times=1),
            [
                "arrived   answered 500, in [1]",
                "handlers  HTTPHandler emitted it without an error",
                "network   normal; POST /log was answered 500 at T",
            ],
        ),
        (
            RecordEndpoint,
            socket_handler,
            lambda endpoint: endpoint.refuse(),
            [
                "handlers  SocketHandler emitted it without an error",
                "network   refusing connections (since T)",
            ],
        ),
        (
            SyslogEndpoint,
            syslog,
            lambda endpoint: endpoint.refuse(),
            [
                "handlers  SysLogHandler emitted it without an error",
                "network   refusing connections (since T)",
            ],
        ),
        (
            SmtpEndpoint,
            smtp,
            lambda endpoint: endpoint.refuse(),
            [
                "handlers  SMTPHandler called handleError: ConnectionRefusedError: [Errno N] Connection refused",
                "network   refusing connections (since T)",
            ],
        ),
    ],
    ids=["HTTPHandler with a 500", "SocketHandler, peer gone", "SysLogHandler over UDP", "SMTPHandler"],
)
def test_a_loss_says_which_what_the_handler_did_and_what_the_network(
    logger, monkeypatch, endpoint_class, handler, fail, told
):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logged = []
    logger.addFilter(lambda record: logged.append(record) or True)
    with endpoint_class() as endpoint:
        attached = handler(endpoint)
        logger.addHandler(attached)
        with HandlerSpy(attached):
            logger.error("kept")
            endpoint.wait_for("kept")
            fail(endpoint)
            logger.error("lost %d", 2)

            with pytest.raises(AssertionError) as failure:
                endpoint.assert_delivered(logged)

    text = re.sub(r"\+\d+\.\d\d s", "T", re.sub(r"Errno \d+", "Errno N", str(failure.value)))
    missing = text[text.index("  missing") : text.index("\n  received")]
    assert text.startswith(f"{endpoint._who} did not receive 1 of 2 logged records\n")
    begun = f"  missing   1 record\n       [1]  T  ERROR    {logger.name:<12} 'lost 2'"
    assert missing.splitlines() == [*begun.splitlines(), *(" " * 13 + line for line in told)]
    assert text.endswith(NOBODY) == ("handleError" not in missing)
