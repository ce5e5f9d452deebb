"""The workers of a run in the views: a line for each, and nothing of it in a run by one process."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sessionload.metrics.slices import Slice
from sessionload.report import csv, html, markdown, terminal
from sessionload.report.charts.chart_tables import chart_tables
from sessionload.report.model.build import build_report_model
from sessionload.report.model.quantities import NOTHING
from sessionload.report.model.worker_lines import worker_line
from sessionload.units import NS
from sessionload.verdict.worker_row import WorkerLag, WorkerRow

if TYPE_CHECKING:
    from sessionload.verdict.result import Result

ROW = WorkerRow(
    number=1,
    where="host-a",
    planned=1200,
    sent=1190,
    unsent=0,
    lost=10,
    rate=19.8,
    lag_ns=WorkerLag(100_000, 2_000_000, 3_000_000),
    cpu_ns=NS,
    wall_ns=4 * NS,
    clock_error_ns=71_000,
    round_trip_ns=142_000,
    joined_ns=3 * NS,
    lost_ns=20 * NS,
    dealt_ns=21 * NS,
    run="r-1",
)
QUIET = WorkerRow(
    number=2,
    where="local",
    planned=0,
    sent=0,
    unsent=0,
    lost=0,
    rate=0.0,
    lag_ns=WorkerLag(None, None, None),
    cpu_ns=0,
    wall_ns=0,
    clock_error_ns=None,
    round_trip_ns=None,
    joined_ns=None,
    lost_ns=None,
    dealt_ns=None,
)


def test_a_line_has_all_that_is_known_and_a_dash_for_the_rest() -> None:
    line = worker_line(ROW)
    assert (line.name, line.where) == ("1", "host-a")
    assert line.cells == (*("1,200", "1,190", "19.8/s", "100 µs", "2 ms", "3 ms", "25 %", "71 µs", "142 µs"),)
    assert line.note == (
        "run r-1; joined at 0:03; lost at 0:20, and dealt to the others from 0:21 on; 10 arrivals lost"
    )
    quiet = worker_line(QUIET)
    assert quiet.cells == ("0", "0", "0/s", *[NOTHING] * 6)
    assert quiet.note == ""


def test_each_view_has_the_workers_of_a_run_by_several_and_of_no_other(known: dict[str, Result]) -> None:
    alone = build_report_model(known["met"])
    several = build_report_model(replace(known["met"], workers=(ROW, QUIET)))
    for render in (html.render, markdown.render, terminal.render):
        assert "host-a" in render(several)
        assert "orkers" not in render(alone).replace("Locust workers", "")


def test_lost_arrivals_are_in_the_line_of_their_second_and_below_the_chart(known: dict[str, Result]) -> None:
    result = known["met"]
    place = next(place for place in result.measurement.slices if place[1] == 30)
    slices = dict(result.measurement.slices)
    slices[place] += Slice(lost=7)
    lost = replace(result, lost=7, measurement=replace(result.measurement, slices=slices))
    model = build_report_model(lost)
    assert [line.rsplit(",", 1)[1] for line in csv.render(model).splitlines()[30:33]] == ["0", "7", "0"]
    assert chart_tables(model)["traffic"].columns[-1] == "Lost"
    assert chart_tables(build_report_model(result))["traffic"].columns[-1] == "Unsent"
    assert ">lost<" in html.render(model)
