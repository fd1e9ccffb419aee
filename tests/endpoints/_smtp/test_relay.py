from __future__ import annotations


def test_connections_are_counted_from_one(talk):
    relay = talk.relay
    assert relay.connections == 1
    talk.begin()

    assert relay.connections == 2
    talk.say(b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n.\r\n")
    assert [mail.connection for mail in talk.kept] == [2]


def test_an_error_of_who_keeps_is_not_lost(make_talk):
    talk = make_talk()
    talk.relay._keep = lambda fields: 1 / 0

    codes = talk.say(b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nx\r\n.\r\n")

    assert [type(error) for error in talk.errors] == [ZeroDivisionError]
    assert codes[-1] == 250
    talk.relay.drop()
