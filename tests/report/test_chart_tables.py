"""The tables below the charts: each number of a chart, where the pointer finds it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.report.charts.chart_tables import ChartRow, ChartTable, chart_tables
from sessionload.report.charts.picture import pictures
from sessionload.report.model.build import NOTHING
from sessionload.report.model.rows import LatenessGap
from sessionload.report.model.time_axis import clock
from sessionload.report.model.timeline import AFTER
from sessionload.units import duration_text

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel

TIMED = ("traffic", "response", "service", "outcomes", "statuses", "lag")


def _rows(table: ChartTable) -> list[ChartRow]:
    return [row for _, rows in table.groups for row in rows]


@pytest.mark.parametrize("name", ["missed", "never", "queued", "void", "empty"])
def test_every_picture_has_its_table_with_a_cell_for_each_column(
    models: dict[str, ReportModel], name: str
) -> None:
    found = chart_tables(models[name])
    assert list(found) == list(pictures(models[name]))
    for table in found.values():
        assert len(table.columns) == len(table.colors)
        assert all(len(row.cells) == len(table.columns) for row in _rows(table))
        assert all(a.at <= b.at for a, b in zip(_rows(table), _rows(table)[1:], strict=False))


@pytest.mark.parametrize("name", TIMED)
def test_a_table_over_time_has_a_row_for_each_step_under_its_stage(
    models: dict[str, ReportModel], name: str
) -> None:
    model = models["missed"]
    table = chart_tables(model)[name]
    assert [stage for stage, _ in table.groups] == ["warm-up", "ramp", "=cmd|'<b>peak</b>", AFTER]
    rows = _rows(table)
    assert [(row.at, row.width, row.head) for row in rows] == [
        (step.start_s, step.length_s, clock(step.start_s)) for step in model.chart_steps
    ]
    assert table.width == 1


def test_traffic_response_and_lag_are_the_steps_of_the_run(models: dict[str, ReportModel]) -> None:
    model = models["missed"]
    step = model.chart_steps[36]
    assert step.outcomes == {Outcome.OK: 50}
    found = {name: _rows(table)[36].cells for name, table in chart_tables(model).items() if name in TIMED}
    assert found["traffic"] == ("50", "50", f"{step.done}", "0", "0")
    assert found["response"] == (
        "50",
        duration_text(step.p50_ns),
        duration_text(step.p95_ns),
        duration_text(step.p99_ns),
    )
    assert found["lag"] == (duration_text(step.lag_p99_ns), "0")
    assert found["outcomes"] == ("50", "0", "0")
    assert found["statuses"] == ("50",)


def test_a_percentile_among_arrivals_without_a_session_is_never_and_nothing_is_a_dash(
    models: dict[str, ReportModel],
) -> None:
    rows = _rows(chart_tables(models["missed"])["response"])
    assert rows[9].cells[3] == "never"
    assert rows[-1].cells == ("0", NOTHING, NOTHING, NOTHING)


def test_a_lateness_gap_is_named_in_the_steps_that_it_covers(models: dict[str, ReportModel]) -> None:
    model = replace(models["met"], lateness_gaps=(LatenessGap(3, 2, "the server queued"),))
    table = chart_tables(model)["service"]
    causes = {row.head: row.cells[-1] for row in _rows(table)}
    assert {head: cause for head, cause in causes.items() if cause != NOTHING} == {
        "0:03": "the server queued",
        "0:04": "the server queued",
    }


def test_the_heat_map_reads_from_never_down_to_the_fastest(models: dict[str, ReportModel]) -> None:
    model = models["missed"]
    table = chart_tables(model)["heat"]
    low, high = model.heat_map.bands[0]
    assert table.columns[0] == "Never"
    assert table.columns[-1] == f"{duration_text(low)} to {duration_text(high)}"
    row = _rows(table)[36]
    assert row.cells == tuple(
        f"{count:,}" for count in (model.heat_map.never[36], *reversed(model.heat_map.counts[36]))
    )
    assert table.sparse


def test_the_spectrum_lies_on_nines_and_ends_where_sessions_do(models: dict[str, ReportModel]) -> None:
    rows = _rows(chart_tables(models["missed"])["spectrum"])
    median = next(row for row in rows if row.head == "50 %")
    assert median.at == 2
    assert median.cells[0] == next(
        duration_text(level.value_ns) for level in models["missed"].response.levels if level.nines == 2
    )
    assert rows[-1].head == "100 %"
    assert rows[-1].cells[0] == "never"
    assert rows[-1].at == models["missed"].response.count
    assert "never" not in {
        cell for row in _rows(chart_tables(models["met"])["spectrum"]) for cell in row.cells
    }


def test_status_codes_have_a_column_each(models: dict[str, ReportModel]) -> None:
    table = chart_tables(models["aborted"])["statuses"]
    assert table.columns == ("HTTP 201", "HTTP 503")
    assert len(set(table.colors)) == 2


def test_an_empty_run_has_empty_tables(models: dict[str, ReportModel]) -> None:
    found = chart_tables(models["empty"])
    assert found["spectrum"].groups == found["rate"].groups == ()
    assert found["rate"].width == 0


def test_a_place_is_said_in_short() -> None:
    assert ChartRow(3600, 6, "", ()).place == "3600"
    assert ChartRow(1 / 3, 0, "", ()).place == "0.333333"
    assert ChartRow(10_000_000, 0, "", ()).place == "1e+07"
