"""The mark by which the stub says whose session answered a turn. Real servers say no such thing."""

from __future__ import annotations

from hashlib import blake2b

MARK = "x-session-of"
"""The header field, in lower case."""


def mark_of(user: bytes) -> bytes:
    """Return the mark of the session of a user: 16 hexadecimal digits."""
    return blake2b(user, digest_size=8).hexdigest().encode()
