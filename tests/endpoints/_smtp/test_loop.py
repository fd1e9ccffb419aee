from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from pytest_loghandlers.endpoints._smtp.loop import Loop


@pytest.fixture
def errors():
    return []


@pytest.fixture
def loop(errors):
    return Loop(errors.append)


def test_nothing_runs_before_it_is_run(loop):
    seen = []

    async def work():
        seen.append(1)

    task = loop.create_task(work())
    assert seen == []
    loop.run()

    assert (seen, task.done) == ([1], True)


def test_a_task_waits_for_its_future_in_whatever_thread_it_is_run(loop):
    seen, future = [], loop.create_future()

    async def work():
        seen.append(await future)

    loop.create_task(work())
    loop.run()
    future.set_result("x")
    assert seen == []
    thread = threading.Thread(target=loop.run)
    thread.start()
    thread.join(5)

    assert seen == ["x"]


def test_it_runs_while_another_loop_runs_in_the_same_thread(loop):
    async def inner():
        future = loop.create_future()
        loop.call_soon(future.set_result, "x")
        return await future

    async def outer():
        task = loop.create_task(inner())
        loop.run()
        return task.done

    assert asyncio.run(outer())


def test_within_a_run_another_one_does_nothing(loop):
    seen = []

    def outer():
        loop.call_soon(seen.append, "inner")
        loop.run()
        seen.append("outer")

    loop.call_soon(outer)
    loop.run()

    assert seen == ["outer", "inner"]


@pytest.mark.parametrize("when", ["before", "while it waits", "from within"])
def test_cancelling_raises_where_it_waits(loop, errors, when):
    seen = []

    async def work():
        try:
            if when == "from within":
                task.cancel()
            await loop.create_future()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    task = loop.create_task(work())
    if when == "while it waits":
        loop.run()
    if when != "from within":
        task.cancel()
    loop.run()
    assert task.done
    task.cancel()  # It is over: nothing happens.
    loop.run()

    assert seen == ([] if when == "before" else ["cancelled"])
    assert errors == []


def test_closing_ends_it_at_once(loop):
    seen = []

    async def work():
        try:
            await loop.create_future()
        finally:
            seen.append("ended")

    task = loop.create_task(work())
    loop.run()
    task.close()
    loop.run()

    assert (seen, task.done) == (["ended"], True)


def test_giving_way_lets_others_run(loop):
    seen = []

    async def work(name):
        seen.append(name)
        await asyncio.sleep(0)
        seen.append(name)

    loop.create_task(work("a"))
    loop.create_task(work("b"))
    loop.run()

    assert seen == ["a", "b", "a", "b"]


def test_what_a_task_raises_is_kept(loop, errors):
    async def work():
        raise ZeroDivisionError

    loop.create_task(work())
    loop.run()

    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_a_lost_connection_is_the_end_of_a_task_and_no_error(loop, errors):
    async def work():
        raise ConnectionResetError

    task = loop.create_task(work())
    loop.run()

    assert task.done
    assert errors == []


def test_what_a_future_complains_of_is_kept_and_not_logged(loop, errors, everything_logged):
    loop.create_future().set_exception(ZeroDivisionError())
    gc.collect()
    loop.call_exception_handler({"message": "words alone"})

    assert [str(error) for error in errors] == ["", "words alone"]
    assert everything_logged == []


def test_what_is_dropped_never_runs(loop):
    seen = []
    loop.call_soon(seen.append, 1)
    loop.drop()
    loop.run()

    assert seen == []


def test_debug_mode_is_off_whatever_the_environment_says(loop, monkeypatch):
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")

    assert not loop.get_debug()
    assert not loop.is_closed()
