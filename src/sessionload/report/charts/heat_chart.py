"""The heat map: how many response times fell into each band, over time.

A color is a range of counts that the legend names, and an empty cell has no color. Seven colors of one hue
stand for counts about equally far apart as logarithms, so one slow arrival is seen beside thousands. The row
of those that were *never* stands apart: it is not a band above the slowest.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from sessionload.report.charts.axes import bands_axis
from sessionload.report.charts.canvas import Canvas, Datum, Frame, Series
from sessionload.report.charts.time_charts import TIME, time_axis

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessionload.report.charts.palette import Palette
    from sessionload.report.charts.plot import Drawing
    from sessionload.report.model.rows import ReportModel

_COLORS = 7


def heat_chart(model: ReportModel, palette: Palette, width: int) -> Drawing:
    """Draw the heat map, what is never as a row of its own at the top."""
    heat_map = model.heat_map
    bounds = count_bounds(max(*(count for column in heat_map.counts for count in column), *heat_map.never, 1))
    series = tuple(
        Series(label, getattr(palette, f"heat{number}"), shape="square")
        for label, number in zip(_labels(bounds), _spread(len(bounds)), strict=True)
    )
    borders = [low / 1_000_000 for low, _ in heat_map.bands] + [
        high / 1_000_000 for _, high in heat_map.bands[-1:]
    ]
    axis = bands_axis(borders)
    canvas = Canvas(
        Frame(
            palette,
            width,
            time_axis(model, width),
            axis,
            model.over(TIME),
            "Response time; arrivals in a cell:",
            series,
            model.spans,
            grid=False,
        )
    )
    rows: list[tuple[float, Sequence[int]]] = [
        (float(band), [column[band] for column in heat_map.counts]) for band in range(len(heat_map.bands))
    ]
    rows.append((axis.high - 1, heat_map.never))
    canvas.cells(
        cell for low, counts in rows for cell in _cells(heat_map.columns, low, counts, bounds, series)
    )
    return canvas.drawing()


def count_bounds(most: int) -> tuple[int, ...]:
    """Return the smallest count of each color, for counts up to `most`."""
    bounds = [digit * 10**power for power in range(len(str(most))) for digit in (1, 2, 5)]
    bounds = [bound for bound in bounds if bound <= most]
    if len(bounds) > _COLORS:
        bounds = [bounds[round(number * (len(bounds) - 1) / (_COLORS - 1))] for number in range(_COLORS)]
    return tuple(bounds)


def _labels(bounds: Sequence[int]) -> Iterator[str]:
    for low, above in pairwise(bounds):
        yield f"{low:,}" if above == low + 1 else f"{low:,} to {above - 1:,}"
    yield f"{bounds[-1]:,} or more"


def _spread(count: int) -> list[int]:
    # Few colors are as far apart as there is room.
    return [1 + round(number * (_COLORS - 1) / max(1, count - 1)) for number in range(count)]


def _cells(
    columns: Sequence[tuple[int, int]],
    low: float,
    counts: Sequence[int],
    bounds: Sequence[int],
    series: Sequence[Series],
) -> Iterator[Datum]:
    colored = zip(columns, (bisect_right(bounds, count) for count in counts), strict=True)
    for number, run in groupby(colored, key=lambda pair: pair[1]):
        cells = [column for column, _ in run]
        if number:
            start, end = cells[0][0], cells[-1][0] + cells[-1][1]
            yield {"fill": series[number - 1].color, "x": start, "x2": end, "y": low, "y2": low + 1}
