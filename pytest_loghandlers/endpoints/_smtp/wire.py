"""What aiosmtpd writes to and reads from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from pytest_loghandlers.endpoints._network.link import Link

#: Octets of replies that a client may leave unread before it is answered no more.
MOST_UNREAD: Final = 256 * 1024


class Wire(asyncio.Transport):
    """A link as asyncio's transport. ``clogged()`` is called when the client has left too many replies unread."""

    def __init__(self, link: Link, clogged: Callable[[], object]) -> None:
        super().__init__()
        self.link = link
        self._clogged = clogged
        #: Whether the reader has enough for now.
        self.full = False
        #: Whether this side has ended the conversation.
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return the client's address; nothing else is known."""
        return self.link.peer if name == "peername" else default

    def write(self, data: Any) -> None:
        """Send ``data``; to a client that has gone, nothing."""
        if not self.closed:
            self.link.write(bytes(data))
            if self.link.unsent > MOST_UNREAD and not self.link.gone:
                self._clogged()

    def is_closing(self) -> bool:
        """Return whether nothing is sent any more."""
        return self.closed or self.link.gone

    def close(self) -> None:
        """Close the connection when everything has been sent, and so that the client gets to read it."""
        self.closed = True
        self.link.finish()

    def pause_reading(self) -> None:
        """Note that the reader is full. Whether the socket is read is decided when nothing more is due."""
        self.full = True

    def resume_reading(self) -> None:
        """Note that the reader has room."""
        self.full = False

    def get_write_buffer_size(self) -> int:
        """Return 0: what the client does not take waits in the link."""
        return 0


class Ear(asyncio.StreamReader):
    """A reader that remembers what was read since the last reply: ``heard``, of it ``most`` octets at most."""

    heard: bytearray
    most: int

    async def readuntil(self, separator: Any = b"\n") -> bytes:
        """Read up to and with ``separator``."""
        return self._keep(await super().readuntil(separator))

    async def read(self, n: int = -1) -> bytes:
        """Read ``n`` octets at most."""
        return self._keep(await super().read(n))

    def _keep(self, data: bytes) -> bytes:
        room = self.most - len(self.heard)
        self.heard += data[:room] if room < len(data) else data
        return data

    def unread(self) -> bytes:
        """Return what has come and was not read yet."""
        return bytes(self._buffer)  # type: ignore[attr-defined]  # asyncio offers no other way to look

    def forget(self) -> None:
        """Drop what has come and was not read yet."""
        self._buffer.clear()  # type: ignore[attr-defined]  # as above
