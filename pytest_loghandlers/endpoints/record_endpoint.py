"""A receiver of pickled log records: UDP and TCP on one port, every frame kept, nothing executed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Matcher
from pytest_loghandlers._base.report import plural, show

from ._faults import FaultVerbs, Line
from ._network.datagrams import Datagrams
from ._records.backoff import BackoffClock
from ._records.content import Decoder
from ._records.doors import Doors
from ._records.framing import LARGEST_FRAME
from ._records.received import ReceivedRecord
from ._records.stream import RecordConnection, Streams
from ._records.verbs import RecordVerbs
from ._records.vocabulary import VOCABULARY, hint, line


class RecordEndpoint(RecordVerbs, FaultVerbs):
    """The receiving end of ``SocketHandler`` and ``DatagramHandler``, on 127.0.0.1: UDP and TCP on the same port.

    Each record is rebuilt from its pickle by a reader that knows plain data (and sets, bytes, datetime, Decimal, UUID,
    paths, OrderedDict) and can do nothing else: whatever a pickle names beyond that is ``refused``, with the reason.
    What is no whole frame is ``malformed``. A frame may have 8 MiB (``largest_frame`` octets); a longer one is skipped
    and told of.

    A subclass of SocketHandler with its own ``makePickle`` (JSON, say) sends no pickle: give ``decode``, a function of
    the frame's octets that returns a mapping of record attributes, or a LogRecord. What it raises is the reason in
    ``refused``. On a stream each frame has its length before it, as SocketHandler's has; a datagram that has none
    (GELF, logstash) is given to ``decode`` whole.

    ::

        with RecordEndpoint() as endpoint:
            logger.addHandler(SocketHandler(*endpoint.address))
            logger.error("disk full", extra={"path": "/var"})
            assert endpoint.wait_for("disk full", level="ERROR").extra == {"path": "/var"}
    """

    _who = "record_endpoint"

    def __init__(self, *, decode: Decoder | None = None, largest_frame: int = LARGEST_FRAME) -> None:
        if not isinstance(largest_frame, int) or isinstance(largest_frame, bool) or largest_frame < 1:
            raise ArgumentError(f"largest_frame={show(largest_frame)}: it is a number of octets, 1 or more")
        super().__init__(VOCABULARY, line, refresh=self._look, hint=self._hint)
        self._decode = None if decode is None else _checked(decode)
        self._streams = Streams(
            self._inbox, self._take_datagrams, lambda: self._age, lambda: self._decode, largest_frame
        )
        self._doors: Doors
        self._clock: BackoffClock | None = None

    def _start(self) -> None:
        super()._start()
        self._doors = Doors(self._streams, self._age_at, self._fault, self._faults, self._make_datagrams)
        self._doors.listener.faults = self._faults
        self._address = self._doors.datagrams.address
        self._defer(self._doors.close, "its sockets are closed")

    def _make_datagrams(self) -> Datagrams:
        return Datagrams()

    def _age_at(self, moment: float) -> float:
        return max(0.0, moment - self._began)

    @property
    def host(self) -> str:
        """The address of the loopback interface it listens on, as ``SocketHandler(host, port)`` takes it."""
        return self.address[0]

    @property
    def port(self) -> int:
        """The port of both its sockets, chosen by the system."""
        return self.address[1]

    @property
    def address(self) -> tuple[str, int]:
        """``(host, port)`` of TCP and UDP: ``SocketHandler(*endpoint.address)``, ``DatagramHandler(*...)``."""
        self._require_running()
        return self._doors.address()

    @property
    def unix_address(self) -> str:
        """The path of a unix stream socket, opened when first asked for: ``SocketHandler(path, None)``.

        Raises LogHandlersError where the system has no unix sockets.
        """
        self._require_running()
        return self._doors.unix_stream()

    @property
    def unix_datagram_address(self) -> str:
        """The path of a unix datagram socket, opened when first asked for: ``DatagramHandler(path, None)``.

        Raises LogHandlersError where the system has no unix sockets.
        """
        self._require_running()
        return self._doors.unix_datagram()

    @property
    def records(self) -> tuple[logging.LogRecord, ...]:
        """The records that arrived, oldest first, rebuilt; what was malformed or refused is only in ``received``."""
        return tuple(record for item in self.received if (record := item.record) is not None)

    @property
    def connections(self) -> tuple[RecordConnection, ...]:
        """Every connection there was, oldest first, with the moments of its beginning and end."""
        self._require_running()
        self._look()
        return self._streams.connections()

    @property
    def reconnects(self) -> tuple[RecordConnection, ...]:
        """The connections that came after another of the same transport had ended: as many as there were such ends."""
        return tuple(connection for connection in self.connections if connection.follows is not None)

    @property
    def pending(self) -> tuple[bytes, ...]:
        """What has come of frames whose end has not: for each connection that has begun one, its octets."""
        self._require_running()
        self._look()
        return self._streams.pending()

    @property
    def dropped(self) -> int | None:
        """How many datagrams the kernel dropped for want of room; None where the system does not count them."""
        self._require_running()
        return self._doors.datagrams.dropped

    def decode_with(self, decode: Decoder | None) -> None:
        """Read what comes from here on with ``decode`` (see the class); None: as pickles again."""
        self._require_running()
        self._look()
        self._decode = None if decode is None else _checked(decode)

    def backoff_clock(self) -> BackoffClock:
        """Return the clock that ``logging.handlers`` reads from here on, until the endpoint stops: it stands still.

        With it the waits of a SocketHandler (``retryStart``, ``retryFactor``, ``retryMax``) are walked through in no
        time. A second call returns the same clock.
        """
        self._require_running()
        if self._clock is None:
            self._clock = BackoffClock()
            self._clock.hold()
            self._defer(self._clock.release, "logging.handlers reads its own clock again")
        return self._clock

    def _look(self) -> None:
        """Fetch what the kernel holds, in the calling thread."""
        if self._running:
            self._doors.look()

    def _take_datagrams(self) -> None:
        self._doors.take_datagrams()

    def _lines(self) -> Sequence[Line]:
        return self._doors.lines

    def _refused(self, item: ReceivedRecord) -> str | None:
        return item.malformed or item.refused

    def _sections(self) -> list[tuple[str, str | None]]:
        sections = super()._sections()
        begun = self._streams.pending()
        if begun:
            text = "; ".join(f"{len(rest):,} octets: {show(rest, 60)}" for rest in begun[:3])
            more = f"; and on {len(begun) - 3} more connections" if len(begun) > 3 else ""
            sections.append(("pending", f"frames without an end yet: {text}{more}"))
        again = [each for each in self._streams.connections() if each.follows is not None]
        if again:
            at = ", ".join(f"+{each.opened:.2f} s" for each in again[:5]) + (", ..." if len(again) > 5 else "")
            sections.append(("reconnects", f"{len(again):,}, at {at}"))
        dropped = self._doors.datagrams.dropped if self._running else 0
        if dropped:
            sections.append(("lost", f"the kernel dropped {plural(dropped, 'datagram')}: its receive buffer was full"))
        return sections

    def _hint(self, matcher: Matcher[Any], items: Sequence[ReceivedRecord]) -> str | None:
        return hint(matcher, items, self._streams.pending())


def _checked(decode: Any) -> Decoder:
    if not callable(decode):
        raise ArgumentError(f"decode={show(decode)}: it is a function of a frame's octets")
    return decode  # type: ignore[no-any-return]  # what it returns is judged when it has returned it
