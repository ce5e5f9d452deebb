"""What makes two runs incomparable, and what has to be known beside an answer."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from sessionload.comparison import comparability
from sessionload.comparison.comparability import same_load
from sessionload.comparison.compare import obstacles
from sessionload.metrics.measurement import Measurement
from sessionload.units import NS
from sessionload.verdict.result import Result
from sessionload.verdict.run_header import Run
from sessionload.verdict.verdict import State, Verdict
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

VOID = Verdict(State.VOID, (), ("the generator was late", "it was interrupted", "and more"))
WARM = Stage("warm-up", Fraction(9), Fraction(9), 10 * NS, warmup=True)
PEAK = Stage("peak", Fraction(100), Fraction(100), 60 * NS)
SCENARIO = {"name": "launch", "load": {"arrivals": "even", "connections": "reuse"}}


def run_of(name: str, **changes: Any) -> Result:  # noqa: ANN401 - whatever a result has
    result = Result(
        run=Run(name, "2026-01-02T03:04:05Z", 60.0, 7, "0.1.0"),
        scenario=SCENARIO,
        environment={"name": "stub", "url": "http://a"},
        contract={"file": "openapi.yaml", "operation": "startSession", "sha256": "ab" * 32},
        stages=(PEAK,),
        planned=0,
        lost=0,
        measurement=Measurement(),
        verdict=Verdict(State.MET, ()),
        planned_by_second={},
    )
    return replace(result, **changes)


def reasons(base: Result, candidate: Result) -> list[str]:
    return list(comparability.reasons((base,), (candidate,)))


def notes(base: Result, candidate: Result) -> list[str]:
    return list(comparability.notes((base,), (candidate,)))


BASE = run_of("base")


def test_runs_that_were_asked_the_same_are_alike() -> None:
    other = run_of("other")
    assert same_load(BASE, other)
    assert reasons(BASE, other) == notes(BASE, other) == []


def test_bursts_and_other_ways_to_arrive_are_named() -> None:
    burst = run_of("a", stages=(Stage.burst("doors", 200, NS // 5),))
    clusters = run_of(
        "b", scenario={**SCENARIO, "load": {"arrivals": {"gamma": 0.3}, "connections": "reuse"}}
    )
    said = " ".join(reasons(burst, clusters))
    assert "200 within 200 ms (even arrivals)" in said
    assert "100/s for 60 s (gamma 0.3 arrivals)" in said


def test_a_run_and_itself_are_the_same() -> None:
    assert list(notes(BASE, BASE)) == ["both sides are the same run"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda one: replace(one, verdict=VOID), "is void: the generator was late and 2 further reasons"),
        (
            lambda one: replace(one, verdict=Verdict(State.VOID, (), ("it was late", "and lost"))),
            "is void: it was late and 1 further reason",
        ),
        (
            lambda one: replace(one, run=replace(one.run, aborted_by="error_rate < 5%")),
            "was ended early by its target 'error_rate < 5%'",
        ),
    ],
)
def test_a_run_that_proves_nothing_is_a_reason(change: Callable[[Result], Result], reason: str) -> None:
    other = run_of("other")
    assert list(reasons(change(BASE), other)) == [f"the base {reason}"]
    assert list(reasons(BASE, change(other))) == [f"the candidate {reason}"]
    assert len(list(reasons(change(BASE), change(other)))) == 2


@pytest.mark.parametrize(
    ("stages", "scenario", "load"),
    [
        ((Stage("peak", Fraction(90), Fraction(90), 60 * NS),), {}, "90/s for 60 s (even arrivals)"),
        (
            (Stage("peak", Fraction(10), Fraction(100), 60 * NS),),
            {},
            "10/s to 100/s for 60 s (even arrivals)",
        ),
        ((Stage("peak", Fraction(100), Fraction(100), 70 * NS),), {}, "100/s for 70 s (even arrivals)"),
        (
            (Stage("a", Fraction(1), Fraction(1), NS),) * 5,
            {},
            "1/s for 1 s, 1/s for 1 s, 1/s for 1 s and 2 further stages (even arrivals)",
        ),
        ((), {"load": {"arrivals": "poisson"}}, "100/s for 60 s (poisson arrivals)"),
        ((), {"load": {}}, "100/s for 60 s (unknown arrivals)"),
    ],
)
def test_another_load_explains_whatever_differs(
    stages: tuple[Stage, ...], scenario: dict[str, Any], load: str
) -> None:
    candidate = run_of("other", stages=stages or (PEAK,), scenario={**SCENARIO, **scenario})
    assert not same_load(BASE, candidate)
    (reason,) = reasons(BASE, candidate)
    assert reason == (
        f"the load explains a difference: 100/s for 60 s (even arrivals) in the base, {load} in the"
        " candidate; run the same stages on both sides"
    )


def test_names_of_stages_and_warm_up_are_no_load() -> None:
    warm = run_of("other", stages=(WARM, replace(PEAK, name="summit")))
    assert same_load(BASE, warm)
    assert list(notes(BASE, warm)) == ["not the same warm-up: nothing → 9/s for 10 s"]
    assert list(notes(warm, BASE)) == ["not the same warm-up: 9/s for 10 s → nothing"]


def test_a_traffic_split_and_another_call_are_noted() -> None:
    main, split = (
        run_of(
            environment,
            environment={"name": "here", "environment": environment},
            contract={**BASE.contract, "operation": f"V4Interact_{operation}", **more},
        )
        for environment, operation, more in (
            ("main", "one", {"path": "/v4/a"}),
            ("(traffic split)", "two", {"path": "/v4/b", "headers": {"x-tenant": "acme"}}),
        )
    )
    assert list(notes(main, split)) == [
        "not the same environment: environment main → (traffic split)",
        (
            "not the same contract: operation V4Interact_one → V4Interact_two, path /v4/a → /v4/b,"
            " headers.x-tenant nothing → acme"
        ),
    ]


def test_whatever_else_is_different_is_noted() -> None:
    candidate = run_of(
        "other",
        environment={"name": "new", "url": "http://b", "project": "p", "environment": "main"},
        contract={**BASE.contract, "file": "elsewhere.yaml", "sha256": "cd" * 32},
        scenario={
            "name": "launch",
            "description": "not looked at",
            "seed": 9,
            "targets": ["p95 < 1s"],
            "load": {"arrivals": "even", "connections": "per_session", "stages": [1]},
            "tags": ["a", 2],
            "protected": True,
            "users": None,
        },
        machine={"cores": "8"},
    )
    candidate = replace(candidate, run=replace(candidate.run, version="0.2.0"))
    assert [note.removeprefix("not the same ") for note in notes(BASE, candidate)] == [
        "environment: name stub → new, url http://a → http://b, project nothing → p and 1 further difference",
        "contract: sha256 abababababab… → cdcdcdcdcdcd…",
        "scenario: load.connections reuse → per_session, tags nothing → a, 2, protected nothing → true",
        "machine: cores nothing → 8",
        "version of sessionload: 0.1.0 → 0.2.0",
    ]


def test_what_makes_a_comparison_impossible_is_known_before_the_run() -> None:
    planned = run_of("planned", verdict=VOID)  # nothing has been measured yet, and that is no obstacle
    assert list(obstacles(BASE, planned)) == []
    (void,) = obstacles(run_of("void", verdict=VOID), planned)
    assert void.startswith("the base is void: the generator was late")
    stopped = replace(BASE, run=replace(BASE.run, aborted_by="p95 < 1s"))
    assert list(obstacles(stopped, planned)) == ["the base was ended early by its target 'p95 < 1s'"]
    (load,) = obstacles(replace(BASE, stages=(replace(PEAK, duration_ns=30 * NS),)), planned)
    assert load.startswith("the load explains a difference: 100/s for 30 s (even arrivals) in the base")


@pytest.mark.parametrize(("seconds", "short"), [(11, True), (12, False)])
def test_stages_that_are_too_short_for_any_answer_are_known_before_the_run(
    seconds: int,
    short: bool,  # noqa: FBT001
) -> None:
    stages = (replace(PEAK, duration_ns=seconds * NS),)
    found = list(obstacles(run_of("base", stages=stages), run_of("planned", stages=stages)))
    assert found == ([found[0]] if short else [])
    assert all(sentence.startswith(f"{seconds} s are too short: ") for sentence in found)


def test_a_run_without_a_measured_stage_has_no_length() -> None:
    assert list(obstacles(run_of("base", stages=(WARM,)), run_of("planned", stages=(WARM,)))) == []
