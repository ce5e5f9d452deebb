"""Targets over some of the stages: their arrivals, their windows, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.metrics.exchange import Outcome
from sessionload.units import NS
from sessionload.verdict.abort_watch import AbortWatch
from sessionload.verdict.evidence import Evidence, Limits
from sessionload.verdict.judged_stages import judged_seconds, judged_spans_ns, judged_stages
from sessionload.verdict.resolved_scenario import UnreadableTargetError, targets_of
from sessionload.verdict.targets import Target, parse_target
from sessionload.verdict.verdict import JudgedTarget, State, judge
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from tests.verdict.conftest import Recorder

NAMES = ("warm-up", "ramp", "hold", "spike")


def staged(*seconds: Fraction | int, warmups: int = 1) -> tuple[Stage, ...]:
    """Stages of so many seconds, named as in `NAMES`, at 10/s."""
    return tuple(
        Stage(name, Fraction(10), Fraction(10), int(length * NS), warmup=number < warmups)
        for number, (name, length) in enumerate(zip(NAMES, seconds, strict=False))
    )


STAGES = staged(5, 5, 10, 5)
"""warm-up to 5 s, ramp to 10 s, hold to 20 s, spike to 25 s."""


def fill(run: Recorder, bad: dict[int, int]) -> None:
    """10 arrivals a second over `STAGES`; of the seconds in `bad` so many fail."""
    for second in range(25):
        stage = (second >= 5) + (second >= 10) + (second >= 20)
        count = bad.get(second, 0)
        run.sent(10 - count, second=second, stage=stage)
        run.sent(count, Outcome.SERVER_ERROR, second=second, stage=stage)


def judged(run: Recorder, *targets: Target, aborted_by: str | None = None) -> tuple[JudgedTarget, ...]:
    evidence = Evidence(run.measurement, STAGES, run.planned, lost=0, targets=targets, aborted_by=aborted_by)
    return judge(evidence).targets


def on(expr: str, *stages: str, window_s: int = 0, abort: bool = False) -> Target:
    return parse_target(expr, stages=stages, window_ns=window_s * NS or None, abort=abort)


# Which stages, which seconds


@pytest.mark.parametrize(
    ("names", "judged_numbers", "stretches"),
    [
        ((), {1, 2, 3}, [range(5, 25)]),
        (("spike",), {3}, [range(20, 25)]),
        (("ramp", "hold"), {1, 2}, [range(5, 20)]),
        (("spike", "ramp"), {1, 3}, [range(5, 10), range(20, 25)]),
        (("warm-up",), set(), []),
        (("nothing",), set(), []),
    ],
)
def test_the_stages_of_a_target(
    names: tuple[str, ...], judged_numbers: set[int], stretches: list[range]
) -> None:
    found = judged_stages(STAGES, names)
    assert found == judged_numbers
    assert judged_seconds(STAGES, found) == stretches
    assert judged_spans_ns(STAGES, found) == [(one.start * NS, one.stop * NS) for one in stretches]


def test_a_piece_of_a_second_is_in_no_stretch_unless_both_of_its_stages_are_judged() -> None:
    stages = staged(Fraction(3, 2), 2, 3, Fraction(1, 4))
    assert judged_seconds(stages, {1}) == [range(2, 3)]
    assert judged_seconds(stages, {1, 2}) == [range(2, 6)]
    assert judged_seconds(stages, {3}) == []


@given(st.lists(st.fractions(Fraction(1, 4), 4), min_size=4, max_size=4), st.sets(st.integers(0, 3)))
def test_stretches_lie_in_the_stages_rise_and_do_not_meet(lengths: list[Fraction], chosen: set[int]) -> None:
    stages = staged(*lengths, warmups=0)
    stretches, spans = judged_seconds(stages, chosen), judged_spans_ns(stages, chosen)
    length_ns = sum(stages[number].duration_ns for number in chosen)
    assert sum(end - start for start, end in spans) == length_ns
    ends = [second for stretch in stretches for second in (stretch.start, stretch.stop)]
    assert ends == sorted(ends)
    for stretch in stretches:
        assert any(start <= stretch.start * NS and stretch.stop * NS <= end for start, end in spans)


# The verdict


def test_a_stage_is_judged_by_its_own_arrivals(run: Recorder) -> None:
    """20 of 200 are bad: 10 %. They are all in the spike, of whose arrivals they are 40 %."""
    fill(run, dict.fromkeys(range(20, 25), 4))
    whole, spike, others = judged(
        run, on("error_rate < 11%"), on("error_rate < 11%", "spike"), on("error_rate < 11%", "ramp", "hold")
    )[:3]
    assert (whole.state, whole.measured, whole.samples) == (State.MET, "10 %", 200)
    assert (spike.state, spike.measured, spike.samples) == (State.MISSED, "40 %", 50)
    assert (others.state, others.measured, others.samples) == (State.MET, "0 %", 150)
    assert [target.stages for target in (whole, spike, others)] == [(), ("spike",), ("ramp", "hold")]
    assert [target.name for target in (whole, spike, others)] == [
        "error_rate < 11%",
        "error_rate < 11% in stage spike",
        "error_rate < 11% in stages ramp and hold",
    ]


def test_a_window_lies_in_one_stretch_of_its_stages(run: Recorder) -> None:
    """The last second of the ramp and the first of the spike follow each other in no window."""
    fill(run, {9: 5, 20: 5})
    parted = judged(run, on("server_errors < 6", "ramp", "spike", window_s=2))[0]
    assert (parted.state, parted.measured, parted.note) == (State.MET, "5", "worst of 8 windows of 2 s")
    fill(run, {19: 5})
    joined = judged(run, on("server_errors < 6", "hold", "spike", window_s=2))[0]
    assert (joined.state, joined.measured, joined.window) == (State.MISSED, "10", "19 s to 21 s")


def test_a_stage_without_room_or_samples_is_no_evidence(run: Recorder) -> None:
    fill(run, {})
    short, warm = judged(run, on("p95 < 1s", "ramp", "spike", window_s=6), on("p95 < 1s", "warm-up"))[:2]
    assert (short.state, short.note) == (State.VOID, "no full window of 6 s in 5 s measured")
    assert (warm.state, warm.note) == (State.VOID, "no samples")
    nowhere = judged(run, on("p95 < 1s", "warm-up", window_s=6))[0]
    assert nowhere.note == "no full window of 6 s in 0 µs measured"


def test_the_verdict_names_a_target_with_its_stages(run: Recorder) -> None:
    fill(run, {})
    evidence = Evidence(run.measurement, STAGES, run.planned, lost=0, targets=(on("p95 < 1s", "warm-up"),))
    assert judge(evidence).reasons == ("'p95 < 1s in stage warm-up' cannot be judged: no samples",)


# Ending a run


def aborting(run: Recorder, *targets: Target, settled: int = 26) -> Target | None:
    watch = AbortWatch(STAGES, targets, Limits())
    watch.add(run.measurement.slices)
    return watch.aborting(settled)


def test_a_run_is_ended_by_its_stage_alone(run: Recorder) -> None:
    fill(run, {7: 9, 8: 9})
    ramp = on("error_rate < 50%", "ramp", window_s=2, abort=True)
    spike = on("error_rate < 50%", "spike", window_s=2, abort=True)
    assert aborting(run, spike) is None
    assert aborting(run, spike, ramp) == ramp


def test_a_window_does_not_reach_across_what_is_not_judged_while_the_run_goes_on(run: Recorder) -> None:
    fill(run, {9: 10, 20: 10})
    target = on("error_rate < 90%", "ramp", "spike", window_s=2, abort=True)
    assert aborting(run, target) is None
    fill(run, {8: 10, 9: 10})
    assert aborting(run, on("error_rate < 50%", "ramp", "spike", window_s=2, abort=True)) is not None


def test_a_count_is_of_its_stages(run: Recorder) -> None:
    fill(run, {7: 9, 22: 3})
    assert aborting(run, on("server_errors < 5", "spike", abort=True)) is None
    assert aborting(run, on("server_errors < 3", "spike", abort=True)) is not None


def test_a_run_without_measured_seconds_ends_by_itself(run: Recorder) -> None:
    stages = (replace(STAGES[0]), Stage("ramp", Fraction(10), Fraction(10), NS // 4))
    watch = AbortWatch(stages, [on("error_rate < 50%", window_s=1, abort=True)], Limits())
    watch.add(run.measurement.slices)
    assert watch.aborting(99) is None


def test_the_target_that_ended_a_run_is_known_by_its_stages(run: Recorder) -> None:
    fill(run, {21: 9, 22: 9})
    targets = tuple(on("error_rate < 50%", name, window_s=2, abort=True) for name in ("ramp", "spike"))
    ramp, spike, _ = judged(run, *targets, aborted_by="error_rate < 50% in stage spike")
    assert (ramp.state, spike.state) == (State.MET, State.MISSED)
    assert (spike.window, spike.note) == ("21 s to 23 s", "ended the run before its plan was done")
    evidence = Evidence(
        run.measurement, STAGES, run.planned, lost=0, targets=targets, aborted_by="error_rate < 50%"
    )
    assert "which is no abort target of it" in judge(evidence).reasons[0]


def test_what_was_sent_before_the_end_is_what_ends_a_run(run: Recorder) -> None:
    """The spike was never reached, and the ramp ended the run."""
    fill(run, {7: 9, 8: 9})
    run.unsent(5, second=9, stage=1)
    run.unsent(50, second=22, stage=3)
    target = on("error_rate < 50%", "ramp", "spike", window_s=2, abort=True)
    found = judged(run, target, aborted_by=target.name)[0]
    assert (found.state, found.window) == (State.MISSED, "7 s to 9 s")


# In a result's scenario


def test_the_scenario_of_a_result_names_stages() -> None:
    written = [
        {"expr": "p95 < 1s", "stage": "spike"},
        {"expr": "p95 < 1s", "stages": ["ramp", "hold"], "window": "5s"},
        {"expr": "p95 < 1s"},
    ]
    assert [target.stages for target in targets_of({"targets": written})] == [
        ("spike",),
        ("ramp", "hold"),
        (),
    ]


@pytest.mark.parametrize("stages", [{"stage": 5}, {"stages": "ramp"}, {"stages": ["ramp", None]}])
def test_stages_that_are_no_names_cannot_be_read(stages: dict[str, object]) -> None:
    with pytest.raises(UnreadableTargetError, match="target 1 of its scenario"):
        targets_of({"targets": [{"expr": "p95 < 1s", **stages}]})
