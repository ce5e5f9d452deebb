"""Whether the candidate is slower than the base, beyond noise and tolerance.

Slower: the whole interval of some metric lies beyond the tolerance. Not slower: the whole interval of each
judged metric ends within it. Anything else is no conclusion, and says what would help. Where the two runs
cannot be compared, no number makes a conclusion. Two runs without a session each are equal, and neither is
fast: that is no conclusion either.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, cast

from sessionload.bootstrap.blocks import SHORTEST, Blocks
from sessionload.bootstrap.critical_value import LEAST_FREEDOM
from sessionload.comparison import comparability
from sessionload.comparison.between_runs import RunSpread
from sessionload.comparison.difference import NEAR_NEVER, Difference, DifferenceStatus, difference, lacking
from sessionload.comparison.intervals import cut, intervals
from sessionload.comparison.metrics import METRICS, P95, RESPONSE, ComparedMetric, Role, levels
from sessionload.comparison.per_second import PerSecond, has_evidence, lengths
from sessionload.units import duration_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from fractions import Fraction

    from sessionload.comparison.intervals import Interval
    from sessionload.comparison.metrics import Duration
    from sessionload.metrics.slices import Slice
    from sessionload.verdict.result import Result
    from sessionload.verdict.run_header import RunHeader

REPLICATES = 2_000
"""How many times the runs are resampled."""


class Conclusion(StrEnum):
    """What a comparison comes to."""

    SLOWER = "slower"
    NOT_SLOWER = "not slower"
    CANNOT_SAY = "cannot say"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two results differ in, and what that comes to."""

    conclusion: Conclusion
    differences: tuple[Difference, ...]
    reasons: tuple[str, ...]
    """Why nothing can be said whatever the numbers are, as sentences without an end."""
    notes: tuple[str, ...]
    """What has to be known beside the conclusion, as sentences without an end."""
    tolerance: Fraction
    seed: int
    replicates: int
    blocks: Blocks | None
    """How the seconds of the measured stages were cut; `None` if they could not be resampled."""
    runs: tuple[int, int] = (1, 1)
    """How many runs the base and the candidate have."""
    among: tuple[RunSpread, ...] = ()
    """How far the runs lie apart, for each side that has several."""

    def of_status(self, status: DifferenceStatus) -> tuple[Difference, ...]:
        """Return the differences of one status."""
        return tuple(each for each in self.differences if each.status is status)

    @property
    def deciding(self) -> Difference | None:
        """What decided: the gravest that is slower, the nearest to the tolerance, or the hardest to tell.

        An error rate that has risen is graver than any duration. `None` where there is a reason instead.
        """
        if self.reasons:
            return None
        judged = [each for each in self.differences if each.metric.role is Role.JUDGED]
        if self.conclusion is Conclusion.SLOWER:
            return max(
                self.of_status(DifferenceStatus.SLOWER),
                key=lambda each: (not each.metric.view, _end(each, "low")),
            )
        if self.conclusion is Conclusion.NOT_SLOWER:
            return max(
                (each for each in judged if each.metric.view and each.status is DifferenceStatus.WITHIN),
                key=lambda each: _end(each, "high"),
            )
        return max(
            (each for each in judged if each.status is DifferenceStatus.OPEN), key=lambda each: each.times
        )


def compare(
    base: Result, candidate: Result, *, tolerance: Fraction, seed: int = 0, replicates: int = REPLICATES
) -> Comparison:
    """Compare two results; `tolerance` is what durations may be longer by, as a part of the base's."""
    return compare_sides((base,), (candidate,), tolerance=tolerance, seed=seed, replicates=replicates)


def compare_sides(
    bases: Sequence[Result],
    candidates: Sequence[Result],
    *,
    tolerance: Fraction,
    seed: int = 0,
    replicates: int = REPLICATES,
) -> Comparison:
    """Compare the runs of two sides, one or more on each.

    Arrivals of all runs of a side count together, so a percentile is never a mean of percentiles.
    """
    base = bases[0]
    ours, theirs = (levels(_pooled(runs)) for runs in (bases, candidates))
    pairs = {metric: (ours[metric], theirs[metric]) for metric in METRICS}
    why = {metric: lacking(*pair) for metric, pair in pairs.items()}
    by_metric: Mapping[ComparedMetric, Interval | None] = {}
    reasons = list(comparability.reasons(bases, candidates))
    blocks = None
    runs = (*bases, *candidates)
    if all(comparability.same_load(base, run) for run in runs) and lengths(base):
        stages = tuple(map(min, zip(*map(lengths, runs), strict=True)))
        sides = PerSecond.of(bases, stages), PerSecond.of(candidates, stages)
        usable = [metric for metric in METRICS if not why[metric]]
        blocks = cut(sides, pairs, usable)
        if blocks.freedom < LEAST_FREEDOM:
            reasons.append(_too_few(base))
            blocks = None
        else:
            by_metric = intervals(sides, pairs, usable, blocks, replicates=replicates, seed=seed)
            why |= {metric: why[metric] or NEAR_NEVER for metric in by_metric if by_metric[metric] is None}
    differences = tuple(
        difference(metric, pairs[metric], by_metric.get(metric), why[metric], tolerance, judged=not reasons)
        for metric in METRICS
    )
    conclusion = _conclusion(differences)
    if conclusion is Conclusion.CANNOT_SAY and all(
        why[metric] for metric in RESPONSE if metric.role is Role.JUDGED
    ):
        reasons.append("no percentile of the response can be judged: too few arrivals had a session")
    return Comparison(
        conclusion=conclusion,
        differences=differences,
        reasons=tuple(reasons),
        notes=tuple(comparability.notes(bases, candidates)),
        tolerance=tolerance,
        seed=seed,
        replicates=replicates,
        blocks=blocks,
        runs=(len(bases), len(candidates)),
        among=tuple(
            RunSpread(name, tuple(_p95(run) for run in side))
            for name, side in (("base", bases), ("candidate", candidates))
            if len(side) > 1
        ),
    )


def obstacles(base: Result, planned: RunHeader) -> Iterator[str]:
    """Yield why a run that is only planned could not be compared with `base`, whatever it measures.

    Sentences without an end; that stages are too short is one of them.
    """
    yield from comparability.obstacles(base, planned)
    if lengths(planned) and Blocks(lengths(planned), SHORTEST).freedom < LEAST_FREEDOM:
        yield _too_few(planned)


def _conclusion(differences: tuple[Difference, ...]) -> Conclusion:
    if any(each.status is DifferenceStatus.SLOWER for each in differences):
        return Conclusion.SLOWER
    judged = [each for each in differences if each.metric.role is Role.JUDGED]
    is_open = any(each.status is DifferenceStatus.OPEN for each in judged)
    if is_open or not any(each.metric.view and each.status is DifferenceStatus.WITHIN for each in judged):
        return Conclusion.CANNOT_SAY
    return Conclusion.NOT_SLOWER


def _pooled(runs: Sequence[Result]) -> Slice:
    return reduce(add, (run.measured for run in runs))


def _p95(run: Result) -> Duration:
    return cast("Duration", levels(run.measured)[P95])


def _too_few(result: RunHeader) -> str:
    loaded = [stage.duration_ns for stage in result.stages if has_evidence(stage)]
    stages = f" in {len(loaded):,} stages" if len(loaded) > 1 else ""
    return (
        f"{duration_text(sum(loaded))}{stages} are too short: neighbouring seconds are alike, so few of them"
        " say anything of their own; measure one stage for at least 20 s"
    )


def _end(difference: Difference, end: str) -> float:
    return getattr(difference.interval, end, 0.0)
