"""An arrival whose session key another worker had been given before, which is known after it was counted.

It ended well as far as its worker could see, so it stands among the valid sessions of its slice. It is
moved to the violations of the contract, where it would be if one process had seen both keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sessionload.metrics.bounds import Count, StageNumber, Status
from sessionload.metrics.exchange import Exchange, Outcome

if TYPE_CHECKING:
    from sessionload.metrics.exchange import Failure


class KeyRepeat(Struct, frozen=True, array_like=True):
    """Such an arrival. Instants are nanoseconds since the start of the schedule."""

    stage: StageNumber
    index: Count
    due_ns: Count
    done_ns: Count
    sent_ns: Count = 0
    status: Status = 0
    connects: Count = 0
    """1 where a connection was opened for it."""

    @property
    def response_ns(self) -> int:
        """Its response time."""
        return self.done_ns - self.due_ns

    def exchange(self, failure: Failure) -> Exchange:
        """Return the exchange that it was, now that its key is known to be none of its own."""
        return Exchange(
            index=self.index,
            due_ns=self.due_ns,
            sent_ns=self.sent_ns,
            done_ns=self.done_ns,
            outcome=Outcome.CONTRACT_VIOLATION,
            status=self.status,
            failure=failure,
            connect_ns=0 if self.connects else None,
        )
