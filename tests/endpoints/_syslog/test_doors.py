from __future__ import annotations

import os
import socket
import ssl
import stat
import sys
import threading
from logging.handlers import SysLogHandler
from pathlib import Path

import pytest

from pytest_loghandlers._base.errors import LogHandlersError
from pytest_loghandlers.endpoints._syslog import doors as module
from pytest_loghandlers.endpoints.syslog_endpoint import SyslogEndpoint

unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no unix sockets")


class Noting(SysLogHandler):
    """A SysLogHandler whose errors are kept."""

    def __init__(self, *args, **kwargs):
        self.errors = []
        super().__init__(*args, **kwargs)

    def handleError(self, record):
        self.errors.append(sys.exc_info()[0])


@pytest.fixture
def noting(logger):
    """Return a function that gives ``logger`` a handler whose errors are kept."""

    def made(*args, **kwargs):
        handler = Noting(*args, **kwargs)
        logger.addHandler(handler)
        return handler

    return made


@pytest.fixture
def over_tls(syslog):
    """Return a function that opens a TLS connection to the endpoint; all are closed at the end."""
    opened = []

    def connected():
        raw = socket.create_connection(syslog.tls_address, timeout=5)
        sock = syslog.client_context().wrap_socket(raw, server_hostname="localhost")
        opened.append(sock)
        return sock

    yield connected
    for sock in opened:
        sock.close()


@unix
def test_what_a_handler_sends_to_a_path_is_there_at_once(syslog, logger, noting):
    noting(syslog.unix_address, facility="local0").ident = "shop: "

    logger.error("disk full")

    message = syslog.assert_received("disk full", transport="unix_dgram", facility="local0", app_name="shop")
    assert (message.framing, message.had_nul, message.malformed) == ("datagram", True, None)


@unix
def test_a_handler_falls_back_from_a_datagram_socket_to_a_stream(syslog, logger, noting):
    handler = noting(syslog.unix_stream_address)

    logger.error("one")
    logger.error("two")

    assert handler.socket.type == socket.SOCK_STREAM
    assert [message.text for message in syslog.received] == ["one", "two"]
    syslog.assert_framed("nul", transport="unix_stream")


@unix
def test_a_path_is_short_private_and_gone_at_the_end():
    with SyslogEndpoint() as syslog:
        paths = [syslog.unix_address, syslog.unix_stream_address]
        assert paths == [syslog.unix_address, syslog.unix_stream_address]
        folder = Path(paths[0]).parent
        assert all(len(os.fsencode(path)) <= 103 for path in paths)
        assert all(stat.S_ISSOCK(Path(path).stat().st_mode) for path in paths)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    assert not folder.exists()


@unix
def test_a_temporary_folder_deep_in_a_tree_is_not_used(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(module.tempfile, "tempdir", str(deep))

    with SyslogEndpoint() as syslog:
        assert not syslog.unix_address.startswith(str(deep))
        assert list(deep.iterdir()) == []


def test_a_system_without_unix_sockets_says_so(syslog, monkeypatch):
    monkeypatch.delattr(socket, "AF_UNIX", raising=False)

    for ask in (lambda: syslog.unix_address, lambda: syslog.unix_stream_address):
        with pytest.raises(
            LogHandlersError,
            match=r"^this system has no unix sockets \(socket.AF_UNIX\): use address, over UDP or TCP$",
        ):
            ask()


@unix
def test_emit_blocks_when_nobody_reads_a_unix_socket(syslog, logger, noting):
    noting(syslog.unix_address)
    syslog.stop_reading()
    sent = []
    sender = threading.Thread(target=lambda: [(logger.info("message %d", n), sent.append(n)) for n in range(3_000)])
    sender.start()
    sender.join(0.3)
    held_up = len(sent)

    assert sender.is_alive()
    assert syslog.received == ()
    syslog.recover()
    sender.join(10)

    assert held_up < 3_000
    assert [message.text for message in syslog.received] == [f"message {number}" for number in range(3_000)]


@unix
def test_a_handler_at_a_path_reports_each_record_while_it_is_refused_and_recovers(syslog, logger, noting):
    handler = noting(syslog.unix_address)
    logger.info("one")
    syslog.refuse()
    logger.info("two")
    logger.info("three")
    syslog.recover()
    logger.info("four")

    assert [message.text for message in syslog.received] == ["one", "four"]
    assert len(handler.errors) == 2
    assert all(issubclass(error, OSError) for error in handler.errors)


@unix
def test_a_handler_at_a_path_that_is_refused_is_made_in_silence(syslog, logger, noting):
    path = syslog.unix_address
    syslog.refuse()

    handler = noting(path)
    logger.info("one")

    assert handler.errors == [FileNotFoundError]


@unix
def test_a_handler_at_a_path_survives_a_restart(syslog, logger, noting):
    handler = noting(syslog.unix_address)
    logger.info("one")
    syslog.restart()
    logger.info("two")

    assert handler.errors == []
    assert [message.text for message in syslog.received] == ["one", "two"]


@unix
def test_a_fault_in_force_holds_for_a_socket_that_is_opened_under_it(syslog):
    syslog.refuse()
    paths = (syslog.unix_address, syslog.unix_stream_address)

    for kind, path in zip((socket.SOCK_DGRAM, socket.SOCK_STREAM), paths, strict=True):
        with socket.socket(socket.AF_UNIX, kind) as sock, pytest.raises(OSError, match=r"refused|No such file"):
            sock.connect(path)


@unix
def test_a_socket_that_is_opened_while_nothing_is_read_is_not_read(syslog, logger, noting):
    syslog.stop_reading()
    for path in (syslog.unix_address, syslog.unix_stream_address):
        noting(path)
    logger.info("hello")

    assert syslog.received == ()
    syslog.recover()
    assert len(syslog.wait_for("hello", count=2)) == 2


@unix
def test_a_datagram_beyond_what_is_kept_is_cut_and_says_so(syslog):
    syslog.unix_address  # noqa: B018 - asking opens it
    with syslog._listener.held():
        syslog._doors._take_unix(b"<14>hello", True)

    message = syslog.assert_received("hello")
    assert message.malformed == "too long: of it the first 1,048,576 octets are kept"
    assert message.damage == "cut"


def test_counted_messages_over_tls_are_well_formed(syslog, over_tls):
    over_tls().sendall(b"11 <14>shop: a12 <14>shop: bb")

    messages = syslog.wait_for(transport="tls", count=2)

    assert [message.text for message in messages] == ["a", "bb"]
    syslog.assert_framed("octet_counting")
    assert [message.malformed for message in messages] == [None, None]


@pytest.mark.parametrize(("end", "framing"), [(b"\n", "lf"), (b"\0", "nul")])
def test_what_is_not_counted_over_tls_is_kept_as_malformed(syslog, over_tls, end, framing):
    over_tls().sendall(b"<14>shop: a" + end)

    message = syslog.wait_for("a")

    assert message.framing == framing
    assert message.malformed == "no octet count: over TLS there is no other framing (RFC 5425 4.3)"


def test_half_a_message_over_tls_is_kept_when_its_client_goes_without_close_notify(syslog, over_tls):
    sock = over_tls()
    sock.sendall(b"64 <14>half")
    sock.close()

    message = syslog.wait_for("half", transport="tls")

    assert message.malformed == "the stream ended after 8 of 64 octets"
    assert "a client closed its connection without close_notify" in [entry.text for entry in syslog._timeline.entries]


def test_a_client_that_trusts_somebody_else_shows_in_every_failure(syslog):
    with socket.create_connection(syslog.tls_address, timeout=5) as raw, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(raw, server_hostname="localhost")

    with pytest.raises(AssertionError) as missing:
        syslog.wait_for("hello", timeout=0.2)

    assert str(missing.value).endswith(
        "\n  tls       1 connection failed, the last: the client refused the endpoint's certificate: "
        "it does not trust the CA that issued it (alert unknown_ca)"
    )


def test_syslog_in_plain_text_to_the_port_of_tls_is_kept(syslog, connect):
    connect(syslog.tls_address).sendall(b"<14>shop: hello\n")

    message = syslog.wait_for("hello")

    assert message.transport == "tls"
    assert "plain text to a TLS port" in message.malformed


def test_tls_has_a_port_of_its_own(syslog):
    assert syslog.tls_address == syslog.tls_address
    assert syslog.tls_address[0] == "127.0.0.1"
    assert syslog.tls_address != syslog.address


def test_all_doors_leave_nothing_behind(leaves_nothing):
    with leaves_nothing(), SyslogEndpoint() as syslog:
        syslog.tls_address  # noqa: B018 - asking opens it
        if hasattr(socket, "AF_UNIX"):
            Noting(syslog.unix_address).close()
            Noting(syslog.unix_stream_address).close()
        Noting(syslog.address).close()
