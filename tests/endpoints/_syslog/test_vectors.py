"""Every recorded message that concerns syslog, read by the plain profile; of GELF, pickles and such nothing is lost.

They were recorded from SysLogHandler, logger(1), glibc and libraries, or written by hand from the RFCs, with what each
means.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pytest_loghandlers.endpoints._syslog.daemon import Plain
from pytest_loghandlers.endpoints._syslog.framing import Frame

VECTORS = json.loads((Path(__file__).parent / "data" / "syslog_vectors.json").read_text())
NAMES = {vector["id"]: vector for vector in VECTORS}
SYSLOG = [vector for vector in VECTORS if "messages" in vector]
OTHERS = [vector for vector in VECTORS if "messages" not in vector]

# Each error of the vectors, as our reasons say it.
REASONS = {
    "PRI_MISSING": "no PRI: it does not begin with <number>",
    "PRI_SYNTAX": "no usable PRI",
    "PRI_RANGE": "no usable PRI",
    "PRI_LEADING_ZERO": "has a leading zero",
    "VERSION_UNSUPPORTED": "of the syslog format is unknown",
    "TIMESTAMP_SYNTAX": "is not like 2003-10-11T22:14:15.003Z",
    "TIMESTAMP_RANGE": "there is no",
    "HEADER_TRUNCATED": "the header ends before",
    "SD_MISSING": "no STRUCTURED-DATA where it should be",
    "SD_SYNTAX": "STRUCTURED-DATA is broken at its octet",
    "SD_UNESCAPED_BRACKET": "is not escaped",
    "SD_DUP_ID": "comes twice",
    "SD_ID_UNREGISTERED": "is not registered",
    "SP_MISSING_AFTER_SD": "no space between STRUCTURED-DATA and the message",
    "MSG_NOT_UTF8": "has a BOM but is not UTF-8",
    "APP-NAME_EMPTY": "APP-NAME is empty",
    "HOSTNAME_LONG": "more than 255",
    "APP-NAME_LONG": "more than 48",
    # Two of our own.
    "EMPTY": "empty: not one byte",
    "NOT_COUNTED": "no octet count: over TLS there is no other framing",
}
# What the framing found, as our reasons say it; the rest of them is no flaw of a message.
PROBLEMS = {
    "UNTERMINATED_AT_EOF": "the stream ended before the message did",
    "TRUNCATED_FRAME": "the stream ended after",
}
HARMLESS = {"EMPTY_FRAME", "LF_AFTER_OCTET_FRAME"}

# Where this house reads a message otherwise than the vectors' parser does.
WHOLE = "without a usable PRI the whole message is content"
NO_TAG = "a tag begins with a letter: what is JSON, or a time, stays whole"
NO_MOMENT = "a moment that does not exist is not given as one"
LONG_TAG = "a tag over 32 octets is legal enough: loggers have long names, and every daemon takes it"
NO_COUNT = "RFC 5425 demands octet counting over TLS"
ONE_BOM = "a BOM before the PRI is one too, and makes it no PRI"
DEVIATIONS = {
    "std.udp.json_fmt": (NO_TAG, {"app_name": None, "msg": '{"event": "login", "user": "bob"}'}),
    "std.udp.3164_iso": (NO_TAG, {"app_name": None, "msg": "2003-10-11T22:14:15.003Z web1 myapp[42]: hello world"}),
    "hand.dgram.5424_nospace_version": (NO_TAG, {"app_name": None, "msg": "12003-10-11T22:14:15Z host app - - - msg"}),
    "std.udp.fac_24": (WHOLE, {"app_name": None, "msg": "<198>app: x"}),
    "std.udp.fac_preshifted": (WHOLE, {"app_name": None, "msg": "<1030>app: x"}),
    "hand.dgram.nopri_3164": (
        WHOLE,
        {"timestamp": None, "hostname": None, "app_name": None, "msg": "Oct 11 22:14:15 host app: msg"},
    ),
    "hand.dgram.nopri_json": (WHOLE, {"app_name": None, "msg": '{"a": 1}'}),
    "hand.dgram.empty": ("nothing at all is told apart from no PRI", {"errors": ["EMPTY"]}),
    "hand.dgram.3164_day32": (NO_MOMENT, {"timestamp": None}),
    "hand.dgram.3164_hour25": (NO_MOMENT, {"timestamp": None}),
    "hand.dgram.3164_tag_49": (LONG_TAG, {"errors": []}),
    "hand.dgram.3164_tag_129": (LONG_TAG, {"errors": []}),
    "hand.stream.bom_first": (ONE_BOM, {"app_name": None, "msg": "<14>app: first", "bom": True}),
    "r5424h.tls.lf3": (NO_COUNT, {"errors": ["NOT_COUNTED"]}),
}
# Where it cuts a stream otherwise: why, and what the messages then are, as (framing, text).
NUL_ENDS = "NUL ends messages, as SysLogHandler and glibc send them"
LF_STAYS = "where NUL ends the messages, an LF is part of them"
KEPT = "what has come of a counted message is kept"
BLANK = "an empty line is no message"
CUTS = {
    "std.tcp.default3_noident": (
        NUL_ENDS,
        [("nul", "first message"), ("nul", "second message"), ("nul", "third message")],
    ),
    "tlssys.tls.default3": (NUL_ENDS, [("nul", "first"), ("nul", "second"), ("nul", "third")]),
    "glibc.uxs.three": (NUL_ENDS, [("nul", "one"), ("nul", "two"), ("nul", "three")]),
    "std.uxs.newline_nul": (LF_STAYS, [("nul", "line one\nline two"), ("nul", "next")]),
    "glibc.uxs.newline": (LF_STAYS, [("nul", "a\nb")]),
    "hand.stream.octet_huge": (KEPT, [("octet_counting", "first\n<12>app: second")]),
    "hand.stream.octet_eof_mid": (KEPT, [("octet_counting", "first")]),
    "hand.stream.http": (BLANK, [("lf", "GET / HTTP/1.1"), ("lf", "Host: x")]),
}


def octets(parts):
    return b"".join(
        bytes.fromhex(part) if isinstance(part, str) else bytes.fromhex(part[0]) * part[1] for part in parts
    )


def read(vector):
    """The messages that the plain profile files for a vector's octets."""
    plain = Plain()
    if vector["kind"] == "datagrams":
        frames = [Frame(octets(parts), "datagram") for parts in vector["octets"]]
    else:
        framer = plain.framer(vector["transport"])
        frames = []
        for parts in vector["octets"]:
            for frame in framer.feed(octets(parts)):
                del frames[len(frames) - frame.takes_back :]
                frames.append(frame)
        frames += framer.close()
    transport = vector["transport"]
    return [message for frame in frames for message in plain.read(frame, transport=transport, arrival=0.0)]


def data_of(pairs):
    """The vectors' ``[[id, [[name, value]]]]`` as ``{id: {name: value}}``; the first of two equal ids."""
    found = {}
    for identity, params in pairs or ():
        values = {}
        for name, value in params:
            values.setdefault(name, []).append(value)
        found.setdefault(identity, {n: v[0] if len(v) == 1 else tuple(v) for n, v in values.items()})
    return found


def same_text(text, recorded):
    """Whether ``text`` is the recorded one, of which only both ends are kept when it is long."""
    shortened = re.fullmatch(r"(.*)\.\.\.<(\d+) chars>\.\.\.(.*)", recorded, re.DOTALL)
    if shortened is None:
        return text == recorded
    head, length, tail = shortened.groups()
    return text.startswith(head) and text.endswith(tail) and len(text) == int(length)


def expected_of(vector):
    """What each message of a vector should be: as recorded, but for our deviations."""
    usual = {"app_name": None, "msg": "", "errors": [], "notes": [], "bom": False, "utf8": True, "trailer": ""}
    ours = DEVIATIONS.get(vector["id"], ("", {}))[1]
    return [{**usual, **message, **ours} for message in vector["messages"]]


@pytest.mark.parametrize(
    "vector", [vector for vector in SYSLOG if vector["id"] not in CUTS], ids=lambda vector: vector["id"]
)
def test_a_recorded_message_is_read_as_what_it_means(vector):
    found, expected = read(vector), expected_of(vector)

    assert len(found) == len(expected)
    for message, wanted in zip(found, expected, strict=True):
        fields = ("pri", "facility", "severity", "timestamp", "hostname", "app_name", "procid", "msgid")
        assert {name: getattr(message, name) for name in fields} == {name: wanted.get(name) for name in fields}
        assert same_text(message.text, wanted["msg"])
        assert message.structured_data == data_of(wanted.get("sd"))
        assert message.had_bom == wanted["bom"]
        assert message.had_nul == (wanted["trailer"].endswith("00") or message.framing == "nul")
        # What is not UTF-8 shows as \\xe9.
        assert bool(re.search(r"\\x[89a-f][0-9a-f]", message.text)) != wanted["utf8"]
        for error in wanted["errors"]:
            assert REASONS[error] in message.malformed


@pytest.mark.parametrize(
    "vector", [vector for vector in SYSLOG if vector["id"] not in CUTS], ids=lambda vector: vector["id"]
)
def test_only_what_breaks_a_rule_is_malformed(vector):
    found, expected = read(vector), expected_of(vector)
    problems = [problem for problem in vector.get("problems", []) if problem not in HARMLESS]

    for index, (message, wanted) in enumerate(zip(found, expected, strict=True)):
        # What the framing found is about the last message: there the stream ended. The vectors take NUL for no end.
        flawed = problems if index == len(found) - 1 and message.framing != "nul" else []
        assert (message.malformed is None) == (not wanted["errors"] and not flawed)
        assert all(PROBLEMS[problem] in message.malformed for problem in flawed)


@pytest.mark.parametrize("name", CUTS)
def test_a_stream_is_cut_where_this_house_says(name):
    vector = NAMES[name]
    found = read(vector)

    assert [(message.framing, message.text) for message in found] == CUTS[name][1]
    for problem in set(vector["problems"]) & {"TRUNCATED_FRAME"}:
        assert PROBLEMS[problem] in found[-1].malformed


@pytest.mark.parametrize(
    "vector", [vector for vector in SYSLOG if vector["id"] not in CUTS], ids=lambda vector: vector["id"]
)
def test_what_the_vectors_note_can_be_seen(vector):
    for message, recorded in zip(read(vector), vector["messages"], strict=True):
        notes = recorded.get("notes", [])
        seen = {
            "TRAILING_NUL": message.had_nul,
            "NUL_IN_MSG": "\0" in message.text,
            "LF_IN_MSG": "\n" in message.text,
            "HOSTNAME_MISSING": message.hostname is None,
            "NO_HEADER": message.timestamp is None,
            "NO_TAG": message.app_name is None,
            "NON_ASCII_WITHOUT_BOM": not message.raw.isascii() and not message.had_bom,
        }
        assert all(seen[note] for note in notes if note in seen)


@pytest.mark.parametrize("vector", OTHERS, ids=lambda vector: vector["id"])
def test_what_is_no_syslog_is_kept_octet_by_octet(vector):
    vector = {**vector, "kind": "datagrams"}

    found = read(vector)

    assert [message.raw for message in found] == [octets(parts) for parts in vector["octets"]]
    assert all(message.malformed for message in found)


@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS if len(vector["octets"]) == 1 and len(octets(vector["octets"][0])) < 2_000],
    ids=lambda vector: vector["id"],
)
@pytest.mark.parametrize("step", [1, 7])
def test_a_stream_cut_anywhere_gives_the_same_messages(vector, step):
    whole = octets(vector["octets"][0])
    streamed = {**vector, "kind": "stream"}
    pieces = [[whole[at : at + step].hex()] for at in range(0, len(whole), step)]

    assert read({**streamed, "octets": pieces}) == read(streamed)


def test_every_vector_is_checked_and_every_deviation_is_still_one():
    assert len(VECTORS) == 234
    assert len(SYSLOG) + len(OTHERS) == 234
    usual = {"app_name": None, "msg": "", "errors": [], "bom": False, "timestamp": None, "hostname": None}
    for name, (_, ours) in DEVIATIONS.items():
        recorded = [{**usual, **message} for message in NAMES[name]["messages"]]
        assert any(message[field] != value for field, value in ours.items() for message in recorded), name
    for name, (_, ours) in CUTS.items():
        assert [text for _, text in ours] != [message.get("msg", "") for message in NAMES[name]["messages"]], name
