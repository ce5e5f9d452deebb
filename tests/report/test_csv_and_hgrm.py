"""The CSV and the percentile distribution, as other programs read them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from sessionload.report import csv as csv_view
from sessionload.report import hgrm

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel


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
    assert csv_view.cell(text) == shown


def test_the_timeline_holds_what_the_model_holds(models: dict[str, ReportModel]) -> None:
    for model in models.values():
        lines = list(csv.DictReader(csv_view.render(model).splitlines()))
        for line, point in zip(lines, model.timeline, strict=True):
            assert int(line["sent"]) == point.sent
            assert line["stage"].lstrip("'") == point.stage
            assert (line["p99_ms"] == "") == (point.p99_ns is None)
            assert not line["p50_ms"] or float(line["p50_ms"]) == round((point.p50_ns or 0) / 1e6, 3)


def _plotted(text: str) -> list[tuple[float, float]]:
    """What HdrHistogram's plotter takes from a file: lines of four columns that are no comment."""
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return [(float(line[3]), float(line[0])) for line in lines if len(line) == 4 and line[0] != "Value"]


def test_a_plotter_reads_the_spectrum(models: dict[str, ReportModel]) -> None:
    for model in models.values():
        text = hgrm.render(model)
        levels = [level for level in model.response.levels if level.nines is not None]
        assert _plotted(text) == [
            (round(level.nines or 0, 2), round(level.value_ns / 1e6, 3)) for level in levels
        ]
        assert ("never ended" in text) == bool(model.response.never)
        assert f"Total count    = {model.response.count:12d}]" in text
