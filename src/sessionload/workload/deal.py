"""Which worker performs which arrivals: stripes of the one plan, dealt anew when workers come or go.

A deal holds from an arrival number on, until the next one. Each arrival belongs to exactly one worker,
whatever happens to the workers, because a deal covers every number from its first on and ends the one before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sessionload.workload.schedule import Schedule


class Part(NamedTuple):
    """One worker's share of a deal: the stripe (`stripe`, `stripes`) of the arrivals from `first` on.

    Nothing, where there are 0 stripes.
    """

    first: int
    stripe: int = 0
    stripes: int = 1

    def share_of(self, limit: int) -> int:
        """Return this stripe's share of a limit: the shares of all stripes are the limit, or 1 each."""
        if not self.stripes:
            return limit
        return max(1, (limit + self.stripes - 1 - self.stripe) // self.stripes)


WHOLE = Part(0)
"""What a single worker performs."""


def deal(present: Sequence[int], absent: Iterable[int], first: int) -> dict[int, Part]:
    """Return the parts from arrival `first` on: a stripe for each who is present, nothing for others."""
    parts = {worker: Part(first, 0, 0) for worker in absent}
    return parts | {worker: Part(first, stripe, len(present)) for stripe, worker in enumerate(present)}


def rest(schedule: Schedule, parts: Sequence[Part], first: int) -> Iterator[tuple[int, int, int]]:
    """Yield (stage, second, count) of a worker's arrivals from number `first` on, as `Schedule.rest` does.

    `parts` are its parts in the order in which they were dealt.
    """
    ends = [*(part.first for part in parts[1:]), None]
    for part, end in zip(parts, ends, strict=True):
        if part.stripes and (end is None or first < end):
            yield from schedule.rest(max(first, part.first), part.stripe, part.stripes, end)
