"""A fake syslog daemon: UDP and TCP on one port, every message kept."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, cast

from pytest_loghandlers._base.errors import ArgumentError
from pytest_loghandlers._base.inbox import Inbox
from pytest_loghandlers._base.match import Matcher
from pytest_loghandlers._base.report import plural, show

from ._faults import FaultVerbs, Line
from ._network.datagrams import Datagrams
from ._network.inlet import Inlet
from ._network.listener import Listener, bound
from ._syslog.daemon import Plain, Profile
from ._syslog.framing import LARGEST_MESSAGE, Frame
from ._syslog.message import SyslogMessage
from ._syslog.stream import Streams
from ._syslog.verbs import SyslogVerbs
from ._syslog.vocabulary import VOCABULARY, hint, line

#: Ports to try: the one that the system chose for UDP may be taken for TCP.
_TRIES: Final = 100


class SyslogEndpoint(SyslogVerbs, FaultVerbs):
    """A syslog daemon on 127.0.0.1: UDP and TCP on the same port.

    It takes RFC 5424, RFC 3164 and what Python's ``SysLogHandler`` sends (neither); over TCP messages that end in NUL
    or LF as well as octet-counted ones. What it cannot read is kept with its bytes, and the reason in ``malformed``.
    A message over TCP may have 1 MiB (``largest_message`` octets); of a longer one the beginning is kept.

    No datagram is lost, at whatever speed: the kernel holds them (on Linux 50,000 small ones and more) until the test
    looks. Had it to drop some, ``dropped`` and each failure say how many. Messages of one transport are in the order
    in which they were sent; between UDP and TCP the order is that in which they were seen.

    ::

        with SyslogEndpoint() as syslog:
            logger.addHandler(SysLogHandler(syslog.address, facility="local0"))
            logger.error("disk full")
            assert syslog.assert_received("disk full", severity="err").facility == "local0"
    """

    _who = "syslog_endpoint"

    def __init__(self, *, largest_message: int = LARGEST_MESSAGE) -> None:
        if not isinstance(largest_message, int) or isinstance(largest_message, bool) or largest_message < 1:
            raise ArgumentError(f"largest_message={show(largest_message)}: it is a number of octets, 1 or more")
        super().__init__(VOCABULARY, line, refresh=self._look, hint=self._hint)
        self._profile: Profile = Plain(largest_message)
        self._streams = Streams(self._inbox, self._take_datagrams, lambda: self._age, lambda: self._profile)
        self._listener: Listener
        self._datagrams: Datagrams
        self._inlet: Inlet

    def _start(self) -> None:
        super()._start()
        self._open()
        self._defer(self._close, "its sockets are closed")

    def _open(self) -> None:
        for attempt in range(_TRIES):
            datagrams = self._make_datagrams()
            try:
                sock = bound(datagrams.address)
            except OSError as error:
                datagrams.close()
                if error.errno not in (errno.EADDRINUSE, errno.EACCES) or attempt == _TRIES - 1:
                    raise
                continue
            try:
                self._listener = Listener(partial(self._streams.open, "tcp"), self._fault, sock)
            except BaseException:
                datagrams.close()
                raise
            self._datagrams = datagrams
            self._inlet = Inlet(datagrams, cast("Inbox[object]", self._inbox), self._listener.reactor, self._fault)
            self._address = datagrams.address
            return

    def _make_datagrams(self) -> Datagrams:
        return Datagrams()

    def _close(self) -> None:
        with self._listener.held():
            self._inlet.close()
            self._listener.stop()

    @property
    def host(self) -> str:
        """The address of the loopback interface it listens on."""
        return self.address[0]

    @property
    def port(self) -> int:
        """The port of both its sockets, chosen by the system."""
        return self.address[1]

    @property
    def address(self) -> tuple[str, int]:
        """``(host, port)``, as ``SysLogHandler(address=...)`` takes it, with ``socktype`` SOCK_DGRAM or SOCK_STREAM."""
        self._require_running()
        # Nothing can come before somebody knows where to: so a test that never asks pays for no bank of sockets.
        if not self._inlet.is_open:
            self._inlet.open()
        return self._address

    @property
    def dropped(self) -> int | None:
        """How many datagrams the kernel dropped for want of room; None where the system does not count them."""
        self._require_running()
        return self._datagrams.dropped

    @property
    def pending(self) -> tuple[bytes, ...]:
        """What has come over TCP of messages whose end has not: for each connection that has begun one, the bytes."""
        self._require_running()
        self._look()
        return self._streams.pending()

    def _look(self) -> None:
        """Fetch what the kernel holds, in the calling thread."""
        if not self._running:
            return
        with self._listener.held():
            self._listener.catch_up()
            self._take_datagrams()

    def _take_datagrams(self) -> None:
        for moment, payload in self._inlet.take():
            frame, arrival = Frame(payload, "datagram"), max(0.0, moment - self._began)
            for message in self._profile.read(frame, transport="udp", arrival=arrival):
                self._inbox.put(message)

    def _lines(self) -> Sequence[Line]:
        return (self._listener,)

    def _sections(self) -> list[tuple[str, str | None]]:
        sections = super()._sections()
        begun = self._streams.pending()
        if begun:
            text = "; ".join(f"{len(rest):,} octets: {show(rest, 60)}" for rest in begun[:3])
            more = f"; and on {len(begun) - 3} more connections" if len(begun) > 3 else ""
            sections.append(("pending", f"over TCP, without an end yet: {text}{more}"))
        dropped = self._datagrams.dropped if self._running else 0
        if dropped:
            sections.append(("lost", f"the kernel dropped {plural(dropped, 'datagram')}: its receive buffer was full"))
        return sections

    def _hint(self, matcher: Matcher[Any], items: Sequence[SyslogMessage]) -> str | None:
        return hint(matcher, items, self._streams.pending())
