"""A comparison as one HTML page that needs nothing but itself.

The page goes from the answer down to what was run, for readers who ran neither of the runs, and works without
a script. It has the frame, style and script of a run's report, one chart of both percentile spectra, and a
forest plot that is made of boxes and shows nothing that the table below it does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sessionload
from sessionload.report.charts.chart_tables import ChartTable, level_rows
from sessionload.report.comparison.forest_plot import forest
from sessionload.report.template import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.report.charts.picture import Drawing, Palette, Picture
    from sessionload.report.comparison.model import ComparisonModel
    from sessionload.report.model.percentile_spectrum import PercentileSpectrum


def render(model: ComparisonModel) -> str:
    """Return the page, to be written as UTF-8."""
    sides = {"base": model.base.response, "candidate": model.candidate.response}
    return page(
        "comparison.html.j2",
        model=model,
        version=sessionload.__version__,
        picture=_picture(sides) if any(spectrum.count for spectrum in sides.values()) else None,
        table=_table(sides),
        forest=forest(model.rows, model.limit),
    )


def _picture(sides: Mapping[str, PercentileSpectrum]) -> Picture:
    from sessionload.report.charts.canvas import Series  # noqa: PLC0415 - slow to import, and only a page needs it
    from sessionload.report.charts.percentile_chart import percentile_charts  # noqa: PLC0415 - as above
    from sessionload.report.charts.picture import picture  # noqa: PLC0415 - as above

    def drawn(palette: Palette, width: int) -> Drawing:
        looks = (Series("base", palette.planned, (7, 3)), Series("candidate", palette.response))
        return percentile_charts(dict(zip(looks, sides.values(), strict=True)), palette, width)

    label = (
        "Response time of base and candidate against the percentile; each further nine takes the same width."
    )
    return picture("spectra", label, "nines", drawn)


def _table(sides: Mapping[str, PercentileSpectrum]) -> ChartTable:
    return ChartTable(
        name="spectra",
        caption="Response time over all arrivals of the measured stages.",
        head="Percentile",
        columns=("Base", "Candidate"),
        colors=("planned", "response"),
        groups=(("", tuple(level_rows(tuple(sides.values())))),),
    )
