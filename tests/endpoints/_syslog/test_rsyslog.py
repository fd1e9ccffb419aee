from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._syslog.framing import Frame
from pytest_loghandlers.endpoints._syslog.rsyslog import DIFFERENCES, INPUTS, Rsyslog

TRANSPORTS = ("udp", "tcp", "tls", "unix_dgram", "unix_stream")


def filed(raw, transport="udp"):
    return Rsyslog().read(Frame(raw, "datagram"), transport=transport, arrival=1.0)


def streamed(stream, source=None, transport="tcp"):
    """The messages of one connection, those of its end included."""
    profile = Rsyslog(source)
    framer = profile.framer(transport)
    frames = [*framer.feed(stream), *framer.close()]
    return [message for frame in frames for message in profile.read(frame, transport=transport, arrival=0.0)]


def test_two_words_are_a_host_and_a_tag():
    (message,) = filed(b"<14>hello world\0")

    assert (message.hostname, message.app_name, message.text) == ("hello", "world", "")
    assert message.malformed == "its first word, 'hello', was taken for the host, its second, 'world', for the tag"
    assert (message.raw, message.had_nul, message.damage) == (b"<14>hello world\0", True, None)


def test_a_tag_leaves_the_space_behind_it_in_the_text():
    (message,) = filed(b"<14>app[12]: hello")

    assert (message.hostname, message.app_name, message.procid, message.text) == (None, "app", "12", " hello")
    assert message.malformed is None


def test_no_pri_is_user_notice():
    (message,) = filed(b"app: hello")

    assert (message.facility, message.severity, message.pri) == ("user", "notice", 13)
    assert message.malformed == "no PRI: filed as user.notice"


def test_a_pri_that_is_too_large_is_the_facility_invld():
    (message,) = filed(b"<1030>app: hello")

    assert (message.facility, message.severity, message.pri) == ("invld", "debug", None)
    assert (message.app_name, message.text) == (None, "<1030>app: hello")
    assert message.malformed == "PRI not understood: filed under the facility invld, all of it as text"


def test_a_bom_and_a_byte_that_is_not_utf8_stay():
    (message,) = filed(b"<14>1 - h a - - - \xef\xbb\xbfcaf\xe9")

    assert (message.text, message.had_bom) == ("\ufeffcaf\\xe9", True)


def test_structured_data_is_read_as_far_as_it_is_any():
    (message,) = filed(b'<14>1 - h a p m [x@1 k="v\\"w" k="z"][y@1] hello')
    (opaque,) = filed(b"<14>1 - h a p m [ =] hello")

    assert message.structured_data == {"x@1": {"k": ('v"w', "z")}, "y@1": {}}
    assert (opaque.structured_data, opaque.text) == ({}, "hello")
    assert opaque.malformed == "the structured data '[ =]' is not RFC 5424's, and was filed as it came"


def test_a_long_datagram_is_cut():
    (message,) = filed(b"<14>a: " + b"x" * 9000)

    assert (len(message.text), len(message.raw), message.damage) == (8090, 9007, "cut")
    assert message.malformed == "cut to 8,096 of 9,007 octets"


def test_an_empty_datagram_is_nothing():
    assert filed(b"") == ()


def test_the_records_of_handlers_over_tcp_merge():
    (message,) = streamed(b"<14>app: one\0<11>app: two\0")

    assert (message.severity, message.text) == ("info", " one#000<11>app: two")
    assert message.damage == "merged"
    assert message.malformed == (
        "filed when the stream ended: no LF had ended it; 2 messages merged: only an LF ends one here"
    )


def test_three_hundred_records_merge_and_some_are_gone():
    messages = streamed(b"".join(b"<14>app: payload %05d of one long connection\0" % n for n in range(300)))

    found = sum(text.count("payload ") for text in (message.text for message in messages))
    assert len(messages) == 2
    assert {message.pri for message in messages} == {14, 13}
    assert {message.damage for message in messages} == {"merged"}
    assert found < 300


def test_with_nul_as_a_delimiter_they_do_not_merge():
    one, two = streamed(b"<14>app: one\0<11>app: two\0", "imtcp_nul")

    assert (one.text, two.text, two.severity, two.framing) == (" one", " two", "err", "nul")


def test_the_lines_of_a_message_are_messages():
    first, rest = streamed(b"<14>app: one\nTraceback here\n")

    assert (first.text, rest.hostname, rest.app_name, rest.pri) == (" one", "Traceback", "here", 13)
    assert (first.damage, rest.damage) == (None, "split")
    assert rest.malformed.startswith("an LF ended the message before it, of which it may be the rest; no PRI")


def test_a_number_at_the_beginning_is_an_octet_count():
    (message,) = streamed(b"12 monkeys left\n")

    assert (message.hostname, message.app_name, message.damage) == ("monkeys", "left", "split")
    assert message.malformed.startswith("its first word was taken for an octet count of 12; no PRI")


def test_imptcp_drops_what_no_lf_ended():
    assert streamed(b"<14>app: one", "imptcp") == []
    assert streamed(b"<14>app: one", transport="unix_stream") == []


def test_a_unix_socket_has_no_host():
    (message,) = filed(b"<14>Oct 11 22:14:15 web1 app: x", "unix_dgram")

    assert (message.hostname, message.app_name, message.text) == (None, "web1", " app: x")
    assert filed(b"", "unix_dgram") == ()


def test_an_input_that_there_is_not_is_refused():
    with pytest.raises(ArgumentError) as refusal:
        Rsyslog("imudp2")

    assert str(refusal.value) == "input='imudp2': rsyslog's are None (its defaults), 'imtcp_nul', 'imptcp'"


def test_each_difference_has_a_reason():
    assert all(len(reason) > 20 for reason in DIFFERENCES.values())
    assert set(INPUTS) == {None, "imtcp_nul", "imptcp"}


@settings(max_examples=300)
@given(st.binary(max_size=200), st.sampled_from(TRANSPORTS))
def test_no_bytes_raise(raw, transport):
    messages = filed(raw, transport)

    assert len(messages) == bool(raw)
    assert all(message.raw == raw for message in messages)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [b"<14>", b"1 ", b"- ", b"Oct 11 22:14:15 ", b"2003-10-11T22:14:15Z ", b"a[1]: ", b"[x]", b" "]
        ),
        max_size=9,
    ),
    st.sampled_from(TRANSPORTS),
)
def test_no_parts_of_messages_raise(parts, transport):
    assert len(filed(b"".join(parts), transport)) == bool(parts)
