"""The result of a run for other programs: what it is worth, and the numbers that it stands on.

Everything is over the measured stages, as in the report, but for `planned`, `sent`, `unsent`, `lost` and
`outcomes`, which are over the whole run.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from sessionload.errors import nearest
from sessionload.metrics.findings import Finding
from sessionload.storage.run_folder import RunFolder
from sessionload.verdict.percentiles import LatencySummary as Latency
from sessionload.verdict.targets import VIEWS
from sessionload.verdict.verdict import JudgedTarget as Target

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.accounting import Accounting
    from sessionload.verdict.result import Result as RunResult

__all__ = ["Finding", "Latency", "Result", "Target"]

_MS = 1_000_000


@dataclass(frozen=True)
class Result:
    """A run that has ended."""

    _run: RunResult

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Return the result of a run: of its folder, or of the file that was kept of it.

        A run that was killed is put together from what it left, and is void. Raises `InputError`.
        """
        return cls(RunFolder.named(Path(path)).read())

    @property
    def id(self) -> str:
        """The run's ID."""
        return self._run.run.id

    @property
    def started(self) -> str:
        """When it began: wall time as a label, ISO 8601 in UTC."""
        return self._run.run.started

    @property
    def labels(self) -> Mapping[str, str]:
        """What it was called by with `--label`, by name."""
        return dict(self._run.run.labels)

    @property
    def duration_s(self) -> float:
        """How long it took, in seconds, by a monotonic clock."""
        return self._run.run.seconds

    @property
    def measured_until_s(self) -> float | None:
        """Of a run that ended before its plan, until when figures are over what was due; else `None`."""
        return self._run.run.measured_until_s

    @property
    def scenario(self) -> str:
        """The name of its scenario."""
        return str(self._run.scenario["name"])

    @property
    def environment(self) -> str:
        """The name of its environment."""
        return self._run.environment["name"]

    @property
    def verdict(self) -> Literal["met", "missed", "void"]:
        """What it is worth. Only `met` is a pass."""
        return self._run.verdict.state.value

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is void, as sentences; none if it is not."""
        return self._run.verdict.reasons

    @property
    def targets(self) -> tuple[Target, ...]:
        """Each target with what was measured."""
        return self._run.verdict.targets

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What went wrong with arrivals, equal causes as one; the most frequent first."""
        found = self._run.measurement.findings.values()
        return tuple(sorted(found, key=lambda finding: (-finding.count, finding.cause)))

    @property
    def planned(self) -> int:
        """How many sessions were to be started: `sent + unsent + lost`."""
        return self._accounting.planned

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return self._accounting.sent

    @property
    def unsent(self) -> int:
        """How many arrivals found no free client before the schedule ended."""
        return self._accounting.unsent

    @property
    def lost(self) -> int:
        """Of how many arrivals nothing is known."""
        return self._accounting.lost

    @property
    def outcomes(self) -> Mapping[str, int]:
        """How many requests ended in each outcome, all of them named; the sum is `sent`."""
        return {outcome.value: count for outcome, count in self._accounting.outcomes.items()}

    @property
    def error_rate(self) -> float | None:
        """The share of arrivals that got no valid session, from 0 to 1; `None` if there were none."""
        measured = self._measured
        return measured.errors / measured.accounted if measured.accounted else None

    @cached_property
    def latency_ms(self) -> Mapping[str, Latency]:
        """The usual figures of each latency, in milliseconds: `response`, `answered`, `service`, `lag`, ….

        `None` is never, or no samples if `count` is 0: an arrival without a valid session ranks last in
        `response`.
        """
        return self._run.latency

    def percentile_ms(self, percent: float, of: str = "response") -> float | None:
        """Return a percentile, in milliseconds: a value that was seen, to 0.1 %; `None` is never.

        Raises `ValueError` for a percentage that is not above 0 and at most 100, for a name that
        `latency_ms` does not have, and where there are no samples.
        """
        share = Fraction(str(percent)) / 100
        if not 0 < share <= 1:
            raise ValueError("a percentile is above 0 and at most 100")
        if of not in VIEWS:
            raise ValueError(f"there is no latency '{of}'; {nearest(of, VIEWS)}")
        value = getattr(self._measured, of).quantile(share)
        return None if value is None else round(value / _MS, 6)

    def to_dict(self) -> dict[str, Any]:
        """Return what `result.json` holds, as plain data; docs/results.md names each key."""
        return self._run.to_json()

    def __repr__(self) -> str:
        return f"Result({self.id!r}, {self.scenario!r}, {self.verdict!r})"

    @cached_property
    def _accounting(self) -> Accounting:
        return self._run.accounting

    @cached_property
    def _measured(self) -> Slice:
        return self._run.measured
