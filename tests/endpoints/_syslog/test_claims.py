from __future__ import annotations

import logging
import re
import socket

import pytest

from pytest_loghandlers._base.errors import ArgumentError

UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM


def without_times(text):
    return re.sub(r"\+\d+\.\d\d s", "+0.00 s", text)


@pytest.fixture
def failure():
    """Return a function that runs a claim which must fail, and returns its text."""

    def of(claim, *args, **kwargs):
        with pytest.raises(AssertionError) as failed:
            claim(*args, **kwargs)
        return without_times(str(failed.value))

    return of


@pytest.fixture
def feed(syslog, connect):
    """Return a function that sends octets over TCP, on a connection that it closes with ``end=True``."""

    def fed(octets, *, end=False):
        sock = connect(syslog.address)
        sock.sendall(octets)
        if end:
            sock.close()
            syslog.wait_for(framing="eof")

    return fed


def test_whole_messages_are_whole_and_returned(syslog, attach, logger):
    attach(syslog)
    attach(syslog, TCP)
    logger.info("one")

    assert [message.text for message in syslog.assert_not_truncated()] == ["one", "one"]
    assert [message.transport for message in syslog.assert_not_truncated("one", transport="tcp")] == ["tcp"]


def test_an_lf_inside_a_message_splits_it(syslog, feed, failure):
    feed(b"<14>shop: boom\nTraceback\n<14>shop: next\n")

    assert failure(syslog.assert_not_truncated) == (
        "syslog_endpoint received 1 damaged message: 1 split\n"
        "\n"
        "  wanted    every message whole: not cut, not split, not merged with another\n"
        "  received  1 message\n"
        "      [0]  split  +0.00 s  tcp  no PRI  'Traceback'   malformed: an LF ended the message before it, of which"
        " it may be the rest; no PRI: it does not begin with <number>"
    )


def test_what_was_split_off_a_message_damages_that_message(syslog, feed, failure):
    feed(b"<14>shop: boom\nTraceback\n  File\n<14>shop: next\n")

    assert failure(syslog.assert_not_truncated, "boom", app_name="shop") == (
        "syslog_endpoint received 2 damaged messages: 2 split\n"
        "\n"
        "  wanted    every message whose text contains 'boom' and whose app_name is 'shop', whole: not cut, not split,"
        " not merged with another\n"
        "  received  2 messages, oldest first\n"
        "      [0]  split  +0.00 s  tcp  no PRI  'Traceback'   malformed: an LF ended the message before it, of which"
        " it may be the rest; no PRI: it does not begin with <number>\n"
        "      [1]  split  +0.00 s  tcp  no PRI  '  File'   malformed: an LF ended the message before it, of which"
        " it may be the rest; no PRI: it does not begin with <number>"
    )
    assert [message.text for message in syslog.assert_not_truncated("next")] == ["next"]


def test_a_traceback_that_a_nul_ends_is_whole(syslog, feed):
    feed(b"<14>shop: boom\nTraceback\n  File\0<14>shop: more\nlines\0")

    assert len(syslog.assert_not_truncated()) == 2


def test_messages_that_nothing_separates_are_merged(syslog, feed, failure):
    feed(b"<14>one<12>two", end=True)

    assert failure(syslog.assert_not_truncated) == (
        "syslog_endpoint received 1 damaged message: 1 merged\n"
        "\n"
        "  wanted    every message whole: not cut, not split, not merged with another\n"
        "  received  1 message\n"
        "      [0]  merged  +0.00 s  tcp  user.info  'one<12>two'   malformed: the stream ended before the message did:"
        " no NUL, no LF, no octet count; it may hold several"
    )


def test_a_message_whose_end_is_missing_is_cut(syslog, feed, failure):
    feed(b"<14>one\0<14>tw", end=True)

    assert failure(syslog.assert_not_truncated).startswith("syslog_endpoint received 1 damaged message: 1 cut\n")
    assert [message.text for message in syslog.assert_not_truncated("one")] == ["one"]


def test_where_there_is_no_message_none_is_whole(syslog, failure):
    assert failure(syslog.assert_not_truncated, "one") == (
        "syslog_endpoint never received 'one'\n"
        "\n"
        "  wanted    1 message whose text contains 'one'\n"
        "  received  no message"
    )


@pytest.mark.parametrize(
    ("octets", "framing"),
    [(b"5 <14>a5 <14>b", "octet_counting"), (b"<14>a\n<14>b\n", "lf"), (b"<14>a\0<14>b\0", "nul")],
)
def test_each_framing_is_told(syslog, feed, framing, octets):
    feed(octets)

    assert [message.text for message in syslog.assert_framed(framing)] == ["a", "b"]


def test_a_datagram_is_framed_by_itself(syslog, attach, logger):
    attach(syslog)
    logger.info("one")

    assert syslog.assert_framed("datagram")[0].text == "one"


def test_another_framing_is_shown_with_what_makes_it(syslog, attach, logger, failure):
    attach(syslog, TCP)
    logger.info("one")
    logger.info("two")

    assert failure(syslog.assert_framed, "lf", "two") == (
        "syslog_endpoint received 1 message not framed as lf, of 1\n"
        "\n"
        "  wanted    every message whose text contains 'two', framed by an LF at its end (RFC 6587 3.4.2)\n"
        "  received  1 message\n"
        "      [0]  NUL  +0.00 s  tcp  user.info  'two'\n"
        "  hint      SysLogHandler ends its messages with NUL: set append_nul to False, and let its formatter end in"
        " '\\n'"
    )
    assert failure(syslog.assert_framed, "octet_counting").endswith(
        "\n  hint      SysLogHandler cannot count octets: it ends its messages with NUL (append_nul)"
    )


def test_of_other_framings_no_handler_is_blamed(syslog, feed, failure):
    feed(b"<14>a\n5 <14>b")

    assert failure(syslog.assert_framed, "octet_counting") == (
        "syslog_endpoint received 1 message not framed as octet_counting, of 2\n"
        "\n"
        "  wanted    every message framed by its octet count (RFC 6587 3.4.1, RFC 5425 4.3)\n"
        "  received  1 message\n"
        "      [0]  LF  +0.00 s  tcp  user.info  'a'"
    )


@pytest.mark.parametrize("framing", ["crlf", "eof", None])
def test_a_framing_that_is_none_is_refused(syslog, framing):
    with pytest.raises(
        ArgumentError, match=rf"^framing={framing!r}: it is one of 'datagram', 'octet_counting', 'nul', 'lf'$"
    ):
        syslog.assert_framed(framing)


def test_nothing_is_pending_when_every_message_has_its_end(syslog, attach, logger):
    syslog.assert_nothing_pending()
    attach(syslog, TCP)
    logger.info("one")

    syslog.assert_nothing_pending()


def test_what_is_stuck_in_the_daemon_is_shown_with_what_it_waits_for(syslog, attach, logger, failure):
    attach(syslog, TCP).append_nul = False
    logger.info("one")
    logger.info("two")

    assert failure(syslog.assert_nothing_pending) == (
        "syslog_endpoint holds 14 octets of 1 message without an end\n"
        "\n"
        "  wanted    every message ended: by NUL, by LF, or by its octet count\n"
        "  pending   1 message\n"
        "      [0]  TCP  14 octets: b'<14>one<14>two', waiting for NUL or LF\n"
        "  hint      nothing in these octets ends a message: SysLogHandler does it unless append_nul is False,\n"
        "            and then its formatter has to (as Formatter('...\\n'))"
    )


def test_each_connection_waits_for_its_own(syslog, connect, failure):
    for octets in (b"64 <14>half", b"<14>a\0<14>b\n", b"12"):
        connect(syslog.address).sendall(octets)
        syslog.pending  # noqa: B018 - in their order

    assert failure(syslog.assert_nothing_pending) == (
        "syslog_endpoint holds 16 octets of 3 messages without an end\n"
        "\n"
        "  wanted    every message ended: by NUL, by LF, or by its octet count\n"
        "  pending   3 messages, oldest first\n"
        "      [0]  TCP  8 octets: b'<14>half', waiting for 56 more of 64 octets\n"
        "      [1]  TCP  6 octets: b'<14>b\\n', waiting for NUL\n"
        "      [2]  TCP  2 octets: b'12', waiting for the end of what may be an octet count"
    )


def test_a_formatter_that_ends_its_lines_leaves_nothing_pending(syslog, attach, logger):
    handler = attach(syslog, TCP)
    handler.append_nul = False
    handler.setFormatter(logging.Formatter("%(message)s\n"))
    logger.info("one")

    syslog.assert_nothing_pending()
    syslog.assert_framed("lf")


@pytest.mark.parametrize("verb", ["assert_not_truncated", "assert_nothing_pending", "assert_framed"])
def test_a_claim_is_for_a_running_endpoint(verb):
    from pytest_loghandlers import LifetimeError, SyslogEndpoint

    with pytest.raises(LifetimeError, match="has not been started"):
        getattr(SyslogEndpoint(), verb)(*(["lf"] if verb == "assert_framed" else []))
