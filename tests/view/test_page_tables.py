"""The tables behind the charts: each number of a chart, where the pointer finds it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sessionload.measure.exchange import Outcome
from sessionload.view.behind import Row, Table, tables
from sessionload.view.charts.axes import clock
from sessionload.view.charts.picture import pictures
from sessionload.view.sheet.figures import NOTHING
from sessionload.view.sheet.rows import Parting
from sessionload.view.sheet.timeline import AFTER
from sessionload.words.units import duration

if TYPE_CHECKING:
    from sessionload.view.sheet.rows import Sheet

TIMED = ("traffic", "response", "parting", "outcomes", "statuses", "lag")


def _rows(table: Table) -> list[Row]:
    return [row for _, rows in table.groups for row in rows]


@pytest.mark.parametrize("name", ["missed", "never", "queued", "void", "empty"])
def test_every_picture_has_its_table_with_a_cell_for_each_column(sheets: dict[str, Sheet], name: str) -> None:
    found = tables(sheets[name])
    assert list(found) == list(pictures(sheets[name]))
    for table in found.values():
        assert len(table.columns) == len(table.colors)
        assert all(len(row.cells) == len(table.columns) for row in _rows(table))
        assert all(a.at <= b.at for a, b in zip(_rows(table), _rows(table)[1:], strict=False))


@pytest.mark.parametrize("name", TIMED)
def test_a_table_over_time_has_a_row_for_each_step_under_its_stage(
    sheets: dict[str, Sheet], name: str
) -> None:
    sheet = sheets["missed"]
    table = tables(sheet)[name]
    assert [stage for stage, _ in table.groups] == ["warm-up", "ramp", "=cmd|'<b>peak</b>", AFTER]
    rows = _rows(table)
    assert [(row.at, row.width, row.head) for row in rows] == [
        (step.second, step.seconds, clock(step.second)) for step in sheet.steps_of_run
    ]
    assert table.width == 1


def test_traffic_response_and_lag_are_the_steps_of_the_run(sheets: dict[str, Sheet]) -> None:
    sheet = sheets["missed"]
    step = sheet.steps_of_run[36]
    assert step.outcomes == {Outcome.OK: 50}
    found = {name: _rows(table)[36].cells for name, table in tables(sheet).items() if name in TIMED}
    assert found["traffic"] == ("50", "50", f"{step.done}", "0", "0")
    assert found["response"] == ("50", duration(step.p50_ns), duration(step.p95_ns), duration(step.p99_ns))
    assert found["lag"] == (duration(step.lag_p99_ns), "0")
    assert found["outcomes"] == ("50", "0", "0")
    assert found["statuses"] == ("50",)


def test_a_percentile_among_arrivals_without_a_session_is_never_and_nothing_is_a_dash(
    sheets: dict[str, Sheet],
) -> None:
    rows = _rows(tables(sheets["missed"])["response"])
    assert rows[9].cells[3] == "never"
    assert rows[-1].cells == ("0", NOTHING, NOTHING, NOTHING)


def test_a_parting_is_told_in_the_steps_that_it_covers(sheets: dict[str, Sheet]) -> None:
    sheet = replace(sheets["met"], partings=(Parting(3, 2, "the server queued"),))
    table = tables(sheet)["parting"]
    causes = {row.head: row.cells[-1] for row in _rows(table)}
    assert {head: cause for head, cause in causes.items() if cause != NOTHING} == {
        "0:03": "the server queued",
        "0:04": "the server queued",
    }


def test_the_heat_map_reads_from_never_down_to_the_fastest(sheets: dict[str, Sheet]) -> None:
    sheet = sheets["missed"]
    table = tables(sheet)["heat"]
    low, high = sheet.heat.bands[0]
    assert table.columns[0] == "Never"
    assert table.columns[-1] == f"{duration(low)} to {duration(high)}"
    row = _rows(table)[36]
    assert row.cells == tuple(
        f"{count:,}" for count in (sheet.heat.never[36], *reversed(sheet.heat.counts[36]))
    )
    assert table.sparse


def test_the_spectrum_lies_on_nines_and_ends_where_sessions_do(sheets: dict[str, Sheet]) -> None:
    rows = _rows(tables(sheets["missed"])["spectrum"])
    median = next(row for row in rows if row.head == "50 %")
    assert median.at == 2
    assert median.cells[0] == next(
        duration(level.value_ns) for level in sheets["missed"].response.levels if level.nines == 2
    )
    assert rows[-1].head == "100 %"
    assert rows[-1].cells[0] == "never"
    assert rows[-1].at == sheets["missed"].response.count
    assert "never" not in {cell for row in _rows(tables(sheets["met"])["spectrum"]) for cell in row.cells}


def test_status_codes_have_a_column_each(sheets: dict[str, Sheet]) -> None:
    table = tables(sheets["aborted"])["statuses"]
    assert table.columns == ("HTTP 201", "HTTP 503")
    assert len(set(table.colors)) == 2


def test_an_empty_run_has_empty_tables(sheets: dict[str, Sheet]) -> None:
    found = tables(sheets["empty"])
    assert found["spectrum"].groups == found["rate"].groups == ()
    assert found["rate"].width == 0


def test_a_place_is_said_in_short() -> None:
    assert Row(3600, 6, "", ()).place == "3600"
    assert Row(1 / 3, 0, "", ()).place == "0.333333"
    assert Row(10_000_000, 0, "", ()).place == "1e+07"
