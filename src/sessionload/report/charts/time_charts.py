"""Charts of durations by the second in which arrivals were due: response, response and service, lag.

A percentile that is never is a gap with a bar at the top, not a point at some height. Each series is a line
through the middles of its steps. A line cannot show a value that stands alone between two gaps, so such a
value is drawn as a line as long as its step.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from sessionload.report.charts.axes import Axis, clock_axis, milliseconds_axis
from sessionload.report.charts.canvas import Canvas, Datum, Frame, Series
from sessionload.report.model.timeline import LATE_NS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sessionload.report.charts.palette import Palette
    from sessionload.report.charts.plot import Drawing
    from sessionload.report.model.rows import ReportModel, TurnStep
    from sessionload.report.model.timeline import ChartStep

    Step = ChartStep | TurnStep

_DASHES = {"p50": (2, 3), "p95": (1, 0), "p99": (7, 3)}
_TARGET = (4, 4)
_MS = 1_000_000
PERCENTILES = tuple(_DASHES)
TIME = "Time since the start (min:s)"


def percentile_series(palette: Palette) -> dict[str, Series]:
    """Return how p50, p95 and p99 look, by name."""
    return {name: Series(name, getattr(palette, name), dash) for name, dash in _DASHES.items()}


def time_axis(model: ReportModel, width: int) -> Axis:
    """Return the axis of time that all pictures of a run by second have."""
    last = model.chart_steps[-1]
    return clock_axis(max(last.start_s + last.length_s, model.spans[-1].end), 8 if width > 700 else 4)


def response_chart(model: ReportModel, palette: Palette, width: int) -> Drawing:
    """Draw p50, p95 and p99 of the response, the targets on them, and where they are never."""
    steps = model.chart_steps
    series = percentile_series(palette)
    shown = [ms for name in series for step in steps if (ms := step_ms(step, name)) is not None]
    limit = 3 * max(shown, default=0.0)  # a bound far above would press the curves to the floor
    targets = [
        (Series(f"target {row.expr}", series[row.percentile].color, _TARGET), row.bound_ns / _MS)
        for row in model.targets
        if row.bound_ns is not None and row.percentile in series and row.bound_ns / _MS <= limit
    ]
    never = [
        {**series[name].look, "fill": series[name].color, "x": start, "x2": end, "lane": lane}
        for lane, name in enumerate(reversed(PERCENTILES))
        for start, end in _never(steps, name)
    ]
    axis = milliseconds_axis([*shown, *(bound for _, bound in targets)], never=bool(never))
    canvas = Canvas(
        Frame(
            palette,
            width,
            time_axis(model, width),
            axis,
            model.over(TIME),
            axis_title("Response time", axis),
            (*series.values(), *(target for target, _ in targets)),
            model.spans,
        )
    )
    canvas.levels({**target.look, "y": bound} for target, bound in targets)
    canvas.lines(row for name, line in series.items() for row in line_rows(steps, line, name))
    canvas.lanes(never)
    return canvas.drawing()


def lateness_gap_chart(model: ReportModel, palette: Palette, width: int) -> Drawing:
    """Draw the p99 of what was answered from due and from sent, and why they differ."""
    steps = model.chart_steps
    kinds = {
        "answered_p99": Series("response p99, answered", palette.answered),
        "service_p99": Series("service p99", palette.service, (7, 3)),
    }
    colors = {"the server queued": palette.server, "the generator was late": palette.generator}
    causes = {
        cause: Series(cause, color, shape="square")
        for cause, color in colors.items()
        if any(gap.cause == cause for gap in model.lateness_gaps)
    }
    shown = [ms for name in kinds for step in steps if (ms := step_ms(step, name)) is not None]
    axis = milliseconds_axis(shown)
    canvas = Canvas(
        Frame(
            palette,
            width,
            time_axis(model, width),
            axis,
            model.over(TIME),
            axis_title("p99", axis),
            (*kinds.values(), *causes.values()),
            model.spans,
        )
    )
    lanes = tuple(colors)
    gaps = [
        {
            **causes[gap.cause].look,
            "x": gap.start_s,
            "x2": gap.start_s + gap.length_s,
            "lane": lanes.index(gap.cause),
        }
        for gap in model.lateness_gaps
    ]
    canvas.bands(gaps, name="lateness_gaps", opacity=0.25)
    canvas.lanes(gaps)
    canvas.lines(row for name, line in kinds.items() for row in line_rows(steps, line, name))
    return canvas.drawing()


def lag_chart(model: ReportModel, palette: Palette, width: int) -> Drawing:
    """Draw the p99 of the generator's own lateness."""
    steps = model.chart_steps
    line = Series("lag p99", palette.lag)
    shown = [ms for step in steps if (ms := step_ms(step, "lag_p99")) is not None]
    late = Series("counted as late", palette.soft, _TARGET)
    bounds = [LATE_NS / _MS] if 3 * max(shown, default=0.0) >= LATE_NS / _MS else []
    axis = milliseconds_axis([*shown, *bounds])
    series = (line, late) if bounds else (line,)
    canvas = Canvas(
        Frame(
            palette,
            width,
            time_axis(model, width),
            axis,
            model.over(TIME),
            axis_title("Lag", axis),
            series,
            model.spans,
        )
    )
    canvas.levels({**late.look, "y": bound} for bound in bounds)
    canvas.lines(line_rows(steps, line, "lag_p99"))
    return canvas.drawing()


def axis_title(what: str, axis: Axis) -> str:
    """Return the title of an axis of durations."""
    return f"{what}, log scale" if axis.logarithmic else what


def step_ms(step: Step, name: str) -> float | None:
    """Return a duration of a step in milliseconds, by its name without `_ns`."""
    ns: int | None = getattr(step, f"{name}_ns")
    return None if ns is None else ns / _MS


def line_rows(steps: Sequence[Step], series: Series, name: str) -> Iterator[Datum]:
    """Yield the points of a line through the middles of steps; what stands alone is as long as its step."""
    look = series.look
    values = [None, *(step_ms(step, name) for step in steps), None]
    for step, before, here, after in zip(steps, values, values[1:], values[2:], strict=False):
        alone = before is None and here is not None and after is None
        for share in (0.0, 1.0) if alone else (0.5,):
            yield {**look, "x": step.start_s + step.length_s * share, "y": here}


def _never(steps: Iterable[ChartStep], name: str) -> Iterator[tuple[int, int]]:
    # Steps beside each other are one bar.
    for never, run in groupby(steps, lambda step: bool(step.samples) and step_ms(step, name) is None):
        if never:
            bar = list(run)
            yield bar[0].start_s, bar[-1].start_s + bar[-1].length_s
