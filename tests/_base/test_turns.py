from __future__ import annotations

import sys
import threading

import pytest

from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers._base.turns import QuickTurns


@pytest.fixture(autouse=True)
def interval():
    """The interval that the process has; it is put back."""
    before = sys.getswitchinterval()
    yield before
    sys.setswitchinterval(before)


def test_turns_are_quick_inside_and_as_before_outside(interval):
    turns = QuickTurns()

    with turns:
        assert sys.getswitchinterval() < 0.0001
        with turns:
            pass
        assert sys.getswitchinterval() < 0.0001

    assert sys.getswitchinterval() == interval


def test_what_somebody_else_sets_meanwhile_stays():
    with QuickTurns():
        sys.setswitchinterval(0.02)

    assert sys.getswitchinterval() == pytest.approx(0.02)


def test_who_has_quicker_ones_keeps_them():
    sys.setswitchinterval(0.00001)

    with QuickTurns():
        assert sys.getswitchinterval() == pytest.approx(0.00001)

    assert sys.getswitchinterval() == pytest.approx(0.00001)


def test_a_wait_looks_in_quick_turns_and_leaves_the_interval_as_it_was(interval):
    inbox = Inbox()
    seen = []

    def look(items):
        seen.append(sys.getswitchinterval())

    assert inbox.wait_for(look, 0.01) is None
    assert sys.getswitchinterval() == interval
    assert len(seen) >= 2
    assert max(seen) < 0.0001


def test_they_are_quick_while_somebody_waits(interval):
    inbox = Inbox()
    waiting = threading.Thread(target=inbox.wait_for, args=(lambda items: items or None, 5))
    waiting.start()
    turn, quick = threading.Event(), False
    for _ in range(2_000):
        quick = sys.getswitchinterval() < 0.0001
        if quick:
            break
        turn.wait(0.001)
    inbox.put("x")
    waiting.join(5)

    assert quick
    assert sys.getswitchinterval() == interval
