"""The master's memory of session keys: which of them more than one worker was given.

It holds hashes only, at most two million in 32 MiB. Each of the last million is remembered; what is forgotten
is said to the worker whose key took its place, and counted in the result.
"""

from __future__ import annotations

import secrets
from array import array

from sessionload.contract.response.seen_keys import SeenKeys
from sessionload.distribution.messages import KeyHashes, KeysChecked

GENERATION = 1_000_000
SALT_BYTES = 32


class KeyLedger:
    """The hashes of all workers of a run."""

    def __init__(self, generation: int = GENERATION) -> None:
        self.salt = secrets.token_bytes(SALT_BYTES)
        """What workers hash under, drawn for this run."""
        self._generation = generation
        self._seen: SeenKeys | None = None
        self._forgotten = 0

    def check(self, message: KeyHashes) -> KeysChecked:
        """Return which of a worker's keys came before; from now on these are known."""
        if self._seen is None:
            self._seen = SeenKeys(self._generation)
        hashes = array("Q", message.hashes[: len(message.hashes) // 8 * 8])
        first_time = self._seen.first_time
        repeated = [place for place, number in enumerate(hashes) if not first_time(number)]
        forgotten = self._seen.forgotten - self._forgotten
        self._forgotten = self._seen.forgotten
        return KeysChecked(message.number, repeated, forgotten)
