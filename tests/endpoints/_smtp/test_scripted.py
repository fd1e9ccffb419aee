from __future__ import annotations

import pytest

from pytest_loghandlers.endpoints._smtp.relay import MAX_GARBAGE
from pytest_loghandlers.endpoints._smtp.stages import STAGES, Step

HEAD = [b"EHLO x\r\n", b"MAIL FROM:<a@x>\r\n", b"RCPT TO:<b@x>\r\n", b"DATA\r\n", b"text\r\n.\r\n"]
#: What a client says to reach a stage, and what it says there.
SAID = {
    "greeting": (b"", b""),
    "EHLO": (b"", HEAD[0]),
    "HELO": (b"", b"HELO x\r\n"),
    "STARTTLS": (HEAD[0], b"STARTTLS\r\n"),
    "AUTH": (HEAD[0], b"AUTH PLAIN AHUAcA==\r\n"),
    "MAIL": (HEAD[0], HEAD[1]),
    "RCPT": (b"".join(HEAD[:2]), HEAD[2]),
    "DATA": (b"".join(HEAD[:3]), HEAD[3]),
    "end of data": (b"".join(HEAD[:4]), HEAD[4]),
    "RSET": (HEAD[0], b"RSET\r\n"),
    "NOOP": (HEAD[0], b"NOOP\r\n"),
    "QUIT": (HEAD[0], b"QUIT\r\n"),
}


@pytest.fixture
def at(silent_talk):
    """Return a function that plays a step at a stage: what was sent from there on, while ``said`` was said too."""

    def played(stage, step, said=b""):
        talk = silent_talk
        talk.relay.script.set(stage, step, 1)
        before, there = SAID[stage]
        talk.begin()
        talk.say(before)
        if stage != "greeting":
            talk.net.sent.clear()
        talk.say(there + said)
        return bytes(talk.net.sent)

    return played


@pytest.mark.parametrize("stage", STAGES)
def test_any_reply_can_be_given_at_any_stage(at, silent_talk, stage):
    sent = at(stage, Step("reply", 452, ("no", "room")))

    assert sent == b"452-no\r\n452 room\r\n"
    assert silent_talk.notes == [f"answered 452 no / room at {stage}"]


@pytest.mark.parametrize("stage", STAGES)
def test_behind_421_the_connection_is_closed(at, silent_talk, stage):
    assert at(stage, Step("reply", 421, ("bye",)), b"NOOP\r\n") == b"421 bye\r\n"
    assert silent_talk.net.finished


@pytest.mark.parametrize("stage", STAGES)
def test_any_octets_can_be_sent_at_any_stage(at, silent_talk, stage):
    assert at(stage, Step("raw", data=b"what?")) == b"what?"
    assert silent_talk.notes == [f"answered b'what?' at {stage}"]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("how", ["reset", "disconnect", "half_close"])
def test_a_connection_can_be_broken_at_any_stage(at, silent_talk, stage, how):
    words = {"reset": "reset (RST)", "disconnect": "closed (FIN)"}
    words["half_close"] = "half-closed (the endpoint sends no more)"

    assert at(stage, Step(how)) == b""
    assert silent_talk.net.broken == [how]
    assert silent_talk.notes == [f"a connection was {words[how]} at {stage}"]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("AUTH", "STARTTLS")])
def test_a_stalled_client_gets_the_usual_answer_when_all_recovers(at, silent_talk, stage):
    assert at(stage, Step("stall")) == b""
    silent_talk.relay.recover()

    assert silent_talk.net.codes[-1] == STAGES[stage]
    assert silent_talk.notes == [f"answering nothing at {stage}"]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("AUTH", "STARTTLS")])
def test_an_answer_can_be_late_at_any_stage(at, silent_talk, stage):
    assert at(stage, Step("wait", delay=1.5)) == b""
    silent_talk.net.pass_time()

    assert silent_talk.net.codes[-1] == STAGES[stage]
    assert silent_talk.notes == [f"answering 1.5 s late at {stage}"]


def test_a_scripted_reply_can_be_late(at, silent_talk):
    assert at("MAIL", Step("reply", 450, ("later",), delay=2)) == b""
    silent_talk.net.pass_time()

    assert silent_talk.net.sent == b"450 later\r\n"


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("AUTH", "STARTTLS")])
def test_the_code_that_says_yes_changes_the_words_alone(at, silent_talk, stage):
    sent = at(stage, Step("reply", STAGES[stage], ("other", "words")))

    assert sent == b"%d-other\r\n%d words\r\n" % (STAGES[stage], STAGES[stage])
    assert silent_talk.notes == []
    assert len(silent_talk.kept) == (stage == "end of data")


def test_other_words_for_DATA_leave_those_at_its_end(at):
    assert at("DATA", Step("reply", 354, ("go",)), b"text\r\n.\r\n") == b"354 go\r\n250 OK\r\n"


def test_other_words_are_not_for_a_no(talk):
    talk.relay.script.set("RCPT", Step("reply", 250, ("welcome",)), None)

    assert talk.say(b"EHLO x\r\nRCPT TO:<b@x>\r\n") == [250, 503]


def test_other_words_for_AUTH_leave_its_challenges(silent_talk):
    silent_talk.relay.offers.logins["u"] = "p"
    silent_talk.relay.script.set("AUTH", Step("reply", 235, ("in",)), None)
    silent_talk.begin()

    assert silent_talk.say(b"EHLO x\r\nAUTH LOGIN\r\ndQ==\r\ncA==\r\n") == [250, 334, 334, 235]
    assert silent_talk.net.sent.endswith(b"235 in\r\n")


def test_a_yes_of_another_stage_does_nothing(at, silent_talk):
    sent = at("DATA", Step("reply", 250, ("done",)), b"text\r\n.\r\n")

    assert sent.startswith(b"250 done\r\n500 Error: ")
    assert {mail.malformed for mail in silent_talk.kept} == {
        '500 Error: command "TEXT" not recognized',
        '500 Error: command "." not recognized',
    }


def test_who_is_not_welcomed_may_say_QUIT_alone(at, silent_talk):
    at("greeting", Step("reply", 554, ("no service",)), b"EHLO x\r\nQUIT\r\n")

    assert silent_talk.net.codes == [554, 503, 221]
    assert silent_talk.kept == []


def test_a_greeting_of_another_kind_is_a_greeting(at, silent_talk):
    at("greeting", Step("raw", data=b"HTTP/1.1 400 Bad Request\r\n"), b"EHLO x\r\n")

    assert silent_talk.net.sent.startswith(b"HTTP/1.1 400 Bad Request\r\n250-localhost\r\n")


def test_a_refused_mail_is_kept_with_the_reply(at, silent_talk):
    at("end of data", Step("reply", 451, ("4.3.0 queue full",)))

    (mail,) = silent_talk.kept
    assert (mail.raw, mail.refused, mail.malformed) == (b"text\r\n", "451 4.3.0 queue full", None)


@pytest.mark.parametrize("step", [Step("raw", data=b"x"), Step("stall"), Step("reset"), Step("wait", delay=1)])
def test_a_mail_that_gets_no_proper_answer_is_kept_as_accepted(at, silent_talk, step):
    at("end of data", step)

    assert [(mail.raw, mail.refused) for mail in silent_talk.kept] == [(b"text\r\n", None)]


def test_one_recipient_of_several_is_refused(talk):
    talk.relay.script.set("RCPT", Step("reply", 550, ("no",), to="c@x"), None)
    codes = talk.say(b"".join(HEAD[:3]) + b"RCPT TO:<c@x>\r\nRCPT TO: d@x\r\nDATA\r\n.\r\n" + b"".join(HEAD[1:]))

    assert codes == [250, 250, 250, 550, 250, 354, 250, 250, 250, 354, 250]
    assert [(mail.recipients, mail.refused_recipients) for mail in talk.kept] == [
        (("b@x", "d@x"), ("c@x",)),
        (("b@x",), ()),
    ]


@pytest.mark.parametrize("address", [b"", b"<", b"TO:", b"TO:<a@[>", b"TO:<\xff>", b"TO:" + b"(" * 50])
def test_a_recipient_that_cannot_be_read_is_nobodys(talk, address):
    talk.relay.script.set("RCPT", Step("reply", 299, ("no",), to="c@x"), None)

    assert talk.say(b"".join(HEAD[:2]) + b"RCPT " + address + b"\r\n")[2:] != [299]


def test_replies_that_say_no_are_noted(talk):
    talk.say(b"EHLO x\r\nRCPT TO:<b@x>\r\nNOOP\r\n")

    assert talk.notes == ["answered 503 Error: need MAIL command"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\x00\xff garbage\r\n", "500 Error: bad syntax"),
        (b"GET / HTTP/1.1\r\n", '500 Error: command "GET" not recognized'),
        (b"\n", "500 Error: bad syntax"),
        (b"x" * 5000 + b"\r\n", "500 Command line too long"),
        (b"x" * 600 + b"\r\n", "500 Command line too long"),
        (b"NOOP\xff\r\n", "500 Error: bad syntax"),
        (b"EHLO\r\n", "501 Syntax: EHLO hostname"),
    ],
)
def test_a_line_that_is_no_smtp_is_kept_with_the_reply(talk, line, why):
    talk.say(line)

    assert [(mail.raw, mail.malformed) for mail in talk.kept] == [(line, why)]
    assert talk.say(b"".join(HEAD))[-1] == 250


def test_a_flood_of_garbage_ends_the_connection(talk):
    talk.say(b"\n" * 1000)

    assert len(talk.kept) == MAX_GARBAGE
    assert talk.net.finished


def test_help_knows_the_commands(talk):
    talk.say(b"HELP\r\nHELP MAIL\r\n")

    assert b"250 Supported commands: AUTH DATA EHLO" in talk.net.sent
    assert b"250 Syntax: MAIL FROM: <address>\r\n" in talk.net.sent


def test_a_line_may_be_as_long_whoever_else_comes(talk):
    talk.say(b"EHLO x\r\n")
    other = type(talk)()
    other.relay = talk.relay
    other.begin()

    assert talk.say(b"MAIL FROM:<a@" + b"x" * 515 + b".test>\r\n") == [250]
