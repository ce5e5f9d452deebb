"""Paths of SVG, said shortly.

Law: a path that was made short is nowhere further than a twentieth of a pixel from what it was. Idea: every
corner is rounded to tenths where it is, then said as the way from the rounded corner before it, so
errors do not add up; what lies on a straight way up, down or across is left out. Trap: a way that
turns back on itself is straight, too, but its turn is a peak that has to be seen.
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
    words = _WORD.findall(path)
    if any(word.isalpha() and word not in "MLhvZ" for word in words):
        return re.sub(r"-?\d*\.\d+(?:e-?\d+)?", lambda found: _tenths(round(float(found[0]) * 10)), path)
    return "".join(_said(corners, closed=closed) for corners, closed in _parts(iter(words)))


def merged(elements: Iterable[ET.Element]) -> list[ET.Element]:
    """Return paths that differ in nothing but where they go as one path each, in the order they came in."""
    found: dict[tuple[tuple[str, str], ...], ET.Element] = {}
    for element in elements:
        look = tuple(sorted((name, value) for name, value in element.attrib.items() if name != "d"))
        if look in found:
            found[look].set("d", found[look].attrib["d"] + element.attrib["d"])
        else:
            found[look] = element
    return list(found.values())


def _parts(words: Iterator[str]) -> Iterator[tuple[list[_Corner], bool]]:
    corners: list[_Corner] = []
    x = y = 0.0
    for word in words:
        match word:
            case "Z":
                yield corners, True
                corners = []
                continue
            case "h":
                x += float(next(words))
            case "v":
                y += float(next(words))
            case _:
                x, y = float(next(words)), float(next(words))
                if word == "M" and corners:
                    yield corners, False
                    corners = []
        corners.append((round(x * 10), round(y * 10)))
    if corners:
        yield corners, False


def _said(corners: list[_Corner], *, closed: bool) -> str:
    kept = corners[:1]
    for corner in corners[1:]:
        if len(kept) > 1 and _between(kept[-2], kept[-1], corner):
            kept.pop()
        if corner != kept[-1]:
            kept.append(corner)
    parts, before = [f"M{_tenths(kept[0][0])}{_next(kept[0][1])}"], "M"
    for (x, y), (to_x, to_y) in pairwise(kept):
        if to_y == y:
            command, way = "h", _tenths(to_x - x)
        elif to_x == x:
            command, way = "v", _tenths(to_y - y)
        else:
            command, way = "l", _tenths(to_x - x) + _next(to_y - y)
        parts.append(command + way if command != before else way if way.startswith("-") else f" {way}")
        before = command
    return "".join(parts) + ("z" if closed else "")


def _between(first: _Corner, middle: _Corner, last: _Corner) -> bool:
    return any(
        first[this] == middle[this] == last[this]
        and min(first[other], last[other]) <= middle[other] <= max(first[other], last[other])
        for this, other in ((0, 1), (1, 0))
    )


def _tenths(number: int) -> str:
    whole, rest = divmod(abs(number), 10)
    text = f"{whole or ''}.{rest}" if rest else str(whole)
    return f"-{text}" if number < 0 else text


def _next(number: int) -> str:
    text = _tenths(number)
    return text if number < 0 else f" {text}"
