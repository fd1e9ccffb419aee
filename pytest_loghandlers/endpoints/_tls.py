"""The TLS verbs, the same on every endpoint that speaks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_loghandlers._base.report import plural

from ._faults import FaultVerbs
from ._network import certificates
from ._network.certificates import Demand, Kind, Version
from ._network.link import ConnectionProtocol, Link
from ._network.tls import secured

if TYPE_CHECKING:
    import ssl

_PRESENTS: dict[Kind, str] = {
    "expired": "presenting a certificate that has expired",
    "not_yet_valid": "presenting a certificate that is not valid yet",
    "wrong_host": "presenting a certificate for another host",
    "untrusted": "presenting a certificate of a CA that nobody trusts",
}


class TlsVerbs(FaultVerbs):
    """A mixin of the endpoints that speak TLS, named instead of ``FaultVerbs`` (or before it).

    A subclass makes its listener's connections with ``_secured(make, keep)``, or takes ``_tls_context()``. What a verb
    sets takes effect with the next connection. All need the extra ``tls``: else they raise MissingExtraError.
    """

    _certificate: Kind = "good"
    _tickets: int = 0
    _client_certificates: Demand = "none"
    _only: Version | None = None

    @property
    def ca_file(self) -> str:
        """The path of the CA certificate (PEM) that a client must trust, its ``cafile=``. Gone after the session."""
        self._require_running()
        return certificates.ca_file()

    def client_context(self) -> ssl.SSLContext:
        """Return a new context for a client: it trusts this endpoint's CA and nobody else, and checks the host."""
        self._require_running()
        return certificates.client_context()

    def client_certificate(self) -> tuple[str, str]:
        """Return the paths ``(certfile, keyfile)`` of a client's certificate that the endpoint accepts, as PEM."""
        self._require_running()
        return certificates.client_certificate()

    def present_certificate(self, kind: Kind = "good") -> None:
        """Present this certificate, until ``recover``; a client that checks it refuses all but ``good``.

        ``good``, ``expired``, ``not_yet_valid``, ``wrong_host``, or ``untrusted`` (of a CA that is not in ``ca_file``).
        """
        certificates.check_kind(kind)
        self._require_running()
        self._certificate = kind
        self._holds("certificate", _PRESENTS.get(kind))

    def send_tickets(self, number: int = 2) -> None:
        """Send session tickets after each TLS 1.3 handshake, as most servers do, until ``recover``.

        A client that only writes, and closes at once, leaves them unread: its system then sends a RST, and what it
        wrote last may never arrive. Neither side is told (openssl/openssl issue 7948). Without this call none are sent.
        """
        certificates.check_tickets(number, "number")
        self._require_running()
        self._tickets = number
        text = f"sending {plural(number, 'session ticket')} after a TLS 1.3 handshake"
        self._holds("tickets", text if number else None)

    def require_client_certificate(self) -> None:
        """Refuse clients without a certificate of the endpoint's CA: they need ``client_certificate()``."""
        self._require_running()
        self._client_certificates = "required"
        self._timeline.event("client certificates are required from here on")

    def speak_only(self, version: Version) -> None:
        """Speak only ``TLSv1.2``, or only ``TLSv1.3``; without, both."""
        self._require_running()
        certificates.check_version(version)
        self._only = version
        self._timeline.event(f"only {version} is spoken from here on")

    def recover(self) -> None:
        """Go back to normal: accept, read and answer, with a good certificate; what was scripted is forgotten.

        What clients must show, and the version that is spoken, stay.
        """
        self._require_running()
        self._certificate, self._tickets = "good", 0
        super().recover()

    def _holds(self, kind: str, text: str | None) -> None:
        if text is not None:
            self._lasts(kind, text)
        elif self._lasting.pop(kind, None) is not None:
            self._timeline.state("; ".join(self._lasting.values()) or "normal")

    def _tls_context(self) -> ssl.SSLContext:
        """Return the context for the next connection."""
        return certificates.server_context(self._certificate, self._tickets, self._client_certificates, self._only)

    def _secured(
        self, make: Callable[[Link], ConnectionProtocol], keep: Callable[[str, bytes], object]
    ) -> Callable[[Link], ConnectionProtocol]:
        """Return the ``make`` of a TLS listener. ``keep(reason, octets)`` gets what was sent where TLS failed.

        Raises MissingExtraError without the extra ``tls``.
        """
        self._tls_context()

        def failed(reason: str, data: bytes) -> None:
            self._timeline.event(reason)
            keep(reason, data)

        def truncated() -> None:
            self._timeline.event("a client closed its connection without close_notify")

        return secured(self._tls_context, make, on_handshake_failed=failed, on_truncated=truncated)
