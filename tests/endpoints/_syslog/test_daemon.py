from __future__ import annotations

import pytest

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers.endpoints._syslog.daemon import Plain, profile_named
from pytest_loghandlers.endpoints._syslog.framing import Frame


def test_plain_files_one_message_for_a_frame():
    (message,) = Plain().read(Frame(b"<14>app: hello\0", "datagram"), transport="udp", arrival=1.5)

    assert (message.app_name, message.text, message.transport, message.arrival) == ("app", "hello", "udp", 1.5)


def test_plain_cuts_as_the_rfcs_say_and_at_the_limit_it_was_given():
    framer = Plain(4).framer("tcp")

    frames = framer.feed(b"7 <14>abc")

    assert [(frame.raw, frame.framing) for frame in frames] == [(b"<14>", "octet_counting")]
    assert "too long: 7 octets" in frames[0].flaw
    assert not framer.refuses


def test_what_is_not_counted_over_tls_is_malformed():
    (counted,) = Plain().read(Frame(b"<14>a", "octet_counting"), transport="tls", arrival=0.0)
    (line,) = Plain().read(Frame(b"a", "lf", "why"), transport="tls", arrival=0.0)

    assert counted.malformed is None
    assert line.malformed == (
        "why; no octet count: over TLS there is no other framing (RFC 5425 4.3); no PRI: it does not begin with"
        " <number>"
    )


def test_plain_is_the_profile_of_that_name_at_the_limit_it_was_given():
    profile = profile_named("plain", None, 4)

    assert profile.name == "plain"
    assert profile.framer("tcp").feed(b"<14>abc\0")[0].raw == b"<14>"


@pytest.mark.parametrize(
    ("name", "source", "says"),
    [
        ("syslogd", None, "profile='syslogd': it is one of 'plain', 'rsyslog', 'syslog_ng', 'journald'"),
        (None, None, "profile=None: it is one of 'plain', 'rsyslog', 'syslog_ng', 'journald'"),
        ("plain", "imptcp", "input='imptcp': the profile is 'plain', and it has no inputs to choose from"),
        ("rsyslog", "imudp", "input='imudp': the profile is 'rsyslog', and its inputs are 'imptcp', 'imtcp_nul'"),
        ("syslog_ng", "imptcp", "input='imptcp': the profile is 'syslog_ng', and its inputs are 'network', 'syslog'"),
    ],
)
def test_a_profile_that_is_none_is_refused_with_what_there_is(name, source, says):
    with pytest.raises(ArgumentError) as refused:
        profile_named(name, source, 1)

    assert str(refused.value) == says
