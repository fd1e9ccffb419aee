"""How syslog-ng's syslog() takes RFC 5424 apart. Pure: bytes in, fields out, or where it gave up.

Written from what syslog-ng 3.38 was seen to do: APP-NAME, PROCID and MSGID are cut to 48, 128 and 32 octets, a
HOSTNAME above 255 is an error, a BOM before MSG is taken off. Of structured data a parameter's later value replaces
its earlier one, and so do those of an element that comes twice.
"""

from __future__ import annotations

import itertools
import re
from typing import Final

from .syslog_ng_rfc3164 import HOST, ISO, LARGEST_HOST, Fields

_VERSION: Final = re.compile(rb"0*1(?= |\Z)")
_WORD: Final = re.compile(rb"[^ ]*")
_NAME: Final = re.compile(rb'[^ =\]"\x80-\xff]+')
#: Octets of an element's name, and of it and a parameter's together.
_LARGEST_ID: Final = 248
_LARGEST_NAME: Final = 255
_PLAIN: Final = re.compile(rb'[^"\\\]]*')
_LIMITS: Final = (("program", 48), ("pid", 128), ("msgid", 32))
_BOM: Final = b"\xef\xbb\xbf"
_ESCAPED: Final = re.compile(rb'["\\\]]')


class GaveUpError(Exception):
    """The message is not what it should be; ``at`` is where syslog-ng says so."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def is_rfc5424(text: bytes, at: int) -> bool:
    """Whether the version stands at ``at``, behind PRI."""
    return _VERSION.match(text, at) is not None


def read_rfc5424(text: bytes, at: int) -> Fields:
    """Return the fields of the message whose version stands at ``at``; raise GaveUpError."""
    fields = Fields()
    version = _VERSION.match(text, at)
    at = _space(text, version.end() if version else at)
    found = ISO.match(text, at)
    if found is not None:
        fields.timestamp, at = found.group(), found.end()
    elif text.startswith(b"-", at):
        at += 1
    else:
        raise GaveUpError(at - 1)
    at = _space(text, at)
    host = HOST.match(text, at)
    if host is None or len(host.group(1)) > LARGEST_HOST:
        raise GaveUpError(at)
    fields.hostname = host.group(1) if host.group(1) not in (b"", b"-") else None
    at = host.end()
    for name, limit in _LIMITS:
        word = _word(text, at)
        if word != b"-":
            setattr(fields, name, word[:limit])
        at = _space(text, at + len(word))
    at = _read_data(text, at, fields)
    fields.msg = text[at:].removeprefix(_BOM)
    return fields


def _word(text: bytes, at: int) -> bytes:
    found = _WORD.match(text, at)
    return found.group() if found else b""


def _space(text: bytes, at: int) -> int:
    if not text.startswith(b" ", at):
        raise GaveUpError(at - 1)
    return at + 1


def _read_data(text: bytes, at: int, fields: Fields) -> int:
    """Read STRUCTURED-DATA, which may be missing; return where MSG begins."""
    if at == len(text):
        return at
    if text.startswith(b"-", at):
        at += 1
    elif text.startswith(b"[", at):
        data: dict[tuple[bytes, bytes], bytes] = {}
        while text.startswith(b"[", at):
            at = _read_element(text, at + 1, data)
        fields.sd = _shown(data)
    return at if at == len(text) else _space(text, at)


def _read_element(text: bytes, at: int, data: dict[tuple[bytes, bytes], bytes]) -> int:
    identity = _name(text, at, _LARGEST_ID)
    at += len(identity)
    # A parameter is known by the name of its element and its own, joined by a dot; the last dot takes them apart again.
    if text.startswith(b"]", at):
        data.setdefault((identity, b""), b"")
    while text.startswith(b" ", at):
        name = _name(text, at + 1, _LARGEST_NAME - len(identity))
        at += 1 + len(name)
        for octet in (b"=", b'"'):
            at += 1
            if not text.startswith(octet, at - 1):
                raise GaveUpError(at - 2)
        value, at = _read_value(text, at)
        element, _, last = b"%b.%b".__mod__((identity, name)).rpartition(b".")
        data[element, last] = value
    if not text.startswith(b"]", at):
        raise GaveUpError(at - 1)
    return at + 1


def _name(text: bytes, at: int, most: int) -> bytes:
    found = _NAME.match(text, at, at + most)
    if found is None:
        raise GaveUpError(at - 1)
    return found.group()


def _read_value(text: bytes, at: int) -> tuple[bytes, int]:
    value = b""
    while True:
        found = _PLAIN.match(text, at)
        plain = found.group() if found else b""
        value, at = value + plain, at + len(plain)
        mark = text[at : at + 1]
        at += 1
        if mark == b'"':
            return value, at
        if mark != b"\\":
            raise GaveUpError(min(at, len(text)) - 1)
        if not _ESCAPED.match(text, at):
            value += b"\\"
        value += text[at : at + 1]
        at += 1


def _shown(data: dict[tuple[bytes, bytes], bytes]) -> bytes:
    """Return the elements as syslog-ng writes them: neighbours of one name are one."""
    shown = b""
    for element, params in itertools.groupby(data, key=lambda key: key[0]):
        named = ((name, _ESCAPED.sub(rb"\\\g<0>", data[element, name])) for _, name in params if name)
        shown += b"[%b%b]" % (_quoted(element), b"".join(b' %b="%b"' % (_quoted(name), value) for name, value in named))
    return shown


def _quoted(name: bytes) -> bytes:
    return name.replace(b"[", b"%5B")
