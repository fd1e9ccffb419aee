from __future__ import annotations

import pickle
import threading

import pytest

from pytest_loghandlers.endpoints._records.received import ReceivedRecord

PLAIN = {"name": "shop", "msg": "hello", "levelno": 20, "levelname": "INFO", "exc_text": "T\nValueError: x", "seq": 1}


def received(raw, **options):
    return ReceivedRecord(raw, transport="tcp", arrival=1.5, connection=2, **options)


def test_a_record_tells_what_was_logged():
    item = received(pickle.dumps(PLAIN, 1))

    assert (item.text, item.level, item.level_name, item.logger) == ("hello", 20, "INFO", "shop")
    assert (item.exc_text, item.extra) == ("T\nValueError: x", {"seq": 1})
    assert (item.transport, item.connection, item.arrival, item.raw) == ("tcp", 2, 1.5, pickle.dumps(PLAIN, 1))
    assert (item.malformed, item.refused) == (None, None)
    assert item.record is item.record
    assert repr(item) == "<ReceivedRecord +1.50 s  tcp #2  INFO     shop         'hello'  'ValueError: x'>"


@pytest.mark.parametrize("item", [received(b"x", malformed="why"), received(b"{}")], ids=["malformed", "refused"])
def test_what_is_no_record_has_nothing_of_one(item):
    assert (item.record, item.text, item.level, item.level_name, item.logger) == (None, "", None, None, None)
    assert (item.exc_text, item.extra) == (None, {})
    assert (item.malformed is None) is (item.refused is not None)


def test_a_malformed_frame_is_never_read():
    def decode(octets):
        raise AssertionError("called")

    assert received(b"x", malformed="why", decode=decode).refused is None


def test_it_is_read_when_it_is_first_looked_at_and_once():
    calls = []
    item = received(b"x", decode=lambda octets: calls.append(octets) or {"msg": "y"})
    assert calls == []

    assert item.text == item.text == "y"
    assert calls == [b"x"]


def test_two_threads_that_look_at_once_see_the_same_record():
    both = threading.Barrier(2)

    def decode(octets):
        both.wait(10)
        return {"msg": "y"}

    item = received(b"x", decode=decode)
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(item.record)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert seen[0] is seen[1] is item.record


@pytest.mark.parametrize("name", ["text", "record", "malformed", "refused", "raw", "new"])
def test_it_cannot_be_changed(name):
    with pytest.raises(AttributeError):
        setattr(received(b"x"), name, "y")
    with pytest.raises(TypeError):
        received(pickle.dumps(PLAIN, 1)).extra["seq"] = 2
