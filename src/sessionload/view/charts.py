"""Three pictures of a run, as Vega-Lite specifications.

Law: a chart shows the sheet's numbers, and a percentile that is never is a gap with a mark at the top,
not a point at some height. Idea: each chart is a few layers on a `canvas`; what the pointer tells is
the text that the tables show. Trap: a line cannot show a value that stands alone between two gaps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from sessionload.view.axes import clock, milliseconds_axis, nines_axis
from sessionload.view.canvas import (
    PAGE,
    Palette,
    color_by,
    data_of,
    duration_up,
    hover_layer,
    legend,
    specification,
    stage_layers,
    time_across,
)
from sessionload.view.figures import latency_text, milliseconds
from sessionload.words.units import share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sessionload.view.rows import Sheet
    from sessionload.view.timeline import Point

_Row = dict[str, Any]
_PERCENTILES = ("p50", "p95", "p99")


def response_over_time(sheet: Sheet, palette: Palette = PAGE) -> dict[str, Any]:
    """Return p50, p95 and p99 of the response by second of due time."""
    steps = sheet.steps_of_run
    series = {name: [getattr(step, f"{name}_ns") for step in steps] for name in _PERCENTILES}
    rows: list[_Row] = [
        {
            "t": _middle(step),
            **{name: milliseconds(getattr(step, f"{name}_ns")) for name in _PERCENTILES},
            "start": step.second,
            "end": step.second + step.seconds,
            "w": _when(step),
            "s": step.stage,
            "n": f"{step.samples:,}",
            **{f"{name}t": latency_text(getattr(step, f"{name}_ns"), step.samples) for name in _PERCENTILES},
        }
        for step in steps
    ]
    bounds: list[_Row] = [
        {"series": row.percentile, "ms": row.bound_ns / 1_000_000, "label": f"target {row.expr}"}
        for row in sheet.targets
        if row.bound_ns is not None and row.percentile in _PERCENTILES
    ]
    shown = [row[name] for row in rows for name in _PERCENTILES if row[name] is not None]
    axis = milliseconds_axis([*shown, *_near([one["ms"] for one in bounds], shown)])
    bounds = [one for one in bounds if one["ms"] <= axis.high]
    color = color_by(_PERCENTILES, palette)
    y = duration_up(axis, "Response time, log scale" if axis.logarithmic else "Response time")
    x = time_across(sheet)
    line = (
        alt.Chart(data_of(rows))
        .transform_fold(list(_PERCENTILES), as_=["series", "ms"])
        .mark_line(strokeWidth=1.75, strokeJoin="round", interpolate="linear")
        .encode(x=x, y=y, color=color)
    )
    alone = [
        {"t": row["t"], "series": name, "ms": row[name]}
        for name in _PERCENTILES
        for row in _alone(rows, name)
    ]
    never = [
        {"t": _middle(step), "series": name, "row": number}
        for number, name in enumerate(reversed(_PERCENTILES))
        for step, value in zip(steps, series[name], strict=True)
        if step.samples and value is None
    ]
    layers = [
        *stage_layers(sheet, palette),
        alt.Chart(data_of(bounds))
        .mark_rule(strokeDash=[6, 4], strokeWidth=1.25, opacity=0.75)
        .encode(y=alt.Y("ms:Q"), color=color),
        line,
        alt.Chart(data_of(alone)).mark_point(filled=True, size=16, opacity=1).encode(x=x, y=y, color=color),
        *(
            alt.Chart(data_of([one for one in never if one["row"] == number]))
            .mark_point(shape="triangle-up", filled=True, size=34, opacity=1)
            .encode(x=x, y=alt.value(6 + 8 * number), color=color)
            for number in range(len(_PERCENTILES))
        ),
        hover_layer(
            rows,
            {"w": "When", "s": "Stage", "n": "Arrivals"}
            | {f"{name}t": f"Response {name}" for name in _PERCENTILES},
            palette,
        ),
    ]
    return specification(
        layers,
        palette,
        "Response time percentiles by the second in which arrivals were due."
        " A triangle at the top marks a percentile that is never.",
    )


def traffic(sheet: Sheet, palette: Palette = PAGE) -> dict[str, Any]:
    """Return arrivals planned, sent and done per second."""
    kinds = ("planned", "sent", "done")
    rows = [
        {
            "t": step.second,
            **{kind: getattr(step, kind) / step.seconds for kind in kinds},
            "start": step.second,
            "end": step.second + step.seconds,
            "w": _when(step),
            "s": step.stage,
            **{f"{kind[0]}t": f"{getattr(step, kind):,}" for kind in kinds},
            "u": f"{step.unsent:,}",
            "l": f"{step.late:,}",
        }
        for step in sheet.steps_of_run
    ]
    rows.append({**rows[-1], "t": rows[-1]["end"], "start": rows[-1]["end"]})  # the last step ends, too
    color = color_by(kinds, palette)
    x = time_across(sheet)
    highest = max(row[kind] for row in rows for kind in kinds)
    y = alt.Y(
        "rate:Q",
        title="Arrivals per second",
        scale=alt.Scale(domain=[0, highest * 1.05 or 1.0], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    folded = alt.Chart(data_of(rows)).transform_fold(list(kinds), as_=["series", "rate"])
    layers = [
        *stage_layers(sheet, palette),
        alt.Chart(data_of(rows))
        .mark_area(interpolate="step-after", opacity=0.22, color=palette.planned)
        .encode(x=x, y=alt.Y("planned:Q")),
        folded.mark_line(strokeWidth=1.5, interpolate="step-after").encode(
            x=x,
            y=y,
            color=color,
            strokeDash=alt.StrokeDash(
                "series:N",
                legend=legend(),
                scale=alt.Scale(domain=list(kinds), range=[[1, 0], [1, 0], [4, 2]]),
            ),
        ),
        hover_layer(
            rows,
            {"w": "When", "s": "Stage"}
            | {f"{kind[0]}t": kind.capitalize() for kind in kinds}
            | {"u": "Unsent", "l": "Late"},
            palette,
        ),
    ]
    return specification(layers, palette, "Arrivals planned, sent and done in each second of the run.")


def percentile_spectrum(sheet: Sheet, palette: Palette = PAGE) -> dict[str, Any]:
    """Return response and service times against the percentile, on an axis of nines."""
    kinds = {"response": sheet.response, "service": sheet.service}
    rows: list[_Row] = [
        {
            "nines": min(level.nines, found.count),  # past the last arrival there is nothing
            "series": name,
            "ms": level.value_ns / 1_000_000,
            "Percentile": share(level.share.numerator, level.share.denominator),
            "Duration": latency_text(level.value_ns, found.count),
            "Arrivals at most that": f"{level.reached:,} of {found.count:,}",
        }
        for name, found in kinds.items()
        for level in found.levels
        if level.nines is not None  # the level below has the same value
    ]
    ends = [
        {"nines": found.end, "series": name, "label": f"never: {share(found.never, found.count)}"}
        for name, found in kinds.items()
        if found.end is not None
    ]
    color = color_by(tuple(kinds), palette)
    across = nines_axis(max(found.count for found in kinds.values()))
    x = alt.X(
        "nines:Q",
        title="Percentile",
        scale=alt.Scale(type="log", domain=[across.low, across.high], nice=False),
        axis=alt.Axis(values=list(across.ticks), labelExpr=across.label_expression, labelOverlap="greedy"),
    )
    axis = milliseconds_axis([row["ms"] for row in rows])
    y = duration_up(axis, "Duration, log scale" if axis.logarithmic else "Duration")
    base = alt.Chart(data_of(rows)).encode(x=x, y=y, color=color)
    end = alt.Chart(data_of(ends)).encode(x=x, color=color)
    layers = [
        end.mark_rule(strokeDash=[2, 3], strokeWidth=1.25),
        end.mark_point(shape="triangle-up", filled=True, size=40, opacity=1).encode(y=alt.value(6)),
        end.mark_text(align="left", baseline="top", dx=7, dy=1).encode(
            y=alt.value(1), text="label:N", color=alt.value(palette.soft)
        ),
        base.mark_line(strokeWidth=1.75, strokeJoin="round", interpolate="monotone"),
        base.mark_point(filled=True, size=12, opacity=0.9).encode(
            tooltip=[
                alt.Tooltip("series:N", title="Series"),
                *(alt.Tooltip(f"{name}:N") for name in ("Percentile", "Duration", "Arrivals at most that")),
            ]
        ),
    ]
    return specification(
        layers,
        palette,
        "Response and service time against the percentile, each nine with the same room.",
    )


def _middle(step: Point) -> float:
    return step.second + step.seconds / 2


def _when(step: Point) -> str:
    return f"{clock(step.second)} to {clock(step.second + step.seconds)}"


def _near(bounds: Iterable[float], shown: Sequence[float]) -> list[float]:
    # A bound far above everything measured would press the curves to the floor.
    highest = max(shown, default=0.0)
    return [bound for bound in bounds if bound <= 3 * highest]


def _alone(rows: Sequence[Mapping[str, Any]], name: str) -> Iterable[Mapping[str, Any]]:
    # A line cannot show a value between two gaps.
    values = [None, *(row[name] for row in rows), None]
    return (
        row
        for row, before, value, after in zip(rows, values, values[1:], values[2:], strict=False)
        if before is None and value is not None and after is None
    )
