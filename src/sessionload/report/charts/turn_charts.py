"""Charts of turns: the time to the first event, and how many conversations were open at once.

They have the steps and the axis of time of the charts of session starts. What is open is a number at once,
not one per second, so a step of several seconds shows the most that was open in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.charts.axes import count_axis, milliseconds_axis
from sessionload.report.charts.canvas import Canvas, Datum, Frame, Series
from sessionload.report.charts.time_charts import (
    TIME,
    axis_title,
    line_rows,
    percentile_series,
    step_ms,
    time_axis,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessionload.report.charts.palette import Palette
    from sessionload.report.charts.plot import Drawing
    from sessionload.report.model.rows import ReportModel, TurnStep


def first_event_chart(model: ReportModel, palette: Palette, width: int) -> Drawing:
    """Draw p50, p95 and p99 of the time to the first event."""
    steps = steps_of(model)
    series = percentile_series(palette)
    shown = [ms for name in series for step in steps if (ms := step_ms(step, name)) is not None]
    axis = milliseconds_axis(shown)
    title = axis_title("First event", axis)
    across = time_axis(model, width)
    canvas = Canvas(
        Frame(palette, width, across, axis, model.over(TIME), title, tuple(series.values()), model.spans)
    )
    canvas.lines(row for name, line in series.items() for row in line_rows(steps, line, name))
    return canvas.drawing()


def conversations_chart(model: ReportModel, palette: Palette, width: int) -> Drawing:
    """Draw how many conversations were open at once."""
    steps = steps_of(model)
    line = Series("open", palette.sent)
    across, up = time_axis(model, width), count_axis(max(step.open for step in steps))
    what = "Conversations open at once"
    canvas = Canvas(Frame(palette, width, across, up, model.over(TIME), what, (line,), model.spans))
    canvas.lines(_edge(steps, line), steps=True)
    return canvas.drawing()


def steps_of(model: ReportModel) -> Sequence[TurnStep]:
    """Return the steps of turns; none in a run without any."""
    return model.turns.steps if model.turns else ()


def _edge(steps: Sequence[TurnStep], line: Series) -> Iterator[Datum]:
    for step in steps:
        yield {**line.look, "x": step.start_s, "y": step.open}
    last = steps[-1]  # which ends, too
    yield {**line.look, "x": last.start_s + last.length_s, "y": last.open}
