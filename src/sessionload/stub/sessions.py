"""Live session keys, and where new ones come from.

A user has one live key; starting again ends the earlier session. Both maps, user to key and key to user, are
split into 256 dictionaries, because one dictionary of a million entries pauses for tens of milliseconds when
it grows.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode

_SHARDS = 256
_KEYS_AT_ONCE = 512
_RANDOM = 24
_LENGTH = 32
KEY_LENGTH = 3 + _LENGTH
"""How many characters a key has."""


class KeyMint:
    """New session keys: `sk.` and 32 url-safe characters, which are 192 random bits."""

    __slots__ = ("_pool", "_position")

    def __init__(self) -> None:
        self._pool = b""
        self._position = 0

    def new(self) -> bytes:
        """Return a key that was never issued before."""
        start = self._position
        if start >= len(self._pool):
            self._pool = urlsafe_b64encode(os.urandom(_RANDOM * _KEYS_AT_ONCE))
            start = 0
        self._position = start + _LENGTH
        return b"sk." + self._pool[start : start + _LENGTH]


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

    def is_live(self, key: bytes) -> bool:
        """Tell whether `key` belongs to a session that has not ended."""
        return key in self._users[hash(key) % _SHARDS]
