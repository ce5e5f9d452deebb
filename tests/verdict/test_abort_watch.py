"""An abort target ends a run when a window is missed for sure, and for nothing that the generator did."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.metrics.exchange import Outcome
from sessionload.units import NS
from sessionload.verdict.abort_watch import AbortWatch
from sessionload.verdict.evidence import Limits
from sessionload.verdict.targets import Target, parse_target
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.verdict.conftest import Recorder

MS = 1_000_000
STOP = parse_target("error_rate < 5%", window_ns=5 * NS, abort=True)
COUNT = parse_target("server_errors < 8", abort=True)


def aborting(
    run: Recorder, stages: tuple[Stage, ...], targets: Sequence[Target], settled_second: int
) -> Target | None:
    """What a watch says that was given everything at once."""
    watch = AbortWatch(stages, targets, Limits())
    watch.add(run.measurement.slices)
    return watch.aborting(settled_second)


def steady(run: Recorder, *, broken: range = range(0)) -> None:
    """10 arrivals a second over the 30 s of `stages`; in the seconds of `broken` 5 of them fail."""
    for second in range(30):
        bad = 5 if second in broken else 0
        run.sent(10 - bad, second=second, stage=int(second >= 10))
        run.sent(bad, Outcome.SERVER_ERROR, second=second, stage=int(second >= 10))


@pytest.mark.parametrize(
    ("settled", "trips"), [(15, False), (20, False), (21, False), (22, True), (31, True)]
)
def test_the_first_window_that_is_missed_stops_a_run(
    run: Recorder, stages: tuple[Stage, ...], settled: int, *, trips: bool
) -> None:
    """The second 20 is bad. It is final when 21 has ended too: its answers came within a second."""
    steady(run, broken=range(20, 22))
    assert aborting(run, stages, [STOP], settled) == (STOP if trips else None)


def test_a_second_is_final_when_all_that_was_due_while_its_answers_came_has_ended(
    run: Recorder, stages: tuple[Stage, ...]
) -> None:
    target = parse_target("p50 < 1s", window_ns=NS, abort=True)
    run.sent(10, second=12, stage=1, service_ms=3_500)
    assert aborting(run, stages, [target], 16) is None
    assert aborting(run, stages, [target], 17) == target


def test_updates_second_by_second_say_the_same(run: Recorder, stages: tuple[Stage, ...]) -> None:
    steady(run, broken=range(20, 22))
    watch = AbortWatch(stages, [STOP], Limits())
    aborting = {}
    for settled in range(32):
        watch.add({key: part for key, part in run.measurement.slices.items() if key[1] == settled - 1})
        aborting[settled] = watch.aborting(settled)
    assert min(settled for settled, target in aborting.items() if target) == 22


def test_a_window_that_reaches_into_the_warm_up_stops_nothing(
    run: Recorder, stages: tuple[Stage, ...]
) -> None:
    steady(run, broken=range(30))
    assert aborting(run, stages, [STOP], 15) is None
    assert aborting(run, stages, [STOP], 16) == STOP


@pytest.mark.parametrize("half", [1, 5])
def test_a_piece_of_a_second_stops_nothing(run: Recorder, half: int) -> None:
    """Measured from 1.5 s to 5.5 s."""
    stages = (
        Stage("warm-up", Fraction(4), Fraction(4), 1500 * MS, warmup=True),
        Stage("peak", Fraction(4), Fraction(4), 4 * NS),
    )
    target = parse_target("error_rate < 5%", window_ns=NS, abort=True)
    for second in range(1, 6):
        run.sent(2, Outcome.SERVER_ERROR if second == half else Outcome.OK, second=second, stage=1)
    assert aborting(run, stages, [target], 9) is None


def test_a_window_without_samples_stops_nothing(run: Recorder, stages: tuple[Stage, ...]) -> None:
    run.sent(10, Outcome.SERVER_ERROR, second=29, stage=1)
    assert aborting(run, stages, [STOP], 30) is None
    assert aborting(run, stages, [STOP], 31) == STOP


def test_a_count_without_a_window_is_over_everything_so_far(run: Recorder, stages: tuple[Stage, ...]) -> None:
    run.sent(50, Outcome.SERVER_ERROR, second=5, stage=0)
    run.sent(7, Outcome.SERVER_ERROR, second=11, stage=1)
    assert aborting(run, stages, [COUNT], 0) is None
    run.sent(1, Outcome.SERVER_ERROR, second=25, stage=1)
    assert aborting(run, stages, [COUNT], 0) == COUNT


def test_targets_that_do_not_abort_stop_nothing(run: Recorder, stages: tuple[Stage, ...]) -> None:
    steady(run, broken=range(30))
    watched = [
        parse_target("error_rate < 1%"),
        parse_target("error_rate < 1%", window_ns=5 * NS),
        parse_target("server_errors < 1"),
    ]
    assert aborting(run, stages, watched, 31) is None


def test_the_first_of_several_is_named(run: Recorder, stages: tuple[Stage, ...]) -> None:
    steady(run, broken=range(30))
    assert aborting(run, stages, [parse_target("p95 < 1s"), COUNT, STOP], 31) == COUNT
    assert aborting(run, stages, [STOP, COUNT], 31) == STOP
    assert aborting(run, stages, [], 31) is None


def test_a_pause_of_the_generator_stops_nothing(run: Recorder, stages: tuple[Stage, ...]) -> None:
    """A third of a second at 50/s: 17 arrivals leave late, and one answer is read late."""
    target = parse_target("p90 < 100ms", window_ns=NS, abort=True)
    run.sent(32, second=12, stage=1)
    for late in range(17):
        run.sent(1, second=12, stage=1, lag_ms=330 - 20 * late if late < 16 else 5)
    run.sent(1, second=12, stage=1, service_ms=320)
    assert aborting(run, stages, [target], 31) is None


def test_a_pause_does_not_hide_a_slow_server(run: Recorder, stages: tuple[Stage, ...]) -> None:
    target = parse_target("p90 < 100ms", window_ns=NS, abort=True)
    run.sent(40, second=12, stage=1, service_ms=2_000)
    run.sent(10, second=12, stage=1, lag_ms=300, service_ms=2_000)
    assert aborting(run, stages, [target], 31) == target


def test_errors_of_a_burst_after_a_pause_stop_nothing(run: Recorder, stages: tuple[Stage, ...]) -> None:
    run.sent(40, second=12, stage=1)
    run.sent(10, Outcome.THROTTLED, second=12, stage=1, lag_ms=300)
    throttled = parse_target("throttled < 5", abort=True)
    assert aborting(run, stages, [STOP, throttled], 31) is None
    run.sent(5, Outcome.THROTTLED, second=13, stage=1)
    assert aborting(run, stages, [throttled], 31) == throttled


def test_what_was_looked_at_is_forgotten(run: Recorder, stages: tuple[Stage, ...]) -> None:
    steady(run)
    watch = AbortWatch(stages, [STOP], Limits())
    watch.add(run.measurement.slices)
    watch.aborting(31)
    assert not watch._slices
