"""What the charts of a page have in common: colors, axes, stages, the line under the pointer.

Law: a chart stands on any background, so every color is a name that the page gives a value to. Idea: a
chart is a list of layers; this module has the layers and axes that more than one chart uses. Trap:
text of other people (a stage's name) is data, never part of an expression.

The hues on the page are those of Okabe and Ito, told apart with every common kind of color vision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import altair as alt

from sessionload.view.axes import Axis, clock_axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sessionload.view.rows import Sheet

_HEIGHT = 260
_FONT = (
    "Inter, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', 'Liberation Sans', Arial,"
    " sans-serif"
)


@dataclass(frozen=True, slots=True)
class Palette:
    """Colors by part, each anything that CSS accepts."""

    ink: str
    soft: str
    line: str
    shade: str
    p50: str
    p95: str
    p99: str
    planned: str
    sent: str
    done: str
    response: str
    service: str


PAGE = Palette(**{name: f"var(--chart-{name})" for name in Palette.__slots__})
"""The page's own colors, which follow light and dark."""


def data_of(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    """Return rows as the data of a layer."""
    return alt.InlineData(values=[dict(row) for row in rows])


def time_across(sheet: Sheet) -> alt.X:
    """Return the axis of time since the start of the schedule, shared by what is shown by second."""
    last = sheet.steps_of_run[-1]
    axis = clock_axis(max(last.second + last.seconds, sheet.spans[-1].end))
    return alt.X(
        "t:Q",
        title="Time since the start (min:s)",
        scale=alt.Scale(domain=[axis.low, axis.high], nice=False),
        axis=alt.Axis(
            values=list(axis.ticks), labelExpr=axis.label_expression, grid=False, labelOverlap="greedy"
        ),
    )


def duration_up(axis: Axis, title: str) -> alt.Y:
    """Return the axis of durations, in milliseconds."""
    return alt.Y(
        "ms:Q",
        title=title,
        scale=alt.Scale(
            type="log" if axis.logarithmic else "linear", domain=[axis.low, axis.high], nice=False, clamp=True
        ),
        axis=alt.Axis(values=list(axis.ticks), labelExpr=axis.label_expression),
    )


def color_by(names: tuple[str, ...], palette: Palette) -> alt.Color:
    """Return the colors of series, one for each name, with a legend."""
    return alt.Color(
        "series:N",
        scale=alt.Scale(domain=list(names), range=[getattr(palette, name) for name in names]),
        legend=legend(),
    )


def legend() -> alt.Legend:
    """Return a legend in one line above the chart."""
    return alt.Legend(title=None, orient="top", direction="horizontal", symbolType="stroke", symbolOpacity=1)


def stage_layers(sheet: Sheet, palette: Palette) -> list[alt.Chart]:
    """Return what shows the stages: shaded warm-ups, borders and names."""
    whole = sheet.spans[-1].end
    rows = [
        {
            "t": span.start,
            "end": span.end,
            "name": span.label,
            "warmup": span.warmup,
            "part": (span.end - span.start) / whole,
        }
        for span in sheet.spans
    ]
    time = alt.X("t:Q")
    return [
        alt.Chart(data_of([row for row in rows if row["warmup"]]))
        .mark_rect(color=palette.shade, opacity=1)
        .encode(x=time, x2="end:Q"),
        alt.Chart(data_of(rows[1:]))
        .mark_rule(color=palette.soft, strokeDash=[2, 3], strokeWidth=1, opacity=0.7)
        .encode(x=time),
        alt.Chart(data_of(rows))
        .mark_text(
            align="left",
            baseline="bottom",
            dx=2,
            color=palette.soft,
            limit=alt.ExprRef("max(1, datum.part * width - 8)"),
        )
        .encode(x=time, y=alt.value(-4), text="name:N"),
    ]


def hover_layer(rows: Sequence[Mapping[str, Any]], told: Mapping[str, str], palette: Palette) -> alt.Chart:
    """Return a band over each step, from `start` to `end`, that tells of it under the pointer.

    `told` holds titles by field of `rows`. Bands are simpler than Vega-Lite's nearest point, whose
    tooltips lose a list of fields.
    """
    here = alt.selection_point(name="here", on="pointerover", clear="pointerout", empty=False)
    band: alt.Chart = (
        alt.Chart(data_of(rows))
        .mark_rect(color=palette.soft)
        .encode(
            x=alt.X("start:Q"),
            x2="end:Q",
            opacity=alt.condition(here, alt.value(0.22), alt.value(0)),
            tooltip=[alt.Tooltip(f"{field}:N", title=title) for field, title in told.items()],
        )
        .add_params(here)
    )
    return band


def specification(layers: Sequence[alt.Chart], palette: Palette, description: str) -> dict[str, Any]:
    """Return the layers as one Vega-Lite specification as wide as its place on the page."""
    chart = (
        alt.layer(*layers)
        .properties(width="container", height=_HEIGHT, description=description)
        .configure(
            background="transparent",
            font=_FONT,
            padding={"left": 2, "right": 12, "top": 2, "bottom": 2},
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding", resize=True),
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=palette.soft,
            titleColor=palette.soft,
            titleFontWeight="normal",
            labelFontSize=12,
            titleFontSize=12,
            gridColor=palette.line,
            gridOpacity=0.7,
            domainColor=palette.line,
            tickColor=palette.line,
            titlePadding=10,
        )
        .configure_text(fontSize=11)
        .configure_legend(labelColor=palette.ink, labelFontSize=12, symbolStrokeWidth=3, padding=0, offset=22)
    )
    spec: dict[str, Any] = chart.to_dict()
    del spec["$schema"]
    return spec
