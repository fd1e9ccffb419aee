from __future__ import annotations

import asyncio

from pytest_loghandlers.endpoints._smtp.loop import Loop
from pytest_loghandlers.endpoints._smtp.wire import MOST_UNREAD, Ear, Wire


def reads(ear, loop, *calls):
    got = []

    async def read():
        for name, argument in calls:
            got.append(await getattr(ear, name)(argument))

    loop.create_task(read())
    loop.run()
    return got


def test_what_is_written_goes_to_the_link_until_it_is_closed(talk):
    wire = Wire(talk.net, lambda: None)
    talk.net.sent.clear()

    wire.write(bytearray(b"a"))
    wire.close()
    wire.write(b"b")

    assert talk.net.sent == b"a"
    assert talk.net.finished
    assert wire.is_closing()
    assert wire.get_write_buffer_size() == 0
    assert wire.get_extra_info("peername") == ("127.0.0.1", 1)
    assert wire.get_extra_info("sslcontext", "none") == "none"


def test_a_link_that_is_gone_is_closing(talk):
    wire = Wire(talk.net, lambda: None)
    assert not wire.is_closing()
    talk.net.gone = True

    assert wire.is_closing()


def test_it_is_told_of_replies_that_the_client_does_not_read(talk):
    told = []
    wire = Wire(talk.net, lambda: told.append(1))

    talk.net.unsent = MOST_UNREAD
    wire.write(b"a")
    assert told == []
    talk.net.unsent += 1
    wire.write(b"b")

    assert told == [1]


def test_the_ear_remembers_what_was_read_up_to_its_cap():
    loop = Loop([].append)
    ear = asyncio.StreamReader(limit=100, loop=loop)
    ear.__class__, ear.heard, ear.most = Ear, bytearray(), 5
    ear.feed_data(b"ab\ncdefgh")

    assert reads(ear, loop, ("readuntil", b"\n"), ("read", 4)) == [b"ab\n", b"cdef"]
    assert ear.heard == b"ab\ncd"
    assert ear.unread() == b"gh"
    ear.forget()
    assert ear.unread() == b""
