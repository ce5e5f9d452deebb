"""An arrival whose session key another worker had been given before, which is known after it was counted.

It ended well as far as its worker could see, so it stands among the valid sessions of its slice. It is
moved to the violations of the contract, where it would be if one process had seen both keys.
"""

from __future__ import annotations

from msgspec import Struct

from sessionload.metrics.bounds import Count, StageNumber


class KeyRepeat(Struct, frozen=True, array_like=True):
    """Such an arrival. Instants are nanoseconds since the start of the schedule."""

    stage: StageNumber
    index: Count
    due_ns: Count
    done_ns: Count

    @property
    def response_ns(self) -> int:
        """Its response time."""
        return self.done_ns - self.due_ns
