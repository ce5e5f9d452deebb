"""The percentile spectrum: durations against the percentile, on an axis where each nine has the same room.

Arrivals that are never end the curve of the response before 100 %. The chart shows the same run corrected for
coordinated omission (from due) and uncorrected (from sent); what lies between the curves is what a closed
loop would hide. Nothing is drawn past the last arrival, whatever room the axis has. Curves rise, so the
lower right corner is where notes hide none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.charts.axes import milliseconds_axis, nines_axis
from sessionload.report.charts.canvas import Canvas, Datum, Frame, Series
from sessionload.units import share_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.report.charts.palette import Palette
    from sessionload.report.charts.plot import Drawing
    from sessionload.report.model.percentile_spectrum import PercentileSpectrum
    from sessionload.report.model.rows import ReportModel

_PERCENTILE = "Percentile"


def percentile_chart(model: ReportModel, palette: Palette, width: int) -> Drawing:
    """Draw the spectra of response and service."""
    return percentile_charts(
        {
            Series("response, corrected for coordinated omission", palette.response): model.response,
            Series("service, uncorrected", palette.service, (7, 3)): model.service,
        },
        palette,
        width,
        model.over(_PERCENTILE),
    )


def percentile_charts(
    spectra: Mapping[Series, PercentileSpectrum], palette: Palette, width: int, x_title: str = _PERCENTILE
) -> Drawing:
    """Draw any spectra, and where each one ends because all that is left is never."""
    rows = [row for series, spectrum in spectra.items() for row in _curve(series, spectrum)]
    ends = [
        (series, spectrum, spectrum.end) for series, spectrum in spectra.items() if spectrum.end is not None
    ]
    y = milliseconds_axis([row["y"] for row in rows], never=bool(ends))
    x = nines_axis(max(spectrum.count for spectrum in spectra.values()))
    title = "Duration, log scale" if y.logarithmic else "Duration"
    canvas = Canvas(Frame(palette, width, x, y, x_title, title, tuple(spectra)))
    canvas.borders({"x": end, "stroke": series.color} for series, _, end in ends)
    canvas.lanes(
        {"fill": series.color, "x": end, "x2": min(x.high, spectrum.count), "lane": lane}
        for lane, (series, spectrum, end) in enumerate(ends)
    )
    canvas.lines(rows)
    for lane, (series, spectrum, end) in enumerate(ends):
        text = f"{series.label.partition(',')[0]} is never for {share_text(spectrum.never, spectrum.count)}"
        canvas.note(end, text, name=f"end{lane}", pixels=canvas.plot.height - 10 - 15 * lane)
    return canvas.drawing()


def _curve(series: Series, spectrum: PercentileSpectrum) -> Iterator[Datum]:
    for level in spectrum.levels:
        if level.nines is not None:  # the level before the very end has the same value
            yield {**series.look, "x": min(level.nines, spectrum.count), "y": level.value_ns / 1_000_000}
