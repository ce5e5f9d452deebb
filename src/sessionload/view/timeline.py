"""A run, second by second, or in steps of several seconds where a picture has no room for more.

Law: a step's percentile is the percentile of the arrivals in it; percentiles are never averaged.
Idea: slices are merged by step and asked once. Trap: what was planned, answered or late belongs to
the second an arrival was *due*; `sent` and `done` belong to the second in which they happened.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING

from sessionload.measure.exchange import Outcome
from sessionload.measure.measurement import total
from sessionload.view.plain import plain
from sessionload.words.units import NS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.judge.result import Result
    from sessionload.measure.histogram import Histogram
    from sessionload.measure.slices import Slice

LATE_NS = 10_000_000
"""An arrival is counted as late when the generator itself was later than this."""

AFTER = "(drain)"
"""The stage of the seconds after the schedule, in which only what was in flight ends."""

_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800)


@dataclass(frozen=True, slots=True)
class Point:
    """One step of the run. Counts are of the whole step; percentiles are of the response.

    A percentile is `None` when it is never, and also when there were no `samples`.
    """

    second: int
    seconds: int
    stage: str
    warmup: bool
    planned: int
    sent: int
    done: int
    ok: int
    errors: int
    unsent: int
    late: int
    samples: int
    p50_ns: int | None
    p95_ns: int | None
    p99_ns: int | None


@dataclass(frozen=True, slots=True)
class Span:
    """A stage on the axis of time, in seconds."""

    name: str
    start: float
    end: float
    warmup: bool

    @property
    def label(self) -> str:
        """The name, which says so if the stage is a warm-up."""
        return f"{self.name} (warm-up)" if self.warmup and "warm" not in self.name.lower() else self.name


def spans(result: Result) -> tuple[Span, ...]:
    """Return the stages with their borders."""
    return tuple(
        Span(plain(stage.name, 200), start / NS, (start + stage.duration_ns) / NS, stage.warmup)
        for start, stage in zip(result.starts_ns, result.stages, strict=True)
    )


def step_for(seconds: int, most: int) -> int:
    """Return the smallest step of a clock, in seconds, that needs at most `most` points."""
    for step in _STEPS:
        if seconds <= step * most:
            return step
    return next(hours * 3600 for hours in count(1) if seconds <= hours * 3600 * most)


def points(result: Result, most: int | None = None) -> tuple[Point, ...]:
    """Return the run by second, or in at most `most` steps."""
    measurement = result.measurement
    busy = [second for _, second in measurement.slices] + [*measurement.flow, *result.planned_by_second]
    schedule = -(-sum(stage.duration_ns for stage in result.stages) // NS)
    seconds = max([schedule - 1, *busy]) + 1
    step = step_for(seconds, most) if most else 1
    parts: defaultdict[int, list[Slice]] = defaultdict(list)
    for (_, second), part in measurement.slices.items():
        parts[second // step].append(part)
    planned: defaultdict[int, int] = defaultdict(int)
    for second, arrivals in result.planned_by_second.items():
        planned[second // step] += arrivals
    sent: defaultdict[int, int] = defaultdict(int)
    done: defaultdict[int, int] = defaultdict(int)
    for second, flow in measurement.flow.items():
        sent[second // step] += flow.sent
        done[second // step] += flow.done
    stages = _stages(spans(result), range(0, seconds, step))
    found = []
    for number, (start, (name, warmup)) in enumerate(zip(range(0, seconds, step), stages, strict=True)):
        part = total(parts[number])
        response = part.response
        found.append(
            Point(
                second=start,
                seconds=min(step, seconds - start),
                stage=name,
                warmup=warmup,
                planned=planned[number],
                sent=sent[number],
                done=done[number],
                ok=part.outcomes.get(Outcome.OK, 0),
                errors=part.errors,
                unsent=part.unsent,
                late=above(part.lag, LATE_NS),
                samples=response.count,
                p50_ns=quantile(response, Fraction(1, 2)),
                p95_ns=quantile(response, Fraction(19, 20)),
                p99_ns=quantile(response, Fraction(99, 100)),
            )
        )
    return tuple(found)


def quantile(histogram: Histogram, share: Fraction) -> int | None:
    """Return a quantile in nanoseconds; `None` when it is never or when nothing was counted."""
    return histogram.quantile(share) if histogram else None


def above(histogram: Histogram, limit: int) -> int:
    """Return how many durations are above `limit` nanoseconds, to the width of a bucket."""
    within = 0
    for value, at_most in histogram.steps():
        if value > limit:
            break
        within = at_most
    return histogram.ended - within


def _stages(borders: tuple[Span, ...], starts: range) -> Iterator[tuple[str, bool]]:
    # The stage in which a step begins; stages and steps both rise, so one pass is enough.
    stage = 0
    for start in starts:
        while stage < len(borders) and borders[stage].end <= start:
            stage += 1
        yield (borders[stage].label, borders[stage].warmup) if stage < len(borders) else (AFTER, False)
