"""The verbs with which a test judges what a syslog endpoint received."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

from pytest_loghandlers._base.match import Text
from pytest_loghandlers._base.report import layout
from pytest_loghandlers.endpoints._endpoint import WAIT, Endpoint

from .message import SyslogMessage
from .vocabulary import VOCABULARY


class SyslogVerbs(Endpoint[SyslogMessage]):
    """``wait_for`` and the assertions of ``SyslogEndpoint``."""

    @property
    def dropped(self) -> int | None:
        """How many datagrams the kernel dropped for want of room; None where the system does not count them."""
        raise NotImplementedError

    @overload
    def wait_for(
        self,
        text: Text | None = None,
        *,
        facility: str | int | None = None,
        severity: str | int | None = None,
        app_name: Text | None = None,
        hostname: Text | None = None,
        procid: Text | int | None = None,
        msgid: Text | None = None,
        structured_data: str | Mapping[str, Mapping[str, Any]] | None = None,
        had_bom: bool | None = None,
        had_nul: bool | None = None,
        framing: str | None = None,
        transport: str | None = None,
        malformed: bool | Text | None = None,
        count: None = None,
        timeout: float = WAIT,
    ) -> SyslogMessage: ...
    @overload
    def wait_for(
        self,
        text: Text | None = None,
        *,
        facility: str | int | None = None,
        severity: str | int | None = None,
        app_name: Text | None = None,
        hostname: Text | None = None,
        procid: Text | int | None = None,
        msgid: Text | None = None,
        structured_data: str | Mapping[str, Mapping[str, Any]] | None = None,
        had_bom: bool | None = None,
        had_nul: bool | None = None,
        framing: str | None = None,
        transport: str | None = None,
        malformed: bool | Text | None = None,
        count: int,
        timeout: float = WAIT,
    ) -> tuple[SyslogMessage, ...]: ...
    def wait_for(
        self, text: Text | None = None, *, count: int | None = None, timeout: float = WAIT, **wanted: Any
    ) -> Any:
        """Wait at most ``timeout`` seconds for a message, and return it; with ``count=n`` for n, as a tuple.

        ``text`` is contained (a compiled regex: found) in the message's text. ``facility`` and ``severity`` are
        keywords (``local0``, ``err`` or ``error``) or numbers. ``structured_data`` is an SD-ID, or
        ``{id: {name: value}}`` of what must be among it. ``framing`` is ``datagram``, ``octet_counting``, ``lf``,
        ``nul`` or ``eof``; ``transport`` is ``udp``, ``tcp``, ``tls``, ``unix_dgram`` or ``unix_stream``.
        ``malformed`` is True, False, or contained in the reason. The rest is equal, or a compiled regex. Raises
        AssertionError when the time is over.
        """
        __tracebackhide__ = True
        return self._wait_for(text, count, timeout, wanted)

    @overload
    def assert_received(
        self,
        text: Text | None = None,
        *,
        facility: str | int | None = None,
        severity: str | int | None = None,
        app_name: Text | None = None,
        hostname: Text | None = None,
        procid: Text | int | None = None,
        msgid: Text | None = None,
        structured_data: str | Mapping[str, Mapping[str, Any]] | None = None,
        had_bom: bool | None = None,
        had_nul: bool | None = None,
        framing: str | None = None,
        transport: str | None = None,
        malformed: bool | Text | None = None,
        count: None = None,
    ) -> SyslogMessage: ...
    @overload
    def assert_received(
        self,
        text: Text | None = None,
        *,
        facility: str | int | None = None,
        severity: str | int | None = None,
        app_name: Text | None = None,
        hostname: Text | None = None,
        procid: Text | int | None = None,
        msgid: Text | None = None,
        structured_data: str | Mapping[str, Mapping[str, Any]] | None = None,
        had_bom: bool | None = None,
        had_nul: bool | None = None,
        framing: str | None = None,
        transport: str | None = None,
        malformed: bool | Text | None = None,
        count: int,
    ) -> tuple[SyslogMessage, ...]: ...
    def assert_received(self, text: Text | None = None, *, count: int | None = None, **wanted: Any) -> Any:
        """Return the first message that matches (with ``count=n`` all, exactly n), or raise AssertionError.

        It does not wait: it judges what has reached the sockets. The arguments are those of ``wait_for``.
        """
        __tracebackhide__ = True
        return self._assert_received(text, count, wanted)

    def assert_not_received(
        self,
        text: Text | None = None,
        *,
        facility: str | int | None = None,
        severity: str | int | None = None,
        app_name: Text | None = None,
        hostname: Text | None = None,
        procid: Text | int | None = None,
        msgid: Text | None = None,
        structured_data: str | Mapping[str, Mapping[str, Any]] | None = None,
        had_bom: bool | None = None,
        had_nul: bool | None = None,
        framing: str | None = None,
        transport: str | None = None,
        malformed: bool | Text | None = None,
    ) -> None:
        """Raise AssertionError when a message matches, or when that cannot be told: the kernel dropped some.

        It does not wait. The arguments are those of ``wait_for``.
        """
        __tracebackhide__ = True
        wanted: dict[str, Any] = {"facility": facility, "severity": severity, "app_name": app_name}
        wanted |= {"hostname": hostname, "procid": procid, "msgid": msgid, "transport": transport}
        wanted |= {"structured_data": structured_data, "had_bom": had_bom, "had_nul": had_nul, "framing": framing}
        wanted["malformed"] = malformed
        self._assert_not_received(text, wanted)
        if self.dropped and transport in (None, "udp") and framing in (None, "datagram"):
            matcher = VOCABULARY.matcher(text, **wanted)
            raise AssertionError(
                layout(
                    f"{self._who} cannot tell whether {matcher.brief} was sent",
                    ("wanted", f"no message {matcher.clauses}".rstrip()),
                    *self._sections(),
                )
            )
