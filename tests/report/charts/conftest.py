"""Reads values back from drawings by the places of their marks."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sessionload.report.charts.catalogue import CHARTS
from sessionload.report.charts.palette import PAGE
from sessionload.report.charts.picture import WIDE
from sessionload.report.charts.svg import draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.report.charts.plot import Plot
    from sessionload.report.model.rows import ReportModel

NS = "{http://www.w3.org/2000/svg}"
UNITS = {"µs": 0.001, "ms": 1.0, "s": 1000.0}

Corner = tuple[float, float]
Box = tuple[float, float, float, float]


class Drawn(NamedTuple):
    """A drawing and where its data lie. Pixels are those of the data area."""

    svg: ET.Element
    plot: Plot

    @property
    def texts(self) -> list[str]:
        return [text.text or "" for text in self.elements("text")]

    def elements(self, tag: str) -> list[ET.Element]:
        return list(self.svg.iter(f"{NS}{tag}"))

    def zoomed(self, kind: str) -> Iterator[ET.Element]:
        """What stands in groups that a script may stretch or move."""
        for group in self.elements("g"):
            if group.get("data-zoom") == kind:
                yield from group

    def ways(self, **look: str) -> list[list[Corner]]:
        """The ways of all stretched paths that look so, each a list of corners."""
        return [way for path in self._paths(look) for way in _ways(path.attrib["d"])]

    def boxes(self, **look: str) -> list[Box]:
        """Left, top, right and bottom of the same."""
        return [_box(way) for way in self.ways(**look)]

    def lines(self, **look: str) -> int:
        """How many paths look so."""
        return len(self._paths(look))

    def at(self, x: float) -> float:
        """Where a value of x is, as the `Plot` says."""
        low, high = self.plot.x_low, self.plot.x_high
        if self.plot.x_log:
            low, high, x = math.log(low), math.log(high), math.log(x)
        return self.plot.width * (x - low) / (high - low)

    @property
    def scale(self) -> dict[str, float]:
        """Labels of the axis up, and where their ticks are."""
        for group in self.elements("g"):
            ticks = [mark for mark in group if mark.tag == f"{NS}line" and mark.get("x2") == "-5"]
            if ticks:
                labels = [mark.text or "" for mark in group if mark.tag == f"{NS}text"]
                places = [re.findall(r"[\d.]+", tick.get("transform", "0 0"))[-1] for tick in ticks]
                return dict(zip(labels, map(float, places), strict=True))
        raise AssertionError("no axis up")

    def height(self, value: float) -> float:
        """Where a value of y is, by the two labels that are furthest apart; durations in milliseconds."""
        known = sorted((_number(label), place) for label, place in self.scale.items() if label != "never")
        (low, bottom), (high, top) = known[0], known[-1]
        if any("log scale" in text for text in self.texts):
            low, high, value = math.log(low), math.log(high), math.log(value)
        return bottom + (top - bottom) * (value - low) / (high - low)

    def _paths(self, look: dict[str, str]) -> list[ET.Element]:
        paths = [mark for mark in self.zoomed("stretch") if mark.tag == f"{NS}path"]
        return [path for path in paths if all(path.get(name) == value for name, value in look.items())]


def _number(label: str) -> float:
    number, _, unit = label.partition(" ")
    return float(number.replace(",", "")) * UNITS.get(unit, 1.0)


def _ways(path: str) -> Iterator[list[Corner]]:
    for stroke in path.split("M")[1:]:
        way: list[Corner] = []
        x = y = 0.0
        for command, rest in re.findall(r"([Mlhvz])([^Mlhvz]*)", f"M{stroke}"):
            numbers = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
            size = 1 if command in "hv" else 2
            for start in range(0, len(numbers), size):
                step = numbers[start : start + size]
                if command == "M":
                    x, y = step
                else:
                    x += step[0] if command in "lh" else 0
                    y += step[-1] if command in "lv" else 0
                way.append((x, y))
        yield way


def _box(way: list[Corner]) -> Box:
    xs, ys = zip(*way, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _drawn(model: ReportModel, name: str, width: int = WIDE) -> Drawn:
    subject = next(chart for chart in CHARTS if chart.name == name)
    drawing = subject.draw(model, PAGE, width)
    svg = ET.fromstring(draw(drawing, "id"))  # noqa: S314 - drawn here
    for element in svg.iter():
        for part in element.get("class", "").split():
            attribute, _, color = part.partition("-")
            if color:  # as the style sheet of a page sets it
                element.set(attribute, f"var(--chart-{color})")
    return Drawn(svg, drawing.plot)


@pytest.fixture(scope="session")
def drawn() -> Callable[..., Drawn]:
    """Draw one of a model's pictures as for a page."""
    return _drawn
