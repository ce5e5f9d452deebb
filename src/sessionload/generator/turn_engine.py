"""A generator whose users converse: some arrivals take turns once their own session start is done.

Starts are paced, sent and counted as without turns; conversations begin where a start has ended. When the
schedule has ended, open conversations go on to their end; after a stop they take no further turn.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sessionload.generator.conversations import Conversations
from sessionload.generator.engine import DRAIN_GRACE_S, LoadEngine
from sessionload.units import NS
from sessionload.workload.deal import WHOLE

if TYPE_CHECKING:
    from sessionload.config.run_spec import RunSpec
    from sessionload.generator.connection import Connection
    from sessionload.generator.session_start import SessionStart
    from sessionload.generator.shared_keys import SharedKeys
    from sessionload.metrics.raw import RawDelta
    from sessionload.workload.deal import Part
    from sessionload.workload.turns import Turns


def engine_of(
    spec: RunSpec, *, worker: int = 0, part: Part = WHOLE, shared_keys: SharedKeys | None = None
) -> LoadEngine:
    """Return what performs a worker's part of a run, with its turns if there are any."""
    turns = spec.scenario.turns
    if turns is None:
        return LoadEngine(spec, worker=worker, part=part, shared_keys=shared_keys)
    return TurnEngine(spec, turns, worker=worker, part=part, shared_keys=shared_keys)


def most_connections(spec: RunSpec) -> int:
    """Return how many connections a worker may have open at once."""
    turns = spec.scenario.turns
    return spec.scenario.max_in_flight + (turns.max_open if turns is not None else 0)


class TurnEngine(LoadEngine):
    """One worker's part of a run with turns."""

    def __init__(
        self,
        spec: RunSpec,
        turns: Turns,
        *,
        worker: int = 0,
        part: Part = WHOLE,
        shared_keys: SharedKeys | None = None,
    ) -> None:
        """Prepare everything that can be prepared before the first arrival."""
        super().__init__(spec, worker=worker, part=part, shared_keys=shared_keys)
        self._takes = turns.takes(spec.scenario.seed)
        self._longest_s = turns.longest_ns / NS + DRAIN_GRACE_S
        self._conversations = Conversations(
            spec,
            turns,
            max_open=part.share_of(turns.max_open),
            policy=self.policy,
            now_ns=self._now_ns,
            next_index=self._next_index,
        )

    def _now_ns(self) -> int:
        return time.monotonic_ns() - self._origin_ns

    def _next_index(self) -> int:
        following = self._pacer.next_index
        return self._planned if following is None else following

    def execute(self, connection: Connection, start: SessionStart) -> None:
        """Send one session start and see it through to its end; then its user may converse."""
        try:
            super().execute(connection, start)
        finally:
            if self._takes(start.index):
                self._conversations.begin(start, connection.give_away)

    def lease(self, end_ns: int) -> None:
        """Allow to send until `end_ns` (monotonic), and to open connections for turns."""
        super().lease(end_ns)
        self._conversations.endpoint.send_until_ns = end_ns

    def stop(self, grace_s: float | None = None) -> None:
        """Hand out no more arrivals, and let no conversation take another turn."""
        super().stop(grace_s)
        self._conversations.stop()

    def _let_end(self) -> None:
        super()._let_end()
        self._wait_while(lambda: bool(self._conversations.open), self._longest_s)
        self._conversations.cut()

    def delta(self, *, last: bool = False) -> RawDelta:
        """Return what was measured since the delta before, and begin the next."""
        delta = super().delta(last=last)
        delta.measurement.turns = self._conversations.flush()
        return delta
