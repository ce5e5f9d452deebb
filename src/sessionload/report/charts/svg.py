"""A specification, drawn: SVG that is small, safe in a page, and can be zoomed along x.

A drawing holds no script, no link, no address, and one id, which is made of its name. Vega's SVG is taken
apart and only what is seen is put together again, with its x axis and its layers where a script finds them. A
clip path is in the coordinates of the element that has it, so what is stretched has to be inside of what is
clipped.

The tree that comes out:

    svg                                      viewBox, and width and height as drawn
      clipPath#NAME                          the data area
      g.data                                 moved, so that 0,0 is the upper left corner of the data area
        g[data-zoom=axis]                    along x: g.tick (a line and a text), each at translate(x,0)
        g[clip-path] > g[data-zoom=stretch]  paths and lines; a transform may be set on the inner one
        g[data-zoom=move] > g[data-x]        texts; a transform may be set on each inner one, to move it
        anything else                        the axis of y, lines across, the legend: to be left alone
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from itertools import groupby
from typing import TYPE_CHECKING

from sessionload.report.charts.palette import LIGHT, PAGE_NAMES
from sessionload.report.charts.path import merged, tidy
from sessionload.report.model.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sessionload.report.charts.plot import Drawing

_SVG = "http://www.w3.org/2000/svg"
_FONTS = "Inter, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
_HEAD = 34
_SIDE = 10
_HEAD_SIZE = 15
_KEPT = (
    *("transform", "d", "x", "y", "x2", "y2", "fill", "stroke", "stroke-width", "stroke-dasharray"),
    *("stroke-linecap", "stroke-linejoin", "opacity", "fill-opacity", "text-anchor", "font-size"),
)
_USUAL = {
    ("opacity", "1"),
    ("stroke-width", "1"),
    ("stroke-dasharray", "1,0"),
    ("font-size", "12px"),
    ("text-anchor", "start"),
    ("transform", "translate(0,0)"),
    ("x2", "0"),
    ("y2", "0"),
}
_NUMBER = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
_TRANSLATE = re.compile(r"translate\(([^,]+),([^)]+)\)")


def draw(drawing: Drawing, stem: str) -> str:
    """Return the picture for a page, in its font and on its background. `stem` names its id."""
    svg = _root(drawing.width, drawing.height)
    svg.set("aria-hidden", "true")
    svg.set("focusable", "false")
    svg.extend(_content(drawing, stem))
    for element in svg.iter():
        _paint(element)
    return ET.tostring(svg, encoding="unicode")


def draw_alone(drawing: Drawing, stem: str, title: str, *, ink: str) -> str:
    """Return the picture as a file: on white, its title above it."""
    svg = _root(drawing.width + 2 * _SIDE, drawing.height + _HEAD)
    svg.set("role", "img")
    svg.set("font-family", _FONTS)
    shown, most = plain(title), int(drawing.width / (_HEAD_SIZE * 0.6))
    ET.SubElement(svg, "title").text = shown
    ET.SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})
    head = ET.SubElement(
        svg, "text", {"x": str(_SIDE + 2), "y": "24", "font-size": str(_HEAD_SIZE), "fill": ink}
    )
    head.text = shown if len(shown) <= most else f"{shown[: most - 1]}…"
    inner = ET.SubElement(svg, "g", {"transform": f"translate({_SIDE},{_HEAD})"})
    inner.extend(_content(drawing, stem))
    return ET.tostring(svg, encoding="unicode")


def raster(svg: str) -> bytes:
    """Return a drawing as PNG, two pixels for each of its own."""
    import vl_convert  # noqa: PLC0415 - slow to import, and only a picture needs it

    png: bytes = vl_convert.svg_to_png(svg, scale=2.0)
    return png


def _root(width: int, height: int) -> ET.Element:
    return ET.Element(
        "svg",
        {"xmlns": _SVG, "viewBox": f"0 0 {width} {height}", "width": str(width), "height": str(height)},
    )


def _content(drawing: Drawing, stem: str) -> Iterator[ET.Element]:
    import vl_convert  # noqa: PLC0415 - slow to import, and only a picture needs it

    drawn = ET.fromstring(vl_convert.vegalite_to_svg(json.dumps(drawing.spec)))  # noqa: S314 - drawn here
    plot = drawing.plot
    clip = ET.Element("clipPath", {"id": stem})
    ET.SubElement(clip, "rect", {"width": f"{plot.width:g}", "height": f"{plot.height:g}"})
    yield clip
    data = ET.Element(
        "g",
        {
            "class": "data",
            "transform": f"translate({plot.left:g},{plot.top:g})",
            "fill": "none",
            "font-size": "12",
        },
    )
    (inside,) = (group for group in drawn.iter(f"{{{_SVG}}}g") if "root" in _classes(group))
    for zoom, groups in groupby(_seen(inside, plot.height), key=lambda group: group.get("data-zoom")):
        if zoom == "stretch":
            clipped = ET.SubElement(data, "g", {"clip-path": f"url(#{stem})"})
            stretched = ET.SubElement(clipped, "g", {"data-zoom": zoom})
            stretched.extend(child for group in groups for child in group)
        else:
            data.extend(groups)
    yield data


def _classes(element: ET.Element) -> list[str]:
    return element.get("class", "").split()


def _seen(element: ET.Element, height: float) -> Iterator[ET.Element]:
    # What can be seen of an element: groups that do nothing are left out, their children are not.
    classes = _classes(element)
    if "background" in classes or "foreground" in classes:
        return
    if element.tag != f"{{{_SVG}}}g":
        yield _bare(element)
    elif any(name.startswith("stretch_") for name in classes) and any(
        name.endswith("_marks") for name in classes
    ):
        children = [_bare(child) for child in element]
        yield _group("stretch", merged(children) if "mark-rect" in classes else children)
    elif any(name.startswith("move_") for name in classes):
        yield _group("move", (_movable(_bare(child)) for child in element))
    else:
        if "role-axis" in classes:
            yield from _ticks(element, height)
        children = [seen for child in element for seen in _seen(child, height)]
        transform = _round(element.get("transform", "translate(0,0)"))
        if children and transform != "translate(0,0)":
            group = ET.Element("g", {"transform": transform})
            group.extend(children)
            yield group
        else:
            yield from children


def _paint(element: ET.Element) -> None:
    # The light color for readers without style sheets, and a class by which a style sheet sets its own.
    classes = _classes(element)
    for attribute in ("fill", "stroke"):
        name = PAGE_NAMES.get(element.get(attribute, ""))
        if name:
            element.set(attribute, getattr(LIGHT, name))
            classes.append(f"{attribute}-{name}")
    if classes:
        element.set("class", " ".join(classes))


def _group(zoom: str, children: Iterable[ET.Element]) -> ET.Element:
    group = ET.Element("g", {"data-zoom": zoom})
    group.extend(children)
    return group


def _bare(element: ET.Element) -> ET.Element:
    bare = ET.Element(element.tag.partition("}")[2])
    bare.text = element.text
    for name in _KEPT:
        value = element.get(name)
        if value is not None and (name, value) not in _USUAL:
            bare.set(name, tidy(value) if name == "d" else _round(value))
    return bare


def _round(text: str) -> str:
    return _NUMBER.sub(lambda match: f"{float(match[0]):.1f}".rstrip("0").rstrip("."), text)


def _movable(element: ET.Element) -> ET.Element:
    x, _ = _place(element)
    mover = ET.Element("g", {"data-x": x})
    mover.append(element)
    return mover


def _place(element: ET.Element) -> tuple[str, str]:
    match = _TRANSLATE.match(element.get("transform", ""))
    return (match[1], match[2]) if match else ("0", "0")


def _ticks(axis: ET.Element, height: float) -> Iterator[ET.Element]:
    # Takes the ticks and labels out of an axis, if it is the one of x, to put them together by place.
    groups = {name: group for group in axis.iter(f"{{{_SVG}}}g") for name in _classes(group)}
    lines, labels = groups.get("role-axis-tick"), groups.get("role-axis-label")
    if lines is None or labels is None or all(line.get("y2") == "0" for line in lines):
        return
    group = ET.Element("g", {"data-zoom": "axis", "transform": f"translate(0,{height:g})"})
    for line, label in zip(lines, labels, strict=True):
        tick, mark, text = ET.SubElement(group, "g", {"class": "tick"}), _bare(line), _bare(label)
        x, y = _place(text)
        tick.set("transform", f"translate({x},0)")
        mark.attrib.pop("transform", None)
        del text.attrib["transform"]
        text.set("y", y)
        tick.extend((mark, text))
    lines.clear()
    labels.clear()
    yield group
