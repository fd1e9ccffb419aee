"""One thing that a record endpoint received: a record, or a frame that is none, with the reason."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any, Final

from .content import NOTHING, Content, Decoder, read

_SETTLING: Final = threading.Lock()


class ReceivedRecord:
    """A frame as it arrived. It is read when somebody first looks at it, in their thread; then it stays as it is.

    Three things can have come: a record (``record``, and all that is told of it); a frame that is ``malformed``; a
    frame that is whole and whose content is ``refused``: a hostile or unsupported pickle, or no pickle.
    """

    __slots__ = ("_arrival", "_connection", "_content", "_decode", "_malformed", "_raw", "_transport")

    def __init__(
        self,
        raw: bytes,
        *,
        transport: str,
        arrival: float,
        malformed: str | None = None,
        connection: int | None = None,
        decode: Decoder | None = None,
    ) -> None:
        self._raw = raw
        self._transport = transport
        self._arrival = arrival
        self._malformed = malformed
        self._connection = connection
        self._decode = decode
        self._content: Content | None = None if malformed is None else Content()

    @property
    def _held(self) -> Content:
        content = self._content
        if content is None:
            made = read(self._raw, self._decode)
            with _SETTLING:
                # Two threads may have read it: one result is everybody's.
                content = self._content = made if self._content is None else self._content
        return content

    @property
    def record(self) -> logging.LogRecord | None:
        """The record, rebuilt as ``logging.makeLogRecord`` does, but never by a record factory; or None.

        What the sender has not said is empty, not this process's.
        """
        return self._held.record

    @property
    def text(self) -> str:
        """The record's message; empty when there is no record."""
        return self._held.text

    @property
    def level(self) -> int | None:
        """The level's number: ``levelno``."""
        record = self.record
        return None if record is None else record.levelno

    @property
    def level_name(self) -> str | None:
        """The level's name as the sender knows it: ``levelname``."""
        record = self.record
        return None if record is None else record.levelname

    @property
    def logger(self) -> str | None:
        """The name of the logger."""
        record = self.record
        return None if record is None else record.name

    @property
    def extra(self) -> Mapping[str, Any]:
        """What the record has beside the attributes of every LogRecord: what was logged with ``extra=``."""
        return self._held.extra if self._malformed is None else NOTHING

    @property
    def exc_text(self) -> str | None:
        """The traceback as text: SocketHandler sends no other."""
        record = self.record
        return None if record is None or not record.exc_text else str(record.exc_text)

    @property
    def transport(self) -> str:
        """How it came: ``tcp``, ``udp``, ``unix_stream`` or ``unix_dgram``."""
        return self._transport

    @property
    def connection(self) -> int | None:
        """The number of the connection that it came on, from 1 (``connections``); None of a datagram."""
        return self._connection

    @property
    def arrival(self) -> float:
        """When it was seen, in seconds since the endpoint started."""
        return self._arrival

    @property
    def raw(self) -> bytes:
        """The octets behind the length; of what is malformed, all that came (of what is no frame, the first 1,024)."""
        return self._raw

    @property
    def malformed(self) -> str | None:
        """Why it is no whole frame; None when it is one."""
        return self._malformed

    @property
    def refused(self) -> str | None:
        """Why the content of a whole frame was not taken, with the opcode, the octet and the name; None when it was."""
        return self._held.refused

    def __repr__(self) -> str:
        from .vocabulary import line

        return f"<ReceivedRecord {line(self)}>"
