"""Why TLS failed, in words: what OpenSSL says, and what it was that is no TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ssl

_REFUSED: Final = {
    "UNKNOWN_CA": "it does not trust the CA that issued it",
    "BAD_CERTIFICATE": "it is not valid, not valid yet, or for another host",
    "CERTIFICATE_EXPIRED": "it has expired",
    "CERTIFICATE_REVOKED": "it was revoked",
    "CERTIFICATE_UNKNOWN": "it could not be accepted",
    "UNSUPPORTED_CERTIFICATE": "its kind is not supported",
}
_FAILED: Final = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the client showed no certificate, and one is demanded",
    "NO_SHARED_CIPHER": "the client offers no cipher that the endpoint has",
    "UNSUPPORTED_PROTOCOL": "the client offers no version of TLS that the endpoint speaks",
    # OpenSSL before and since 3.2.
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC": "a record cannot be decrypted: it is damaged, or no TLS",
    "RECORD_LAYER_FAILURE": "a record cannot be decrypted: it is damaged, or no TLS",
    "VERSION_TOO_LOW": "the client offers no version of TLS that the endpoint speaks",
}


def looks_like(data: bytes) -> str:
    """Return what the plain text ``data`` seems to be."""
    if data[:1] == b"<" or data[:1].isdigit():
        return "it looks like syslog"
    if data.split(b" ", 1)[0] in (b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"PATCH", b"OPTIONS", b"CONNECT"):
        return "it looks like HTTP: http:// where https:// is meant"
    return "its first octets are " + data[:8].hex(" ")


def reason_of(error: ssl.SSLError, during: str = "TLS handshake") -> str:
    """Return in words what OpenSSL calls, for example, ``TLSV1_ALERT_UNKNOWN_CA``."""
    code = (getattr(error, "reason", None) or str(error)).upper().replace(" ", "_")
    __, is_alert, alert = code.rpartition("ALERT_")
    if is_alert:
        told = alert.lower()
        if alert in _REFUSED:
            return f"the client refused the endpoint's certificate: {_REFUSED[alert]} (alert {told})"
        return f"the client broke off the {during} (alert {told})"
    if code in _FAILED:
        return f"the {during} failed: {_FAILED[code]}"
    if code == "CERTIFICATE_VERIFY_FAILED":
        why = getattr(error, "verify_message", "") or "it could not be verified"
        return f"the {during} failed: the client's certificate was refused: {why}"
    return f"the {during} failed: {code.lower().replace('_', ' ')}"
