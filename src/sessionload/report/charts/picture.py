"""All pictures of a report, drawn when it is made.

A picture needs no script to be seen, and shows nothing that the table below it does not. vl_convert draws its
specification, twice for a page: wide, and narrow with fewer ticks. It is slow to import, so it is imported
when the first picture is asked for.

What a script may do with a drawing on a page, in which the data area is `Plot`:

- `g[data-zoom="stretch"]`: everything that stretches along x. All of its coordinates have 0 at the left
  edge of the data area. To show from `low` to `high` of the data area's pixels, set on the group itself
  `transform="scale(k,1) translate(-low,0)"` with `k = width / (high - low)`. It is clipped to the data
  area by the group around it. Strokes keep their width by `vector-effect: non-scaling-stroke` in the
  page's stylesheet.
- `g[data-zoom="move"] > g[data-x]`: texts that move and keep their shape. `data-x` is where they are;
  set `transform="translate(dx,0)"` on the inner group, and `display` to hide what is outside.
- `g[data-zoom="axis"] > g.tick`: ticks along x, each at `transform="translate(x,0)"` with a line and a
  text. They may be replaced by copies of one of them at other places.
- `g.data` holds all of these, its 0,0 is the upper left corner of the data area, so that a cursor can
  be put into it.

On a page each mark has its light color, and a class `fill-NAME` or `stroke-NAME`, with NAME a field of
`Palette`. `rules` and `declarations` write the style sheet that sets the colors of the page, light or dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sessionload.report.charts.palette import DARK, LIGHT, PAGE, Palette, declarations, status_colors
from sessionload.report.charts.plot import Drawing, Plot
from sessionload.report.charts.svg import draw, draw_alone, raster

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.report.model.rows import ReportModel

__all__ = (
    "DARK",
    "LIGHT",
    "NARROW",
    "WIDE",
    "Drawing",
    "Palette",
    "Picture",
    "Plot",
    "declarations",
    "picture",
    "pictures",
    "png_files",
    "status_colors",
    "svg_files",
)

WIDE, NARROW = 1120, 380
"""Width of the two drawings in pixels."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for a page, in two widths.

    `kind` is what x is: `time` in seconds, `nines`, `rate`, or `none` of these.
    """

    name: str
    label: str
    kind: str
    wide: str
    narrow: str
    wide_plot: Plot
    narrow_plot: Plot


def picture(name: str, label: str, kind: str, build: Callable[[Palette, int], Drawing]) -> Picture:
    """Return a picture for a page, on which no other one may have the same name."""
    wide, narrow = build(PAGE, WIDE), build(PAGE, NARROW)
    return Picture(
        name,
        label,
        kind,
        draw(wide, f"{name}-wide"),
        draw(narrow, f"{name}-narrow"),
        wide.plot,
        narrow.plot,
    )


def pictures(model: ReportModel) -> dict[str, Picture | None]:
    """Return all pictures by name, in the order of the page; `None` where there is nothing to draw."""
    from sessionload.report.charts.catalogue import charts_of  # noqa: PLC0415 - slow to import

    return {
        chart.name: picture(chart.name, chart.label, chart.kind, partial(chart.draw, model))
        if chart.has_data(model)
        else None
        for chart in charts_of(model)
    }


def svg_files(model: ReportModel) -> dict[str, str]:
    """Return all that there is to draw as files, by name: on white, in the light colors, under a title."""
    from sessionload.report.charts.catalogue import charts_of  # noqa: PLC0415 - slow to import

    return {
        chart.name: draw_alone(
            chart.draw(model, LIGHT, WIDE),
            f"{chart.name}-file",
            f"{chart.title} · {model.title} · run {model.run_id}",
            ink=LIGHT.ink,
        )
        for chart in charts_of(model)
        if chart.has_data(model)
    }


def png_files(model: ReportModel) -> dict[str, bytes]:
    """Return the same as pixels, two for each of the drawing's."""
    return {name: raster(svg) for name, svg in svg_files(model).items()}
