from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_loghandlers.endpoints._webhook.bodies import documents, parameters, parts_of, strings, unpacked

MOST = 10_000


def gzipped(data):
    # The time in its header would give the tests another name in each process that collects them.
    return gzip.compress(data, mtime=0)


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("codings", "body"),
    [
        ("gzip", gzipped(b"hello")),
        ("x-gzip", gzipped(b"hello")),
        ("GZIP ", gzipped(b"hello")),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", raw_deflate(b"hello")),
        ("gzip", gzipped(b"hel") + gzipped(b"lo")),
        ("deflate, gzip", gzipped(zlib.compress(b"hello"))),
        ("gzip,deflate", zlib.compress(b"hello")),  # graypy
        ("identity", b"hello"),
        ("", b"hello"),
        ("br", b"hello"),  # Nobody here can tell.
    ],
)
def test_codings_are_undone(codings, body):
    assert unpacked(body, codings, MOST) == (b"hello", None)


def test_zstd_is_undone_where_python_has_it():
    zstd = pytest.importorskip("compression.zstd", reason="Python has zstd from 3.14 on")

    packed = zstd.compress(b"hello")

    assert unpacked(packed, "zstd", MOST) == (b"hello", None)
    assert unpacked(packed[:-3], "zstd", MOST)[1] == "Content-Encoding says zstd: it ends in the middle"
    assert unpacked(b"plain", "zstd", MOST)[1].startswith("Content-Encoding says zstd: ")
    assert unpacked(zstd.compress(b"x" * 20_000), "zstd", MOST) == (
        b"x" * MOST,
        "Content-Encoding says zstd: unpacked it is longer than 10,000 octets",
    )


@pytest.mark.parametrize(
    ("codings", "body", "data", "reason"),
    [
        ("gzip", b"plain", b"plain", "Content-Encoding says gzip: incorrect header check"),
        ("deflate", b"\xffplain", b"\xffplain", "Content-Encoding says deflate: incorrect header check"),
        ("gzip", b"", b"", "Content-Encoding says gzip: it ends in the middle"),
        ("gzip", gzipped(b"hello")[:-4], b"hello", "Content-Encoding says gzip: it ends in the middle"),
        ("gzip", gzipped(b"hello") + b"!", b"hello", "Content-Encoding says gzip: 1 octet behind its end"),
        (
            "gzip",
            gzipped(b"hello")[:-8] + bytes(8),
            b"hello",
            "Content-Encoding says gzip: incorrect data check",
        ),
        (
            "gzip",
            gzipped(b"x" * 20_000),
            b"x" * MOST,
            "Content-Encoding says gzip: unpacked it is longer than 10,000 octets",
        ),
        (
            "gzip",
            gzipped(b"") * 101,
            gzipped(b"") * 101,
            "Content-Encoding says gzip: it has more than 100 members",
        ),
    ],
)
def test_what_is_announced_and_broken_is_kept_with_the_reason(codings, body, data, reason):
    assert unpacked(body, codings, MOST)[1] == reason
    if "check" not in reason or data != b"hello":
        assert unpacked(body, codings, MOST)[0] == data


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "zstd", "gzip, deflate"]))
def test_no_octets_break_the_unpacking(body, codings):
    data, reason = unpacked(body, codings, 100)

    assert isinstance(data, bytes)
    assert reason is None or reason.startswith("Content-Encoding says ")


@given(st.binary(max_size=500))
def test_what_was_packed_comes_out(body):
    assert unpacked(gzipped(body), "gzip", MOST) == (body, None)
    assert unpacked(raw_deflate(body), "deflate", MOST) == (body, None)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('form-data; name="a"; filename="b.log"', {"name": "a", "filename": "b.log"}),
        (r'form-data; name="a \"b\" \\"', {"name": r'a "b" \ '.strip()}),
        ('form-data; NAME=a ; x="1;2"', {"name": "a", "x": "1;2"}),
        ("form-data", {}),
        ('multipart/form-data; boundary="--x y"', {"boundary": "--x y"}),
    ],
)
def test_parameters_of_a_header(value, found):
    assert parameters(value) == found


def multipart(*parts, end="--"):
    body = b"".join(b"--B\r\n" + head + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    return body + f"--B{end}\r\n".encode()


FIELD = b'Content-Disposition: form-data; name="text"'
FILE = b'Content-Disposition: form-data; name="log"; filename="app.log"\r\nContent-Type: text/plain; charset=latin-1'
KIND = "multipart/form-data; boundary=B"


def test_fields_and_files_are_told_apart():
    parts, wrong = parts_of(multipart((FIELD, b"caf\xc3\xa9\r\n\r\nx"), (FILE, b"caf\xe9")), KIND)

    assert wrong is None
    assert [(part.name, part.filename, part.text) for part in parts] == [
        ("text", None, "café\r\n\r\nx"),
        ("log", "app.log", "café"),
    ]
    assert parts[1].content_type == "text/plain; charset=latin-1"


@pytest.mark.parametrize(
    ("named", "filename"),
    [
        (b"filename*=utf-8''caf%C3%A9.log", "café.log"),
        (b"filename=a; filename*=latin-1'de'caf%E9", "café"),
        (b"filename*=nonsense''a", "a"),
        ('filename="café"'.encode(), "café"),
    ],
)
def test_names_of_files_are_decoded(named, filename):
    parts, _ = parts_of(multipart((b"Content-Disposition: form-data; " + named, b"")), KIND)

    assert parts[0].filename == filename


@pytest.mark.parametrize(
    ("body", "kind", "count", "reason"),
    [
        (multipart((FIELD, b"x")), "multipart/form-data", 0, "Content-Type says multipart and names no boundary"),
        (b"x", KIND, 0, "the boundary that Content-Type names is nowhere in the multipart body"),
        (multipart((FIELD, b"x"))[:-4], KIND, 1, "part 1 of the multipart body has no end of its headers"),
        (multipart((FIELD, b"x"))[:-7], KIND, 1, "the multipart body has no end"),
    ],
)
def test_a_broken_multipart_body_is_told_with_the_parts_there_are(body, kind, count, reason):
    parts, wrong = parts_of(body, kind)

    assert (len(parts), wrong) == (count, reason)


@given(st.binary(max_size=300))
def test_no_octets_break_the_parting(body):
    parts_of(body, KIND)
    parts_of(b"--B\r\n" + body + b"\r\n--B--", KIND)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}\n{"b": 2}\n', [{"a": 1}, {"b": 2}]),
        ('{"event": "x"}{"event": "y"}', [{"event": "x"}, {"event": "y"}]),
        (' [1] "x" 2 ', [[1], "x", 2]),
        ("", []),
    ],
)
def test_json_documents_one_behind_the_other(text, found):
    assert documents(text) == found


@pytest.mark.parametrize("text", ["x", '{"a": 1} x', "[" * 100_000, '{"a"'])
def test_what_is_no_row_of_documents_is_a_ValueError(text):
    with pytest.raises(ValueError):
        documents(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "a &lt; b &amp;&amp; c"}}]}, "a < b && c"),
        (
            {"elements": [{"type": "text", "text": "card "}, {"type": "text", "text": "declined", "style": {}}]},
            "card declined",
        ),
        ({"embeds": [{"title": "x", "fields": [{"name": "why", "value": "no funds"}]}]}, "no funds"),
        ({"attachments": [{"content": {"body": [{"inlines": [{"text": "a"}, {"text": "b"}]}]}}]}, "ab"),
    ],
)
def test_the_text_of_a_chat_message_is_among_the_strings(value, text):
    assert text in list(strings(json.loads(json.dumps(value))))
