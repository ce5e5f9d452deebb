"""What a generator reports of turns: counts that are not packed yet, as a part of a raw delta."""

from __future__ import annotations

from msgspec import Struct

from sessionload.metrics.bounds import Count, PositiveCount, Second, StageNumber, Status
from sessionload.metrics.findings import Findings
from sessionload.metrics.raw_histogram import RawHistogram
from sessionload.metrics.turn_exchange import TurnOutcome
from sessionload.metrics.turn_measurement import TurnCounts, TurnFinding, TurnFlow, TurnMeasurement
from sessionload.metrics.turn_slices import TurnSlice


class RawTurnSlice(Struct, array_like=True):
    """A slice of turns; `histograms` are those that are not empty, by their names."""

    stage: StageNumber
    second: Second
    turn: PositiveCount
    outcomes: dict[TurnOutcome, Count]
    statuses: dict[Status, Count]
    unsent: Count
    skipped: Count
    histograms: dict[str, RawHistogram]

    def packed(self) -> TurnSlice:
        """Return the slice with its counts packed. Raises `ValueError` as `RawHistogram.packed` does."""
        histograms = {name: raw.packed() for name, raw in self.histograms.items()}
        return TurnSlice(self.outcomes, self.statuses, self.unsent, self.skipped, **histograms)


class RawTurns(Struct):
    """What was measured of turns; `flow` is (second, opened, closed)."""

    slices: list[RawTurnSlice]
    flow: list[tuple[Second, Count, Count]]
    findings: list[TurnFinding]
    counts: TurnCounts

    def packed(self) -> TurnMeasurement:
        """Return it with its counts packed. Raises `ValueError` as its slices do."""
        return TurnMeasurement(
            slices={(part.stage, part.second, part.turn): part.packed() for part in self.slices},
            flow={second: TurnFlow(opened, closed) for second, opened, closed in self.flow},
            findings=Findings((finding.cause, finding) for finding in self.findings),
            counts=self.counts,
        )
