"""Tables that other programs open."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from sessionload.view import tables

if TYPE_CHECKING:
    from sessionload.view.sheet.rows import Sheet


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("peak", "peak"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(text: str, shown: str) -> None:
    assert tables.cell(text) == shown


def test_the_timeline_holds_what_the_sheet_holds(sheets: dict[str, Sheet]) -> None:
    for sheet in sheets.values():
        lines = list(csv.DictReader(tables.timeline(sheet).splitlines()))
        for line, point in zip(lines, sheet.seconds_of_run, strict=True):
            assert int(line["sent"]) == point.sent
            assert line["stage"].lstrip("'") == point.stage
            assert (line["p99_ms"] == "") == (point.p99_ns is None)
            assert not line["p50_ms"] or float(line["p50_ms"]) == round((point.p50_ns or 0) / 1e6, 3)


def _plotted(text: str) -> list[tuple[float, float]]:
    """What HdrHistogram's plotter takes from a file: lines of four columns that are no comment."""
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return [(float(line[3]), float(line[0])) for line in lines if len(line) == 4 and line[0] != "Value"]


def test_a_plotter_reads_the_spectrum(sheets: dict[str, Sheet]) -> None:
    for sheet in sheets.values():
        text = tables.spectrum(sheet)
        levels = [level for level in sheet.response.levels if level.nines is not None]
        assert _plotted(text) == [
            (round(level.nines or 0, 2), round(level.value_ns / 1e6, 3)) for level in levels
        ]
        assert ("never ended" in text) == bool(sheet.response.never)
        assert f"Total count    = {sheet.response.count:12d}]" in text
