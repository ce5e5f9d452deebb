"""A run second by second, or in steps of several seconds where a chart has no room for more.

The percentile of a step is that of the arrivals in it; percentiles are never averaged. Slices are merged step
by step, so that only one sum is held at a time. What was planned, answered or late belongs to the second in
which an arrival was *due*; `sent` and `done` belong to the second in which they happened.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, overload

from sessionload.metrics.buckets import bucket_of
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.sums import total
from sessionload.report.model.plain import plain
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.metrics.histogram import Histogram
    from sessionload.metrics.slices import Slice
    from sessionload.report.model.sums import Cells
    from sessionload.verdict.result import Result

LATE_NS = 10_000_000
"""An arrival is counted as late when the generator itself was later than this."""

AFTER = "(drain)"
"""The stage of the seconds after the schedule, in which only what was in flight ends."""

SHOWN = (Fraction(1, 2), Fraction(19, 20), Fraction(99, 100))
"""The percentiles of a step: p50, p95 and p99."""

_P99 = SHOWN[-1]


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """A second of the run, or a step of several. Percentiles are of the response.

    A percentile is `None` when it is never, and also when there were no `samples`.
    """

    start_s: int
    length_s: int
    stage: str
    warmup: bool
    planned: int
    sent: int
    done: int
    ok: int
    errors: int
    unsent: int
    lost: int
    samples: int
    p50_ns: int | None
    p95_ns: int | None
    p99_ns: int | None


@dataclass(frozen=True, slots=True)
class ChartStep(TimelineStep):
    """A step of the run with all that a chart shows of it."""

    late: int
    service_p99_ns: int | None
    answered_p99_ns: int | None
    lag_p99_ns: int | None
    queued: int
    """Arrivals that waited because `max_in_flight` were in flight."""
    outcomes: Mapping[Outcome, int]
    """Only those that were seen."""
    statuses: Mapping[int, int]
    backlog: int
    """How many waited to be sent at once, at most."""


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


class Timeline(Sequence[TimelineStep]):
    """Each second of a run, worked out when one is asked for: a page does without them.

    A copy in another process has the seconds and not the result, whose slices may be hundreds of megabytes.
    """

    def __init__(self, result: Result) -> None:
        self._result: Result | None = result
        self._steps: tuple[TimelineStep, ...] = ()

    def _all(self) -> tuple[TimelineStep, ...]:
        if self._result is not None:
            self._steps = tuple(_seconds(self._result))
            self._result = None
        return self._steps

    def __getstate__(self) -> dict[str, object]:
        return {"_result": None, "_steps": self._all()}

    @overload
    def __getitem__(self, place: int) -> TimelineStep: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[TimelineStep, ...]: ...

    def __getitem__(self, place: int | slice) -> TimelineStep | tuple[TimelineStep, ...]:
        return self._all()[place]

    def __len__(self) -> int:
        return len(self._steps) if self._result is None else length(self._result)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timeline) and self._all() == other._all()

    __hash__ = None  # type: ignore[assignment]  # like the results that it is made from


def spans(result: Result) -> tuple[Span, ...]:
    """Return the stages with their borders."""
    return tuple(
        Span(plain(stage.name, 200), start / NS, (start + stage.duration_ns) / NS, stage.warmup)
        for start, stage in zip(result.starts_ns, result.stages, strict=True)
    )


def length(result: Result) -> int:
    """Return how many seconds there are to show: the schedule, and what ended after it, turns too."""
    measurement = result.measurement
    busy = [second for _, second in measurement.slices] + [*measurement.flow, *result.planned_by_second]
    if measurement.turns is not None:
        busy += [second for _, second, _ in measurement.turns.slices]
        busy += measurement.turns.flow
    schedule = -(-sum(stage.duration_ns for stage in result.stages) // NS)
    return max([schedule - 1, *busy]) + 1


def shown_length(result: Result) -> int:
    """Return how many seconds charts show: of a run that ended early, those up to then and the drain."""
    until_s = result.run.measured_until_s
    if until_s is None:
        return length(result)
    turns = result.measurement.turns
    busy: list[int] = [*result.measurement.flow, *(turns.flow if turns else ())]
    return max(1, math.ceil(until_s), *(second + 1 for second in busy))


def shown_spans(result: Result) -> tuple[Span, ...]:
    """Return the stages with their borders, as far as charts show them."""
    end = shown_length(result)
    return tuple(replace(span, end=min(span.end, end)) for span in spans(result) if span.start < end)


def walk(result: Result, step: int, cells: Cells | None = None) -> Iterator[tuple[ChartStep, Slice]]:
    """Yield each step of so many seconds, and the sum of its slices, which are added to `cells` too."""
    until_s = result.run.measured_until_s
    planned = {
        second: arrivals
        for second, arrivals in result.planned_by_second.items()
        if until_s is None or second < until_s
    }
    steps = _Steps(result, result.measured_slices, planned, shown_length(result), step, cells)
    for number, step_sum in steps.sums():
        lag = step_sum.lag
        chart_step = ChartStep(
            **steps.counts(number, step_sum),
            late=above(lag, LATE_NS),
            service_p99_ns=quantile(step_sum.service, _P99),
            answered_p99_ns=quantile(step_sum.answered, _P99),
            lag_p99_ns=quantile(lag, _P99),
            queued=step_sum.queued_lag.count,
            outcomes=step_sum.outcomes,
            statuses=step_sum.statuses,
            backlog=steps.backlog[number],
        )
        yield chart_step, step_sum


def quantile(histogram: Histogram, share: Fraction) -> int | None:
    """Return a quantile in nanoseconds; `None` when it is never or when nothing was counted."""
    return histogram.quantile(share) if histogram else None


def quantiles(histogram: Histogram, shares: Sequence[Fraction]) -> list[int | None]:
    """Return quantiles in nanoseconds; `None` for those that are never, and when nothing was counted."""
    return histogram.quantiles(shares) if histogram else [None] * len(shares)


def above(histogram: Histogram, limit: int) -> int:
    """Return how many durations are above `limit` nanoseconds, to the width of a bucket."""
    if histogram.maximum <= limit:
        return 0
    last = bucket_of(limit)
    return sum(count for bucket, count in histogram.items() if bucket > last)


def _seconds(result: Result) -> Iterator[TimelineStep]:
    """Yield each second of the plan with all that was due in it; percentiles are of what was measured."""
    slices, planned, seconds = result.measurement.slices, result.planned_by_second, length(result)
    whole = _Steps(result, slices, planned, seconds, 1, None)
    steps = (TimelineStep(**whole.counts(number, step_sum)) for number, step_sum in whole.sums())
    if result.run.measured_until_s is None:
        yield from steps
        return
    part = _Steps(result, result.measured_slices, planned, seconds, 1, None)
    for step, (_, step_sum) in zip(steps, part.sums(), strict=True):
        p50_ns, p95_ns, p99_ns = quantiles(step_sum.response, SHOWN)
        yield replace(step, samples=step_sum.accounted, p50_ns=p50_ns, p95_ns=p95_ns, p99_ns=p99_ns)


class _Steps:
    """What is known of the steps of a run, apart from their durations."""

    def __init__(
        self,
        result: Result,
        slices: Mapping[tuple[int, int], Slice],
        planned: Mapping[int, int],
        seconds: int,
        step: int,
        cells: Cells | None,
    ) -> None:
        self._step = step
        self._cells = cells
        self._seconds = seconds
        self._slices_of: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self._slices = slices
        for stage, second in self._slices:
            self._slices_of[second // step].append((stage, second))
        self._planned: defaultdict[int, int] = defaultdict(int)
        for second, arrivals in planned.items():
            self._planned[second // step] += arrivals
        self._sent: defaultdict[int, int] = defaultdict(int)
        self._done: defaultdict[int, int] = defaultdict(int)
        for second, flow in result.measurement.flow.items():
            self._sent[second // step] += flow.sent
            self._done[second // step] += flow.done
        self.backlog: defaultdict[int, int] = defaultdict(int)
        for second, waiting in result.measurement.backlog.items():
            self.backlog[second // step] = max(self.backlog[second // step], waiting)
        self._stages = list(_stages(spans(result), range(0, self._seconds, step)))

    def sums(self) -> Iterator[tuple[int, Slice]]:
        """Yield the number of each step and the sum of its slices."""
        for number in range(len(self._stages)):
            by_cell: defaultdict[tuple[int, int | None], list[Slice]] = defaultdict(list)
            for stage, second in self._slices_of[number]:
                cell = self._cells.key(stage, second) if self._cells else (0, None)
                by_cell[cell].append(self._slices[stage, second])
            sums = {
                cell: slices[0] if len(slices) == 1 else total(slices) for cell, slices in by_cell.items()
            }
            if self._cells:
                for cell, cell_sum in sums.items():
                    self._cells.add(cell, cell_sum)
            (step_sum,) = sums.values() if len(sums) == 1 else (total(sums.values()),)
            yield number, step_sum

    def counts(self, number: int, step_sum: Slice) -> dict[str, Any]:
        """Return the fields of a `TimelineStep`."""
        start = number * self._step
        stage, warmup = self._stages[number]
        p50, p95, p99 = quantiles(step_sum.response, SHOWN)
        return {
            "start_s": start,
            "length_s": min(self._step, self._seconds - start),
            "stage": stage,
            "warmup": warmup,
            "planned": self._planned[number],
            "sent": self._sent[number],
            "done": self._done[number],
            "ok": step_sum.outcomes.get(Outcome.OK, 0),
            "errors": step_sum.errors,
            "unsent": step_sum.unsent,
            "lost": step_sum.lost,
            "samples": step_sum.accounted,
            "p50_ns": p50,
            "p95_ns": p95,
            "p99_ns": p99,
        }


def _stages(borders: tuple[Span, ...], starts: range) -> Iterator[tuple[str, bool]]:
    # The stage in which a step begins; stages and steps both rise, so one pass is enough.
    stage = 0
    for start in starts:
        while stage < len(borders) and borders[stage].end <= start:
            stage += 1
        yield (borders[stage].label, borders[stage].warmup) if stage < len(borders) else (AFTER, False)
