"""What stdlib's handler and logger(1) send: our endpoint with a profile files it as the real daemon does."""

from __future__ import annotations

import logging
import logging.handlers
import shutil
import socket
import subprocess

import pytest
from real_daemons import comparison

from pytest_loghandlers import SyslogEndpoint

#: Attributes of the handler, and its formatter's format.
OPTIONS = {
    "defaults": ({}, "%(message)s"),
    "no NUL": ({"append_nul": False}, "%(message)s"),
    "LF for NUL": ({"append_nul": False}, "%(message)s\n"),
    "LF and NUL": ({}, "%(message)s\n"),
    "ident": ({"ident": "shop[42]: "}, "%(message)s"),
    "ident, LF for NUL": ({"ident": "shop: ", "append_nul": False}, "%(message)s\n"),
    "asctime": ({}, "%(asctime)s %(name)s %(levelname)s %(message)s"),
    "JSON": ({}, '{"level": "%(levelname)s", "text": "%(message)s"}'),
    "RFC 5424": ({}, "1 2003-10-11T22:14:15.003Z web1 shop 42 - - \ufeff%(message)s"),
}
RECORDS = (
    (logging.INFO, "hello world"),
    (logging.ERROR, "disk full: /var"),
    (logging.WARNING, "caf\u00e9 \u65e5\u672c"),
    (logging.DEBUG, "12 monkeys left"),
    (35, "a level of its own"),
    (logging.CRITICAL, "line one\nline two\n  line three"),
    (logging.INFO, ""),
    (logging.INFO, "tab\tand NUL\0inside"),
    (logging.INFO, "x" * 3000),
)


def sent_by(address, socktype, options):
    """Yield once after each record, the handler still open; then close it."""
    attributes, style = options
    handler = logging.handlers.SysLogHandler(address, facility="local3", socktype=socktype)
    handler.setFormatter(logging.Formatter(style))
    for name, value in attributes.items():
        setattr(handler, name, value)
    try:
        for level, text in RECORDS:
            record = logging.LogRecord("shop.pay", level, __file__, 1, text, None, None)
            # Of the time of day only its presence is compared, but its text may be filed as another field's.
            record.created, record.msecs = 1_066_000_000.0, 43.0
            handler.handle(record)
        yield
    finally:
        handler.close()
    yield


def address_of(endpoint, transport):
    return {
        "unix_dgram": lambda: endpoint.unix_address,
        "unix_stream": lambda: endpoint.unix_stream_address,
    }.get(transport, lambda: endpoint.address)()


@pytest.fixture
def endpoint(name):
    """Ours, with the profile of the input that the test is parametrized with."""
    with SyslogEndpoint(**comparison.ARGUMENTS[name]) as endpoint:
        yield endpoint


def filed_by(endpoint, *, at_least=0):
    if len(endpoint.received) < at_least:
        endpoint.wait_for(count=at_least, timeout=10)
    return [comparison.ours(message) for message in endpoint.received]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("name", comparison.PROFILES)
def test_what_a_syslog_handler_sends_is_filed_as_the_daemon_files_it(daemon, endpoint, name, options):
    transport, _ = comparison.PROFILES[name]
    socktype = socket.SOCK_STREAM if name in comparison.STREAM_INPUTS else socket.SOCK_DGRAM
    to_daemon = sent_by(daemon.address(name), socktype, options)
    to_ours = sent_by(address_of(endpoint, transport), socktype, options)

    theirs, ours = [], []
    for _ in zip(to_daemon, to_ours, strict=True):  # while the handlers are open, and when they are closed
        theirs += map(comparison.real, daemon.settled(name, at_least=len(filed_by(endpoint)) - len(theirs)))
        ours = filed_by(endpoint, at_least=len(theirs))
        assert ours == theirs


@pytest.mark.skipif(shutil.which("logger") is None, reason="there is no logger(1)")
@pytest.mark.parametrize(
    "options",
    # Without the time of day, which is another one at each call and may be filed as text.
    [
        "--rfc3164",
        "--rfc5424=notime",
        "--rfc5424=notime,notq,nohost",
        '--rfc5424=notime --sd-id=a@1 --sd-param=k="v" --msgid=ID1',
        "--rfc5424=notime --octet-count",
    ],
)
@pytest.mark.parametrize(
    "name", ["rs.udp", "rs.imtcp", "ng.udp", "ng.syslog_udp", "ng.tcp", "ng.syslog_tcp", "rs.uxdgram", "ng.uxdgram"]
)
def test_what_logger_sends_is_filed_as_the_daemon_files_it(daemon, endpoint, name, options):
    transport, _ = comparison.PROFILES[name]
    for address in (daemon.address(name), address_of(endpoint, transport)):
        if transport == "unix_dgram":
            where = ["--socket", address]
        else:
            where = ["--server", address[0], "--port", str(address[1]), "--tcp" if transport == "tcp" else "--udp"]
        words = [
            "logger",
            *where,
            *options.split(),
            "--tag",
            "shop",
            "--id=42",
            "--priority",
            "local3.err",
            "disk full: /var",
        ]
        subprocess.run(words, check=True, timeout=20)

    theirs = list(map(comparison.real, daemon.settled(name, at_least=len(endpoint.received))))
    assert filed_by(endpoint, at_least=len(theirs)) == theirs
    assert len(endpoint.received) <= 1
