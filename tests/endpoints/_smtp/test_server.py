from __future__ import annotations

import errno
import socket
import threading

import pytest

from pytest_loghandlers._base.errors import LeakError
from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers.endpoints._smtp import server as server_module
from pytest_loghandlers.endpoints._smtp.server import MAX_GARBAGE, Server

START = b"EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n"


class Kept(Inbox):
    """What a server handed over, waited for with a deadline."""

    def __call__(self, *arrived):
        self.put(arrived)

    def first(self, count=1):
        found = self.wait_for(lambda items: items[:count] if len(items) >= count else None, 5)
        assert found is not None, self.snapshot()
        return found if count > 1 else found[0]


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
def errors():
    return []


@pytest.fixture
def server(kept, errors):
    started = Server(kept, errors.append)
    yield started
    started.stop()
    assert errors == []


def until(sock, end):
    """Return what comes, up to and with ``end``."""
    got = b""
    while end not in got:
        part = sock.recv(4096)
        assert part, got
        got += part
    return got


def to_the_end(sock):
    got = b""
    try:
        while part := sock.recv(4096):
            got += part
    except ConnectionResetError:
        pass
    return got


def test_a_pipelined_conversation_byte_by_byte(server, kept, connect):
    sock = connect(server.address)
    for byte in START + b"Subject: s\r\n\r\n..dots\r\n.\r\nQUIT\r\n":
        sock.sendall(bytes([byte]))

    assert kept.first() == ("a@x.test", ("b@x.test",), b"Subject: s\r\n\r\n.dots\r\n", None)
    assert b"221 " in to_the_end(sock)


def test_who_says_all_at_once_and_leaves_loses_no_mail(server, kept, connect):
    for _ in range(10):
        sock = connect(server.address)
        sock.sendall(START + b"x" * 900 + b"\r\n.\r\n" + START[8:] + b"y\r\n.\r\nQUIT\r\n")
        sock.shutdown(socket.SHUT_WR)

    assert sorted(arrived[2][:1] for arrived in kept.first(20)) == [b"x"] * 10 + [b"y"] * 10
    assert {arrived[3] for arrived in kept.snapshot()} == {None}


def test_several_mails_on_one_connection(server, kept, connect):
    sock = connect(server.address)
    sock.sendall(START + b"one\r\n.\r\n" + START[8:] + b"two\r\n.\r\n")

    assert [arrived[2] for arrived in kept.first(2)] == [b"one\r\n", b"two\r\n"]


@pytest.mark.parametrize("how", ["closed", "half closed", "reset"])
def test_a_mail_that_was_cut_off_is_kept_with_what_came(server, kept, connect, how):
    sock = connect(server.address)
    sock.sendall(START)
    until(sock, b"354 ")
    sock.sendall(b"Subject: half\r\n\r\nhalf a li")
    if how == "half closed":
        sock.shutdown(socket.SHUT_WR)
    else:
        if how == "reset":
            # What is cut by a reset may never reach the server; so it is made sure that this has.
            sock.sendall(b"ne\r\nNOOP")
            wait_until_read(server)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()

    sender, recipients, raw, why = kept.first()
    assert (sender, recipients) == ("a@x.test", ("b@x.test",))
    assert raw.startswith(b"Subject: half\r\n\r\nhalf a li")
    assert why == "the connection was lost in the middle of the mail"


def wait_until_read(server):
    """Return when the loop has read what the clients sent."""
    read = threading.Event()

    def look():
        if any(session._ear is not None and b"NOOP" in session._ear.unread() for session in server.sessions):
            read.set()
        else:
            server.home.loop.call_soon(look)

    server.home.loop.call_soon_threadsafe(look)
    assert read.wait(5)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\x00\xff garbage\r\n", "500 Error: bad syntax"),
        (b"GET / HTTP/1.1\r\n", '500 Error: command "GET" not recognized'),
        (b"\n", "500 Error: bad syntax"),
        (b"x" * 5000 + b"\r\n", "500 Command line too long"),
    ],
)
def test_a_line_that_is_no_smtp_is_kept_with_the_reply(server, kept, connect, line, why):
    sock = connect(server.address)
    sock.sendall(line)

    assert kept.first() == ("", (), line, why)
    sock.sendall(START + b"on\r\n.\r\n")
    assert kept.first(2)[1][2] == b"on\r\n"


def test_half_a_line_is_kept_when_the_connection_ends(server, kept, connect):
    sock = connect(server.address)
    sock.sendall(b"EHLO")
    sock.shutdown(socket.SHUT_WR)

    assert kept.first() == ("", (), b"EHLO", "the connection was lost in the middle of a line")


def test_a_line_without_an_end_is_kept_when_the_connection_ends(server, kept, connect):
    sock = connect(server.address)
    sock.sendall(b"x" * 200_000)
    sock.shutdown(socket.SHUT_WR)

    assert kept.first() == ("", (), b"x" * 200_000, "the connection was lost in the middle of a line")


def test_a_line_of_a_mail_that_is_too_long_is_refused_and_the_mail_kept(server, kept, connect):
    sock = connect(server.address)
    sock.sendall(START + b"y" * 3000 + b"\r\n.\r\nNOOP\r\n")

    assert kept.first() == (
        "a@x.test",
        ("b@x.test",),
        b"y" * 3000 + b"\r\n.\r\n",
        "500 Line too long (see RFC5321 4.5.3.1.6)",
    )


def test_a_mail_announced_too_large_is_refused(server, kept, connect):
    sock = connect(server.address)
    sock.sendall(b"EHLO x\r\nMAIL FROM:<a@x> SIZE=99999999\r\n")

    assert kept.first()[3] == "552 Error: message size exceeds fixed maximum message size"


def test_a_flood_of_garbage_ends_the_connection(server, kept, connect):
    sock = connect(server.address)
    sock.sendall(b"\n" * 1000)

    to_the_end(sock)

    assert MAX_GARBAGE <= len(kept.snapshot()) <= MAX_GARBAGE + 1


def test_a_name_is_never_looked_up(server, connect, monkeypatch):
    monkeypatch.setattr(socket, "getfqdn", lambda name="": 1 / 0)

    assert until(connect(server.address), b"\r\n") == b"220 localhost pytest-loghandlers\r\n"


def test_stop_lets_go_of_who_hangs_and_forgets_what_they_had_begun(kept, errors, connect):
    server = Server(kept, errors.append)
    silent, midway, data = (connect(server.address) for _ in range(3))
    until(silent, b"\r\n")
    midway.sendall(b"EHL")
    data.sendall(START + b"half")
    until(data, b"<CR><LF>.<CR><LF>\r\n")

    server.stop()

    assert [to_the_end(sock) for sock in (silent, midway, data)][::2] == [b"", b""]
    assert kept.snapshot() == ()
    assert errors == []
    assert not server.sessions
    with pytest.raises(ConnectionRefusedError):
        connect(server.address)


def test_stop_at_once_leaves_nobody_in_the_backlog(kept, errors, connect):
    for _ in range(20):
        server = Server(kept, errors.append)
        sock = connect(server.address)
        server.stop()
        to_the_end(sock)

    assert errors == []


def test_a_stuck_loop_is_a_leak_error_with_its_stack(kept, errors, monkeypatch):
    server, go_on, inside = Server(kept, errors.append), threading.Event(), threading.Event()

    def hangs_in_here():
        inside.set()
        go_on.wait(5)

    server.home.loop.call_soon_threadsafe(hangs_in_here)
    assert inside.wait(5)
    monkeypatch.setattr(server_module, "UNDO_TIMEOUT", 0.05)
    with pytest.raises(LeakError, match=r"^the smtp loop is stuck:\n(.|\n)*hangs_in_here"):
        server.stop()
    go_on.set()
    monkeypatch.undo()
    server.stop()


def test_an_error_of_who_keeps_is_not_lost(errors, connect):
    server = Server(lambda *arrived: 1 / 0, errors.append)
    sock = connect(server.address)
    sock.sendall(START + b"x\r\n.\r\n")
    until(sock, b"354 End data with <CR><LF>.<CR><LF>\r\n250 OK")
    server.stop()

    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_without_a_free_descriptor_the_client_waits_and_is_served_later(kept, errors, connect):
    server = Server(kept, errors.append)
    real, tries = server._sock, []

    class Exhausted:
        def accept(self):
            tries.append(1)
            if len(tries) == 1:
                raise OSError(errno.EMFILE, "too many open files")
            return real.accept()

        def fileno(self):
            return real.fileno()

        def close(self):
            real.close()

    server._sock = Exhausted()
    sock = connect(server.address)

    assert until(sock, b"\r\n").startswith(b"220 ")
    assert [error.errno for error in errors] == [errno.EMFILE]
    server.stop()
