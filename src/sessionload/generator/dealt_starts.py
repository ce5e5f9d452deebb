"""The session starts of one worker: part after part, as they were dealt, each built ahead of its instant.

A part ends where the next one begins, also for requests that were built already. New parts begin in the
future, so what has been handed over is never dealt away.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

from sessionload.generator.session_start import prebuild_requests
from sessionload.workload import deal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.generator.session_start import SessionStart
    from sessionload.workload.deal import Part
    from sessionload.workload.schedule import Schedule


class DealtStarts:
    """An iterator over what this worker has to perform. It may go on after it has ended, with a new part."""

    def __init__(self, schedule: Schedule, request: Callable[[int], bytes], first: Part) -> None:
        self._schedule, self._request = schedule, request
        self._parts = [first]
        self._current = self._of(first)
        self._number = 0
        """Which part is performed."""
        self._end: float = math.inf
        """Where the part that is performed ends."""

    def deal(self, part: Part) -> None:
        """End the last part where `part` begins, and go on with that. It begins where no other has begun."""
        self._parts.append(part)
        self._end = self._parts[self._number + 1].first

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> SessionStart:
        while True:
            start = next(self._current, None)
            if start is not None and start.index < self._end:
                return start
            if self._number + 1 == len(self._parts):
                raise StopIteration
            self._number += 1
            following = self._parts[self._number + 1 : self._number + 2]
            self._end = following[0].first if following else math.inf
            self._current = self._of(self._parts[self._number])

    def rest(self, first: int) -> Iterator[tuple[int, int, int]]:
        """Yield (stage, second, count) of what is left from arrival number `first` on."""
        return deal.rest(self._schedule, self._parts, first)

    def _of(self, part: Part) -> Iterator[SessionStart]:
        if not part.stripes:
            return iter(())
        arrivals = self._schedule.stripe(part.stripe, part.stripes, part.first)
        return prebuild_requests(arrivals, self._request)
