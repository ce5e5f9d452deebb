"""Who takes turns after a session start, what is said, and how long users think: pure functions.

An arrival takes turns or not by its number and the seed alone, so workers need not agree. Of each block of
numbers exactly the share takes turns, at places that differ from block to block: the stripes of workers, the
returning users and the takers of turns know nothing of each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.workload.user_id_pattern import digests

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

LAUNCH = "launch"
"""What is written for the turn that opens a conversation; anything else is said."""
MOST_TURNS = 20
FINEST_SHARE = 10_000
"""A share is a whole number of hundredths of a percent."""
_GOLDEN = 0.618


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of a run. Times are nanoseconds."""

    share: Fraction
    """Of all arrivals."""
    say: tuple[str, ...]
    mode: str
    """`stream` or `whole`."""
    think_ns: tuple[int, int]
    """The shortest and the longest time between an answer and the next turn."""
    timeout_ns: int
    max_open: int
    """So many conversations may be open at once."""

    @property
    def streams(self) -> bool:
        """Whether turns are answered as a stream of events."""
        return self.mode == "stream"

    @property
    def longest_ns(self) -> int:
        """How long a conversation may take: each turn its timeout, and the longest thinking between them."""
        return len(self.say) * self.timeout_ns + (len(self.say) - 1) * self.think_ns[1]

    def takes(self, seed: int) -> Callable[[int], bool]:
        """Return the function that tells whether the arrival of a number takes turns."""
        share, block_size = self.share.as_integer_ratio()
        digest = digests("turns", seed, 8)
        step = _coprime(block_size)

        def takes(index: int) -> bool:
            block, place = divmod(index, block_size)
            shift = int.from_bytes(digest(block), "little")
            return (place * step + shift) % block_size < share

        return takes

    def takers(self, planned: int, seed: int) -> int:
        """Return how many of the first `planned` arrivals take turns."""
        share, block_size = self.share.as_integer_ratio()
        blocks, rest = divmod(planned, block_size)
        return blocks * share + sum(map(self.takes(seed), range(planned - rest, planned)))

    def planned(self, arrivals: int, seed: int) -> int:
        """Return how many turns there are if all of the first `arrivals` start a session."""
        return self.takers(arrivals, seed) * len(self.say)

    def thinks(self, seed: int) -> Callable[[int, int], int]:
        """Return the function from an arrival's number and a turn's to the thinking before it, in ns."""
        shortest, longest = self.think_ns
        digest = digests("think", seed, 8)

        def thinks(index: int, turn: int) -> int:
            uniform = int.from_bytes(digest(index * (MOST_TURNS + 1) + turn), "little")
            return shortest + (uniform * (longest - shortest + 1) >> 64)

        return thinks


def _coprime(size: int) -> int:
    """Return a step that visits all places of a block, neighbours far from each other."""
    step = max(1, round(size * _GOLDEN))
    while math.gcd(step, size) != 1:
        step += 1
    return step
