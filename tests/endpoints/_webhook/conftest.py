from __future__ import annotations

import pytest

from pytest_loghandlers.endpoints._webhook.exchange import Exchange
from pytest_loghandlers.endpoints._webhook.request import request_of
from pytest_loghandlers.endpoints._webhook.script import Service


class Link:
    """A connection without a socket: remembers what was done to it."""

    def __init__(self):
        self.sent = b""
        self.did = []
        self.gone = False
        self.unsent = 0
        self.timers = []
        self.owner = self.reactor = self

    def on_error(self, error):
        raise error

    def write(self, data):
        self.sent += data

    def close(self):
        if not self.gone:
            self.did.append("close")
        self.gone = True

    def pause(self):
        self.did.append("pause")

    def resume(self):
        self.did.append("resume")

    def finish(self):
        self.did.append("finish")

    def break_off(self, how):
        self.did.append(how)
        self.gone = how != "half_close"

    def call_later(self, delay, action, on_error):
        self.timers.append(Timer(delay, action))
        return self.timers[-1]


class Timer:
    def __init__(self, delay, due):
        self.delay = delay
        self.due = due
        self.cancelled = False

    def cancel(self):
        self.cancelled = True


@pytest.fixture
def kept():
    return []


@pytest.fixture
def notes():
    return []


@pytest.fixture
def service(kept, notes):
    def keep(arrived, connection, transport):
        kept.append(arrived)
        return request_of(arrived, 0.0, connection, transport)

    return Service(keep, notes.append)


@pytest.fixture
def script(service):
    return service.script


@pytest.fixture
def link():
    return Link()


@pytest.fixture
def exchange(service, link):
    return Exchange(service, "tcp", link)
