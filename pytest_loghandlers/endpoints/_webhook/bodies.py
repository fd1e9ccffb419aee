"""What a body says: its codings undone, its parts apart, its JSON decoded. Pure; nothing here raises for what it reads.

What is announced and not so is told with the reason, beside as much as could be read.
"""

from __future__ import annotations

import importlib
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote

from pytest_loghandlers._base.report import plural

#: JSON documents that are read of one body at most.
MOST_DOCUMENTS: Final = 100_000
#: Parts of a multipart body at most.
MOST_PARTS: Final = 10_000
#: Members of a gzip body at most.
MOST_MEMBERS: Final = 100
_DECODER: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_PARAMETER: Final = re.compile(r';\s*([\w!#$&+.^`|~*-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"]*)')
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)


class _Broken(Exception):  # noqa: N818 - it never leaves this file
    """A coding that is not what it was called; ``data`` is what could be read."""

    def __init__(self, why: str, data: bytes = b"") -> None:
        super().__init__(why)
        self.data = data


def parameters(value: str) -> dict[str, str]:
    """Return the parameters of a header like ``form-data; name="x"``, their names in lower case."""
    found = {}
    for match in _PARAMETER.finditer(f";{value}" if value.lstrip().startswith(";") else value):
        name, given = match[1].lower(), match[2].strip()
        if given[:1] == '"':
            given = re.sub(r"\\(.)", r"\1", given[1:-1])
        found[name] = given
    return found


def decoded(data: bytes, content_type: str) -> str:
    """Return the text of ``data`` by the charset of its type, else UTF-8; what is no text becomes U+FFFD."""
    found = _CHARSET.search(content_type)
    try:
        return data.decode(found[1] if found else "utf-8", "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def unpacked(body: bytes, codings: str, most: int) -> tuple[bytes, str | None]:
    """Undo the codings of a Content-Encoding; return at most ``most`` octets, and what is wrong with them or None.

    gzip, deflate, and zstd where Python has it; others are left as they are.
    """
    data, done = body, False
    for coding in reversed([name.strip().lower() for name in codings.split(",")]):
        undo = _CODINGS.get(coding)
        if undo is None:
            continue
        try:
            undone = undo(data, most)
        except _Broken as broken:
            if done:
                break  # Named and not done: graypy says `gzip,deflate` and zips once.
            return broken.data or body, f"Content-Encoding says {coding}: {broken}"
        if undone is None:
            return body, None  # This Python cannot.
        data, done = undone, True
    return data, None


def _unzip(data: bytes, most: int) -> bytes:
    # 32: zlib tells gzip and deflate apart itself, in whatever order they are named.
    return _inflate(data, most, zlib.MAX_WBITS | 32)


def _undeflate(data: bytes, most: int) -> bytes:
    try:
        return _unzip(data, most)
    except _Broken as broken:
        if broken.data:
            raise
        try:
            # Without the zlib wrapper, as some clients send it (RFC 9110 section 8.4.1.2).
            return _inflate(data, most, -zlib.MAX_WBITS)
        except _Broken:
            raise broken from None


def _inflate(data: bytes, most: int, bits: int) -> bytes:
    out = b""
    for _ in range(MOST_MEMBERS):
        reader = zlib.decompressobj(bits)
        try:
            out += reader.decompress(data, most - len(out))
        except zlib.error as error:
            raise _Broken(str(error).replace("Error -3 while decompressing data: ", ""), out) from None
        if not reader.eof:
            if len(out) >= most:
                raise _Broken(f"unpacked it is longer than {most:,} octets", out)
            raise _Broken("it ends in the middle", out)
        data = reader.unused_data
        if not data:
            return out
        if data[:2] != b"\x1f\x8b":
            raise _Broken(f"{plural(len(data), 'octet')} behind its end", out)
    raise _Broken(f"it has more than {MOST_MEMBERS} members", out)


def _unzstd(data: bytes, most: int) -> bytes | None:
    try:
        zstd = importlib.import_module("compression.zstd")  # Python 3.14
    except ImportError:
        return None
    reader = zstd.ZstdDecompressor()
    try:
        out: bytes = reader.decompress(data, most)
    except zstd.ZstdError as error:
        raise _Broken(str(error)) from None
    if not reader.eof:
        raise _Broken(
            f"unpacked it is longer than {most:,} octets" if len(out) >= most else "it ends in the middle", out
        )
    return out


_CODINGS: Final[dict[str, Callable[[bytes, int], bytes | None]]] = {
    "gzip": _unzip,
    "x-gzip": _unzip,
    "deflate": _undeflate,
    "zstd": _unzstd,
}


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a multipart body: a file, or a field of the form."""

    #: The field's name; empty when it had none.
    name: str
    #: None when it is no file.
    filename: str | None
    content_type: str
    body: bytes

    @cached_property
    def text(self) -> str:
        """The body decoded by its charset, else as UTF-8."""
        return decoded(self.body, self.content_type)


def parts_of(body: bytes, content_type: str) -> tuple[list[Part], str | None]:
    """Return the parts of a multipart body (RFC 7578), and what is wrong with it or None."""
    boundary = parameters(content_type).get("boundary", "")
    if not boundary:
        return [], "Content-Type says multipart and names no boundary"
    line = b"--" + boundary.encode("utf-8", "replace")
    # The first boundary may stand at the very beginning.
    pieces = (b"\r\n" + body).split(b"\r\n" + line, MOST_PARTS)
    parts: list[Part] = []
    for piece in pieces[1:]:
        if piece[:2] == b"--":
            return parts, None
        head, found, content = piece.partition(b"\r\n\r\n")
        if not found:
            return parts, f"part {len(parts)} of the multipart body has no end of its headers"
        parts.append(_part(head.decode("utf-8", "replace"), content))
    if not parts:
        return parts, "the boundary that Content-Type names is nowhere in the multipart body"
    return parts, "the multipart body has no end"


def _part(head: str, content: bytes) -> Part:
    fields = {}
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    about = parameters(fields.get("content-disposition", ""))
    filename = about.get("filename")
    if "filename*" in about:
        # RFC 8187: utf-8''caf%C3%A9.log
        charset, _, rest = about["filename*"].partition("'")
        try:
            filename = unquote(rest.partition("'")[2], charset or "utf-8")
        except LookupError:
            filename = unquote(rest.partition("'")[2])
    return Part(about.get("name", ""), filename, fields.get("content-type", ""), content)


def documents(text: str) -> list[Any]:
    """Return the JSON documents in ``text``, one behind the other, with or without line ends between them.

    So they come in bulk (NDJSON, Elasticsearch, Splunk HEC). Raises ValueError when anything else is between them.
    """
    found: list[Any] = []
    at = _end_of_space(text, 0)
    while at < len(text):
        if len(found) >= MOST_DOCUMENTS:
            raise ValueError(f"more than {MOST_DOCUMENTS:,} JSON documents")
        try:
            document, at = _DECODER.raw_decode(text, at)
        except RecursionError as error:
            raise ValueError("nested too deep") from error
        found.append(document)
        at = _end_of_space(text, at)
    return found


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def strings(value: Any) -> Iterator[str]:
    """Yield every string in decoded JSON, names and values; and what a list of texts reads as, put together.

    Slack cuts a line into the elements of a rich text, Teams into the inlines of a card.
    """
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
            if "&" in item:
                # So Slack escapes these three, and no other.
                yield item.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        elif isinstance(item, list):
            pending += reversed(item)
            if len(item) > 1:
                yield from _together(item)
        elif isinstance(item, dict):
            pending += [part for pair in reversed(item.items()) for part in reversed(pair)]


def _together(items: Sequence[Any]) -> Iterator[str]:
    texts = [item["text"] for item in items if isinstance(item, dict) and isinstance(item.get("text"), str)]
    if len(texts) > 1:
        yield "".join(texts)
