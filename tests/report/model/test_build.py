"""The rows of a model: what is known of a result, as text and as numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.measurement_recorder import MeasurementRecorder
from sessionload.report.model.build import MOST_POINTS, NOTHING, build_report_model
from sessionload.verdict.result import Result
from sessionload.verdict.run_header import Run
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import State, Verdict
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.report.model.rows import ReportModel

NAMES = ("met", "missed", "void", "interrupted", "aborted", "never", "late", "queued", "empty")
NS, MS = 1_000_000_000, 1_000_000
_MET = Result(
    run=Run("r", "2026-01-02T03:04:05Z", 60.0, 7, "0.1.0"),
    scenario={},
    environment={},
    contract={},
    stages=tuple(Stage(name, Fraction(1), Fraction(1), 20 * NS) for name in ("a", "b", "c")),
    planned=0,
    lost=0,
    measurement=Measurement(),
    verdict=Verdict(State.MET, ()),
    planned_by_second={},
)
each_result = pytest.mark.parametrize("name", NAMES)


def test_the_durations_of_a_hundred_arrivals_of_1_to_100_ms() -> None:
    recorder = MeasurementRecorder()
    for index in range(100):
        due = index * NS // 10
        done = due + 2 * MS + (index * 37 % 100 + 1) * MS  # sent 2 ms late
        recorder.record_sent(due + 2 * MS)
        recorder.record_done(0, Exchange(index, due, due + 2 * MS, done, Outcome.OK, 0, 201))
    rows = build_report_model(replace(_MET, measurement=recorder.raw().packed())).latency
    shown = {row.name: [cell.text for cell in row.cells] for row in rows}
    assert shown == {
        "response": ["100", "52 ms", "92 ms", "97 ms", "101 ms", "102 ms", "102 ms"],
        "answered": ["100", "52 ms", "92 ms", "97 ms", "101 ms", "102 ms", "102 ms"],
        "service": ["100", "50 ms", "90 ms", "95 ms", "99 ms", "100 ms", "100 ms"],
        "lateness": ["100", *["2 ms"] * 6],
        "lag": ["100", *["2 ms"] * 6],
    }


@given(st.lists(st.tuples(st.integers(0, 49), st.integers(0, 10**10)), min_size=1, max_size=80))
def test_percentiles_are_those_of_sorting_every_sample(samples: list[tuple[int, int]]) -> None:
    recorder = MeasurementRecorder()
    for number, (second, taken_ns) in enumerate(samples):
        due_ns = (10 + second) * NS
        recorder.record_done(2, Exchange(number, due_ns, due_ns, due_ns + taken_ns, Outcome.OK, 0, 200, None))
    model = build_report_model(replace(_MET, measurement=recorder.raw().packed()))
    values = sorted(taken_ns for _, taken_ns in samples)
    shares = (Fraction(1, 2), Fraction(9, 10), Fraction(19, 20), Fraction(99, 100), Fraction(999, 1000))
    cells = model.latency[0].cells
    for share, cell in zip(shares, cells[1:-1], strict=True):
        exact_ms = values[math.ceil(share * len(values)) - 1] / 1e6
        assert cell.raw == pytest.approx(exact_ms, rel=0.001)
    assert cells[-1].raw == values[-1] / 1e6
    for step in model.chart_steps:
        here = sorted(taken_ns for second, taken_ns in samples if 10 + second == step.start_s)
        assert step.p50_ns == (pytest.approx(here[(len(here) - 1) // 2], rel=0.001) if here else None)


def test_a_row_without_samples_differs_from_never(models: dict[str, ReportModel]) -> None:
    nothing = {cell.text for row in models["empty"].latency for cell in row.cells[1:]}
    assert nothing == {NOTHING}
    assert models["never"].latency[0].cells[-1].text == "never"


def test_targets_on_response_percentiles_can_be_drawn(models: dict[str, ReportModel]) -> None:
    drawn = [(row.percentile, row.bound_ns) for row in models["aborted"].targets]
    assert drawn == [("p50", 400_000_000), ("p95", 2_000_000_000), *[("", None)] * 4]


def test_a_result_read_back_gives_the_same_model(known: dict[str, Result]) -> None:
    result = known["missed"]
    assert build_report_model(type(result).from_json(result.to_json())) == build_report_model(result)


def test_a_scenario_without_a_name_is_still_shown(known: dict[str, Result]) -> None:
    model = build_report_model(replace(known["met"], scenario={}))
    assert (model.title, model.state) == ("unnamed scenario", State.MET)


@each_result
def test_stages_add_up_to_the_run(
    known: dict[str, Result], models: dict[str, ReportModel], name: str
) -> None:
    arrivals = known[name].accounting
    assert sum(row.arrivals.raw or 0 for row in models[name].stages) == arrivals.sent + arrivals.unsent


@each_result
def test_a_heat_map_holds_each_arrival_once(
    known: dict[str, Result], models: dict[str, ReportModel], name: str
) -> None:
    heat = models[name].heat_map
    valid = sum(sum(column) for column in heat.counts)
    assert valid == known[name].accounting.outcomes["ok"]  # type: ignore[index]
    assert valid + sum(heat.never) == known[name].accounting.sent + known[name].accounting.unsent


def test_a_finding_has_the_request_of_its_first_arrival(models: dict[str, ReportModel]) -> None:
    row = models["missed"].findings[0]
    assert "(arrival 99)" in row.seen
    assert "launch-20260102-030405-ab12-00000099" in row.curl


def test_the_row_of_the_target_that_ended_a_run_says_when(models: dict[str, ReportModel]) -> None:
    notes = [row.note for row in models["aborted"].targets if row.expr == "error_rate < 5%"]
    assert notes == ["in the window from 18 s to 23 s; ended the run before its plan was done"]


def test_a_run_of_an_hour_has_fewer_steps_than_seconds(long_run: Result) -> None:
    model = build_report_model(long_run)
    assert (len(model.timeline), len(model.chart_steps)) == (6000, MOST_POINTS)
    assert sum(step.sent for step in model.chart_steps) == long_run.accounting.sent
    assert len(model.heat_map.columns) == 100


def test_a_target_of_some_stages_says_so_and_is_no_line_of_the_chart_of_all(
    known: dict[str, Result], result_with: Callable[..., Result]
) -> None:
    targets = (parse_target("p95 < 2s"), parse_target("p95 < 1s", stages=("ramp",)))
    whole, some, _ = build_report_model(result_with(known["met"].measurement, targets=targets)).targets
    assert (whole.name, whole.note, whole.percentile) == ("p95 < 2s", "", "p95")
    assert (some.name, some.note) == ("p95 < 1s in stage ramp", "in stage ramp")
    assert (some.bound_ns, some.percentile, some.samples.raw) == (None, "", 300)
