"""The response of run after run, each with its verdict.

A line joins runs of equal load, and no others. Runs are numbered as in their table and stand at equal
distances, whenever they were; their verdicts are a row of marks below the lines. A percentile that is never
is a gap with a bar at the top, not a point at some height.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sessionload.report.charts.axes import Axis, milliseconds_axis
from sessionload.report.charts.canvas import Canvas, Datum, Frame, Series
from sessionload.report.charts.picture import Drawing, Palette, Picture, picture
from sessionload.report.charts.time_charts import PERCENTILES, percentile_series
from sessionload.report.model.quantities import NOTHING
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.report.history.model import RunRow, Trend

_FEWEST = 2
_SHAPES = {State.MET: "circle", State.MISSED: "cross", State.VOID: "diamond"}
_FOOT = 0.09
"""The share of the axis up that is kept for verdicts."""
_STEPS = (1, 5, 10, 50, 100, 500, 1000)
_MOST_TICKS = 40
_SIZES = ((18, 44), (9, 14), (0, 5))
"""Pixels from run to run, and the surface of a point that has so much room."""


def drawn(trend: Trend, number: int) -> Picture | None:
    """Return the picture of a trend; `None` if there is nothing to be seen in one. `number` names it."""
    if len(trend.rows) < _FEWEST:
        return None
    label = (
        f"p50, p95 and p99 of the response in {len(trend.rows):,} runs of {trend.title}, with their verdicts;"
        " the table below has the numbers"
    )
    return picture(f"trend-{number}", label, "none", lambda palette, width: _draw(trend.rows, palette, width))


def _draw(rows: tuple[RunRow, ...], palette: Palette, width: int) -> Drawing:
    lines = percentile_series(palette)
    never = [
        {"fill": lines[name].color, "x": number - 0.4, "x2": number + 0.4, "lane": lane}
        for lane, name in enumerate(reversed(PERCENTILES))
        for number, row in enumerate(rows, 1)
        if _ms(row, name) is None and getattr(row, name).text != NOTHING
    ]
    shown = [ms for name in PERCENTILES for row in rows if (ms := _ms(row, name)) is not None]
    up = milliseconds_axis(shown, never=bool(never))
    title = "Response time, log scale" if up.logarithmic else "Response time"
    verdicts = {
        state: Series(state.value, getattr(palette, state.value), shape=_SHAPES[state])
        for state in State
        if any(row.state is state for row in rows)
    }
    up = replace(up, low=up.value(-_FOOT))
    canvas = Canvas(
        Frame(
            palette,
            width,
            _across(len(rows)),
            up,
            "Run, numbered as in the table",
            title,
            (*lines.values(), *verdicts.values()),
        )
    )
    for name, series in lines.items():
        canvas.lines(_line(rows, name, series), name=f"lines_{name}")
    size = next(size for room, size in _SIZES if canvas.plot.width >= room * len(rows))
    canvas.points(
        [
            *(
                {"shape": "circle", "fill": series.color, "x": number, "y": ms}
                for name, series in lines.items()
                for number, row in enumerate(rows, 1)
                if (ms := _ms(row, name)) is not None
            ),
            *(
                {**verdicts[row.state].look, "x": number, "y": up.value(_FOOT / 2)}
                for number, row in enumerate(rows, 1)
            ),
        ],
        size=size,
    )
    canvas.lanes(never)
    return canvas.drawing()


def _across(runs: int) -> Axis:
    """Return the axis of run numbers: the first, the last, and each between them, or each fifth, or tenth."""
    step = next((step for step in _STEPS if runs <= step * _MOST_TICKS), _STEPS[-1])
    ticks = dict.fromkeys((1, runs, *range(step, runs + 1, step)))  # where room is short, the first ones stay
    return Axis(False, 0.5, runs + 0.5, tuple(map(float, ticks)), tuple(map(str, ticks)))  # noqa: FBT003


def _ms(row: RunRow, name: str) -> float | None:
    ms: float | None = getattr(row, name).raw
    return ms


def _line(rows: tuple[RunRow, ...], name: str, series: Series) -> Iterator[Datum]:
    before = rows[0]
    for number, row in enumerate(rows, 1):
        if row.stages != before.stages:
            yield {**series.look, "x": number - 0.5, "y": None}
        yield {**series.look, "x": number, "y": _ms(row, name)}
        before = row
