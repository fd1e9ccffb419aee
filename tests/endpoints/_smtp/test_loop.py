from __future__ import annotations

import logging
import os
import sys
import threading
import warnings

import pytest

from pytest_loghandlers.endpoints._network.reactor import shutdown
from pytest_loghandlers.endpoints._smtp import loop as loop_module
from pytest_loghandlers.endpoints._smtp.loop import SMTP, LoopThread, running_loop


def test_one_loop_serves_the_process_and_starts_again_after_its_end():
    first = running_loop()
    assert running_loop() is first

    shutdown()
    second = running_loop()

    assert first.loop.is_closed()
    assert not first.thread.is_alive()
    assert second is not first


def test_ending_twice_is_silent():
    made = LoopThread()

    made.end()
    made.end()

    assert made.loop.is_closed()


def test_making_a_loop_logs_nothing(everything_logged):
    LoopThread().end()

    assert everything_logged == []


def test_asyncio_itself_logs_as_before(everything_logged):
    import asyncio

    running_loop()
    asyncio.new_event_loop().close()

    assert [record.name for record in everything_logged] == ["asyncio"]


def test_debug_mode_is_off_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    made = LoopThread()

    assert not made.loop.get_debug()
    made.end()


def test_the_users_own_aiosmtpd_keeps_its_class_and_its_logger():
    import aiosmtpd.smtp

    assert aiosmtpd.smtp.SMTP is not SMTP
    assert aiosmtpd.smtp.log is logging.getLogger("mail.log")
    assert sys.modules[SMTP.__module__].log is loop_module._SILENT


def test_a_frozen_clock_does_not_stop_the_loop():
    from freezegun import freeze_time

    due = threading.Event()
    with freeze_time("2030-01-01"):
        home = running_loop()
        home.loop.call_soon_threadsafe(home.loop.call_later, 0.01, due.set)
        assert due.wait(5)


def test_what_fails_in_the_loop_is_told_to_its_servers():
    class Guest:
        def __init__(self):
            self.errors = []
            self.told = threading.Event()

        def on_error(self, error):
            self.errors.append(error)
            self.told.set()

    guest, home = Guest(), running_loop()
    home.servers.add(guest)
    home.loop.call_soon_threadsafe(lambda: 1 / 0)
    told = guest.told.wait(5)
    home.servers.discard(guest)

    assert told
    assert [type(error) for error in guest.errors] == [ZeroDivisionError]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_an_idle_loop_is_not_there_when_a_test_forks_and_a_child_gets_its_own():
    home = running_loop()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Other threads of this process may live.
        child = os.fork()
    if not child:
        made = running_loop()
        done = threading.Event()
        made.loop.call_soon_threadsafe(done.set)
        os._exit(0 if done.wait(5) else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not home.thread.is_alive()
