"""Paths: shorter, and where they were."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.report.charts.path import merged, tidy

CORNERS = st.lists(st.tuples(st.floats(-999, 999), st.floats(-999, 999)), min_size=1, max_size=30)


def corners(path: str) -> list[tuple[float, float]]:
    """All corners of a path of M, l, h and v, as they lie."""
    found: list[tuple[float, float]] = []
    x = y = 0.0
    for command, rest in re.findall(r"([Mlhvz])([^Mlhvz]*)", path):
        numbers = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        size = 1 if command in "hv" else 2
        for at in range(0, len(numbers), size):
            way = numbers[at : at + size]
            if command == "M":
                x, y = way
            else:
                x += way[0] if command in "lh" else 0
                y += way[-1] if command in "lv" else 0
            found.append((x, y))
    return found


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("M1.5,180h1.5v10h-1.5Z", "M1.5 180h1.5v10h-1.5z"),
        ("M0,200L150.04,175.2L300,150M525,150L600,150", "M0 200l150-24.8 150-25.2M525 150h75"),
        ("M0,0L10,0L20,0L20,5L20,9", "M0 0h20v9"),
        ("M0,0L0,9L0,4", "M0 0v9-5"),
        ("M0,5L0.01,5.02L7,6", "M0 5l7 1"),
        ("M0.25,-0.31", "M.2-.3"),
        ("M1,1L2,2L3,1.5", "M1 1l1 1 1-.5"),
        ("", ""),
    ],
)
def test_known_paths(path: str, short: str) -> None:
    assert tidy(path) == short


def test_a_path_with_curves_keeps_its_words() -> None:
    assert tidy("M2.512,0A2.5,2.5,0,1,1,-2.512,0Z") == "M2.5,0A2.5,2.5,0,1,1,-2.5,0Z"


@given(CORNERS)
def test_every_corner_that_is_left_is_where_it_was(given_corners: list[tuple[float, float]]) -> None:
    left = corners(tidy("M" + "L".join(f"{x:.3f},{y:.3f}" for x, y in given_corners)))
    for x, y in left:
        assert any(abs(x - at[0]) < 0.052 and abs(y - at[1]) < 0.052 for at in given_corners)
    for axis in (0, 1):  # nothing is cut off
        for end in (min, max):
            was = end(corner[axis] for corner in given_corners)
            assert end(corner[axis] for corner in left) == pytest.approx(was, abs=0.052)
    assert left[-1] == pytest.approx(given_corners[-1], abs=0.052)


def test_equal_rectangles_are_one_path() -> None:
    made = [
        ET.Element("path", {"d": "M0 0h1v1h-1z", "fill": "red"}),
        ET.Element("path", {"d": "M5 0h1v1h-1z", "fill": "blue"}),
        ET.Element("path", {"fill": "red", "d": "M9 0h1v1h-1z"}),
    ]
    assert [(one.get("fill"), one.get("d")) for one in merged(made)] == [
        ("red", "M0 0h1v1h-1zM9 0h1v1h-1z"),
        ("blue", "M5 0h1v1h-1z"),
    ]
