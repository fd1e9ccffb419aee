from __future__ import annotations

from pytest_loghandlers.endpoints._syslog.daemon import Plain
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
