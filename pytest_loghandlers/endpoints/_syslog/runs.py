"""A stream of what SysLogHandler sends, cut at once: many messages in one read, each ended by NUL. Pure."""

from __future__ import annotations

from .framing import Framer


class RunFramer(Framer):
    """A ``Framer`` that need not be fed message by message."""

    def run(self, data: bytes) -> list[bytes] | None:
        """Return the messages that ``data`` completes, if each is a text, ended by a NUL, and nothing is wrong.

        It is what ``feed`` would return, framed ``nul``, in a tenth of its time. Otherwise it returns None, and
        nothing has been done: the data is to be fed.
        """
        if self._ending == b"\n" or self._head or self._count or self._after_lf:
            return None
        *raws, rest = (bytes(self._bytes) + data).split(b"\0")
        # What begins otherwise may be a line break to be skipped or an octet count.
        if not raws or not all(raw.startswith(b"<") and len(raw) <= self._largest for raw in raws):
            return None
        if rest and not (rest.startswith(b"<") and len(rest) <= self._largest):
            return None
        if self._ending is None and b"\n" in raws[0]:
            return None  # What ends the messages here is still to be found out.
        self._ending = b"\0"
        self._bytes = bytearray(rest)
        self._seen = len(rest)
        return raws
