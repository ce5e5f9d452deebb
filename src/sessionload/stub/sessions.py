"""Live session keys, and where new ones come from.

A user has one live key; starting again ends the earlier session. Both maps, user to key and key to user, are
split into 256 dictionaries, because one dictionary of a million entries pauses for tens of milliseconds when
it grows.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from enum import Enum

_SHARDS = 256
_KEYS_AT_ONCE = 512
_RANDOM = 24
_LENGTH = 32


class KeyForm(Enum):
    """How session keys look; each value is the key that the fault `same_key` gives to everybody."""

    USUAL = b"sk.every-user-is-given-this-one-key"
    """`sk.` and 32 url-safe characters, which are 192 random bits."""
    HEXADECIMAL = b"5a4e0000000000000000000000000000"
    """32 hexadecimal digits."""
    UUID = b"5a4e0000-0000-4000-8000-000000000000"
    """A random UUID (RFC 9562, section 5.4)."""


class KeyMint:
    """New session keys, all of one form and one length."""

    __slots__ = ("_form", "_pool", "_position")

    def __init__(self, form: KeyForm = KeyForm.USUAL) -> None:
        self._form = form
        self._pool = b""
        self._position = 0

    def new(self) -> bytes:
        """Return a key that was never issued before."""
        start = self._position
        if start >= len(self._pool):
            self._pool = self._new_pool()
            start = 0
        self._position = start + _LENGTH
        characters = self._pool[start : start + _LENGTH]
        if self._form is KeyForm.USUAL:
            return b"sk." + characters
        return characters if self._form is KeyForm.HEXADECIMAL else _as_uuid(characters)

    def _new_pool(self) -> bytes:
        if self._form is KeyForm.USUAL:
            return urlsafe_b64encode(os.urandom(_RANDOM * _KEYS_AT_ONCE))
        return os.urandom(_LENGTH // 2 * _KEYS_AT_ONCE).hex().encode()


def _as_uuid(digits: bytes) -> bytes:
    """Return 32 hexadecimal digits as a UUID; two of them give way to its version and variant."""
    return b"%b-%b-4%b-8%b-%b" % (digits[:8], digits[8:12], digits[13:16], digits[17:20], digits[20:])


class LiveSessions:
    """The live sessions of about `limit` users; past that the oldest are ended."""

    __slots__ = ("_keys", "_limit", "_users", "count")

    def __init__(self, limit: int = 1_000_000) -> None:
        self._limit = max(1, limit // _SHARDS)
        self._keys: list[dict[bytes, bytes]] = [{} for _ in range(_SHARDS)]
        self._users: list[dict[bytes, bytes]] = [{} for _ in range(_SHARDS)]
        self.count = 0

    def start(self, user: bytes, key: bytes) -> None:
        """Begin a session of `user`, and end the earlier one if there is any."""
        shard = self._keys[hash(user) % _SHARDS]
        earlier = shard.pop(user, None)
        if earlier is not None:
            del self._users[hash(earlier) % _SHARDS][earlier]
        elif len(shard) < self._limit:
            self.count += 1
        else:
            oldest = shard.pop(next(iter(shard)))
            del self._users[hash(oldest) % _SHARDS][oldest]
        shard[user] = key
        self._users[hash(key) % _SHARDS][key] = user

    def key_of(self, user: bytes) -> bytes | None:
        """Return the key of the live session of `user`, if there is one."""
        return self._keys[hash(user) % _SHARDS].get(user)

    def user_of(self, key: bytes) -> bytes | None:
        """Return whose live session `key` is of; `None` if that has ended, or never was."""
        return self._users[hash(key) % _SHARDS].get(key)
