"""`capacity.json`: what a search found and each hold of it, for programs and for every view.

Rates are arrivals per second, latencies are milliseconds of `response` over the hold; `null` is never, or, in
a rate, not known. `capacity.schema.json` beside this module describes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, UnsetType, json

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1


class HoldRow(Struct, frozen=True, kw_only=True):
    """A rate that was held, all its pieces together."""

    rate: float
    purpose: str
    shown: str
    """`met`, `missed`, `void` or `throttled`."""
    sure: bool
    """Whether that is beyond noise."""
    because: str
    """The target that gave way or may have, or why it is void; empty if it is met for sure."""
    pieces: int
    seconds: int
    arrivals: int
    failed: int
    """Arrivals without a valid session."""
    sent_per_s: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    run: str
    """The folder of its last piece, below that of the search."""


class CapacityReport(Struct, frozen=True, kw_only=True):
    """A search that has ended."""

    format: int = FORMAT
    id: str
    started: str
    seconds: float
    version: str
    interrupted: str | None
    """The signal that ended it."""
    scenario: str
    description: str
    environment: dict[str, str]
    contract: dict[str, str]
    targets: list[str]
    lowest: float
    highest: float
    precision: float
    """How close the ends of the answer shall be, as a share of the lower one."""
    ending: str
    low: float | None
    """The highest rate that met the targets."""
    high: float | None
    """The rate above it that did not."""
    because: str
    """The target that gave way at `high`, or why the search stopped."""
    notes: list[str]
    labels: dict[str, str] | UnsetType = UNSET
    """What the search was called by; left out where there is nothing."""
    holds: list[HoldRow]

    @property
    def known_labels(self) -> Mapping[str, str]:
        """What the search was called by."""
        return {} if self.labels is UNSET else self.labels

    def text(self) -> str:
        """Return the file."""
        return json.format(json.encode(self), indent=2).decode() + "\n"

    @property
    def arrivals(self) -> int:
        """How many sessions were asked for in all, but for the preflight's."""
        return sum(hold.arrivals for hold in self.holds)


def written_labels(labels: Mapping[str, str]) -> dict[str, str] | UnsetType:
    """Return labels as the file has them, which leaves them out where there are none."""
    return dict(labels) or UNSET
