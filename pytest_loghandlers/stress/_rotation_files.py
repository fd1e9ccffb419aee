"""A log file and its generations: found in its directory, told apart by inode."""

from __future__ import annotations

import logging
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.report import show

Inode = tuple[int, int]
#: Stands for a ``stream`` attribute that is not there, which is not the same as one that is None.
_NO_STREAM = object()


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of a log file as it was when it was looked at.

    ``path`` is where it is, None when it was deleted: then it was read through a descriptor that had been opened
    before. ``size`` is in bytes, ``text`` what is in it without NULs, of which there are ``nul_bytes``; a handler's
    own ``terminator`` stands there as LF. ``is_current`` says that it is at the path that the handler was given.
    """

    path: Path | None
    inode: int
    size: int
    text: str
    nul_bytes: int
    is_current: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines, without their ends."""
        lines = self.text.replace("\r\n", "\n").split("\n")
        return tuple(lines[:-1] if lines[-1] == "" else lines)

    @property
    def name(self) -> str:
        """The file's name, or that it was deleted."""
        return "(deleted)" if self.path is None else self.path.name


@dataclass(frozen=True, slots=True)
class Rotation:
    """What one rotation did.

    ``how`` is the method's name. ``inode_before`` and ``inode_after`` are of the file at ``path``; None when there
    is none any more. ``rotated`` is where the content went, None when nowhere; ``size`` how many bytes that were.
    ``renamed`` are all renames in the order they were made, as ``(from, to)``.
    """

    how: str
    path: Path
    inode_before: int
    inode_after: int | None
    rotated: Path | None
    size: int
    renamed: tuple[tuple[Path, Path], ...]


def path_of(target: Any) -> Path:
    """Return the absolute path of a handler's file, or of a path; raise ArgumentError for anything else."""
    if isinstance(target, logging.Handler):
        name = getattr(target, "baseFilename", None)
        if name is None:
            raise ArgumentError(f"{show(target)} has no baseFilename: give the path of its file instead")
        return Path(name)
    if isinstance(target, (str, os.PathLike)):
        return Path(os.path.abspath(os.fspath(target)))  # noqa: PTH100 - Path.absolute() keeps `..`
    raise ArgumentError(f"{show(target)} is neither a handler with a baseFilename nor a path")


def require_log(target: Any) -> os.stat_result:
    """Return the status of a file that can be rotated; raise ArgumentError saying why it cannot be."""
    path = path_of(target)
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        unopened = isinstance(target, logging.Handler) and getattr(target, "stream", _NO_STREAM) is None
        why = "; its handler has not opened it yet (delay=True): log a record first" if unopened else ""
        raise ArgumentError(f"{str(path)!r} cannot be rotated: there is no such file{why}") from None
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFREG:
        return status
    if kind == stat.S_IFLNK:
        raise ArgumentError(
            f"{str(path)!r} cannot be rotated: it is a symbolic link, which logrotate skips too; rotate "
            f"{str(path.resolve())!r}"
        )
    names = {
        stat.S_IFDIR: "a directory", stat.S_IFIFO: "a FIFO", stat.S_IFCHR: "a character device",
        stat.S_IFBLK: "a block device", stat.S_IFSOCK: "a socket",
    }  # fmt: skip
    raise ArgumentError(f"{str(path)!r} cannot be rotated: it is {names.get(kind, 'no regular file')}")


def inode_of(status: os.stat_result) -> Inode:
    """Return what tells one file from another: device and inode number."""
    return status.st_dev, status.st_ino


class LogFile:
    """One log file under test: its path, the inodes it has had, the deleted ones that can still be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding = "utf-8"
        #: What its handler writes after each record.
        self.terminator = "\n"
        # In which look an inode was first seen: files that other tools rename keep their place in time.
        self._seen: dict[Inode, int] = {}
        self._looks = 0
        self._descriptors: dict[Inode, int] = {}

    def look(self) -> dict[Inode, Path]:
        """Return where each generation is now, and remember new ones.

        A generation is a regular file beside the log whose name is the log's with something after a dot or a dash, or
        any file there that has been this log before (a ``namer`` may call it what it likes).
        """
        self._looks += 1
        found: dict[Inode, Path] = {}
        try:
            beside = sorted(os.scandir(self.path.parent), key=lambda entry: self._age(entry.name))
        except FileNotFoundError:
            beside = []
        name = self.path.name
        for entry in beside:
            ours = entry.name == name or entry.name.startswith((f"{name}.", f"{name}-"))
            try:
                status = entry.stat(follow_symlinks=entry.name == name)
            except FileNotFoundError:  # It was renamed in this moment.
                continue
            inode = inode_of(status)
            if stat.S_ISREG(status.st_mode) and (ours or inode in self._seen):
                found[inode] = self.path.parent / entry.name
        for inode in found:
            self._seen.setdefault(inode, self._looks)
        for inode in set(self._seen) - set(found) - set(self._descriptors):
            del self._seen[inode]  # Its number may be given to another file.
        return found

    def _age(self, name: str) -> tuple[int, int, str]:
        """Sort the names of one look: dated ones by date, then numbered ones from the highest, the log itself last."""
        if name == self.path.name:
            return (2, 0, "")
        number = re.fullmatch(re.escape(self.path.name) + r"\.(\d{1,5})(\..*)?", name)
        return (1, -int(number[1]), name) if number else (0, 0, name)

    def generations(self) -> tuple[Generation, ...]:
        """Return all generations, oldest first, the current one last; the deleted ones where they were in time."""
        where = self.look()
        order = {inode: index for index, inode in enumerate(where)}
        generations = []
        for inode in {**self._descriptors, **where}:
            path = where.get(inode)
            try:
                data = path.read_bytes() if path is not None else _read(self._descriptors[inode])
            except FileNotFoundError:
                continue
            text = self._with_lf(data.decode(self.encoding, "backslashreplace"))
            nuls = text.count("\0")
            current = path == self.path
            key = (current, self._seen.get(inode, 0), order.get(inode, -1))
            found = Generation(path, inode[1], len(data), text.replace("\0", ""), nuls, current)
            generations.append((key, found))
        return tuple(generation for _, generation in sorted(generations, key=lambda pair: pair[0]))

    def as_read(self, text: str, errors: str) -> str:
        """Return ``text`` as it is read from this file after a stream with these ``errors`` has written it."""
        if errors != "strict":
            try:
                text = text.encode(self.encoding, errors).decode(self.encoding, "backslashreplace")
            except UnicodeError:
                pass  # Then it was not written either.
        return self._with_lf(text)

    def _with_lf(self, text: str) -> str:
        return text.replace(self.terminator, "\n") if self.terminator not in {"", "\n"} else text

    def begin_newest(self, inode: Inode) -> None:
        """Count the file as the newest: its handler has just gone over to it. Its inode may be one used before."""
        if inode in self.look():
            self._looks += 1
            self._seen[inode] = self._looks

    def keep_open(self) -> None:
        """Open the file as it is now, so that it can be read after it was deleted.

        Nothing else is kept open: it would keep the inode's number from being given to the next file, which is one of
        the things that go wrong in rotation.
        """
        self.look()
        if os.name == "nt":  # An open file cannot be deleted there.
            return
        descriptor = os.open(self.path, os.O_RDONLY)
        self._descriptors[inode_of(os.fstat(descriptor))] = descriptor

    def begin_again(self) -> None:
        """Count the file at the path as new: what was in it has gone into another generation."""
        self.begin_newest(inode_of(self.path.stat()))

    def let_go(self) -> None:
        """Close what ``keep_open`` opened."""
        while self._descriptors:
            os.close(self._descriptors.popitem()[1])

    def shift(self) -> list[tuple[Path, Path]]:
        """Rename app.log.2 to app.log.3, then app.log.1 to app.log.2, as logrotate does; return what was renamed."""
        self.look()
        pattern = re.compile(re.escape(self.path.name) + r"\.([1-9]\d*)")
        numbers = [int(found[1]) for path in self.path.parent.iterdir() if (found := pattern.fullmatch(path.name))]
        moved = []
        for number in sorted(numbers, reverse=True):
            moved.append((self.numbered(number), self.numbered(number + 1)))
            moved[-1][0].replace(moved[-1][1])
        return moved

    def numbered(self, number: int) -> Path:
        """Return the path of a numbered generation."""
        return self.path.with_name(f"{self.path.name}.{number}")


def _read(descriptor: int) -> bytes:
    data = bytearray()
    os.lseek(descriptor, 0, os.SEEK_SET)
    while chunk := os.read(descriptor, 1 << 20):
        data += chunk
    return bytes(data)
