"""How lost records, and a handler that writes to the wrong file, read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from pytest_loghandlers._base.report import layout, listing, plural, show

from ._rotation_audit import Audit, Expected, holder
from ._rotation_files import Generation, Inode, LogFile, inode_of
from ._rotation_watch import stream_inode

#: It need not be one: a record may have held NULs.
HOLE = ", as a truncation leaves under a handler that does not append"


def file_line(generation: Generation) -> str:
    """Return one line about a generation."""
    nuls = f", {generation.nul_bytes:,} of them NUL" if generation.nul_bytes else ""
    text = f"{generation.name}  inode {generation.inode}  {plural(len(generation.lines), 'line')}"
    return f"{text} in {generation.size:,} bytes{nuls}{'  <- the path' if generation.is_current else ''}"


def lost_message(result: Audit, files: Sequence[LogFile]) -> str:
    """Return the failure of ``assert_nothing_lost``."""
    names = " and ".join(file.path.name for file in files)
    inodes = {generation.inode for generation in result.generations if generation.path is not None}

    def line(item: Expected) -> str:
        deleted = holder(item, result.generations)
        where = ""
        if item.error is not None:
            where = f"{type(item.error).__name__} while it was written"
        elif deleted is not None:
            where = f"only in the deleted file, inode {deleted.inode}"
        elif item.inode is not None and item.inode[1] not in inodes:
            where = f"written to inode {item.inode[1]}, which no file has any more"
        elif item.inode is not None:
            where = f"written to inode {item.inode[1]}, and not there any more"
        return f"{show(item.text, 60)}  {where}".rstrip()

    twice = result.duplicated
    lost = f"{len(result.missing):,} of {plural(result.expected, 'record')}" if result.expected > 1 else "1 record"
    return layout(
        f"log_rotation found {lost} lost",
        ("wanted", f"{plural(result.expected, 'record')}, each in some generation of {names}"),
        ("lost", listing(result.missing, line, "record")),
        ("files", listing(result.generations, file_line, "generation")),
        ("twice", listing(twice, lambda text: show(text, 60), "record") if twice else None),
        ("NULs", f"{plural(result.nul_bytes, 'byte')}{HOLE}" if result.nul_bytes else None),
    )


def reopened_fault(handler: logging.Handler, file: LogFile) -> str | None:
    """Return the failure of ``assert_reopened``, or None when the next record goes to the file at the path."""
    name = file.path.name
    kind = type(handler).__name__
    stream: Any = getattr(handler, "stream", None)
    where = file.look()
    try:
        there: Inode | None = inode_of(file.path.stat())
    except (FileNotFoundError, NotADirectoryError):
        there = None
    path = f"{name} is " + ("missing" if there is None else f"inode {there[1]}")
    wanted = f"the next record of {kind} goes to the file that is at {name} now"

    def fault(what: str, now: str, hint: str | None) -> str:
        return layout(
            f"log_rotation saw {kind} {what}", ("wanted", wanted), ("handler", now), ("path", path), ("hint", hint)
        )

    if stream is None:
        # FileHandler.emit opens the file of a handler without a stream, except in this one case (bpo-42378).
        if getattr(handler, "mode", "a") == "w" and getattr(handler, "_closed", False):
            return fault(
                "closed for good",
                "has no stream, and does not open one any more",
                "a closed FileHandler with mode='w' drops every later record without an error; mode='a' opens again",
            )
        return None
    if getattr(stream, "closed", False):
        return fault("hold a closed stream", "its stream is closed: the next record raises ValueError", None)
    writes = stream_inode(handler)
    if writes is None:
        return fault("write to no file", f"writes to {show(stream)}, which is not a file", None)
    if writes == there:
        return None
    old = where[writes].name if writes in where else None
    place = f"which is {old} now" if old else "which no file beside it has any more: it was deleted, or moved away"
    hint = "it looks at its path only at a rollover of its own, or never"
    if hasattr(handler, "reopenIfNeeded"):
        hint = "it looks at its path only when it writes: log a record between the rotation and this assertion"
    return fault(f"still write to {old or 'a file that is gone'}", f"writes to inode {writes[1]}, {place}", hint)
