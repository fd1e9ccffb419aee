from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._smtp import conversation as conversation_module
from pytest_loghandlers.endpoints._smtp.conversation import TLS_ON_THE_PLAIN_PORT
from pytest_loghandlers.endpoints._smtp.stages import Step
from pytest_loghandlers.endpoints._smtp.wire import MOST_UNREAD

START = b"EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n"
WHOLE = START + b"Subject: s\r\n\r\n..dots\r\n.\r\nRSET\r\nNOOP\r\nQUIT\r\n"
#: A ClientHello of a real client, cut behind its header and filled up.
HELLO = b"\x16\x03\x01\x00\x20" + b"\x01\x00\x00\x1c\x03\x03" + b"\n" * 26


@pytest.mark.parametrize("size", [None, 1, 2, 7])
def test_a_conversation_cut_anywhere_is_the_same(talk, size):
    assert talk.say(WHOLE, size) == [250, 250, 250, 354, 250, 250, 250, 221]

    (mail,) = talk.kept
    assert (mail.sender, mail.recipients, mail.raw) == ("a@x.test", ("b@x.test",), b"Subject: s\r\n\r\n.dots\r\n")
    assert (mail.malformed, mail.connection, mail.transport, mail.tls) == (None, 1, "tcp", False)
    assert talk.net.finished


def test_what_comes_behind_QUIT_is_not_heard(talk):
    talk.say(WHOLE + START + b"more\r\n.\r\n")

    assert len(talk.kept) == 1


def test_it_greets_when_the_connection_stands(talk):
    assert talk.net.sent == b"220 localhost pytest-loghandlers\r\n"


@pytest.mark.parametrize("how", ["eof", "lost"])
@pytest.mark.parametrize("size", [None, 1])
def test_a_mail_that_was_cut_off_is_kept_with_what_came(talk, how, size):
    talk.say(START + b"Subject: half\r\n\r\nhalf a li", size)
    getattr(talk.conversation, how)()

    (mail,) = talk.kept
    assert (mail.sender, mail.recipients, mail.raw) == (
        "a@x.test",
        ("b@x.test",),
        b"Subject: half\r\n\r\nhalf a li",
    )
    assert mail.malformed == "the connection was lost in the middle of the mail"


@pytest.mark.parametrize("how", ["eof", "lost"])
@pytest.mark.parametrize(
    ("said", "kept"), [(b"EHL", b"EHL"), (b"\x16", b"\x16"), (b"QUIT", None), (b"NOOP\r\n", None), (b"", None)]
)
def test_half_a_line_is_kept_when_the_connection_ends(talk, said, kept, how):
    talk.say(said)
    getattr(talk.conversation, how)()

    assert [(mail.raw, mail.malformed) for mail in talk.kept] == (
        [] if kept is None else [(kept, "the connection was lost in the middle of a line")]
    )


@pytest.mark.parametrize("size", [None, 1, 6])
@pytest.mark.parametrize("more", [b"", b"and more\r\n"])
def test_TLS_on_the_plain_port_is_one_malformed_thing_with_the_reason(talk, size, more):
    talk.say(HELLO + more, size)
    talk.conversation.eof()
    talk.conversation.lost()

    (mail,) = talk.kept
    assert mail.malformed == TLS_ON_THE_PLAIN_PORT
    assert mail.raw.startswith(HELLO)
    assert talk.net.finished
    assert talk.notes == ["TLS came to the plain port"]


def test_a_beginning_of_TLS_is_kept_when_the_connection_ends(talk):
    talk.say(HELLO[:20])
    assert talk.kept == []
    talk.conversation.eof()

    assert [(mail.raw, mail.malformed) for mail in talk.kept] == [(HELLO[:20], TLS_ON_THE_PLAIN_PORT)]


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\n\n.\n\n", b"\r\n\x00.\r\n"]
)
def test_only_CRLF_dot_CRLF_ends_a_mail(talk, end):
    # What a server takes for the end and another does not, smuggles a mail in (CVE-2023-51764 and others).
    smuggled = b"first" + end + b"MAIL FROM:<evil@x>\r\nRCPT TO:<you@x>\r\nDATA\r\nsmuggled\r\n"
    talk.say(START + smuggled + b".\r\n")

    (mail,) = talk.kept
    assert mail.raw.endswith(b"smuggled\r\n")
    assert mail.sender == "a@x.test"


@pytest.mark.parametrize(
    "line", [b"a\nb\r\n", b"a\rb\r\n", b"\x00\r\n", b"\xff\xfe\r\n", b"..\r\n", b"x" * 998 + b"\r\n"]
)
def test_strange_octets_in_a_mail_arrive_as_they_are(talk, line):
    talk.say(START + (b"." if line.startswith(b".") else b"") + line + b".\r\n")

    assert [mail.raw for mail in talk.kept] == [line]


def test_a_mail_without_an_end_is_cut_off(talk, monkeypatch):
    monkeypatch.setattr(conversation_module, "MAX_DATA", 10_000)
    talk.say(START)
    talk.say(b"x" * 20_000, 1_000)

    (mail,) = talk.kept
    assert mail.malformed == "a mail without an end: more than 10,000 octets"
    assert talk.net.codes[-1] == 552
    assert talk.net.finished
    assert not talk.net.paused


def test_a_client_that_is_not_answered_is_not_read(talk):
    talk.relay.script.set("MAIL", Step("stall"), 1)
    talk.say(START)
    assert not talk.net.paused
    talk.say(b"x" * 900 + b"\r\n" + b"y" * 900 + b"\r\n" + b"z" * 900)
    assert talk.net.paused

    talk.relay.recover()

    assert not talk.net.paused
    assert talk.net.codes == [220, 250, 250, 250, 354]


def test_a_client_that_went_while_its_mail_was_looked_at_loses_none(talk):
    wrote = talk.net.write

    def write(data):
        wrote(data)
        if not talk.net.gone:
            talk.net.gone = True
            talk.conversation.lost()

    talk.net.write = write
    talk.say(START + b"one\r\n.\r\n" + START[8:] + b"two\r\n.\r\n")

    assert [mail.raw for mail in talk.kept] == [b"one\r\n", b"two\r\n"]
    assert talk.relay.conversations == set()


def test_a_fault_that_strikes_at_a_mail_is_the_end(talk):
    talk.net.strikes = True
    codes = talk.say(START + b"one\r\n.\r\n" + START[8:] + b"two\r\n.\r\n")

    assert [mail.raw for mail in talk.kept] == [b"one\r\n"]
    assert codes == [250, 250, 250, 354]


LINES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"EHLO x", b"HELO x", b"MAIL FROM:<a@x>", b"RCPT TO:<b@x>", b"DATA", b".", b"..", b"RSET", b"NOOP"]
    ),
    st.sampled_from([b"VRFY \xff", b"HELP", b"HELP MAIL", b"EXPN x", b"AUTH PLAIN", b"STARTTLS", b"MAIL FROM:<\xff>"]),
    st.builds(b"%b %b".__mod__, st.tuples(st.sampled_from([b"MAIL", b"RCPT", b"EHLO", b"AUTH", b"DATA"]), st.binary())),
    st.builds(lambda n: b"x" * n, st.integers(500, 3000)),
)
ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b""])


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.tuples(LINES, ENDS), max_size=12), size=st.integers(1, 50))
def test_any_octets_are_survived_and_any_cut_is_the_same(make_talk, parts, size):
    said = b"".join(line + end for line, end in parts)
    seen = []
    for step in (None, size):
        talk = make_talk()
        talk.say(said, step)
        if not talk.net.gone:
            talk.conversation.eof()
        assert talk.errors == []
        talk.relay.drop()
        seen.append((bytes(talk.net.sent), [(mail.raw, mail.malformed) for mail in talk.kept]))

    assert seen[0] == seen[1]


@pytest.mark.parametrize("step", [None, 1])
def test_nothing_behind_a_goodbye_is_looked_at(talk, step):
    talk.say(b"\0\n" * 5 + b"behind\r\n", step)

    assert [mail.raw for mail in talk.kept] == [b"\0\n"] * 5
    assert talk.kept[-1].malformed == "502 5.5.1 Too many unrecognized commands, goodbye."


def test_who_does_not_read_its_replies_is_answered_and_read_no_more_until_it_does(talk):
    talk.net.unsent = MOST_UNREAD + 1
    assert talk.say(b"NOOP\r\n" * 1_000) == [250]
    assert talk.net.paused
    talk.net.pass_time()
    assert talk.say(b"") == []

    talk.net.unsent = 0
    talk.net.pass_time()

    assert not talk.net.paused
    assert talk.net.codes == [220] + [250] * 1_000
    assert talk.net.timers == []


@pytest.mark.parametrize("end", ["lost", "drop"])
def test_at_the_end_nobody_looks_whether_replies_are_read(talk, end):
    talk.net.unsent = MOST_UNREAD + 1
    talk.say(b"NOOP\r\n")

    talk.net.gone = True
    (talk.conversation.lost if end == "lost" else talk.conversation.drop)()

    assert [timer.action for timer in talk.net.timers] == [None]
