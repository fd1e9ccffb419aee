from __future__ import annotations

import logging.handlers
import socket
import sys

import pytest

from pytest_loghandlers.endpoints._smtp.conversation import Conversation
from pytest_loghandlers.endpoints._smtp.mail import Mail
from pytest_loghandlers.endpoints._smtp.relay import Relay
from pytest_loghandlers.endpoints.smtp_endpoint import SmtpEndpoint


class Timer:
    def __init__(self, action):
        self.action = action

    def cancel(self):
        self.action = None


class Net:
    """A link, its listener and its reactor: what is written stays here, time passes when it is told to."""

    def __init__(self):
        self.owner = self.reactor = self
        self.peer = ("127.0.0.1", 1)
        self.gone = self.finished = self.paused = False
        self.sent = bytearray()
        self.timers = []
        self.strikes = False
        self.unsent = 0
        self.broken = []

    def call_later(self, delay, action, on_error):
        self.timers.append(Timer(action))
        return self.timers[-1]

    def pass_time(self):
        due, self.timers = self.timers, []
        for timer in due:
            if timer.action is not None:
                timer.action()

    def write(self, data):
        if not self.gone and not self.finished:
            self.sent += data

    def close(self):
        self.gone = True
        self.lost()

    def lost(self):
        pass

    def finish(self):
        self.finished = True

    def break_off(self, how):
        self.broken.append(how)
        self.gone = how != "half_close"

    def took_one(self):
        self.gone = self.gone or self.strikes
        return self.gone

    def pause(self):
        self.paused = True

    def resume(self):
        self.paused = False

    @property
    def codes(self):
        """The codes of the replies sent, one for each reply."""
        return [int(line[:3]) for line in bytes(self.sent).split(b"\r\n") if line[3:4] == b" "]


class Talk:
    """One conversation without a socket."""

    def __init__(self):
        self.kept, self.notes, self.errors = [], [], []
        self.relay = Relay(lambda fields: self.kept.append(Mail(**fields)), self.notes.append, self.errors.append)
        self.net = Net()

    def begin(self):
        self.conversation = Conversation(self.relay, self.net)
        self.net.lost = self.conversation.lost
        self.net.pass_time()
        return self

    def say(self, data, size=None):
        """Feed ``data``, in parts of ``size`` octets; return the codes that were answered."""
        before = len(self.net.codes)
        for start in range(0, len(data), size or len(data) or 1):
            if self.net.finished or self.net.gone:
                break
            self.conversation.data(data[start : start + (size or len(data))])
        return self.net.codes[before:]


@pytest.fixture
def talk():
    """A conversation that has been greeted, without a socket; nothing went wrong in it at its end."""
    made = Talk().begin()
    yield made
    made.relay.drop()
    assert made.errors == []


@pytest.fixture(scope="session")
def make_talk():
    """Return a function: a conversation that has been greeted."""
    return lambda: Talk().begin()


@pytest.fixture
def silent_talk():
    """A conversation that has not begun."""
    made = Talk()
    yield made
    made.relay.drop()
    assert made.errors == []


@pytest.fixture
def endpoint():
    with SmtpEndpoint() as started:
        yield started


@pytest.fixture
def until():
    """Return a function that reads a socket up to and with ``end``; b"" is to the end of the stream."""

    def read(sock, end=b""):
        got = b""
        try:
            while not end or end not in got:
                part = sock.recv(65536)
                if not part:
                    assert not end, got
                    break
                got += part
        except ConnectionResetError:
            assert not end, got
        return got

    return read


@pytest.fixture
def hang_up():
    """Return a function that closes a socket with a RST."""

    def done(sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()

    return done


#: Seconds that the handler waits for an answer.
TIMEOUT = 0.3


class Handler(logging.handlers.SMTPHandler):
    """An SMTPHandler that keeps what it failed with, and whether it left its socket open."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, timeout=TIMEOUT, **more)
        self.errors, self.left_open = [], []

    def handleError(self, record):
        error = sys.exc_info()[1]
        self.errors.append(f"{type(error).__name__}: {error}")
        smtp, trace = None, error.__traceback__
        while trace is not None:
            smtp, trace = trace.tb_frame.f_locals.get("smtp", smtp), trace.tb_next
        self.left_open.append(smtp is not None and smtp.sock is not None)
        if smtp is not None:
            smtp.close()


@pytest.fixture
def log(endpoint, logger):
    """Return a function that logs a message through a new SMTPHandler, and returns the handler."""

    def logged(message="hello", to="a@x.test", subject="subj", **more):
        handler = Handler(endpoint.address, "from@x.test", to, subject, **more)
        logger.addHandler(handler)
        logger.error(message)
        logger.removeHandler(handler)
        return handler

    return logged
