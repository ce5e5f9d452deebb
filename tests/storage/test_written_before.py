"""What the last version before the folders were moved has written is read, judged and compared the same.

`ended`, `stopped` (by an abort target) and the slices of a killed run come from that version's own command;
`killed.json` is the result that it made of those slices.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sessionload.comparison.compare import Conclusion, compare
from sessionload.metrics.run_totals import RunTotals
from sessionload.report.comparison.phrases import conclusion_sentence
from sessionload.report.model.abort_window import shown_targets
from sessionload.storage.run_folder import RunFolder
from sessionload.verdict.finalize import finalize_result
from sessionload.verdict.result import Result

HERE = Path(__file__).with_name("written_before")


def written(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    return data


@pytest.mark.parametrize("name", ["ended", "stopped", "killed"])
def test_a_result_is_read_and_would_be_written_the_same(name: str) -> None:
    assert Result.from_json(written(name)).to_json() == written(name)


@pytest.mark.parametrize("name", ["ended", "stopped"])
def test_a_result_is_judged_the_same_again(name: str) -> None:
    result = Result.from_json(written(name))
    totals = RunTotals(measurement=result.measurement)
    totals.workers = 0
    again = finalize_result(result, totals, aborted_by=result.run.aborted_by)
    ended = {target.expr for target in result.verdict.targets if target.expr == result.run.aborted_by}
    for target, before in zip(again.verdict.targets, result.verdict.targets, strict=True):
        same = {"measured", "margin", "samples", "window"} if target.expr in ended else set()
        assert replace(target, **{name: getattr(before, name) for name in same}) == before
    assert (again.verdict.state, again.verdict.reasons) == (result.verdict.state, result.verdict.reasons)


def test_the_row_of_the_target_that_ended_a_run_shows_the_window_that_did_it() -> None:
    """The version before wrote the worst window of the plan there, which was never sent."""
    result = Result.from_json(written("stopped"))
    (before,) = (target for target in result.verdict.targets if target.expr == result.run.aborted_by)
    (shown,) = (target for target in shown_targets(result) if target.expr == result.run.aborted_by)
    assert (before.measured, before.window) == ("100 %", "2 s to 3 s")
    assert (shown.measured, shown.samples, shown.window) == ("5 %", 60, "0 s to 1 s")


def test_the_slices_of_a_killed_run_make_the_same_result() -> None:
    """zlib may compress the same counts otherwise, so what they hold is compared.

    That version counted what was due after the run was killed as never.
    """
    now, before = RunFolder(HERE).read(), Result.from_json(written("killed"))
    assert now.run.measured_until_s == 3
    assert replace(now, run=before.run, verdict=before.verdict) == before
    assert (now.verdict.state, now.verdict.reasons) == (before.verdict.state, before.verdict.reasons)


@pytest.mark.parametrize(
    ("candidate", "sentence"),
    [
        (
            "stopped",
            "the candidate was ended early by its target 'error_rate < 2%' (1 of 3 reasons)",
        ),
        (
            "ended",
            (
                "5 s in 2 stages are too short: neighbouring seconds are alike, so few of them say anything"
                " of their own; measure one stage for at least 20 s"
            ),
        ),
    ],
)
def test_results_are_compared_the_same(candidate: str, sentence: str) -> None:
    base, other = Result.from_json(written("ended")), Result.from_json(written(candidate))
    comparison = compare(base, other, tolerance=Fraction(5, 100), seed=1)
    assert comparison.conclusion is Conclusion.CANNOT_SAY
    assert conclusion_sentence(comparison) == sentence
