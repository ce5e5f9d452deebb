"""Merged results: what one run would have measured that had seen every exchange of several."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import measurement

from sessionload.errors import InputError
from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.measurement import Measurement
from sessionload.units import NS
from sessionload.verdict.finalize import judged_result
from sessionload.verdict.merge import merge_results
from sessionload.verdict.result import Result
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.verdict.verdict import State
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

MS = 1_000_000
STAGES = (
    Stage("ramp", Fraction(0), Fraction(5), 2 * NS, warmup=True),
    Stage("peak", Fraction(5), Fraction(5), 2 * NS),
)
SCENARIO: dict[str, Any] = {
    "name": "launch",
    "seed": 7,
    "users": {"id": "u-{run}-{n}"},
    "load": {"arrivals": "even", "max_lag": "10ms", "stages": [{"name": "ramp"}]},
    "targets": ["p95 < 400ms"],
}


CONTRACT = {
    "file": "openapi.yaml",
    "operation": "startSession",
    "sha256": "0" * 64,
    "method": "POST",
    "path": "/session",
    "header": "authorization",
}


def exchange(service_ns: int) -> Exchange:
    """Return an exchange that was sent when it was due."""
    return Exchange(0, 0, 0, service_ns, Outcome.OK, status=200)


def header(run_id: str = "a", **fields: object) -> RunHeader:
    known: dict[str, Any] = {
        "run": Run(run_id, "2026-01-02T03:04:05+00:00", 4.0, 7, "0.1.0"),
        "scenario": SCENARIO,
        "environment": {"name": "s", "url": "https://host.example", "project": "p", "environment": "main"},
        "contract": CONTRACT,
        "stages": STAGES,
        "planned": 3,
        "planned_by_second": {0: 1, 1: 2},
        "planned_by_stage": (1, 2),
        "machine": {"python": "3.11", "host": run_id},
    }
    return RunHeader(**{**known, **fields})


def result(run_id: str, measured: Measurement | None = None, *, lost: int = 0, **fields: object) -> Result:
    made = header(run_id, **fields)
    return judged_result(made, made.run, measured or Measurement(), lost=lost)


def merged(*parts: Result) -> Result:
    return merge_results({f"{part.run.id}.json": part for part in parts}, run_id="m", version="9")


def test_counts_rates_and_plans_add() -> None:
    both = merged(
        result("a", measurement(exchange(20 * MS), stage=1), lost=2),
        result("b", measurement(exchange(30 * MS), exchange(40 * MS), stage=1), lost=1),
    )
    assert (both.planned, both.planned_by_second, both.planned_by_stage) == (6, {0: 2, 1: 4}, (2, 4))
    assert [float(stage.start_rate) for stage in both.stages] == [0, 10]
    assert [float(stage.end_rate) for stage in both.stages] == [10, 10]
    account = both.accounting
    assert (account.sent, account.lost, account.closes) == (3, 3, True)
    assert (both.run.id, both.run.version, both.machine) == ("m", "9", {"python": "3.11"})


@given(st.lists(st.lists(st.integers(1, 30 * NS), max_size=20), min_size=2, max_size=4))
def test_percentiles_are_those_of_one_run_that_saw_every_exchange(durations: list[list[int]]) -> None:
    def measured(service: Iterable[int]) -> Measurement:
        return measurement(*map(exchange, service), stage=1)

    parts = [result(str(number), measured(part)) for number, part in enumerate(durations)]
    alone = result("one", measured(chain(*durations)), planned=3 * len(parts))
    both = merged(*parts)
    assert both.latency == alone.latency
    assert both.accounting == alone.accounting
    assert both.verdict == alone.verdict


def test_the_verdict_is_given_anew() -> None:
    fast = result("a", measurement(*[exchange(20 * MS)] * 3, stage=1))
    slow = result("b", measurement(*[exchange(900 * MS)] * 3, stage=1))
    assert (fast.verdict.state, slow.verdict.state) == (State.MET, State.MISSED)
    assert merged(fast, slow).verdict.state is State.MISSED
    assert merged(fast, replace(fast, run=replace(fast.run, id="c"))).verdict.state is State.MET


def test_a_run_that_was_cut_short_makes_the_whole_void() -> None:
    both = merged(result("a"), result("b", run=replace(header("b").run, interrupted="SIGINT")))
    assert (both.run.interrupted, both.verdict.state) == ("SIGINT", State.VOID)


def test_what_each_run_had_of_its_own_is_left_out_and_the_rest_is_said() -> None:
    late = header(
        "b", run=Run("b", "2026-01-02T03:04:17+00:00", 9.0, 8, "0.1.0", notes=("the disk was full",))
    )
    both = merged(result("a"), judged_result(late, late.run, Measurement(), lost=3))
    assert "users" not in both.scenario
    assert "seed" not in both.scenario
    assert both.scenario["load"] == {"arrivals": "even", "max_lag": "10ms"}
    assert both.run.seconds == 9.0
    assert both.run.started == "2026-01-02T03:04:05+00:00"
    notes = "\n".join(both.run.notes)
    assert (
        "merged from the run b, started 2026-01-02T03:04:17+00:00: 3 planned, 0 sent, 0 unsent, 3 lost"
        in notes
    )
    assert "b: the disk was full" in notes
    assert "up to 12 s apart" in notes
    assert "session keys were compared within each run" in notes
    assert Result.from_json(both.to_json()) == both


def test_labels_that_are_no_times_are_no_reason_to_stop() -> None:
    both = merged(result("a"), result("b", run=Run("b", "yesterday", 1.0, 7, "0.1.0")))
    assert "apart" not in "".join(both.run.notes)


def test_a_plan_by_stage_is_known_only_if_every_run_knows_it() -> None:
    assert merged(result("a"), result("b", planned_by_stage=None)).planned_by_stage is None


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"environment": {"name": "production", "url": "https://other.example"}}, "its environment"),
        (
            {"contract": {"file": "openapi.yaml", "operation": "startSession", "sha256": "1" * 64}},
            "its contract",
        ),
        ({"stages": STAGES[1:], "planned_by_stage": (3,)}, "the list of its stages"),
        ({"scenario": {**SCENARIO, "targets": ["p95 < 300ms"]}}, "the list of its targets"),
        ({"scenario": {**SCENARIO, "load": {"max_lag": "20ms"}}}, "what its scenario allows the generator"),
    ],
)
def test_runs_that_were_not_one_load_are_not_merged(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError) as caught:
        merged(result("a"), result("b", **fields))
    assert (caught.value.code, str(caught.value.place)) == ("cannot-merge", "b.json")
    assert caught.value.message == f"{named} is not that of a.json"


def test_the_key_may_come_from_variables_of_two_names() -> None:
    environment = result("a").environment
    parts = [
        result(name, environment={**environment, "key_variable": variable})
        for name, variable in (("a", "VF_API_KEY"), ("b", "STAGING_KEY"))
    ]
    assert merged(*parts).environment["key_variable"] == "VF_API_KEY"


def test_the_file_of_the_contract_may_have_another_name() -> None:
    contract = {**CONTRACT, "file": "elsewhere.yaml"}
    assert merged(result("a"), result("b", contract=contract)).contract["file"] == "openapi.yaml"


def test_one_run_is_not_merged_and_none_twice() -> None:
    with pytest.raises(InputError, match="nothing to merge it with"):
        merged(result("a"))
    with pytest.raises(InputError, match=r"this is the run of a.json again"):
        merge_results({"a.json": result("a"), "copy.json": result("a")}, run_id="m", version="9")


def test_labels_stay_where_all_runs_have_them() -> None:
    labels = [{"release": "1.4.2", "machine": "a"}, {"machine": "b", "release": "1.4.2"}]
    parts = [
        replace(part, run=replace(part.run, labels=label))
        for part, label in zip((result("a"), result("b")), labels, strict=True)
    ]
    assert merged(*parts).run.labels == {"release": "1.4.2"}
    assert merged(parts[0], result("c")).run.labels == {}
