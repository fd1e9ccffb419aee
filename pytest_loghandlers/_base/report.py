"""The one layout of every failure message.

::

    <who> <what went wrong> <the number that proves it>

      wanted    what the test asked for, in the matcher's own words
      received  what is there, oldest first, one line each
       ~ [i]    the nearest miss, with the one field that spoils it
      hint      at most one, only when certain
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

LABEL_WIDTH: Final = 10
#: Lines of a listing; what is between its head and its tail is counted, not shown.
LISTED: Final = 20
WIDTH: Final = 100


def cut(text: str, width: int = WIDTH) -> str:
    """Return ``text`` with its middle left out when it is longer than ``width`` characters."""
    if len(text) <= width:
        return text
    head = (width - 3) * 2 // 3
    return f"{text[:head]}...{text[len(text) - (width - 3 - head) :]}"


def show(value: object, width: int = WIDTH) -> str:
    """Return the repr of ``value`` on one line, cut in the middle; a repr that raises is named, not passed on."""
    try:
        if isinstance(value, (str, bytes)) and len(value) > 4 * width:
            # Only both ends can be shown: spare the repr of the megabytes between them.
            text = cut(repr(value[: 2 * width])[:-1] + "..." + repr(value[-2 * width :])[1:], width)
        else:
            text = repr(value)
    except Exception as error:  # noqa: BLE001 - the repr is the user's code, and this is the path of a failing test
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return cut(text.replace("\n", "\\n").replace("\r", "\\r"), width)


def plural(count: int, noun: str) -> str:
    """Return ``3 messages``, ``1 message``, ``no message``."""
    if count == 0:
        return f"no {noun}"
    if count == 1:
        return f"1 {noun}"
    if noun.endswith(("s", "x", "ch")):
        return f"{count:,} {noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeou":
        return f"{count:,} {noun[:-1]}ies"
    return f"{count:,} {noun}s"


def a(noun: str) -> str:
    """Return ``noun`` with its article: ``a message``, ``an event``."""
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"


def layout(headline: str, *sections: tuple[str, str | None]) -> str:
    """Lay out a failure: a headline that stands alone, then labelled sections.

    A section is ``(label, text)``; its further lines are kept as they are, indented below. ``None`` or an empty
    text leaves the section out.
    """
    lines = [headline, ""]
    for label, text in sections:
        if not text:
            continue
        first, *rest = text.split("\n")
        lines.append(f"  {label:<{LABEL_WIDTH - 1}} {first}".rstrip())
        lines.extend(f"  {line}".rstrip() for line in rest)
    return "\n".join(lines) if len(lines) > 2 else headline


def listing(
    items: Sequence[Any],
    line: Callable[[Any], str],
    noun: str,
    *,
    marks: Mapping[int, str] | None = None,
    listed: int = LISTED,
    empty: str | None = None,
) -> str:
    """Return ``3 messages, oldest first`` and a line each.

    ``marks`` maps an index to why that item is only a near miss; marked items are always shown, with ``~`` before
    them. Of a long list both ends are shown and the number between them.
    """
    if not items:
        return empty or plural(0, noun)
    marks = marks or {}
    shown = set(range(len(items)))
    if len(items) > listed:
        half = listed // 2
        shown = set(range(half)) | set(range(len(items) - half, len(items))) | set(marks)
    lines = [plural(len(items), noun) + (", oldest first" if len(items) > 1 else "")]
    width = len(str(len(items) - 1))
    previous = -1
    for index in sorted(shown):
        if index > previous + 1:
            lines.append(f"    ... {plural(index - previous - 1, noun)} not shown")
        previous = index
        try:
            text = line(items[index])
        except Exception as error:  # noqa: BLE001 - a line may format what the user's code holds
            text = f"<cannot be shown: {type(error).__name__}>"
        why = f"      {marks[index]}" if marks.get(index) else ""
        lines.append(f" {'~' if index in marks else ' '}  [{index:>{width}}]  {text}{why}")
    return "\n".join(lines)
