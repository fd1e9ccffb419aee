from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._syslog.framing import Frame
from pytest_loghandlers.endpoints._syslog.syslog_ng import DIFFERENCES, INPUTS, SyslogNg, read

COULD_NOT = "syslog-ng could not read it, and filed an error message of its own"


def filed(raw, source=None, transport="udp"):
    return SyslogNg(source).read(Frame(raw, "datagram"), transport=transport, arrival=1.0)


def streamed(stream, source=None, transport="tcp"):
    """The messages of one connection, those of its end included; and whether it was closed."""
    profile = SyslogNg(source)
    framer = profile.framer(transport)
    frames = [*framer.feed(stream), *framer.close()]
    return [each for frame in frames for each in profile.read(frame, transport=transport, arrival=0.0)], framer.refuses


def test_the_first_word_is_the_program():
    (message,) = filed(b"<14>hello world\0")

    assert (message.hostname, message.app_name, message.text) == (None, "hello", "world")
    assert message.malformed == "its first word, 'hello', was taken for the program"
    assert (message.raw, message.had_nul, message.arrival) == (b"<14>hello world\0", True, 1.0)


def test_a_tag_is_the_program():
    (message,) = filed(b"<14>app[12]: hello")

    assert (message.app_name, message.procid, message.text, message.malformed) == ("app", "12", "hello", None)


def test_asctime_of_logging_is_a_timestamp():
    (message,) = filed(b"<14>2026-11-22 11:08:19,043 app.mod INFO hello")

    assert (message.timestamp, message.hostname) == ("2026-11-22 11:08:19,043", "app.mod")
    assert (message.app_name, message.text) == ("INFO", "hello")


def test_network_knows_no_rfc_5424_and_syslog_does():
    raw = b'<14>1 2003-10-11T22:14:15Z h app 12 ID1 [x@1 k="v"] \xef\xbb\xbfhello'

    (network,), (syslog,) = filed(raw), filed(raw, "syslog")

    assert (network.app_name, network.hostname) == ("1", None)
    assert network.malformed == "its first word, '1', was taken for the program"
    assert (syslog.hostname, syslog.app_name, syslog.procid, syslog.msgid) == ("h", "app", "12", "ID1")
    assert (syslog.structured_data, syslog.text, syslog.had_bom) == ({"x@1": {"k": "v"}}, "hello", False)


def test_what_it_cannot_read_is_its_own_error():
    (message,) = filed(b"<14>1 apples are red", "syslog")

    assert (message.facility, message.severity, message.app_name) == ("syslog", "err", "syslog-ng")
    assert message.text == "Error processing log message: <14>1>@< apples are red"
    assert message.malformed == COULD_NOT
    assert filed(b"1", "syslog")[0].text == "Error processing log message: >@<1"
    assert filed(b"<ab>x\0y")[0].text == "Error processing log message: <ab>x"


@pytest.mark.parametrize(
    ("pri", "value", "facility", "severity"),
    [
        (b"<198>", 198, "18", "info"),
        (b"<1030>", 1030, "kern", "info"),
        (b"<65550>", 14, "user", "info"),
        (b"<99999999999>", 59391, "7f", "debug"),
        (b"<>", 0, "kern", "emerg"),
        (b"<" + b"0" * 9000 + b"14>", 14, "user", "info"),
    ],
)
def test_no_number_is_too_large_for_a_pri(pri, value, facility, severity):
    (message,) = filed(pri + b"app: x")

    assert (message.pri, message.facility, message.severity, message.text) == (value, facility, severity, "x")


def test_the_number_that_is_too_large_is_named():
    (message,) = filed(b"<1030>app: x")

    assert message.malformed == "PRI <1030> is above 191: its low ten bits were taken for it"


def test_no_pri_is_user_notice():
    (message,) = filed(b"app: hello")

    assert (message.pri, message.malformed) == (13, "no PRI: filed as user.notice")


def test_a_pri_that_the_message_ends_in_is_one():
    assert [read(raw).pri for raw in (b"<", b"<1", b"<14")] == [0, 1, 14]


def test_lf_and_nul_both_end_a_message_on_a_stream():
    messages, closed = streamed(b"<14>app: one\0<11>app: two\nrest\r\n")

    assert [(message.text, message.damage) for message in messages] == [("one", None), ("two", None), ("", "split")]
    assert messages[2].malformed == (
        "an LF ended the message before it, of which it may be the rest; no PRI: filed as user.notice; "
        "its first word, 'rest', was taken for the program"
    )
    assert not closed


def test_messages_with_nothing_between_them_merge():
    (message,), _ = streamed(b"<14>app: one<11>app: two")

    assert (message.text, message.damage) == ("one<11>app: two", "merged")
    assert message.malformed == (
        "filed when the stream ended: no LF and no NUL had ended it; "
        "2 messages merged: neither LF nor NUL stood between them"
    )


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_syslog_closes_a_connection_without_octet_counts(transport):
    assert streamed(b"<14>app: one\0<11>app: two\0", "syslog", transport) == ([], True)


def test_syslog_on_a_unix_socket_is_that_of_the_system():
    (message,), closed = streamed(b"<14>app: one\0", "syslog", "unix_stream")

    assert (message.text, closed) == ("one", False)


def test_a_unix_socket_has_no_host_and_a_kernel():
    (message,) = filed(b"<14>Oct 11 22:14:15 web1 app: x", None, "unix_dgram")
    (kernel,) = filed(b"<1030>app: x", None, "unix_dgram")

    assert (message.hostname, message.app_name, message.text) == (None, "web1", "app: x")
    assert (kernel.app_name, kernel.text) == ("kernel", "app: x")


def test_a_long_datagram_is_cut():
    (message,) = filed(b"<14>a: " + b"x" * 70000, None, "unix_dgram")

    assert (len(message.text), message.damage) == (65536 - 7, "cut")
    assert message.malformed == "cut to 65,536 of 70,007 octets"


def test_an_empty_datagram_is_nothing_and_an_empty_message_is_one():
    assert filed(b"") == ()
    assert [(message.pri, message.text) for message in filed(b"\n")] == [(13, "")]


def test_an_input_that_there_is_not_is_refused():
    with pytest.raises(ArgumentError) as refusal:
        SyslogNg("imtcp")

    assert str(refusal.value) == "input='imtcp': syslog-ng's are None (its defaults), 'network', 'syslog'"


def test_each_difference_has_a_reason():
    assert all(len(reason) > 20 for reason in DIFFERENCES.values())
    assert set(INPUTS) == {None, "network", "syslog"}


PARTS = [
    b"<14>",
    b"1 ",
    b"- ",
    b"Oct 11 22:14:15 ",
    b"2003-10-11T22:14:15Z ",
    b"a[1]: ",
    b'[x@1 k="v"]',
    b"[x",
    b" ",
    b"\0",
]


@settings(max_examples=400)
@given(
    st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PARTS), max_size=9).map(b"".join)),
    st.sampled_from([None, "syslog"]),
    st.sampled_from(["udp", "tcp", "tls", "unix_dgram", "unix_stream"]),
)
def test_no_bytes_raise(raw, source, transport):
    messages = filed(raw, source, transport)

    assert len(messages) == bool(raw)
    assert all(message.raw == raw for message in messages)
