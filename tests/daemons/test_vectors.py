"""Every recorded message, sent to every input of the real daemons: the profiles file it as they do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from real_daemons import comparison
from real_daemons.differences import assert_agree

DATA = Path(__file__).parents[1] / "endpoints" / "_syslog" / "data" / "syslog_vectors.json"


def octets(parts):
    return b"".join(
        bytes.fromhex(part) if isinstance(part, str) else bytes.fromhex(part[0]) * part[1] for part in parts
    )


#: Those for streams too are sent as datagrams, and the other way round.
PAYLOADS = sorted({octets(parts) for vector in json.loads(DATA.read_text()) for parts in vector["octets"]})


def test_there_is_something_to_send():
    assert len(PAYLOADS) > 200


@pytest.mark.parametrize("name", comparison.DATAGRAM_INPUTS)
def test_as_a_datagram_a_vector_is_filed_as_the_daemon_files_it(daemon, name):
    largest = 65_507 if name.endswith("udp") else 120_000

    compared = [(each, *comparison.datagram(daemon, name, each)) for each in PAYLOADS if len(each) <= largest]

    assert_agree(name, compared)


@pytest.mark.parametrize("name", comparison.STREAM_INPUTS)
def test_as_a_stream_a_vector_is_filed_as_the_daemon_files_it(daemon, name):
    # imptcp writes a gigabyte for the longest.
    largest = 10_100 if name in {"rs.imptcp", "rs.uxstream"} else 400_000

    compared = [([each], *comparison.stream(daemon, name, [each])) for each in PAYLOADS if len(each) <= largest]

    assert_agree(name, compared)
