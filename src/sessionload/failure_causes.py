"""Why an exchange failed: one cause and one sentence for each failure, for load and for single calls.

A cause is a stable key from a bounded set, and nothing in a sentence was chosen by a server. A cause that
begins with `generator/` means that this machine lacked something: it is never the server's failure. OpenSSL
reports a server that leaves out its intermediate certificate and an authority that is not trusted by the
same code, when the server sent no other certificate than its own; the sentence for that code names both.
"""

from __future__ import annotations

import errno
from socket import gaierror
from ssl import SSLCertVerificationError, SSLEOFError, SSLError
from typing import NamedTuple


class Cause(NamedTuple):
    """A stable key, and what it means in one sentence."""

    key: str
    message: str


HEAD_LIMIT = 64 * 1024
"""The largest head of a response that is read, interim responses before it included, in bytes."""
FIELD_LIMIT = 100

CLOSED = Cause("connection/closed", "the server closed the connection without an answer")
STALE = Cause("connection/stale", "the server closed a kept connection just as it was used again")
MALFORMED = Cause("protocol/malformed", "what came back is not HTTP/1.1")
TRUNCATED = Cause("protocol/truncated", "the connection ended before the response did")
EXTRA_BYTES = Cause("protocol/extra_bytes", "more bytes came after the end of the response")
HEAD_TOO_LARGE = Cause("protocol/head_too_large", f"the head is larger than {HEAD_LIMIT:,} bytes")
TOO_MANY_FIELDS = Cause("protocol/too_many_fields", f"the head has more than {FIELD_LIMIT} fields")
TRANSFER_ENCODING = Cause(
    "protocol/transfer_encoding", "the response has a transfer coding that nobody asked for"
)
OVERHEAD = Cause("protocol/body_too_large", "the body is wrapped in far more bytes than it has")
CONTENT_ENCODING = Cause("content_encoding", "the body is encoded, though only identity was asked for")
NO_LEASE = Cause(
    "aborted/no_lease",
    "when the connection was made, the master had been silent for too long to send anything",
)
LATE_DEADLINE = Cause(
    "generator/late_deadline",
    "the generator stood still, and the deadline passed before the server had its time",
)


def body_too_large(limit: int) -> Cause:
    """Return the cause of a body of more than `limit` bytes."""
    return Cause("protocol/body_too_large", f"the body is larger than {limit:,} bytes")


_REFUSED = Cause("connection/refused", "the server refused the connection")
_RESET = Cause("connection/reset", "the server reset the connection")
_UNREACHABLE = Cause(
    "connection/unreachable", "there is no way to the host: it or its network cannot be reached"
)
_DESCRIPTORS = Cause("generator/descriptors", "this machine has no file descriptor left for a connection")
_PORTS = Cause("generator/ports", "this machine has no local port left for a connection")
_BUFFERS = Cause("generator/buffers", "this machine has no memory left for a connection")
_DNS = Cause("connection/dns", "the host name could not be resolved")
_OTHER = Cause("connection/other", "the connection failed")
_BY_ERRNO = {
    errno.ECONNREFUSED: _REFUSED,
    errno.ECONNRESET: _RESET,
    errno.EPIPE: _RESET,
    errno.ECONNABORTED: _RESET,
    errno.EHOSTUNREACH: _UNREACHABLE,
    errno.EHOSTDOWN: _UNREACHABLE,
    errno.ENETUNREACH: _UNREACHABLE,
    errno.ENETDOWN: _UNREACHABLE,
    errno.ETIMEDOUT: _UNREACHABLE,
    errno.EMFILE: _DESCRIPTORS,
    errno.ENFILE: _DESCRIPTORS,
    errno.EADDRNOTAVAIL: _PORTS,
    errno.EADDRINUSE: _PORTS,
    errno.ENOBUFS: _BUFFERS,
    errno.ENOMEM: _BUFFERS,
}

_UNVERIFIED = Cause("connection/tls_unverified", "the server's certificate could not be verified")
WRONG_HOST = Cause("connection/tls_wrong_host", "the server's certificate is for another host name")
_UNKNOWN_AUTHORITY = Cause(
    "connection/tls_unknown_authority",
    "the server's certificate is signed by an authority that is not trusted",
)
_NO_ISSUER = Cause(
    "connection/tls_no_issuer",
    "the issuer of the server's certificate is not known: the server leaves out an intermediate certificate,"
    " or its authority is not trusted",
)
_BY_VERIFY_CODE = {
    9: Cause("connection/tls_not_yet_valid", "the server's certificate is not yet valid"),
    10: Cause("connection/tls_expired", "the server's certificate has expired"),
    18: _UNKNOWN_AUTHORITY,
    19: _UNKNOWN_AUTHORITY,
    20: _NO_ISSUER,
    21: _NO_ISSUER,
    62: WRONG_HOST,
    64: WRONG_HOST,
}
"""OpenSSL's X509_V_ERR codes (`x509_vfy.h`)."""

_TLS = Cause("connection/tls", "the TLS connection failed")
_TLS_VERSION = Cause(
    "connection/tls_version", "client and server have no TLS version in common: 1.2 is the oldest"
)
_TLS_REFUSED = Cause(
    "connection/tls_refused",
    "the server refused the TLS handshake: it wants a client certificate, or has no cipher in common",
)
_CLIENT_CERTIFICATE = Cause(
    "connection/tls_client_certificate", "the server wants a client certificate, and got none that it accepts"
)
_BY_REASON = {
    "UNSUPPORTED_PROTOCOL": _TLS_VERSION,
    "TLSV1_ALERT_PROTOCOL_VERSION": _TLS_VERSION,
    "VERSION_TOO_LOW": _TLS_VERSION,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _TLS_REFUSED,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _CLIENT_CERTIFICATE,
    "TLSV1_ALERT_UNKNOWN_CA": _CLIENT_CERTIFICATE,
    "TLSV1_ALERT_ACCESS_DENIED": _CLIENT_CERTIFICATE,
    "SSLV3_ALERT_BAD_CERTIFICATE": _CLIENT_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": _CLIENT_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_REVOKED": _CLIENT_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _CLIENT_CERTIFICATE,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": _CLIENT_CERTIFICATE,
    "WRONG_VERSION_NUMBER": Cause("connection/not_tls", "what answers there does not speak TLS"),
}
"""OpenSSL's names of what went wrong; those with ALERT are what the server says (RFC 8446, section 6)."""

_TIMEOUTS = {
    "connect": "the deadline passed before a connection was open",
    "send": "the deadline passed before the request was sent",
    "answer": "the deadline passed before the first byte of an answer",
    "body": "the deadline passed before the whole answer had come",
}


def timeout_of(phase: str) -> Cause:
    """Return the cause of a deadline that passed in a phase: connect, send, answer or body."""
    return Cause(f"timeout/{phase}", _TIMEOUTS[phase])


def cause_of(error: OSError) -> Cause:
    """Return the cause of an error of a look-up, a connection or its TLS."""
    if isinstance(error, SSLCertVerificationError):
        return _BY_VERIFY_CODE.get(error.verify_code, _UNVERIFIED)
    if isinstance(error, SSLError):
        return _BY_REASON.get(error.reason or "", _TLS)
    if isinstance(error, gaierror):
        return _DNS
    return _BY_ERRNO.get(error.errno or 0, _OTHER)


def is_truncation(error: OSError) -> bool:
    """Tell whether TLS ended without close_notify: what came before may be cut (RFC 9112, section 9.8)."""
    return isinstance(error, SSLEOFError)


def defect(error: BaseException) -> Cause:
    """Return the cause of what must not happen: an exception that none of the clients expects.

    Only its class is named, because its text may hold anything.
    """
    return Cause("generator/defect", f"a defect of sessionload: {type(error).__name__}")
