"""What logrotate and friends do to a live log file, and whether a handler notices."""

from __future__ import annotations

import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.lifetime import Lifetime
from pytest_loghandlers._base.report import layout, listing, plural, show

from ._rotation_audit import Audit, Expected, audit
from ._rotation_files import Generation, LogFile, Rotation, path_of, require_log
from ._rotation_text import file_line, lost_message, reopened_fault
from ._rotation_watch import HandlerWatch
from ._wrapping import Wrapping

__all__ = ["Audit", "Generation", "LogRotation", "Rotation"]

Target = logging.Handler | str | os.PathLike[str]


class LogRotation(Lifetime):
    """Rotation from outside, at the moment the test chooses.

    Each rotation takes the handler or the path of its file, and shifts older generations as logrotate does (app.log.1
    becomes app.log.2; none is thrown away)::

        log_rotation.watch(handler)
        logger.info("before")
        log_rotation.rename_and_create(handler)
        logger.info("after")
        log_rotation.assert_reopened(handler)
        log_rotation.assert_nothing_lost()

    Files stay as they are when the test ends; what was watched is let go.
    """

    _who = "log_rotation"

    def __init__(self) -> None:
        super().__init__()
        self._files: dict[Path, LogFile] = {}
        self._watches: list[HandlerWatch] = []
        self._rotations: list[Rotation] = []
        self._wrapping = Wrapping()

    def _start(self) -> None:
        self._defer(self._let_go, "closing the deleted files")
        self._defer(self._wrapping.undo, "watching no handler any more")

    # -- rotating ----------------------------------------------------------------------------------------------

    def rename_and_create(self, target: Target, *, mode: int | None = None) -> Rotation:
        """Rename the file to app.log.1 and create a new one at its path: logrotate's ``create``.

        ``mode`` is the new file's, whatever the umask; without it, that of the old file. A handler that creates the
        file in between keeps its own.
        """
        file, status = self._open(target)
        renamed = [*file.shift(), (file.path, file.numbered(1))]
        file.path.rename(file.numbered(1))
        try:
            descriptor = os.open(file.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            os.close(descriptor)
            _take_after(file.path, status, mode)
        return self._done("rename_and_create", file, status, file.numbered(1), renamed)

    def swap_inode(self, target: Target, *, mode: int | None = None) -> Rotation:
        """Put a new file in the place of the old one in one step, so that the path always exists.

        The old one stays as app.log.1, a hard link made before; raises OSError where the file system has none.
        """
        file, status = self._open(target)
        renamed = file.shift()
        os.link(file.path, file.numbered(1))
        descriptor, new = tempfile.mkstemp(prefix="loghandlers-", dir=file.path.parent)
        os.close(descriptor)
        try:
            _take_after(Path(new), status, mode)
            Path(new).replace(file.path)
        except BaseException:
            Path(new).unlink(missing_ok=True)
            raise
        return self._done("swap_inode", file, status, file.numbered(1), [*renamed, (Path(new), file.path)])

    def copytruncate(self, target: Target) -> Rotation:
        """Copy the file to app.log.1 and truncate it: logrotate's ``copytruncate``; the inode stays.

        What is written between the two is lost, as it is with logrotate.
        """
        file, status = self._open(target)
        renamed = file.shift()
        with file.path.open("rb") as source, file.numbered(1).open("xb") as copy:
            shutil.copyfileobj(source, copy)
        _take_after(file.numbered(1), status, None)
        os.truncate(file.path, 0)
        file.begin_again()
        return self._done("copytruncate", file, status, file.numbered(1), renamed)

    def delete(self, target: Target) -> Rotation:
        """Delete the file, and create none.

        It is kept open until the test ends: so ``generations`` can show what a handler still writes into it.
        """
        file, status = self._open(target)
        file.keep_open()
        file.path.unlink()
        return self._done("delete", file, status, None, [])

    # -- looking -----------------------------------------------------------------------------------------------

    def generations(self, target: Target) -> tuple[Generation, ...]:
        """Return all generations of the file as they are now, oldest first, the current one last.

        A generation is a file beside it with its name and something after a dot or a dash, what ``delete`` deleted,
        and what has been this file before under whatever name it has now.
        """
        self._require_running()
        return self._file(target).generations()

    @property
    def rotations(self) -> tuple[Rotation, ...]:
        """What was done so far, in order."""
        return tuple(self._rotations)

    def watch(self, handler: logging.Handler, *, path: Target | None = None) -> None:
        """Note everything ``handler`` emits from now on, as it is formatted: what ``assert_nothing_lost`` looks for.

        ``path`` is for a handler without ``baseFilename``.
        """
        self._require_running()
        if not isinstance(handler, logging.Handler):
            raise ArgumentError(f"{show(handler)} cannot be watched: it is not a logging.Handler")
        if all(watch.handler is not handler for watch in self._watches):
            self._watches.append(HandlerWatch(handler, self._file(path or handler, handler), self._wrapping))

    # -- judging -----------------------------------------------------------------------------------------------

    def assert_reopened(self, handler: logging.Handler, *, path: Target | None = None) -> None:
        """Pass when the handler's next record goes to the file that is at its path now.

        Judged by the file that its stream is open on; nothing is written, and the handler is not asked. A handler
        that looks at the path only when it writes has to have written since the rotation.
        """
        __tracebackhide__ = True
        self._require_running()
        if not isinstance(handler, logging.Handler) or not hasattr(handler, "stream"):
            raise ArgumentError(f"{show(handler)} has no stream: which file it writes to cannot be seen")
        fault = reopened_fault(handler, self._file(path or handler, handler))
        if fault is not None:
            raise AssertionError(fault)

    def assert_nothing_lost(
        self, expected: Iterable[str | logging.LogRecord] | None = None, *, target: Target | None = None
    ) -> Audit:
        """Pass when everything that was logged is in some generation of its file; return what was found.

        Without ``expected`` that is what the watched handlers emitted since ``watch``, line for line. A text of
        ``expected`` has to be contained in a line (``'line 1'`` is not found in ``'line 10'``), as often as it is
        given; of a record it is the message. ``target`` says in which file, when there is more than one.

        What is only in a deleted file is lost. Duplicates and NUL holes are told and do not fail it.
        """
        __tracebackhide__ = True
        self._require_running()
        pairs = self._expected(expected, target)
        results = [audit(items, file.generations()) for file, items in pairs]
        result = Audit(
            sum(each.expected for each in results),
            tuple(item for each in results for item in each.missing),
            tuple(text for each in results for text in each.duplicated),
            sum(each.nul_bytes for each in results),
            tuple(generation for each in results for generation in each.generations),
        )
        if result.missing:
            raise AssertionError(lost_message(result, [file for file, _ in pairs]))
        return result

    # -- inside ------------------------------------------------------------------------------------------------

    def _file(self, target: Any, handler: logging.Handler | None = None) -> LogFile:
        path = path_of(target)
        # Handler and test may reach the same directory by different ways.
        file = self._files.setdefault(Path(os.path.realpath(path.parent), path.name), LogFile(path))
        if handler is None and isinstance(target, logging.Handler):
            handler = target
        terminator = getattr(handler, "terminator", None)
        if isinstance(terminator, str):
            file.terminator = terminator
        encoding = getattr(getattr(handler, "stream", None), "encoding", None)
        if isinstance(encoding, str):
            file.encoding = encoding
        file.look()
        return file

    def _open(self, target: Target) -> tuple[LogFile, os.stat_result]:
        self._require_running()
        status = require_log(target)
        return self._file(target), status

    def _done(
        self,
        how: str,
        file: LogFile,
        before: os.stat_result,
        rotated: Path | None,
        renamed: list[tuple[Path, Path]],
    ) -> Rotation:
        file.look()
        try:
            after = file.path.stat().st_ino
        except FileNotFoundError:
            after = None
        size = before.st_size if rotated is None else rotated.stat().st_size
        rotation = Rotation(how, file.path, before.st_ino, after, rotated, size, tuple(renamed))
        self._rotations.append(rotation)
        return rotation

    def _expected(self, expected: Any, target: Target | None) -> list[tuple[LogFile, list[Expected]]]:
        only = None if target is None else self._file(target)
        if expected is None:
            by_file: dict[int, tuple[LogFile, list[Expected]]] = {}
            for watch in self._watches:
                if only is None or watch.file is only:
                    by_file.setdefault(id(watch.file), (watch.file, []))[1].extend(watch.written)
            pairs = list(by_file.values())
            if not any(items for _, items in pairs):
                why = "the watched handler emitted nothing" if pairs else "no handler is watched"
                raise ArgumentError(f"nothing to look for: {why}; watch(handler) before logging, or give the texts")
            return pairs
        if only is None:
            if len(self._files) != 1:
                raise ArgumentError(
                    f"target= is missing: which file is meant? {plural(len(self._files), 'file')} known"
                )
            only = next(iter(self._files.values()))
        items = [_text(item) for item in ([expected] if isinstance(expected, (str, logging.LogRecord)) else expected)]
        if not items:
            raise ArgumentError("nothing to look for: expected is empty")
        return [(only, items)]

    def _let_go(self) -> None:
        for file in self._files.values():
            file.let_go()

    def _report(self) -> str:
        sections = [
            (
                "done",
                listing(
                    self._rotations,
                    lambda done: f"{done.how}  {done.path.name}: inode {done.inode_before} -> {done.inode_after}",
                    "rotation",
                ),
            )
        ]
        for file in self._files.values():
            try:
                text = listing(file.generations(), file_line, "generation")
            except OSError as error:
                text = f"cannot be read: {error}"
            sections.append(("files", f"of {file.path}: {text}"))
        return layout("log files", *sections) if self._files else ""


def _text(item: Any) -> Expected:
    text = item.getMessage() if isinstance(item, logging.LogRecord) else item
    if not isinstance(text, str) or not text:
        raise ArgumentError(f"{show(item)}: what was logged is looked for by its text (not empty) or its record")
    return Expected(text)


def _take_after(path: Path, status: os.stat_result, mode: int | None) -> None:
    """Give ``path`` the mode and the owner that logrotate would give it."""
    path.chmod(stat.S_IMODE(status.st_mode) if mode is None else mode)
    made = path.stat()
    if hasattr(os, "chown") and (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
        os.chown(path, status.st_uid, status.st_gid)
