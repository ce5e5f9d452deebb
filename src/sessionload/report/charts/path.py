"""Paths of SVG, written short.

A shortened path is nowhere further than a twentieth of a pixel from the original. Every corner is rounded to
tenths where it is, then written relative to the rounded corner before it, so errors do not add up; corners on
a straight line up, down or across are left out. A line that turns back on itself is straight too, but its
turn is a peak that has to stay.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET
    from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")
_Corner = tuple[int, int]


def tidy(path: str) -> str:
    """Return a path of corners in whole tenths, relative and without corners that are none.

    One with curves is returned with its numbers rounded.
    """
    symbols = _WORD.findall(path)
    if any(symbol.isalpha() and symbol not in "MLhvZ" for symbol in symbols):
        return re.sub(r"-?\d*\.\d+(?:e-?\d+)?", lambda match: _tenths(round(float(match[0]) * 10)), path)
    return "".join(_written(corners, closed=closed) for corners, closed in _parts(iter(symbols)))


def merged(elements: Iterable[ET.Element]) -> list[ET.Element]:
    """Return paths that differ in nothing but where they go as one path each, in the order they came in."""
    paths: dict[tuple[tuple[str, str], ...], ET.Element] = {}
    for element in elements:
        look = tuple(sorted((name, value) for name, value in element.attrib.items() if name != "d"))
        if look in paths:
            paths[look].set("d", paths[look].attrib["d"] + element.attrib["d"])
        else:
            paths[look] = element
    return list(paths.values())


def _parts(symbols: Iterator[str]) -> Iterator[tuple[list[_Corner], bool]]:
    corners: list[_Corner] = []
    x = y = 0.0
    for symbol in symbols:
        match symbol:
            case "Z":
                yield corners, True
                corners = []
                continue
            case "h":
                x += float(next(symbols))
            case "v":
                y += float(next(symbols))
            case _:
                x, y = float(next(symbols)), float(next(symbols))
                if symbol == "M" and corners:
                    yield corners, False
                    corners = []
        corners.append((round(x * 10), round(y * 10)))
    if corners:
        yield corners, False


def _written(corners: list[_Corner], *, closed: bool) -> str:
    kept = corners[:1]
    for corner in corners[1:]:
        if len(kept) > 1 and _between(kept[-2], kept[-1], corner):
            kept.pop()
        if corner != kept[-1]:
            kept.append(corner)
    pieces, before = [f"M{_tenths(kept[0][0])}{_next(kept[0][1])}"], "M"
    for (x, y), (to_x, to_y) in pairwise(kept):
        if to_y == y:
            command, way = "h", _tenths(to_x - x)
        elif to_x == x:
            command, way = "v", _tenths(to_y - y)
        else:
            command, way = "l", _tenths(to_x - x) + _next(to_y - y)
        pieces.append(command + way if command != before else way if way.startswith("-") else f" {way}")
        before = command
    return "".join(pieces) + ("z" if closed else "")


def _between(first: _Corner, middle: _Corner, last: _Corner) -> bool:
    return any(
        first[axis] == middle[axis] == last[axis]
        and min(first[along], last[along]) <= middle[along] <= max(first[along], last[along])
        for axis, along in ((0, 1), (1, 0))
    )


def _tenths(number: int) -> str:
    pixels, tenths = divmod(abs(number), 10)
    text = f"{pixels or ''}.{tenths}" if tenths else str(pixels)
    return f"-{text}" if number < 0 else text


def _next(number: int) -> str:
    text = _tenths(number)
    return text if number < 0 else f" {text}"
