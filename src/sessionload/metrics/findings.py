"""Equal faults, counted together: how often, and when first and last."""

from __future__ import annotations

from typing import Generic, Self, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from sessionload.metrics.bounds import Count, PositiveCount, Text
from sessionload.metrics.exchange import Outcome

_MOST_CAUSES = 200
_OTHER = "other"


class Finding(Struct, frozen=True, forbid_unknown_fields=True):
    """Equal faults, seen `count` times. Instants are nanoseconds since the start of the schedule."""

    cause: Text
    outcome: Outcome
    message: str
    example: str
    count: PositiveCount
    first_index: Count
    first_ns: Count
    last_ns: Count

    def __add__(self, other: Self) -> Finding:
        early, late = sorted((self, other), key=lambda finding: (finding.first_ns, finding.first_index))
        return replace(early, count=self.count + other.count, last_ns=max(early.last_ns, late.last_ns))


F = TypeVar("F", bound=Finding)


class Findings(dict[str, F], Generic[F]):
    """Findings by cause: at most 200 causes, and `other` for all that come after these in the alphabet."""

    def add(self, finding: F) -> None:
        """Count a finding together with what is known of its cause."""
        known = self.get(finding.cause)
        self[finding.cause] = finding if known is None else cast("F", known + finding)
        if len(self) > _MOST_CAUSES + (_OTHER in self):
            # The last of the alphabet gives way, not the last to come: adding must not mind order.
            last = self.pop(max(cause for cause in self if cause != _OTHER))
            self.add(replace(last, cause=_OTHER, message="further causes, not told apart"))
