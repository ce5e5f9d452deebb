"""Colors: both palettes, to be seen and to be told apart."""

from __future__ import annotations

from dataclasses import fields
from itertools import combinations, pairwise

import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.report.charts.palette import DARK, LIGHT, PAGE, Palette, declarations, status_colors

LINES = ("p50", "p95", "p99", "planned", "sent", "done", "late", "lag", "response", "answered", "service")
SURFACES = [one.value for one in Outcome if one is not Outcome.OK]
HEAT = [f"heat{number}" for number in range(1, 8)]


def _luminance(color: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_text_and_lines_stand_out(palette: Palette) -> None:
    for name, least in [("ink", 7.0), ("soft", 4.5), *((line, 2.8) for line in LINES)]:
        assert _contrast(getattr(palette, name), palette.paper) >= least, name


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_outcomes_differ_from_each_other_and_ok_is_quiet(palette: Palette) -> None:
    assert len({getattr(palette, name) for name in SURFACES}) == len(SURFACES)
    for name in SURFACES:
        assert _contrast(getattr(palette, name), palette.paper) > 1.6, name
    assert _contrast(palette.ok, palette.paper) < 2


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_more_heat_is_further_from_the_paper(palette: Palette) -> None:
    steps = [_contrast(getattr(palette, name), palette.paper) for name in HEAT]
    assert steps[0] > 1.15
    assert all(after > before * 1.15 for before, after in pairwise(steps))


def test_the_page_has_a_variable_for_every_part() -> None:
    written = dict(line.rstrip(";").split(": ") for line in declarations(LIGHT).splitlines())
    assert set(written) == {f"--chart-{one.name}" for one in fields(Palette)}
    assert written["--chart-p95"] == LIGHT.p95
    assert PAGE.p95 == "var(--chart-p95)"
    assert {getattr(PAGE, one.name) for one in fields(Palette)} == {f"var({name})" for name in written}


def test_each_outcome_has_a_color() -> None:
    assert {one.value for one in Outcome} <= {one.name for one in fields(Palette)}


def test_status_codes_that_failed_come_first_and_differ() -> None:
    colors = status_colors([503, 201, 404, 200, 302])
    assert list(colors) == [302, 404, 503, 200, 201]
    assert colors[200] == "ok"
    assert len(set(colors.values())) == 5
    assert set(colors.values()) <= {one.name for one in fields(Palette)}


def test_more_status_codes_than_colors_begin_again() -> None:
    colors = status_colors(range(400, 420))
    assert len(colors) == 20
    assert all(one != other for one, other in combinations(list(colors.values())[:8], 2))
