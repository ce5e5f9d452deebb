"""What the report of a run says of how it compares with its baseline.

The rows are those of a comparison, which has views of its own; `report/comparison` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One metric on both sides."""

    name: str
    meaning: str
    """What a share counts; empty for percentiles."""
    base: str
    candidate: str
    change: str
    interval: str
    judged: str
    verdict: str
    """How its interval lies to the tolerance; empty if it is not judged."""
    tone: str
    """The verdict whose color it has: met, missed or void; empty if it is not judged."""
    note: str
    """Why it is not judged, where it would be; as a sentence without an end."""
    spread: tuple[float, float, float] | None
    """The change and the ends of its interval as parts of the base; `None` for shares, and without one."""


@dataclass(frozen=True, slots=True)
class ComparisonSection:
    """How a run compares with its baseline."""

    verdict: str
    """SLOWER, NOT SLOWER or CANNOT SAY."""
    tone: str
    """The verdict whose color it has: met, missed or void."""
    sentence: str
    base: str
    """Which run the baseline is, as a sentence without an end."""
    remarks: tuple[str, ...]
    """What has to be known beside the answer, and why there is none, as sentences without an end."""
    rows: tuple[DifferenceRow, ...]
    tolerance: str

    @property
    def headline(self) -> str:
        """The answer in one sentence, its word first."""
        return f"{self.verdict} (against the baseline): {self.sentence}"
