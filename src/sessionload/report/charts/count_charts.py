"""Charts of counts: traffic, outcomes and status codes by second.

What is drawn is per second, however many seconds a step has. A stack is made of areas that all begin at 0,
the highest behind, so each is only its upper edge. Failures have to be seen beside hundreds of times as many
successes, so they stand at the bottom, on the axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.metrics.exchange import Outcome
from sessionload.report.charts.axes import count_axis
from sessionload.report.charts.canvas import Canvas, Datum, Frame, Series
from sessionload.report.charts.palette import status_colors
from sessionload.report.charts.time_charts import TIME, time_axis

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sessionload.report.charts.palette import Palette
    from sessionload.report.charts.plot import Drawing
    from sessionload.report.model.rows import ReportModel

_PER_SECOND = "Arrivals per second"
_DASHES = {"planned": (1, 0), "sent": (1, 0), "done": (5, 3), "late": (2, 2)}


def traffic_chart(model: ReportModel, palette: Palette, width: int) -> Drawing:
    """Draw arrivals planned, sent, done and late, and those that were lost as a gap in what was planned.

    How many waited to be sent is a line of its own, where any did: a number at once, not one per second.
    """
    series = {name: Series(name, getattr(palette, name), dash) for name, dash in _DASHES.items()}
    counts = {name: [getattr(step, name) for step in model.chart_steps] for name in series}
    backlog = [step.backlog * step.length_s for step in model.chart_steps]  # which is divided by the length
    if any(backlog):
        series["backlog"], counts["backlog"] = Series("waiting", palette.server, (6, 2, 1, 2)), backlog
    lost = Series("lost", palette.lost, shape="square")
    gap = [step.lost for step in model.chart_steps]
    listed = (*series.values(), lost) if any(gap) else tuple(series.values())
    what = "Arrivals per second; waiting at once" if any(backlog) else _PER_SECOND
    canvas = _canvas(model, palette, width, counts.values(), listed, what)
    planned = Series("planned", palette.planned, shape="square")
    canvas.surfaces(_edge(model, planned, counts["planned"]), opacity=0.22)
    if any(gap):
        canvas.surfaces(_edge(model, lost, gap), name="lost")
    canvas.lines((row for name in series for row in _edge(model, series[name], counts[name])), steps=True)
    return canvas.drawing()


def outcomes_chart(model: ReportModel, palette: Palette, width: int) -> Drawing:
    """Draw how arrivals ended, stacked: what failed below, what went well above it, then unsent and lost."""
    order = [*(outcome for outcome in Outcome if outcome is not Outcome.OK), Outcome.OK]
    steps = model.chart_steps
    counts = {outcome.value: [step.outcomes.get(outcome, 0) for step in steps] for outcome in order}
    counts["unsent"] = [step.unsent for step in steps]
    counts["lost"] = [step.lost for step in steps]
    looks = {name: Series(name.replace("_", " "), getattr(palette, name), shape="square") for name in counts}
    return _stack(model, palette, width, {looks[name]: counted for name, counted in counts.items()})


def statuses_chart(model: ReportModel, palette: Palette, width: int) -> Drawing:
    """Draw the status codes of what was answered, stacked: successes on top."""
    steps = model.chart_steps
    colors = status_colors({status for step in steps for status in step.statuses})
    counts = {
        Series(str(status), getattr(palette, color), shape="square"): [
            step.statuses.get(status, 0) for step in steps
        ]
        for status, color in colors.items()
    }
    return _stack(model, palette, width, counts)


def _stack(
    model: ReportModel, palette: Palette, width: int, counts: Mapping[Series, Sequence[int]]
) -> Drawing:
    sums = [0] * len(model.chart_steps)
    layers: dict[Series, list[int]] = {}
    for series, counted in counts.items():
        if any(counted):
            sums = [below + count for below, count in zip(sums, counted, strict=True)]
            layers[series] = sums
    canvas = _canvas(model, palette, width, layers.values(), tuple(layers))
    canvas.surfaces(row for series in reversed(layers) for row in _edge(model, series, layers[series]))
    return canvas.drawing()


def _canvas(
    model: ReportModel,
    palette: Palette,
    width: int,
    counts: Iterable[Sequence[int]],
    series: tuple[Series, ...],
    what: str = _PER_SECOND,
) -> Canvas:
    rates = (
        count / step.length_s
        for counted in counts
        for count, step in zip(counted, model.chart_steps, strict=True)
    )
    x, y = time_axis(model, width), count_axis(max(rates))
    return Canvas(Frame(palette, width, x, y, model.over(TIME), what, series, model.spans))


def _edge(model: ReportModel, series: Series, counts: Sequence[int]) -> Iterator[Datum]:
    steps = model.chart_steps
    look = series.look
    for step, count in zip(steps, counts, strict=True):
        yield {**look, "x": step.start_s, "y": count / step.length_s}
    last = steps[-1]  # which ends, too
    yield {**look, "x": last.start_s + last.length_s, "y": counts[-1] / last.length_s}
