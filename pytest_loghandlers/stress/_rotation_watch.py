"""What a file handler writes, noted as it writes it; and where its next record would go."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from ._rotation_audit import Expected
from ._rotation_files import Inode, LogFile, inode_of
from ._wrapping import Wrapping


def stream_inode(handler: logging.Handler) -> Inode | None:
    """Return which file ``handler.stream`` is open on, None when on none (not open, closed, or no file)."""
    stream = getattr(handler, "stream", None)
    try:
        return None if stream is None else inode_of(os.fstat(stream.fileno()))
    except (AttributeError, OSError, ValueError):
        return None


def text_of(record: logging.LogRecord) -> str:
    """Return the message of ``record``, or its template when the arguments do not fit."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - the arguments are the application's
        return str(record.msg)


class HandlerWatch:
    """Everything one handler emitted, as it was formatted, and which inode each record went to."""

    def __init__(self, handler: logging.Handler, file: LogFile, wrapping: Wrapping) -> None:
        self.handler = handler
        self.file = file
        self.written: list[Expected] = []
        self._local = threading.local()
        self._inode = stream_inode(handler)
        wrapping.wrap(handler, "emit", self._emit)
        wrapping.wrap(handler, "format", self._format)
        wrapping.wrap(handler, "handleError", self._handle_error)

    def _emit(self, original: Callable[..., Any], record: logging.LogRecord) -> Any:
        local = self._local
        outer = getattr(local, "now", None)
        now: dict[str, Any] = {}
        local.now = now
        try:
            return original(record)
        except BaseException as error:
            now["error"] = error
            raise
        finally:
            local.now = outer
            text = now.get("text")
            exact = isinstance(text, str)
            # A handler that does not call format() writes its own form of the message.
            shown = str(text) if exact else text_of(record)
            errors = getattr(getattr(self.handler, "stream", None), "errors", None) or "strict"
            inode = stream_inode(self.handler)
            if inode is not None and inode != self._inode:
                if self._inode is not None:
                    self.file.begin_newest(inode)
                self._inode = inode
            self.written.append(Expected(self.file.as_read(shown, errors), exact, inode, now.get("error")))

    def _format(self, original: Callable[..., Any], record: logging.LogRecord) -> Any:
        text = original(record)
        now = getattr(self._local, "now", None)
        if now is not None:
            now["text"] = text
        return text

    def _handle_error(self, original: Callable[..., Any], record: logging.LogRecord) -> Any:
        now = getattr(self._local, "now", None)
        if now is not None:
            now["error"] = sys.exc_info()[1]
        return original(record)
