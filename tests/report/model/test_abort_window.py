"""The window that stopped a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sessionload.report.model.abort_window import abort_window
from sessionload.verdict.verdict import first_aborting_target

if TYPE_CHECKING:
    from sessionload.verdict.result import Result


def test_it_is_the_first_window_that_missed(known: dict[str, Result]) -> None:
    assert abort_window(known["aborted"]) == ("6.2 %", "1.2 points above", "18 s to 23 s")


def test_it_is_the_window_at_which_a_run_would_have_been_stopped(known: dict[str, Result]) -> None:
    result = known["aborted"]
    now = next(
        second
        for second in range(60)
        if first_aborting_target(result.measurement, result.stages, result.targets, second)
    )
    assert now == 23


@pytest.mark.parametrize("name", ["met", "missed", "interrupted", "empty"])
def test_a_run_that_no_target_ended_has_none(known: dict[str, Result], name: str) -> None:
    assert abort_window(known[name]) is None


@pytest.mark.parametrize(
    "targets",
    [
        ["error_rate < 5%"],
        [{"expr": "error_rate < 5%", "window": "5s"}],
        [{"expr": "error_rate < 4%", "window": "5s", "abort": True}],
        [],
    ],
)
def test_a_target_that_is_not_in_the_scenario_tells_nothing(
    known: dict[str, Result], targets: list[object]
) -> None:
    assert abort_window(replace(known["aborted"], scenario={"targets": targets})) is None


def test_a_window_that_nothing_missed_is_not_made_up(known: dict[str, Result]) -> None:
    result = known["aborted"]
    measurement = known["met"].measurement
    assert abort_window(replace(result, measurement=measurement)) is None
    assert abort_window(replace(result, run=replace(result.run, seconds=0.0))) is None
