"""Latency against rate: the response at each rate that was achieved.

Seconds are grouped by what was achieved, not by what was planned; where the curves begin to rise is what the
environment can hold. A group of few seconds says little. A group in which a percentile is never has no point,
but a bar at the top as wide as the group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.charts.axes import milliseconds_axis, rate_axis
from sessionload.report.charts.canvas import Canvas, Frame, Series
from sessionload.report.charts.time_charts import PERCENTILES, percentile_series

if TYPE_CHECKING:
    from sessionload.report.charts.palette import Palette
    from sessionload.report.charts.plot import Drawing
    from sessionload.report.model.rows import ReportModel

_SHAPES = {"p50": "circle", "p95": "square", "p99": "triangle-up"}


def rate_chart(model: ReportModel, palette: Palette, width: int) -> Drawing:
    """Draw p50, p95 and p99 of the response against the achieved rate."""
    groups = model.by_rate
    lines = percentile_series(palette)
    points = {name: Series(name, getattr(palette, name), shape=shape) for name, shape in _SHAPES.items()}
    shown = [ms for group in groups for name in PERCENTILES if (ms := getattr(group, name).raw) is not None]
    never = [
        {"fill": points[name].color, "x": group.low, "x2": group.high, "lane": lane}
        for lane, name in enumerate(reversed(PERCENTILES))
        for group in groups
        if group.arrivals.raw and getattr(group, name).raw is None
    ]
    y = milliseconds_axis(shown, never=bool(never))
    least = groups[0].low if len(groups) > 1 else 0.0
    x = rate_axis(least, groups[-1].high, 8 if width > 700 else 4)
    title = "Response time, log scale" if y.logarithmic else "Response time"
    rate = model.over("Exchanges done per second")
    canvas = Canvas(Frame(palette, width, x, y, rate, title, tuple(points.values())))
    rows = [(group.rate, name, getattr(group, name).raw) for name in PERCENTILES for group in groups]
    canvas.lines({**lines[name].look, "x": at, "y": ms} for at, name, ms in rows)
    canvas.points({**points[name].look, "x": at, "y": ms} for at, name, ms in rows if ms is not None)
    canvas.lanes(never)
    return canvas.drawing()
