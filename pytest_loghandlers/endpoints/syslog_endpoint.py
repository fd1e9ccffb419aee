"""A fake syslog daemon: UDP, TCP, TLS and unix sockets, every message kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.match import Matcher
from pytest_loghandlers._base.report import cut, plural, show

from ._faults import Line
from ._network.datagrams import Datagrams
from ._network.listener import Listener
from ._syslog.claims import SyslogClaims
from ._syslog.daemon import Profile, profile_named
from ._syslog.doors import Doors, Make
from ._syslog.framing import LARGEST_MESSAGE
from ._syslog.message import SyslogMessage, decoded, parse
from ._syslog.stream import Pending, Streams
from ._syslog.vocabulary import VOCABULARY, called, hint, line
from ._tls import TlsVerbs

#: What stands before a message, with the octet count of RFC 6587 section 3.4.1.
_PRI: Final = re.compile(r"^(?:\d+ )?<\d{1,3}>")


class SyslogEndpoint(SyslogClaims, TlsVerbs):
    """A syslog daemon on 127.0.0.1: UDP and TCP on the same port; TLS and unix sockets when they are asked for.

    It takes RFC 5424, RFC 3164 and what Python's ``SysLogHandler`` sends (neither); on streams messages that end in
    NUL or LF as well as octet-counted ones. What it cannot read is kept with its bytes, and the reason in
    ``malformed``. A message on a stream may have 1 MiB (``largest_message`` octets); of a longer one the beginning is
    kept. With ``profile`` it cuts, splits and rejects as a real daemon does by default: see ``behave_like``.

    No datagram is lost, at whatever speed: the kernel holds them (on Linux 50,000 small ones and more) until the test
    looks. Had it to drop some, ``dropped`` and each failure say how many. Messages of one transport are in the order
    in which they were sent; between transports the order is that in which they were seen.

    ::

        with SyslogEndpoint() as syslog:
            logger.addHandler(SysLogHandler(syslog.address, facility="local0"))
            logger.error("disk full")
            assert syslog.assert_received("disk full", severity="err").facility == "local0"
    """

    _who = "syslog_endpoint"

    def __init__(
        self,
        profile: str = "plain",
        *,
        input: str | None = None,  # noqa: A002 - what the daemons' own configuration calls it
        largest_message: int = LARGEST_MESSAGE,
    ) -> None:
        if not isinstance(largest_message, int) or isinstance(largest_message, bool) or largest_message < 1:
            raise ArgumentError(f"largest_message={show(largest_message)}: it is a number of octets, 1 or more")
        super().__init__(VOCABULARY, line, refresh=self._look, hint=self._hint)
        self._largest = largest_message
        self._profile: Profile = profile_named(profile, input, largest_message)
        self._streams = Streams(self._inbox, self._settle, lambda: self._age, lambda: self._profile, self._note_lost)
        self._doors: Doors
        self._tls_failures: list[str] = []
        #: What the daemon that is imitated dropped without a word.
        self._lost: list[str] = []

    def _start(self) -> None:
        super()._start()
        self._doors = Doors(self._streams, self._age_at, self._fault, self._faults, self._make_datagrams)
        self._address = self._doors.datagrams.address
        self._defer(self._doors.close, "its sockets are closed")

    def _make_datagrams(self) -> Datagrams:
        return Datagrams()

    def _age_at(self, moment: float) -> float:
        return max(0.0, moment - self._began)

    def behave_like(
        self,
        profile: str,
        input: str | None = None,  # noqa: A002 - as above
    ) -> None:
        """Take what comes from here on as that daemon does by default; open connections stay with what they began.

        - ``plain`` does what the RFCs say, and keeps everything.
        - ``rsyslog`` is its imudp, imtcp and imuxsock by transport; ``input="imptcp"``, or ``"imtcp_nul"`` (imtcp with
          ``AddtlFrameDelimiter="0"``), for TCP.
        - ``syslog_ng`` is its ``network()``, or ``input="syslog"`` its ``syslog()``.
        - ``journald`` is its ``/dev/log``.

        Raises ArgumentError for others.
        """
        self._require_running()
        chosen = profile_named(profile, input, self._largest)
        self._look()
        self._profile = chosen
        self._timeline.event(f"behaving like {profile}{'' if input is None else f' ({input})'} from here on")

    @property
    def host(self) -> str:
        """The address of the loopback interface it listens on."""
        return self.address[0]

    @property
    def port(self) -> int:
        """The port of UDP and TCP, chosen by the system."""
        return self.address[1]

    @property
    def address(self) -> tuple[str, int]:
        """``(host, port)``, as ``SysLogHandler(address=...)`` takes it, with ``socktype`` SOCK_DGRAM or SOCK_STREAM."""
        self._require_running()
        return self._doors.address()

    @property
    def unix_address(self) -> str:
        """The path of a unix datagram socket, as ``/dev/log`` is one: for ``SysLogHandler(address=path)``.

        The socket is opened when it is first asked for. It loses nothing: while nobody reads (``stop_reading``) the
        handler's ``emit`` blocks, on Linux in the 12th message. Raises LogHandlersError on a system without unix
        sockets.
        """
        self._require_running()
        return self._doors.unix_address()

    @property
    def unix_stream_address(self) -> str:
        """The path of a unix stream socket, opened when it is first asked for.

        ``SysLogHandler(address=path)`` tries a datagram socket and falls back to a stream by itself. Raises
        LogHandlersError on a system without unix sockets.
        """
        self._require_running()
        return self._doors.unix_stream_address()

    @property
    def tls_address(self) -> tuple[str, int]:
        """``(host, port)`` of syslog over TLS (RFC 5425), opened when it is first asked for.

        A client trusts ``ca_file``, or uses ``client_context()``. Messages must be octet-counted: others are kept as
        malformed. Raises MissingExtraError without the extra ``tls``.
        """
        self._require_running()
        return self._doors.tls_address(self._over_tls)

    @property
    def dropped(self) -> int | None:
        """How many UDP datagrams the kernel dropped for want of room; None where the system does not count them."""
        self._require_running()
        return self._datagrams.dropped

    @property
    def pending(self) -> tuple[bytes, ...]:
        """What has come of messages whose end has not: for each connection that has begun one, the bytes."""
        self._require_running()
        self._look()
        return tuple(begun.octets for begun in self._pending())

    @property
    def _listener(self) -> Listener:
        return self._doors.listener

    @property
    def _datagrams(self) -> Datagrams:
        return self._doors.datagrams

    def _look(self) -> None:
        """Fetch what the kernel holds, in the calling thread."""
        if self._running:
            self._doors.look()
        else:
            # For the report of what has been stopped: there is nothing more to read, but something to take apart.
            for age, stream, data in self._streams.waiting():
                stream.take(data, age)

    def _settle(self) -> None:
        self._doors.settle()

    def _pending(self) -> Sequence[Pending]:
        return self._streams.pending()

    def _over_tls(self, make: Make) -> Make:
        return self._secured(make, self._keep_failed)

    def _keep_failed(self, reason: str, data: bytes) -> None:
        """Keep what was sent where TLS failed: plain syslog is a message, the octets of TLS itself are none."""
        self._tls_failures.append(reason)
        if data[:1] == b"<" or data[:1].isdigit():
            self._inbox.put(parse(data, transport="tls", framing="eof", flaw=reason, arrival=self._age))

    def _note_lost(self, text: str) -> None:
        self._lost.append(text)
        self._timeline.event(text)

    def _lines(self) -> Sequence[Line]:
        # A fault begins after what was sent before it, also on a connection that is left alone for a moment.
        self._doors.look()
        return self._doors.lines

    def _carried(self, item: SyslogMessage) -> str:
        # The words of a record may have been read as a tag or a host: the bytes have them all. But PRI is none of them.
        return _PRI.sub("", decoded(item.raw)).rstrip("\0\r\n")

    def _sections(self) -> list[tuple[str, str | None]]:
        sections = super()._sections()
        begun = self._streams.pending()
        if begun:
            over = " and ".join(dict.fromkeys(called(each.transport) for each in begun))
            text = "; ".join(f"{len(each.octets):,} octets: {show(each.octets, 60)}" for each in begun[:3])
            more = f"; and on {len(begun) - 3} more connections" if len(begun) > 3 else ""
            sections.append(("pending", f"over {over}, without an end yet: {text}{more}"))
        if self._tls_failures:
            failed = plural(len(self._tls_failures), "connection")
            sections.append(("tls", f"{failed} failed, the last: {cut(self._tls_failures[-1], 200)}"))
        if self._lost:
            more = f" (and {len(self._lost) - 1:,} more like it)" if len(self._lost) > 1 else ""
            sections.append(("lost", cut(self._lost[-1], 200) + more))
        dropped = self._datagrams.dropped if self._running else 0
        if dropped:
            sections.append(("lost", f"the kernel dropped {plural(dropped, 'datagram')}: its receive buffer was full"))
        return sections

    def _hint(self, matcher: Matcher[Any], items: Sequence[SyslogMessage]) -> str | None:
        return hint(matcher, items, self._streams.pending())
