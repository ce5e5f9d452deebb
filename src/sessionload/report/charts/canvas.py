"""A canvas: margins, axes, legend, and the kinds of layers that charts are made of.

Where a value lies is decided here and nowhere else, so a page can find it again from the `Plot`. A chart is
plain data in named layers; colors and dashes are data too, so a legend is a layer like any other and needs no
scale. Text of other people (a stage's name) is data, never part of an expression, and characters that XML
cannot hold are escaped: one would end the drawing program.

A layer whose name begins with `stretch_` or `move_` can be stretched or moved along x; see `charts.svg`.
Specifications are plain data. The tests check them against the schema of Vega-Lite: to check each one that is
made takes twenty times as long as to make it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from sessionload.report.charts.plot import Drawing, Plot
from sessionload.report.model.plain import plain
from sessionload.report.model.text_layout import width as text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sessionload.report.charts.axes import Axis
    from sessionload.report.charts.palette import Palette
    from sessionload.report.model.timeline import Span

Datum = dict[str, Any]
"""A row of the data of a layer."""

Spec = dict[str, Any]
"""A part of a Vega-Lite specification."""

FONT_SIZE = 12
_CHARACTER = 6.6
"""Width of a character in pixels, on the wide side."""
_LINE = 18
_SAMPLE = 20
_BOTTOM = 44
_LANE = 6
_STAGES = "stages"
_ABOVE = f"stretch_{_STAGES}"
"""The layer that no other one may hide."""

_FILL: Spec = {"field": "fill", "type": "nominal", "scale": None}
_STROKE: Spec = {"field": "stroke", "type": "nominal", "scale": None}
_DASH: Spec = {"field": "dash", "type": "ordinal", "scale": None}
_SHAPE: Spec = {"field": "shape", "type": "nominal", "scale": None}
_SIZE: Spec = {"field": "size", "type": "quantitative", "scale": None}
_TEXT: Spec = {"field": "text", "type": "nominal"}
_EACH: Spec = {"field": "label", "type": "nominal"}
_X2: Spec = {"field": "x2"}
_Y2: Spec = {"field": "y2"}
_PIXEL_X: Spec = {"field": "x", "type": "quantitative", "scale": None}
_PIXEL_Y: Spec = {"field": "y", "type": "quantitative", "scale": None}


@dataclass(frozen=True, slots=True)
class Series:
    """What a picture tells apart: a name for its legend, and how it looks.

    `shape` is `stroke` for a line, else the shape of a point or surface. `dash` is on and off in pixels.
    """

    label: str
    color: str
    dash: tuple[int, ...] = (1, 0)
    shape: str = "stroke"

    @property
    def look(self) -> Datum:
        """What a row has if it is of this series."""
        if self.shape == "stroke":
            return {"label": self.label, "stroke": self.color, "dash": list(self.dash)}
        return {"label": self.label, "fill": self.color, "shape": self.shape}


@dataclass(frozen=True, slots=True)
class Frame:
    """What is around the data. `stages` are shown behind them, where x is time."""

    palette: Palette
    width: int
    x: Axis
    y: Axis
    x_title: str
    y_title: str
    series: tuple[Series, ...]
    stages: tuple[Span, ...] = ()
    grid: bool = True

    @property
    def wide(self) -> bool:
        """Whether there is room beside the title for the legend."""
        return self.width > 700


class Canvas:
    """Layers in the order in which they are put on; only the borders of stages are above the last one."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._layers: list[tuple[str, Datum, Datum]] = []
        self._data: dict[str, list[Datum]] = {}
        self._left, self._right = (62, 18) if frame.wide else (54, 14)
        over = frame.x.share(max(frame.x.ticks)) * _CHARACTER * max(map(len, frame.x.labels)) / 2
        self._right = max(self._right, ceil(over))
        self._width = frame.width - self._left - self._right
        self._height = 240 if frame.wide else 200
        legend = list(self._legend())
        self._top = legend[-1]["y"] + (_LINE if frame.stages else 0) + 12
        x, y = frame.x.across(self._width), frame.y.up(self._height)
        self._x = _encoded("x", x, frame.x_title, grid=not frame.stages)
        self._y = _encoded("y", y, None, grid=frame.grid)
        self._level = {**self._y, "stack": None}
        self._put_stages()
        self._put_legend(legend)

    @property
    def plot(self) -> Plot:
        """Where the data lie."""
        x = self.frame.x
        return Plot(self._left, self._top, self._width, self._height, x.low, x.high, x.logarithmic)

    def lines(self, rows: Iterable[Datum], *, name: str = "lines", steps: bool = False) -> None:
        """Put on a line for each label, through `x` and `y`; a `y` of `None` is a gap."""
        look = {"strokeWidth": 1.75, "strokeJoin": "round", "strokeCap": "butt" if steps else "round"}
        look["interpolate"] = "step-after" if steps else "linear"
        across = {"x": self._x, "y": self._y, "stroke": _STROKE, "strokeDash": _DASH, "detail": _EACH}
        self._put(f"stretch_{name}", "line", look, across, rows)

    def surfaces(self, rows: Iterable[Datum], *, name: str = "surfaces", opacity: float = 1.0) -> None:
        """Put on, for each label, the surface in steps between 0 and `y`; the first label is behind."""
        look = {"interpolate": "step-after", "opacity": opacity}
        across = {"x": self._x, "y": self._level, "fill": _FILL, "detail": _EACH}
        self._put(f"stretch_{name}", "area", look, across, rows)

    def cells(self, rows: Iterable[Datum], *, name: str = "cells") -> None:
        """Put on rectangles from `x` to `x2` and from `y` to `y2`."""
        across = {"x": self._x, "x2": _X2, "y": self._y, "y2": _Y2, "fill": _FILL}
        self._put(f"stretch_{name}", "rect", {"opacity": 1}, across, rows)

    def bands(self, rows: Iterable[Datum], *, name: str = "bands", opacity: float = 1.0) -> None:
        """Put on rectangles from `x` to `x2`, as high as the data area."""
        across = {"x": self._x, "x2": _X2, "fill": _FILL}
        self._put(f"stretch_{name}", "rect", {"opacity": opacity}, across, rows)

    def lanes(self, rows: Iterable[Datum], *, name: str = "lanes") -> None:
        """Put on bars from `x` to `x2`, each in its `lane`: 0 is at the very top, 2 is the last one."""

        def at(pixels: float) -> float:
            return self.frame.y.value(1 - pixels / self._height)

        placed = (
            {**row, "y": at(2 + _LANE * row["lane"]), "y2": at(_LANE + _LANE * row["lane"])} for row in rows
        )
        self.cells(placed, name=name)

    def levels(self, rows: Iterable[Datum]) -> None:
        """Put on a dashed line at each `y`, as wide as the data area."""
        look = {"strokeDash": [4, 4], "strokeWidth": 1.25, "opacity": 0.8}
        self._put("levels", "rule", look, {"y": self._y, "stroke": _STROKE}, rows)

    def borders(self, rows: Iterable[Datum], *, name: str = "borders") -> None:
        """Put on a dotted line at each `x`, as high as the data area."""
        look = {"strokeDash": [2, 3], "strokeWidth": 1}
        self._put(f"stretch_{name}", "rule", look, {"x": self._x, "stroke": _STROKE}, rows)

    def points(self, rows: Iterable[Datum], *, size: int = 44) -> None:
        """Put on a point for each row, at `x` and `y`."""
        across = {"x": self._x, "y": self._y, "fill": _FILL, "shape": _SHAPE}
        self._put("points", "point", {"size": size, "filled": True, "opacity": 1}, across, rows)

    def note(self, x: float, text: str, *, name: str, pixels: float) -> None:
        """Put on a text beside `x`, `pixels` below the top, on the side where there is room for it."""
        share = self.frame.x.share(x)
        right = self._width * (1 - share) > len(text) * _CHARACTER or share < 0.5
        look = {
            "color": self.frame.palette.soft,
            "align": "left" if right else "right",
            "dx": 6 if right else -6,
        }
        across = {"x": self._x, "y": {"value": pixels}, "text": _TEXT}
        self._put(f"move_{name}", "text", look, across, [{"x": x, "text": text}])

    def drawing(self) -> Drawing:
        """Return all that was put on."""
        palette = self.frame.palette
        text = {"fontSize": FONT_SIZE, "baseline": "alphabetic"}
        axis = {
            **dict.fromkeys(("labelColor", "titleColor"), palette.soft),
            **dict.fromkeys(("gridColor", "domainColor", "tickColor"), palette.line),
            **dict.fromkeys(("labelFontSize", "titleFontSize"), FONT_SIZE),
            **dict.fromkeys(("labelFlush", "labelOverlap"), False),
            "titleFontWeight": "normal",
            "labelLimit": 0,
        }
        spec: Spec = {
            "layer": [
                {"name": name, "data": {"name": name}, "mark": mark, "encoding": encoding}
                for name, mark, encoding in sorted(self._layers, key=lambda layer: layer[0] == _ABOVE)
            ],
            "width": self._width,
            "height": self._height,
            "padding": {"left": self._left, "top": self._top, "right": self._right, "bottom": _BOTTOM},
            "autosize": {"type": "none"},
            "background": "transparent",
            "config": {
                "aria": False,
                "view": {"stroke": None},
                "axis": axis,
                "axisX": {"titleY": 36, "titleBaseline": "alphabetic"},
                "text": text,
            },
            "datasets": self._data,
        }
        return Drawing(spec, self.frame.width, self._top + self._height + _BOTTOM, self.plot)

    def _put(self, name: str, kind: str, look: Datum, across: Datum, rows: Iterable[Datum]) -> None:
        data = [{key: _shown(value) for key, value in row.items()} for row in rows]
        if data:
            self._data[name] = data
            self._layers.append((name, {"type": kind, **look}, across))

    def _put_stages(self) -> None:
        palette, stages = self.frame.palette, self.frame.stages
        self.bands(
            ({"x": stage.start, "x2": stage.end, "fill": palette.shade} for stage in stages if stage.warmup),
            name="warmups",
        )
        self.borders(({"x": stage.start, "stroke": palette.soft} for stage in stages[1:]), name=_STAGES)
        self._put_stage_names()

    def _put_stage_names(self) -> None:
        # Names where all of them have room. Else all have their numbers too, and some have nothing else: half
        # a name is none. To have Vega measure them takes as long as all the rest.
        share = self.frame.x.share
        rooms = [
            (stage, int((self._width * (share(stage.end) - share(stage.start)) - 8) / _CHARACTER))
            for stage in self.frame.stages
        ]
        texts = [[plain(stage.label)] for stage, _ in rooms]
        if any(text_width(name) > room for (name,), (_, room) in zip(texts, rooms, strict=True)):
            texts = [[f"{number} {name}", f"{number}"] for number, (name,) in enumerate(texts, 1)]
        labels = [
            {"x": stage.start, "text": fitting[0]}
            for (stage, room), wanted in zip(rooms, texts, strict=True)
            if (fitting := [text for text in wanted if text_width(text) <= room])
        ]
        look = {"color": self.frame.palette.soft, "align": "left", "dx": 4}
        across = {"x": self._x, "y": {"value": -6}, "text": _TEXT}
        self._put("move_names", "text", look, across, labels)

    def _legend(self) -> Iterator[Datum]:
        # The title stands first, and the keys beside it or in lines below it.
        frame = self.frame
        start, y = 2.0 - self._left, _LINE - 4
        yield {"x": start, "y": y, "text": frame.y_title, "fill": frame.palette.soft}
        x = start + (len(frame.y_title) * _CHARACTER + _SAMPLE if frame.wide else frame.width)
        for series in frame.series:
            needed = _SAMPLE + 6 + len(series.label) * _CHARACTER
            if x + needed > self._width + self._right:
                x, y = start, y + _LINE
            yield {**series.look, "x": x, "y": y, "text": series.label}
            x += needed + _SAMPLE * 0.7

    def _put_legend(self, legend: Iterable[Datum]) -> None:
        samples, texts = [], []
        for row in legend:
            x, y = row["x"], row["y"] - self._top
            if "label" not in row:
                texts.append({**row, "y": y})
                continue
            wide = "stroke" in row
            samples.append(
                {
                    "shape": "stroke",
                    **row,
                    "x": x + (_SAMPLE / 2 if wide else 6),
                    "y": y - 4,
                    "size": _SAMPLE**2 if wide else 110,
                }
            )
            texts.append(
                {
                    "x": x + (_SAMPLE + 5 if wide else 16),
                    "y": y,
                    "text": row["text"],
                    "fill": self.frame.palette.ink,
                }
            )
        here: Datum = {"x": _PIXEL_X, "y": _PIXEL_Y, "fill": _FILL}
        shown = {**here, "size": _SIZE, "shape": _SHAPE, "stroke": _STROKE, "strokeDash": _DASH}
        self._put("samples", "point", {"strokeWidth": 2.5, "opacity": 1}, shown, samples)
        self._put("legend", "text", {"align": "left"}, {**here, "text": _TEXT}, texts)


def _encoded(field: str, axis: Axis, title: str | None, *, grid: bool) -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "scale": {
            "type": "log" if axis.logarithmic else "linear",
            "domain": [axis.low, axis.high],
            "nice": False,
        },
        "axis": {"values": list(axis.ticks), "labelExpr": axis.label_expression, "grid": grid},
    }


def _shown(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return value if not isinstance(value, str) or value.isprintable() else plain(value)
