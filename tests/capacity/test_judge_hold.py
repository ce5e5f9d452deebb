"""What a hold showed, from what was measured."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sessionload.capacity.hold import HoldResult, Shown
from sessionload.capacity.judge_hold import judge_hold
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.generator_health import GeneratorHealth
from sessionload.metrics.histogram_recorder import HistogramRecorder
from sessionload.metrics.measurement import Measurement
from sessionload.metrics.slices import Slice
from sessionload.units import NS
from sessionload.verdict.evidence import Evidence
from sessionload.verdict.targets import parse_target
from sessionload.verdict.verdict import judge
from sessionload.workload.stage import Stage

MS = 1_000_000


def second(quick: int = 100, slow: int = 0, outcome: Outcome | None = None, others: int = 0) -> Slice:
    """A second with sessions after 20 ms and after 900 ms, and others that ended in another way."""
    valid = HistogramRecorder([20 * MS] * quick + [900 * MS] * slow).raw().packed()
    outcomes = {Outcome.OK: quick + slow}
    if outcome is not None:
        outcomes[outcome] = others
    return Slice(outcomes=outcomes, valid=valid)


def shown(seconds: list[Slice], *exprs: str, window_s: int = 0, lost: int = 0) -> HoldResult:
    targets = tuple(parse_target(expr, window_ns=window_s * NS or None) for expr in exprs)
    slices = {(0, number): part for number, part in enumerate(seconds)}
    planned = sum(part.accounted for part in seconds)
    stages = (Stage("hold", Fraction(100), Fraction(100), len(seconds) * NS),)
    health = GeneratorHealth(cpu_ns=NS, wall_ns=len(seconds) * NS)
    measurement = Measurement(slices=slices, sent=planned, generator=health)
    evidence = Evidence(measurement, stages, planned + lost, lost, targets=targets)
    return judge_hold(seconds, targets, judge(evidence))


def test_what_keeps_all_targets_beyond_noise_is_met() -> None:
    result = shown([second()] * 20, "p95 < 400ms", "error_rate < 1%", "achieved_rate >= 99%", "max < 1s")
    assert result == HoldResult(Shown.MET)


@pytest.mark.parametrize("expr", ["p95 < 400ms", "mean < 40ms", "p95 > 1s"])
def test_the_target_that_gave_way_is_named(expr: str) -> None:
    assert shown([second(90, 10)] * 20, "p99.9 < 1s", expr) == HoldResult(Shown.MISSED, expr)


def test_a_share_is_missed_beyond_noise() -> None:
    failing = second(90, 0, Outcome.TIMEOUT, 10)
    assert shown([failing] * 20, "timeouts < 5%") == HoldResult(Shown.MISSED, "timeouts < 5%")


def test_a_few_bad_seconds_leave_it_unsure_and_say_how_it_stands() -> None:
    calm, bad = [second()] * 18, [second(60, 40)] * 2
    assert shown(calm + bad, "p95 < 400ms") == HoldResult(Shown.UNSURE, "p95 < 400ms", leans_met=True)
    worse = [second()] * 16 + [second(50, 50)] * 4
    assert shown(worse, "p95 < 400ms", "p90 < 400ms") == HoldResult(Shown.UNSURE, "p95 < 400ms")


def test_a_window_and_the_contract_are_as_the_verdict_has_them() -> None:
    bad_end = [second()] * 15 + [second(50, 50)] * 5
    result = shown(bad_end, "p95 < 400ms", window_s=5)
    assert result == HoldResult(Shown.MISSED, "p95 < 400ms")
    broken = second(99, 0, Outcome.CONTRACT_VIOLATION, 1)
    assert shown([broken] * 20, "p50 < 1s") == HoldResult(Shown.MISSED, "contract_violations == 0")


def test_429_is_a_quota_and_no_slowness() -> None:
    result = shown([second(90, 0, Outcome.THROTTLED, 10)] * 20, "p95 < 400ms")
    assert result == HoldResult(Shown.THROTTLED, "10 % of the answers were 429")


def test_a_run_that_shows_nothing_is_void() -> None:
    result = shown([second()] * 20, "p95 < 400ms", lost=5)
    assert result.shown is Shown.VOID
    assert "lost" in result.because


def test_a_target_without_samples_is_void() -> None:
    result = shown([second()] * 20, "service.max < 1s")
    assert result == HoldResult(Shown.VOID, "'service.max < 1s' cannot be judged: no samples")
