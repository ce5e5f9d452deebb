"""Response against rate, hold by hold: where the curves begin to rise is the knee.

Holds of one rate are one point, of the last of them. A percentile that is never is a bar at the top. The band
is between the two ends of the answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sessionload.report.charts.axes import milliseconds_axis, rate_axis
from sessionload.report.charts.canvas import Canvas, Frame, Series
from sessionload.report.charts.picture import Drawing, Palette, Picture, picture
from sessionload.report.charts.time_charts import PERCENTILES, percentile_series

if TYPE_CHECKING:
    from sessionload.capacity.capacity_report import HoldRow
    from sessionload.report.capacity.model import CapacityModel

_SHAPES = {"met": "circle", "missed": "cross", "void": "diamond", "throttled": "triangle-up"}
_FEWEST = 2
_FOOT = 0.09
"""The share of the axis up that is kept for what the holds showed."""


def drawn(model: CapacityModel) -> Picture | None:
    """Return the picture of a search; `None` where fewer than two rates were held."""
    last = {row.source.rate: row.source for row in model.rows}
    holds = [last[rate] for rate in sorted(last)]
    if len(holds) < _FEWEST:
        return None
    label = "p50, p95 and p99 of the response at each rate that was held; the table below has the numbers"
    ends = (model.source.low, model.source.high)
    return picture("capacity", label, "none", lambda palette, width: _draw(holds, ends, palette, width))


def _draw(
    holds: list[HoldRow], ends: tuple[float | None, float | None], palette: Palette, width: int
) -> Drawing:
    lines = percentile_series(palette)
    values = {(name, hold.rate): _ms(hold, name) for name in PERCENTILES for hold in holds}
    shown = [ms for ms in values.values() if ms is not None]
    reach = (holds[-1].rate - holds[0].rate) / 40
    never = [
        {"fill": lines[name].color, "x": hold.rate - reach, "x2": hold.rate + reach, "lane": lane}
        for lane, name in enumerate(reversed(PERCENTILES))
        for hold in holds
        if hold.arrivals and values[name, hold.rate] is None
    ]
    up = milliseconds_axis(shown, never=bool(never))
    title = "Response time, log scale" if up.logarithmic else "Response time"
    up = replace(up, low=up.value(-_FOOT))
    marks = {
        word: Series(word, getattr(palette, word if word in {"met", "missed"} else "void"), shape=shape)
        for word, shape in _SHAPES.items()
        if any(hold.shown == word for hold in holds)
    }
    across = rate_axis(0.0, holds[-1].rate + reach, 8 if width > 700 else 4)
    series = (*lines.values(), *marks.values())
    canvas = Canvas(Frame(palette, width, across, up, "Arrivals per second", title, series))
    low, high = ends
    if low is not None and high is not None:
        band = {"label": "answer", "fill": palette.missed, "x": low, "x2": high, "y": up.low, "y2": up.high}
        canvas.bands([band], opacity=0.12)
    for name, line in lines.items():
        canvas.lines(
            ({**line.look, "x": hold.rate, "y": values[name, hold.rate]} for hold in holds),
            name=f"lines_{name}",
        )
    canvas.points(
        [
            *(
                {"shape": "circle", "fill": lines[name].color, "x": rate, "y": ms}
                for (name, rate), ms in values.items()
                if ms is not None
            ),
            *({**marks[hold.shown].look, "x": hold.rate, "y": up.value(_FOOT / 2)} for hold in holds),
        ]
    )
    canvas.lanes(never)
    return canvas.drawing()


def _ms(hold: HoldRow, name: str) -> float | None:
    ms: float | None = getattr(hold, f"{name}_ms")
    return ms
