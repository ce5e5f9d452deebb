"""`capacity.json`: what a search found and each hold of it, for programs and for every view.

Rates are arrivals per second, latencies are milliseconds of `response` over the hold; `null` is never, or, in
a rate, not known. `capacity.schema.json` beside this module describes it.
"""

from __future__ import annotations

from msgspec import Struct, json

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
    holds: list[HoldRow]

    def text(self) -> str:
        """Return the file."""
        return json.format(json.encode(self), indent=2).decode() + "\n"

    @property
    def arrivals(self) -> int:
        """How many sessions were asked for in all, but for the preflight's."""
        return sum(hold.arrivals for hold in self.holds)
