"""Certificates for the TLS endpoints: one authority per process, made on first use, gone with the session.

Neither ``ssl`` nor ``trustme`` is imported before something here is called.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from pytest_loghandlers._base.errors import ArgumentError, MissingExtraError
from pytest_loghandlers._base.report import show

from .reactor import also_end

if TYPE_CHECKING:
    import ssl

Kind = Literal["good", "expired", "not_yet_valid", "wrong_host", "untrusted"]
Demand = Literal["none", "optional", "required"]
Version = Literal["TLSv1.2", "TLSv1.3"]

#: What the endpoints are reached by.
IDENTITIES: Final = ("localhost", "127.0.0.1", "::1")
_LONG_AGO: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - trustme takes UTC without a zone
_AGO: Final = datetime(2001, 1, 1)  # noqa: DTZ001 - as above
#: Windows takes no date beyond the year 3000.
_YET_TO_COME: Final = datetime(2999, 1, 1)  # noqa: DTZ001 - as above
MOST_TICKETS: Final = 100


def _choice(name: str, value: Any, choices: Any) -> None:
    allowed = get_args(choices)
    if value not in allowed:
        raise ArgumentError(f"{name}={show(value)}: it is one of {', '.join(map(repr, allowed))}")


def check_kind(kind: Any) -> None:
    """Raise ArgumentError unless there is such a kind of certificate."""
    _choice("kind", kind, Kind)


def check_version(version: Any) -> None:
    """Raise ArgumentError unless it is a version of TLS that a server may speak alone."""
    _choice("version", version, Version)


def check_tickets(tickets: Any, name: str = "tickets") -> None:
    """Raise ArgumentError unless it is a number of session tickets."""
    if not isinstance(tickets, int) or isinstance(tickets, bool) or not 0 <= tickets <= MOST_TICKETS:
        raise ArgumentError(f"{name}={show(tickets)}: it is how many, a whole number from 0 to {MOST_TICKETS}")


def _trustme() -> Any:
    try:
        import ssl  # noqa: F401 - a Python may have been built without it

        import trustme
    except ImportError as error:
        raise MissingExtraError(
            "TLS endpoints make their certificates with trustme, which cannot be imported here: "
            'pip install "pytest-loghandlers[tls]"'
        ) from error
    return trustme


class _Authority:
    """One certificate authority, and everything that was made with it."""

    def __init__(self) -> None:
        trustme = _trustme()
        self.process = os.getpid()
        self.lock = threading.RLock()
        self.ca: Any = trustme.CA(organization_name="pytest-loghandlers")
        self._stranger: Any = None
        self._leaves: dict[Kind, Any] = {}
        self._contexts: dict[tuple[object, ...], ssl.SSLContext] = {}
        self._folder: Path | None = None

    def trusting(self, context: ssl.SSLContext) -> None:
        context.load_verify_locations(cadata=self.ca.cert_pem.bytes().decode("ascii"))

    def leaf(self, kind: Kind) -> Any:
        with self.lock:
            if kind not in self._leaves:
                self._leaves[kind] = self._issued(kind)
            return self._leaves[kind]

    def _issued(self, kind: Kind) -> Any:
        if kind == "expired":
            return self.ca.issue_cert(*IDENTITIES, not_before=_LONG_AGO, not_after=_AGO)
        if kind == "not_yet_valid":
            return self.ca.issue_cert(*IDENTITIES, not_before=_YET_TO_COME)
        if kind == "wrong_host":
            return self.ca.issue_cert("wrong-host.invalid")
        if kind == "untrusted":
            self._stranger = self._stranger or _trustme().CA(organization_name="a CA that nobody trusts")
            return self._stranger.issue_cert(*IDENTITIES)
        return self.ca.issue_cert(*IDENTITIES)

    def server_context(self, kind: Kind, tickets: int, demand: Demand, only: Version | None) -> ssl.SSLContext:
        with self.lock:
            key = (kind, tickets, demand, only)
            if key not in self._contexts:
                self._contexts[key] = self._server_context(*key)
            return self._contexts[key]

    def _server_context(self, kind: Kind, tickets: int, demand: Demand, only: Version | None) -> ssl.SSLContext:
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3 if only == "TLSv1.3" else ssl.TLSVersion.TLSv1_2
        if only == "TLSv1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        # A client that only writes leaves tickets unread, and closing with unread data is a RST, which takes along
        # what it had sent: openssl/openssl#7948.
        context.num_tickets = tickets
        # Not a thing of TLS 1.3; in 1.2 no handler needs it, and a connection must not change its keys under us.
        context.options |= ssl.OP_NO_RENEGOTIATION
        self.leaf(kind).configure_cert(context)
        if demand != "none":
            context.verify_mode = ssl.CERT_REQUIRED if demand == "required" else ssl.CERT_OPTIONAL
            self.trusting(context)
        return context

    def file(self, name: str, content: bytes) -> str:
        """Return the path of a file with ``content``, that only this user may read."""
        with self.lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="loghandlers-tls-"))
            path = self._folder / name
            if not path.exists():
                path.touch(mode=0o600)
                path.write_bytes(content)
            return str(path)

    def forget(self) -> None:
        """Remove the files; not in a forked child, whose parent goes on using them."""
        if self._folder is not None and self.process == os.getpid():
            shutil.rmtree(self._folder, ignore_errors=True)


_guard = threading.Lock()
_current: _Authority | None = None
_at_exit = False


def _authority() -> _Authority:
    global _current, _at_exit  # noqa: PLW0603 - one per process is the point
    with _guard:
        if _current is None:
            _current = _Authority()
            if not _at_exit:
                _at_exit = True
                also_end(forget)
                # Who uses only this module has no reactor that ends.
                atexit.register(forget)
        return _current


def forget() -> None:
    """Remove the files and forget the authority: what asks next gets another one."""
    global _current
    with _guard:
        ending, _current = _current, None
    if ending is not None:
        ending.forget()


def server_context(
    kind: Kind = "good",
    tickets: int = 0,
    client_certificates: Demand = "none",
    only: Version | None = None,
) -> ssl.SSLContext:
    """Return the context of a server: the same object for the same arguments, so change nothing in it.

    ``kind`` is the certificate it presents, ``tickets`` how many session tickets it sends after a TLS 1.3 handshake,
    ``client_certificates`` whether it asks for those of the authority, ``only`` the one version that it speaks (None:
    TLS 1.2 and 1.3). Raises ArgumentError, and MissingExtraError without the extra ``tls``.
    """
    check_kind(kind)
    check_tickets(tickets)
    _choice("client_certificates", client_certificates, Demand)
    if only is not None:
        check_version(only)
    return _authority().server_context(kind, tickets, client_certificates, only)


def client_context() -> ssl.SSLContext:
    """Return a new context of a client that trusts the authority, and nobody else, and checks the host's name."""
    import ssl

    authority = _authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.trusting(context)
    return context


def ca_file() -> str:
    """Return the path of the authority's certificate (PEM), in a private folder that goes when the session ends."""
    authority = _authority()
    return authority.file("ca.pem", authority.ca.cert_pem.bytes())


def client_certificate() -> tuple[str, str]:
    """Return the paths of a client's certificate and its private key (PEM), issued by the authority."""
    authority = _authority()
    leaf = authority.leaf("good")
    certificate = authority.file("client.pem", b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
    return certificate, authority.file("client.key", leaf.private_key_pem.bytes())


def _in_child() -> None:
    global _guard  # noqa: PLW0603 - as above
    _guard = threading.Lock()  # Another thread of the parent may have held it at the fork.
    if _current is not None:
        _current.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
