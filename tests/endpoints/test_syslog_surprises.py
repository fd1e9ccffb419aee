"""What surprises in production about Python and syslog, each seen in a test before it happens there."""

from __future__ import annotations

import logging
import socket
import sys
from logging.handlers import SysLogHandler

import pytest

TCP = socket.SOCK_STREAM


class Noting(SysLogHandler):
    """A SysLogHandler whose errors are kept instead of printed."""

    def handleError(self, record):
        self.errors = [*getattr(self, "errors", []), sys.exc_info()[1]]


@pytest.fixture
def noting(syslog, logger):
    """Return a function that gives ``logger`` a handler to the endpoint; its errors are kept."""

    def made(socktype=socket.SOCK_DGRAM, **options):
        handler = Noting(syslog.address, socktype=socktype, **options)
        handler.errors = []
        logger.addHandler(handler)
        return handler

    return made


def test_a_long_message_over_udp_is_cut_by_rsyslog(syslog, logger, noting):
    """A traceback of 9 kB loses its end, which says what happened: rsyslog keeps 8,096 octets of a datagram."""
    syslog.behave_like("rsyslog")
    noting()

    logger.error("shop: %s: disk full", "x" * 9_000)

    assert len(syslog.assert_received("xxx", app_name="shop").raw) <= 9_100
    syslog.assert_not_received("disk full")
    with pytest.raises(AssertionError, match=r"received 1 damaged message: 1 cut"):
        syslog.assert_not_truncated()


def test_a_message_that_no_datagram_can_hold_is_never_sent(syslog, logger, noting):
    """Above 65,507 octets the system refuses it (EMSGSIZE): handleError is called, and that is all."""
    handler = noting()

    logger.error("x" * 70_000)

    assert [type(error) for error in handler.errors] == [OSError]
    assert syslog.received == ()


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="the syslog module is there where unix sockets are")
def test_a_facility_of_the_syslog_module_is_no_facility_of_the_handler(syslog, logger, noting):
    """``syslog.LOG_LOCAL0`` is shifted already, SysLogHandler shifts it again: <1030>, which rsyslog files nowhere."""
    constants = pytest.importorskip("syslog")
    noting(facility=constants.LOG_LOCAL0)

    logger.info("hello")

    message = syslog.assert_received("hello", malformed="was a facility of the syslog module (128) given?")
    assert (message.raw, message.facility) == (b"<1030>hello\0", None)
    with pytest.raises(AssertionError, match="facility is none, not local0"):
        syslog.assert_received("hello", facility="local0")


def test_a_level_of_your_own_is_a_warning(syslog, logger, noting, logging_sandbox):
    """SysLogHandler knows five levels by name; every other one is sent as warning, also below INFO."""
    handler = noting()
    logging.addLevelName(15, "CHATTY")
    logger.log(15, "just so")
    assert syslog.assert_received("just so").severity == "warning"

    handler.priority_map = {**handler.priority_map, "CHATTY": "debug"}
    logger.log(15, "mapped")
    assert syslog.assert_received("mapped").severity == "debug"


def test_a_nul_ends_every_message_and_a_daemon_may_show_it(syslog, logger, noting):
    """SysLogHandler appends a NUL, which no RFC knows; in the middle of a message rsyslog writes it as #000."""
    handler = noting()
    logger.info("one")
    assert syslog.assert_received("one", had_nul=True).raw == b"<14>one\0"

    handler.append_nul = False
    syslog.behave_like("rsyslog")
    logger.info("shop: a\0b")
    assert "a#000b" in syslog.assert_received("a#000b", had_nul=False).text


def test_a_bom_in_the_ident_is_part_of_the_tag(syslog, logger, noting):
    """Python 2's recipe for UTF-8, a BOM before the text, is for RFC 5424 only: elsewhere it is what you search for."""
    noting().ident = "shop: \ufeff"

    logger.info("caf\u00e9")

    assert syslog.assert_received("caf\u00e9", had_bom=True).text == "caf\u00e9"
    syslog.behave_like("rsyslog")
    logger.info("th\u00e9")
    assert "\ufeff" in syslog.assert_received("th\u00e9").text


def test_over_tcp_the_handler_never_reconnects(syslog, logger, noting):
    """The daemon restarts: the next record is lost without an error, and all later ones are (cpython issue 95891)."""
    handler, records = noting(TCP), []
    logger.addFilter(lambda record: records.append(record) or True)
    logger.info("before")
    syslog.wait_for("before")

    syslog.restart()
    for number in range(5):
        logger.info("after %d", number)

    # Were a Python to mend this, the last ones would arrive: but the first one is lost in silence anyway.
    arrived = [message.text for message in syslog.received]
    reconnects = "after 4" in arrived
    assert "after 0" not in arrived
    assert reconnects or (arrived == ["before"] and len(handler.errors) >= 3)
    with pytest.raises(AssertionError, match=r"did not receive \d of 6 logged records"):
        syslog.assert_delivered(records)


def test_without_a_newline_messages_over_tcp_stick_and_merge_in_rsyslog(syslog, logger, noting):
    """rsyslog's imtcp ends messages at LF: those of SysLogHandler wait there until it closes, and then are one."""
    syslog.behave_like("rsyslog")
    handler = noting(TCP)
    logger.info("shop: one")
    logger.error("shop: two")

    assert syslog.received == ()
    with pytest.raises(AssertionError, match=r"holds 28 octets of 1 message without an end"):
        syslog.assert_nothing_pending()
    handler.close()

    merged = syslog.wait_for("one")
    assert "two" in merged.text
    assert merged.severity == "info"  # The error's own is lost.
    with pytest.raises(AssertionError, match=r"received 1 damaged message: 1 merged"):
        syslog.assert_not_truncated()


def test_with_a_newline_instead_of_the_nul_they_do_not(syslog, logger, noting):
    """The cure: ``append_nul`` off, and a formatter that ends in LF. A traceback is still split at its lines."""
    syslog.behave_like("rsyslog")
    handler = noting(TCP)
    handler.append_nul = False
    handler.setFormatter(logging.Formatter("shop: %(message)s\n"))
    logger.info("one")
    logger.error("two")

    syslog.assert_nothing_pending()
    assert [message.severity for message in syslog.assert_framed("lf")] == ["info", "err"]
    syslog.assert_not_truncated()

    logger.error("boom\nTraceback")
    with pytest.raises(AssertionError, match=r"received 1 damaged message: 1 split"):
        syslog.assert_not_truncated()
