from __future__ import annotations

import sys
import threading
import time

import pytest

from pytest_loghandlers import ArgumentError
from pytest_loghandlers._base.inbox import Inbox


def first(wanted):
    return lambda items: next((item for item in items if item == wanted), None)


@pytest.fixture
def quick_switches():
    """Threads interleave as finely as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def started(*actions):
    threads = [threading.Thread(target=action, daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    return threads


def ended(threads):
    for thread in threads:
        thread.join(10)
    return not any(thread.is_alive() for thread in threads)


def waits(inbox, number):
    """Return when ``number`` threads wait at the inbox; each arrival is an event of the lock, so this may spin."""
    end = time.monotonic() + 10
    while len(inbox.waiters) < number:
        assert time.monotonic() < end, f"only {len(inbox.waiters)} of {number} came to wait"


def test_a_snapshot_holds_what_arrived_in_order():
    inbox = Inbox()
    inbox.put("a")
    inbox.put("b")

    assert inbox.snapshot() == ("a", "b")


def test_a_snapshot_does_not_change_when_more_arrives():
    inbox = Inbox()
    inbox.put("a")
    before = inbox.snapshot()
    inbox.put("b")

    assert before == ("a",)
    assert inbox.snapshot() == ("a", "b")


def test_a_snapshot_is_the_same_object_while_nothing_new_has_come():
    inbox = Inbox()
    inbox.put("a")

    assert inbox.snapshot() is inbox.snapshot()


def test_what_comes_after_a_clear_is_not_taken_for_what_was_there():
    inbox = Inbox()
    inbox.put("a")
    inbox.snapshot()
    inbox.clear()
    assert inbox.snapshot() == ()

    inbox.put("b")

    assert inbox.snapshot() == ("b",)


def test_refresh_runs_in_the_readers_thread_before_each_look():
    inbox = Inbox(refresh=lambda: inbox.items.append(threading.current_thread()))

    assert inbox.snapshot() == (threading.current_thread(),)
    assert len(inbox.snapshot()) == 2


def test_clear_forgets_also_what_only_a_refresh_would_have_brought():
    kernel = ["a"]
    inbox = Inbox(refresh=lambda: [inbox.items.append(kernel.pop()) for _ in range(len(kernel))])

    inbox.clear()

    assert inbox.snapshot() == ()


def test_a_wait_returns_at_once_what_is_there():
    inbox = Inbox()
    inbox.put("a")

    assert inbox.wait_for(first("a"), timeout=0) == "a"


def test_a_wait_ends_when_the_awaited_comes():
    inbox = Inbox()
    found = []
    threads = started(lambda: found.append(inbox.wait_for(first("b"), timeout=10)))
    waits(inbox, 1)

    inbox.put("a")
    inbox.put("b")

    assert ended(threads)
    assert found == ["b"]


def test_a_wait_that_is_over_returns_none_and_forgets_its_waiter():
    inbox = Inbox()
    inbox.put("a")

    assert inbox.wait_for(first("b"), timeout=0.01) is None
    assert inbox.waiters == []


def test_a_look_that_raises_ends_the_wait_and_forgets_its_waiter():
    inbox = Inbox()

    with pytest.raises(ZeroDivisionError):
        inbox.wait_for(lambda items: 1 / len(items), timeout=1)
    assert inbox.waiters == []


def test_a_look_that_feeds_the_inbox_does_not_make_the_wait_endless():
    inbox = Inbox()

    def log_while_looking(items):
        inbox.put(len(items))

    assert inbox.wait_for(log_while_looking, timeout=0.02) is None


def test_several_threads_wait_at_once_each_for_its_own():
    inbox = Inbox()
    found = {}
    threads = started(
        *(lambda n=n: found.__setitem__(n, inbox.wait_for(first(n), timeout=10)) for n in range(10)),
    )
    waits(inbox, 10)

    for number in reversed(range(10)):
        inbox.put(number)

    assert ended(threads)
    assert found == {n: n for n in range(10)}
    assert inbox.waiters == []


def test_close_ends_every_wait_now_and_later():
    inbox = Inbox()
    found = []
    threads = started(*[lambda: found.append(inbox.wait_for(first("b"), timeout=60))] * 3)
    waits(inbox, 3)

    inbox.close()

    assert ended(threads)
    assert found == [None] * 3
    assert inbox.wait_for(first("b"), timeout=60) is None


def test_what_came_before_the_close_is_still_found():
    inbox = Inbox()
    looks = []

    def look(items):
        looks.append(items)
        if len(looks) == 1:
            # Between the first look and the next: an arrival, then the end.
            inbox.put("b")
            inbox.close()
        return first("b")(items)

    assert inbox.wait_for(look, timeout=10) == "b"


def test_no_arrival_is_missed_by_a_waiter_that_is_about_to_sleep(quick_switches):
    for _ in range(300):
        inbox = Inbox()
        found = []
        threads = started(
            lambda inbox=inbox, found=found: found.append(inbox.wait_for(first("a"), timeout=10)),
            lambda inbox=inbox: inbox.put("a"),
        )
        assert ended(threads)
        assert found == ["a"]


def test_many_producers_lose_nothing_to_readers_and_waiters(quick_switches):
    inbox = Inbox()

    def all_there(items):
        return items if len(items) == 4_000 else None

    found = []
    threads = started(
        *(lambda n=n: [inbox.put((n, i)) for i in range(1_000)] for n in range(4)),
        *[lambda: found.append(inbox.wait_for(all_there, timeout=30))] * 2,
        lambda: [inbox.snapshot() for _ in range(200)],
    )

    assert ended(threads)
    for items in found:
        assert sorted(items) == [(n, i) for n in range(4) for i in range(1_000)]
        assert [i for n, i in items if n == 0] == list(range(1_000))
    assert len(found) == 2


def test_a_producer_that_appends_by_itself_wakes_with_wake():
    inbox = Inbox()
    found = []
    threads = started(lambda: found.append(inbox.wait_for(first("a"), timeout=10)))
    waits(inbox, 1)

    inbox.items.append("a")
    inbox.wake()
    inbox.wake()

    assert ended(threads)
    assert found == ["a"]


def test_a_wait_without_an_end_is_refused():
    with pytest.raises(ArgumentError, match=r"^timeout=inf: "):
        Inbox().wait_for(first("a"), timeout=float("inf"))


def test_what_is_taken_back_is_gone_and_the_rest_stays_in_order():
    inbox = Inbox()
    items = [["a"], ["b"], ["c"], ["b"]]
    for item in items:
        inbox.put(item)
    before = inbox.snapshot()

    inbox.take_back([items[0], items[1], ["d"]])
    inbox.put(["e"])
    inbox.put(["f"])

    # As many as before: a snapshot must not be taken for this one by its length.
    assert inbox.snapshot() == (["c"], ["b"], ["e"], ["f"])
    assert before == tuple(items)


def test_many_are_put_at_once_in_their_order_and_wake_who_waits():
    inbox, found = Inbox(), []
    inbox.put("a")
    threads = started(lambda: found.append(inbox.wait_for(first("c"), 10)))
    waits(inbox, 1)
    inbox.put_all(iter("bc"))

    assert ended(threads)
    assert found == ["c"]
    assert inbox.snapshot() == ("a", "b", "c")
