"""The form that what was measured of turns has in files, and the reading of it. See `file_form`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct
from msgspec.structs import asdict, astuple

from sessionload.metrics.bounds import Count, PositiveCount, Second, StageNumber, Status
from sessionload.metrics.findings import Findings
from sessionload.metrics.histogram import EMPTY, Histogram
from sessionload.metrics.turn_exchange import TurnOutcome
from sessionload.metrics.turn_measurement import TurnCounts, TurnFinding, TurnFlow, TurnMeasurement
from sessionload.metrics.turn_slices import TurnSlice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.metrics.turn_slices import Place


class TurnSliceForm(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A slice of turns with the place that it has; empty histograms are left out."""

    stage: StageNumber
    second: Second
    turn: PositiveCount
    outcomes: dict[TurnOutcome, Count]
    statuses: dict[Status, Count]
    unsent: Count
    skipped: Count
    valid: Histogram = EMPTY
    refused: Histogram = EMPTY
    served: Histogram = EMPTY
    lag: Histogram = EMPTY
    first_event: Histogram = EMPTY
    end_event: Histogram = EMPTY

    @property
    def place(self) -> Place:
        """Where it is in a measurement."""
        return self.stage, self.second, self.turn

    def slice(self) -> TurnSlice:
        """Return the slice without its place. Raises `ValueError` if it contradicts itself."""
        part = TurnSlice(*astuple(self)[3:])
        part.check()
        return part


class OpenForm(Struct, array_like=True, forbid_unknown_fields=True):
    """The conversations of a second."""

    second: Second
    opened: Count
    closed: Count


class EarlierKeysForm(Struct, forbid_unknown_fields=True):
    """Turns with a key that a later start has ended."""

    tried: Count
    accepted: Count


class TurnsForm(Struct, forbid_unknown_fields=True, kw_only=True):
    """What was measured of turns."""

    conversations: Count
    keyless: Count
    sent: Count
    connections_opened: Count
    earlier_keys: EarlierKeysForm
    open: list[OpenForm]
    slices: list[TurnSliceForm]
    findings: list[TurnFinding]

    @classmethod
    def of(cls, turns: TurnMeasurement) -> Self:
        """Return the form of a measurement, places and seconds in rising order."""
        return cls(**turn_members(turns))

    def measurement(self) -> TurnMeasurement:
        """Return the measurement of what was read. Raises `ValueError` if it contradicts itself."""
        slices = {part.place: part.slice() for part in self.slices}
        flow = {part.second: TurnFlow(part.opened, part.closed) for part in self.open}
        findings = Findings((finding.cause, finding) for finding in self.findings)
        if (len(slices), len(flow), len(findings)) != (len(self.slices), len(self.open), len(self.findings)):
            raise ValueError("a second or a cause of turns stands in it twice")
        counts = TurnCounts(
            conversations=self.conversations,
            keyless=self.keyless,
            sent=self.sent,
            earlier_keys_tried=self.earlier_keys.tried,
            earlier_keys_accepted=self.earlier_keys.accepted,
            connections_opened=self.connections_opened,
        )
        return TurnMeasurement(slices, flow, findings, counts)


def turn_members(turns: TurnMeasurement) -> dict[str, Any]:
    """Return the members of a form."""
    counts = asdict(turns.counts)
    tried, accepted = (counts.pop(f"earlier_keys_{name}") for name in ("tried", "accepted"))
    return {
        **counts,
        "earlier_keys": EarlierKeysForm(tried, accepted),
        "open": [OpenForm(second, flow.opened, flow.closed) for second, flow in sorted(turns.flow.items())],
        "slices": list(_slices(turns)),
        "findings": [finding for _, finding in sorted(turns.findings.items())],
    }


def _slices(turns: TurnMeasurement) -> Iterator[TurnSliceForm]:
    for place in sorted(turns.slices):
        yield TurnSliceForm(*place, *astuple(turns.slices[place]))
