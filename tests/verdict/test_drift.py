"""Drift: missed beyond noise, met where all of the interval is below, and void where nothing can be told."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING

import pytest
from recorded import histogram

from sessionload.metrics.exchange import Outcome
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.slices import Slice
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence, Limits
from sessionload.verdict.over_time_metrics import Drift
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import JudgedTarget, State, judge
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = 3600
EACH = 30
"""At 20/s and p95, an hour is cut into 120 slices of 30 s."""
P95 = Drift(Fraction(19, 20), "p95", Fraction(5, 100), "5%/h")


def hold(seconds: int = HOUR, rate: int = 20, name: str = "soak", *, to: int | None = None) -> Stage:
    return Stage(name, Fraction(rate), Fraction(rate if to is None else to), seconds * NS)


def measured(
    levels_ms: Callable[[int], float | None],
    *stages: Stage,
    lag_ms: Callable[[int], float] = lambda _: 0.0,
    each: int = EACH,
) -> Measurement:
    """Return what a run measured in which all 20 arrivals of a second took as long; `None` is never."""
    slices, start = {}, 0
    for number, stage in enumerate(stages):
        end = start + stage.duration_ns // NS
        for second in range(start, end, each):
            ms = levels_ms(second)
            lag = histogram([max(1, round(lag_ms(second) * 1e6))] * 20)
            if ms is None:
                slices[number, second] = Slice({Outcome.TIMEOUT: 20}, unqueued_lag=lag)
            else:
                took = histogram([round(ms * 1e6)] * 20)
                slices[number, second] = Slice({Outcome.OK: 20}, valid=took, served=took, unqueued_lag=lag)
        start = end
    sent = sum(part.sent for part in slices.values())
    return Measurement(slices, generator=GeneratorHealth(cpu_ns=NS, wall_ns=10 * NS), sent=sent)


def judged(
    measurement: Measurement, *stages: Stage, expr: str = "drift.p95 < 5%/h", of: str = ""
) -> JudgedTarget:
    target = parse_target(expr, stages=(of,) if of else ())
    limits = Limits(lag_p99_ns=10 * NS)
    return judge(
        Evidence(measurement, stages, measurement.sent, lost=0, targets=(target,), limits=limits)
    ).targets[0]


def noisy(per_hour: float, seed: int = 1, spread: float = 0.02) -> Callable[[int], float]:
    """Return 100 ms that rise by a share in an hour, with independent noise."""

    def level(second: int) -> float:
        noise = Random(f"{seed} {second}").gauss(0, spread)  # noqa: S311 - a simulation
        return float(100 * (1 + per_hour) ** (second / HOUR) * (1 + noise))

    return level


def test_what_does_not_rise_is_met() -> None:
    found = judged(measured(noisy(0), hold()), hold())
    assert found.state is State.MET
    assert found.bound == "5%/h"
    assert found.measured.endswith(" %/h")
    assert found.margin.endswith("points below")
    assert "from 120 slices of 30 s" in found.note
    assert found.samples == 120 * 20


def test_what_rises_beyond_noise_is_missed() -> None:
    found = judged(measured(noisy(0.2), hold()), hold())
    assert found.state is State.MISSED
    assert found.measured.startswith("+")
    assert found.margin.endswith("points above")


def test_what_falls_is_met() -> None:
    found = judged(measured(noisy(-0.5), hold()), hold())
    assert (found.state, found.measured[0]) == (State.MET, "-")


def test_a_line_without_noise_has_its_slope_and_no_width() -> None:
    exact = judged(measured(lambda _: 100.0, hold()), hold())
    assert (exact.measured, exact.margin) == ("0 %/h", "5 points below")
    assert exact.note == "95 % interval 0 to 0 %/h, from 120 slices of 30 s"


@pytest.mark.parametrize(("op", "state"), [("<", State.VOID), ("<=", State.MET)])
def test_at_the_bound_itself_only_a_bound_that_includes_it_is_met(op: str, state: State) -> None:
    found = judged(measured(lambda _: 100.0, hold()), hold(), expr=f"drift.p95 {op} 0%/h")
    assert (found.state, found.margin) == (state, "at the bound")


def test_an_interval_around_the_bound_is_no_evidence_and_says_how_long_might_be_enough() -> None:
    stage = hold(600)
    found = judged(measured(noisy(0.0, 3, 0.05), stage, each=5), stage)
    assert found.state is State.VOID
    assert "too wide to tell; if nothing rises, " in found.note
    assert found.note.endswith(" min at a constant rate would show it")


def test_a_length_of_more_than_a_day_is_not_recommended() -> None:
    stage = hold(100)
    found = judged(measured(noisy(0, spread=0.3), stage, each=5), stage, expr="drift.p95 < 0.001%/h")
    assert found.state is State.VOID
    assert "to over +1,000 %/h" in found.note
    assert found.note.endswith("too wide to tell")


def test_a_short_hold_says_nothing() -> None:
    stage = hold(95)
    found = judged(measured(noisy(0), stage, each=1), stage)
    assert (found.state, found.measured) == (State.VOID, "no samples")
    assert found.note == "19 slices of 5 s say nothing about a drift; hold a rate for 100 s or longer"


@pytest.mark.parametrize("faster", [0, 1])
def test_many_short_holds_say_nothing(faster: int) -> None:
    """Of stages with a slice each, no block has a neighbour, and one at another rate has no slope at all."""
    stages = [hold(5, rate=20 + faster * number, name=f"hold {number}") for number in range(30)]
    found = judged(measured(noisy(0), *stages, each=5), *stages)
    assert (found.state, found.measured) == (State.VOID, "no samples")


def test_a_ramp_has_no_drift() -> None:
    ramp = hold(to=40)
    found = judged(measured(noisy(0.5), ramp), ramp)
    assert (found.state, found.note) == (State.VOID, "no samples in a stage of constant rate")


@pytest.mark.parametrize("kind", ["burst", "file"])
def test_what_is_no_rate_has_no_drift(kind: str) -> None:
    stage = replace(hold(), kind=kind)
    found = judged(measured(noisy(0.5), stage), stage)
    assert (found.state, found.note) == (State.VOID, "no samples in a stage of constant rate")


def test_only_the_stages_that_it_names_are_looked_at() -> None:
    stages = (hold(name="calm"), hold(rate=40, name="steep"))

    def level(second: int) -> float:
        return noisy(0)(second) if second < HOUR else noisy(0.5)(second)

    measurement = measured(level, *stages)
    assert judged(measurement, *stages, of="calm").state is State.MET
    assert judged(measurement, *stages, of="steep").state is State.MISSED


def test_stages_of_other_rates_have_levels_of_their_own() -> None:
    stages = (hold(1800), hold(1800, rate=40, name="peak"))
    found = judged(measured(lambda second: 100.0 if second < 1800 else 300.0, *stages), *stages)
    assert (found.state, found.measured) == (State.MET, "0 %/h")


def test_stages_of_one_rate_have_one_level() -> None:
    stages = (hold(1800), hold(1800, name="again"))
    found = judged(measured(lambda second: 100.0 if second < 1800 else 300.0, *stages), *stages)
    assert found.state is State.MISSED


def test_a_slice_of_a_hundred_that_is_never_counts_as_the_largest_and_more_are_no_drift() -> None:
    few = judged(measured(lambda second: None if second == 60 else 100.0, hold()), hold())
    assert (few.state, few.samples) == (State.MET, 2400)
    many = judged(measured(lambda second: None if second < 90 else 100.0, hold()), hold())
    assert (many.state, many.note) == (
        State.VOID,
        "p95 is never in 3 of 120 slices of 30 s, so it has no drift",
    )


def test_what_rises_only_with_the_generators_lag_is_not_missed() -> None:
    def lag(second: int) -> float:
        return 40 * second / HOUR

    found = judged(measured(lambda second: 100 + lag(second), hold(), lag_ms=lag), hold())
    assert found.state is State.VOID
    assert found.note.endswith("missed only with the generator's own lag")


@pytest.mark.parametrize(
    ("per_hour", "count", "least", "most"),
    [
        (0.0, 10, 0, 1),
        (0.2, 10, 9, 10),
        pytest.param(0.0, 100, 0, 3, marks=pytest.mark.long),
        pytest.param(0.2, 100, 97, 100, marks=pytest.mark.long),
    ],
)
def test_false_alarms_are_few_and_a_drift_is_found(
    per_hour: float, count: int, least: int, most: int
) -> None:
    """Of so many runs of an hour with 10 % of noise: without drift, few are seen to rise at all."""
    bound = "0%/h" if not per_hour else "5%/h"
    runs = (
        judged(measured(noisy(per_hour, seed, 0.1), hold()), hold(), expr=f"drift.p95 <= {bound}")
        for seed in range(count)
    )
    assert least <= sum(run.state is State.MISSED for run in runs) <= most
