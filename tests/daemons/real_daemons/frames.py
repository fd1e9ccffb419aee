"""Frames for the comparison: everyday ones and hostile ones, the same in every run.

None is only ``<`` and digits: such a frame can kill rsyslogd 8.2302, which looks for the end of the PRI beyond it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_PRIS = (
    *([b"<14>"] * 12),
    *(b"<0>", b"<13>", b"<30>", b"<165>", b"<191>", b"<192>", b"<198>", b"<999>", b"<1030>", b"<99999>"),
    *(b"", b"<>", b"<014>", b"<00>", b"<-1>", b"<+5>", b"<ab>", b"< 14>", b"<14 >", b"<<14>>", b"<14><12>", b" <14>"),
)
_TIMES = (
    *(b"Oct 11 22:14:15 ", b"Oct  1 22:14:15 ", b"Oct 1 22:14:15 ", b"Oct 01 22:14:15 ", b"oct 11 22:14:15 "),
    *(
        b"Oct 11 22:14:15.123 ",
        b"Oct 11 2003 22:14:15 ",
        b"Oct 11 22:14:15: ",
        b"Oct 32 22:14:15 ",
        b"Okt 11 22:14:15 ",
    ),
    *(
        b"2003-10-11T22:14:15Z ",
        b"2003-10-11T22:14:15.003Z ",
        b"2003-10-11T22:14:15.003+02:00 ",
        b"2003-10-11 22:14:15 ",
    ),
    *(b"2026-11-22 11:08:19,043 ", b"11:08:19 ", b"1697062455 ", b"Oct 11 ", b"Oct 11 22:14 "),
)
_HOSTS = (b"web1 ", b"web1.example.com ", b"10.0.0.5 ", b"2001:db8::1 ", b"web_1 ", b"[web1] ", b"- ", b"")
_TAGS = (
    *(
        b"app: ",
        b"app[42]: ",
        b"app:",
        b"app ",
        b"app[42] ",
        b"app[]: ",
        b"app[42:x]: ",
        b"/usr/bin/app: ",
        b"app.mod: ",
    ),
    *(
        b"app-1_2.x[7]:",
        b"INFO:app.mod:",
        b"ERROR ",
        b": ",
        b"[app] ",
        b"(app) ",
        b"{app}: ",
        b"app\t",
        b"a" * 40 + b": ",
    ),
    *(b"app [42]: ", b"app[42", b"%ASA-5-1: ", b"", b"", b"CEF:0|a|b|c|"),
)
_BODIES = (
    *(
        b"hello world",
        b"hello",
        b"",
        b" ",
        b"  two spaces",
        b"caf\xc3\xa9",
        b"caf\xe9",
        b"\xef\xbb\xbfbom",
        b"tab\there",
    ),
    *(
        b"12 monkeys",
        b"5",
        b"7 ",
        b"99999999 rows",
        b"a <13> b",
        b"<13>inner: x",
        b'{"event": "login", "n": 1}',
        b"x=1 y=2",
    ),
    *(
        b"esc\x1b[1mred\x1b[0m",
        b"del\x7f",
        b"\x01\x02",
        b"trailing space ",
        b"trailing tab\t",
        b"back\\slash",
        b"#012",
        b"100%",
    ),
    *(b"https://example.com/a:b", b"key: value: more", b"Traceback (most recent call last):", b"\r", b"end\r"),
)
_DATA = (
    *(
        b"-",
        b"-",
        b'[a@1 k="v"]',
        b'[a@1 k="v"][b@2 l="w"]',
        b"[a@1]",
        b'[a@1 k="q\\"b\\\\r\\]"]',
        b'[a@1 k="\xc3\xa9"]',
        b"",
    ),
    *(b'[a@1 k="v"] [b@2 l="w"]', b"[a@1 k=v]", b'[a@1 k="v"', b'[ a@1 k="v"]', b'[meta sequenceId="7"]', b"[]", b"--"),
)
_VERSIONS = (b"1 ", b"1 ", b"1 ", b"1 ", b"2 ", b"1", b"10 ", b"01 ")
_STAMPS = (
    *(b"2003-10-11T22:14:15.003Z", b"2003-10-11T22:14:15Z", b"2003-10-11T22:14:15.000003+02:00", b"-", b"-"),
    *(
        b"2003-10-11T22:14:15+0200",
        b"2003-10-11 22:14:15Z",
        b"2003-13-11T22:14:15Z",
        b"yesterday",
        b"2003-10-11T22:14:15",
    ),
)
_DEADLY = re.compile(rb"<\d*")


def datagrams(seed: int, count: int, *, largest: int = 65_000) -> list[bytes]:
    """Return ``count`` datagrams, some of them long, with what ends them."""
    dice = random.Random(seed)
    frames = (_frame(dice, largest) + dice.choice(_TRAILERS) for _ in range(10 * count))
    return [each for each in frames if _is_safe(each)][:count]


def streams(seed: int, count: int, *, largest: int = 65_000) -> list[list[bytes]]:
    """Return ``count`` streams, each cut into the chunks that are sent."""
    dice = random.Random(seed)
    made = (_stream(dice, largest) for _ in range(10 * count))
    return [_cut(dice, each) for each in made if _is_safe(each)][:count]


_TRAILERS = (b"", b"", b"\0", b"\n", b"\n\0", b"\0\n", b"\r\n", b"\n\n", b"\0\0", b" \n", b"\r")


def _frame(dice: random.Random, largest: int) -> bytes:
    content = _rfc5424(dice) if dice.random() < 0.3 else _rfc3164(dice)
    body = _body(dice, largest)
    frame = dice.choice(_PRIS) + content + body
    return _mutated(dice, frame) if dice.random() < 0.3 and len(frame) < 1000 else frame


def _rfc3164(dice: random.Random) -> bytes:
    header = dice.choice(_TIMES) + dice.choice(_HOSTS) if dice.random() < 0.5 else b""
    return header + dice.choice(_TAGS)


def _rfc5424(dice: random.Random) -> bytes:
    words = [
        dice.choice((b"web1", b"-", b"web1.example.com", b"h" * 256)),
        dice.choice((b"app", b"-", b"a" * 49, b"a b")),
    ]
    words += [dice.choice((b"42", b"-", b"p" * 129)), dice.choice((b"ID47", b"-", b"m" * 33))]
    fields = b" ".join([dice.choice(_STAMPS), *words, dice.choice(_DATA)])
    return dice.choice(_VERSIONS) + fields + dice.choice((b" ", b" ", b" ", b"", b"  "))


def _body(dice: random.Random, largest: int) -> bytes:
    body = dice.choice(_BODIES)
    kind = dice.random()
    if kind < 0.1:
        body += dice.choice((b"\n", b"\0", b"\r\n", b"\n\n", b"\n\t", b"\n<12>")) + dice.choice(_BODIES)
    elif kind < 0.18:
        longest = [each for each in (1024, 2048, 8000, 8090, 8110, 8200, 20_000, 65_000) if each <= largest]
        body += b"x" * (dice.choice(longest) - dice.randrange(60)) + b"TAIL"
    return body


def _mutated(dice: random.Random, frame: bytes) -> bytes:
    data = bytearray(frame)
    for _ in range(dice.choice((1, 1, 2, 3))):
        at = dice.randrange(len(data) + 1)
        kind = dice.random()
        if kind < 0.3:
            del data[at : at + dice.choice((1, 1, 2, 5))]
        elif kind < 0.7:
            data[at:at] = dice.choice(
                (b" ", b":", b"[", b"]", b"<", b">", b"1", b"\0", b"\n", b'"', b"\xff", b"\t", b"\\")
            )
        else:
            data[at : at + 1] = bytes([dice.randrange(256)])
    return bytes(data)


def _stream(dice: random.Random, largest: int) -> bytes:
    data, style = b"", dice.choice((b"lf", b"nul", b"crlf", b"counted", b"mixed", b"mixed"))
    for _ in range(dice.choice((1, 2, 3, 3, 5, 8))):
        frame = _frame(dice, largest)
        framing = (
            dice.choice((b"lf", b"nul", b"crlf", b"counted", b"counted lf", b"wrong", b"none"))
            if style == b"mixed"
            else style
        )
        if framing.startswith(b"counted"):
            data += b"%d %s" % (len(frame), frame) + (b"\n" if framing == b"counted lf" else b"")
        elif framing == b"wrong":
            data += b"%d %s" % (max(7, len(frame) + dice.choice((-2, -1, 1, 2, 9))), frame)
        else:
            data += frame + {b"lf": b"\n", b"nul": b"\0", b"crlf": b"\r\n", b"none": b""}[framing]
    if dice.random() < 0.2:
        data = data[:-1]
    return data + dice.choice((b"", b"", b"", b"", b"\n", b"\0", b"<14>app: tail", b"33 <14>app: cut short"))


def _cut(dice: random.Random, data: bytes) -> list[bytes]:
    places = sorted(dice.randrange(len(data) + 1) for _ in range(dice.choice((0, 1, 2, 5))))
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True) if a < b]


def _is_safe(data: bytes) -> bool:
    return bool(data) and not any(_DEADLY.fullmatch(part) for part in _lines(data))


def _lines(data: bytes) -> Sequence[bytes]:
    return [part.strip() for part in re.split(rb"[\n\0\r]|\d+ (?=<)", data)]
