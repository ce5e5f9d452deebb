"""The row of a target that ended a run shows the window that did it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sessionload.report.model.abort_window import shown_targets
from sessionload.verdict.abort_watch import AbortWatch
from sessionload.verdict.verdict import JudgedTarget, State

if TYPE_CHECKING:
    from sessionload.verdict.result import Result

WORST = JudgedTarget(
    "error_rate < 5%",
    State.MISSED,
    "100 %",
    "5%",
    "95 points above",
    250,
    "ended the run before its plan was done",
    "50 s to 55 s",
)
"""What an earlier version wrote of a run that was stopped: a window that was never sent."""


def of_an_earlier_version(result: Result) -> Result:
    return replace(result, verdict=replace(result.verdict, targets=(WORST, *result.verdict.targets[1:])))


def test_it_is_the_first_window_that_missed(known: dict[str, Result]) -> None:
    result = known["aborted"]
    (shown, *others) = shown_targets(of_an_earlier_version(result))
    assert (shown.measured, shown.margin, shown.window) == ("6.2 %", "1.2 points above", "18 s to 23 s")
    assert (shown.state, shown.samples, shown.note) == (State.MISSED, 242, WORST.note)
    assert others == list(result.verdict.targets[1:])


def test_a_result_of_this_version_says_so_itself(known: dict[str, Result]) -> None:
    assert tuple(shown_targets(known["aborted"])) == known["aborted"].verdict.targets


def test_it_is_the_window_at_which_a_run_is_stopped(known: dict[str, Result]) -> None:
    result = known["aborted"]
    watch = AbortWatch.of(result)
    watch.add(result.measurement.slices)
    assert next(second for second in range(60) if watch.aborting(second)) == 24


@pytest.mark.parametrize("name", ["met", "missed", "interrupted", "empty"])
def test_the_targets_of_a_run_that_no_target_ended_are_as_they_are(
    known: dict[str, Result], name: str
) -> None:
    assert tuple(shown_targets(known[name])) == known[name].verdict.targets


@pytest.mark.parametrize(
    "targets",
    [
        ["error_rate < 5%"],
        [{"expr": "error_rate < 5%", "window": "5s"}],
        [{"expr": "error_rate < 4%", "window": "5s", "abort": True}],
        [{"expr": "error_rate < 50%", "window": "5s", "abort": True}],
        [],
    ],
)
def test_what_is_not_found_again_is_left_as_it_is(known: dict[str, Result], targets: list[Any]) -> None:
    result = replace(of_an_earlier_version(known["aborted"]), scenario={"targets": targets})
    assert next(iter(shown_targets(result))) == WORST
