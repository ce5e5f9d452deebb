"""Whether the measurements of a run can be trusted, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.findings import Finding
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.slices import Slice
from sessionload.report.model.generator_statement import generator_statement, health
from sessionload.report.model.quantities import NOTHING
from sessionload.verdict.verdict import State, Verdict

if TYPE_CHECKING:
    from sessionload.verdict.result import Result

NS = 1_000_000_000


def _statement(result: Result) -> str:
    return generator_statement(result, result.measured)


def _with(result: Result, **parts: object) -> Result:
    return replace(result, measurement=replace(result.measurement, **parts))  # type: ignore[arg-type]


def test_a_healthy_generator_is_trusted_and_each_limit_is_said(known: dict[str, Result]) -> None:
    assert _statement(known["met"]) == (
        "These numbers can be trusted: the generator kept within its limits."
        " Lag p99 was 100 µs (limit 10 ms), processor time 15 % of a core (limit 90 %);"
        " garbage collection took 310 ms in 42 runs, 12 ms at longest; 1 process, 0 arrivals lost"
    )


@pytest.mark.parametrize(
    ("name", "opening"),
    [
        ("missed", "These numbers can be trusted: the generator kept within its limits. "),
        ("late", "Do not trust these numbers: the generator was late. "),
        (
            "void",
            (
                "Do not trust these numbers:"
                " the generator lost arrivals and does not account for every arrival. "
            ),
        ),
        (
            "interrupted",
            (
                "The generator kept within its limits, but the run is void, because the run was interrupted"
                " (SIGINT): what it measured is not the plan. "
            ),
        ),
        ("empty", "There is nothing to trust: nothing was sent in the measured stages. "),
    ],
)
def test_a_run_is_trusted_for_a_reason(known: dict[str, Result], name: str, opening: str) -> None:
    assert _statement(known[name]).startswith(opening)


def test_what_the_statement_doubts_the_verdict_doubts(known: dict[str, Result]) -> None:
    for result in known.values():
        if "Do not trust" in _statement(result):
            assert result.verdict.state is State.VOID


def test_all_doubts_are_named(known: dict[str, Result]) -> None:
    own = Finding("generator/ports", Outcome.CONNECTION_ERROR, "no port left", "", 1, 0, 0, 0)
    busy = GeneratorHealth(cpu_ns=95 * NS, wall_ns=100 * NS, workers=2, gc_collections=1)
    result = replace(_with(known["late"], generator=busy, findings={own.cause: own}), lost=1)
    assert _statement(result) == (
        "Do not trust these numbers: the generator was late, was too busy, ran out of resources,"
        " lost arrivals and does not account for every arrival."
        " Lag p99 was 540 ms (limit 10 ms), processor time 95 % of a core (limit 90 %);"
        " garbage collection took 0 µs in 1 run, 0 µs at longest; 2 processes, 1 arrival lost"
    )


@pytest.mark.parametrize(
    ("causes", "doubt"),
    [
        (["generator/late_deadline"], "paused past deadlines"),
        (["generator/defect"], "had a defect"),
        (["generator/buffers", "generator/ports"], "ran out of resources"),
        (["generator/ports", "generator/late_deadline"], "paused past deadlines and ran out of resources"),
    ],
)
def test_a_cause_on_the_generators_side_is_named_for_what_it_is(
    known: dict[str, Result], causes: list[str], doubt: str
) -> None:
    findings = {cause: Finding(cause, Outcome.TIMEOUT, "why", "", 1, 0, 0, 0) for cause in causes}
    text = _statement(_with(known["met"], findings=findings))
    assert text.startswith(f"Do not trust these numbers: the generator {doubt}. ")


def test_a_run_that_only_a_short_pause_made_void_says_so(known: dict[str, Result]) -> None:
    pause = "'max < 1s' cannot be judged: missed only with the generator's own lag of up to 315 ms at 3 s"
    opening = f"The generator kept within its limits, but the run is void, because {pause}"
    verdict = Verdict(State.VOID, (), (pause,))
    assert _statement(replace(known["met"], verdict=verdict)).startswith(f"{opening}. ")
    two = replace(verdict, reasons=(pause, pause))
    assert _statement(replace(known["met"], verdict=two)).startswith(f"{opening} (1 further reason). ")


def test_the_limits_are_those_of_the_scenario(known: dict[str, Result]) -> None:
    load = {"max_lag": "1s", "max_cpu": "10%"}
    statement = _statement(replace(known["late"], scenario={"load": load}))
    assert statement.startswith("Do not trust these numbers: the generator was too busy. ")
    assert "Lag p99 was 540 ms (limit 1 s), processor time 15 % of a core (limit 10 %)" in statement


def test_what_may_be_lost_is_no_doubt_and_is_said(known: dict[str, Result]) -> None:
    met = known["met"]
    lost = replace(met, lost=3, planned=met.planned + 3, scenario={"load": {"max_lost": "0.5%"}})
    assert _statement(lost).startswith("These numbers can be trusted: ")
    assert _statement(lost).endswith("3 arrivals lost (limit 0.5 % of all)")
    more = replace(lost, lost=30, planned=met.planned + 30)
    assert _statement(more).startswith("Do not trust these numbers: the generator lost arrivals. ")


def test_without_a_scenario_the_limits_are_the_usual_ones(known: dict[str, Result]) -> None:
    assert _statement(replace(known["met"], scenario={})) == _statement(known["met"])


def test_a_generator_that_reported_nothing_is_not_called_idle(known: dict[str, Result]) -> None:
    assert "processor time not known (limit 90 %)" in _statement(
        _with(known["met"], generator=GeneratorHealth())
    )


def test_health_is_listed(known: dict[str, Result]) -> None:
    facts = dict(health(known["met"].measurement.generator, known["met"].measured))
    assert facts["Lag p99"] == "100 µs"
    assert facts["Processes"] == "1"
    assert facts["Processor, whole run"] == "15 % of a core"
    assert facts["Garbage collections"] == "42"
    assert facts["Garbage collection, longest"] == "12 ms"


def test_without_a_word_of_the_generator_its_processor_time_is_left_out() -> None:
    facts = dict(health(GeneratorHealth(), Slice()))
    assert "Processor, whole run" not in facts
    assert facts["Lag max"] == NOTHING


def test_connections_are_counted_by_address() -> None:
    facts = dict(health(GeneratorHealth(addresses={"192.0.2.1": 1200, "2001:db8::1": 3}), Slice()))
    assert facts["Connections by address"] == "192.0.2.1 (1,200), 2001:db8::1 (3)"


def test_keys_that_were_not_compared_between_workers_are_counted() -> None:
    facts = dict(health(GeneratorHealth(keys_unchecked=12), Slice()))
    assert facts["Session keys not compared between workers"] == "12"
