# ruff: noqa: INP001 -- a folder of contracts, which pytest can run as well
"""Each case and rule of the contract suite as a test of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sessionload.suite.expectation import CaseStatus

if TYPE_CHECKING:
    from sessionload.suite.suite_report import CaseResult, SuiteReport


def test_contract(result: CaseResult, suite_report: SuiteReport) -> None:
    """The case is kept, or accepted by the baseline; what was not seen does not pass."""
    if result in suite_report.failing:
        lines = (
            f"requires: {result.requirement}",
            f"expected: {result.expected}",
            f"came back: {result.observed}",
        )
        pytest.fail("\n".join((*lines, f"again: {result.curl}")), pytrace=False)
    if result.accepted is not None:
        pytest.skip(f"accepted by the baseline: {result.accepted}")
    if result.state is CaseStatus.THROTTLED:
        pytest.fail(f"throttled: {result.observed}", pytrace=False)
    if result.state is CaseStatus.SKIPPED:
        pytest.skip(result.observed)


def test_the_check_is_whole(suite_report: SuiteReport) -> None:
    """Nothing cut it short, and what the baseline accepts still occurs."""
    if suite_report.cut_short:
        pytest.fail(f"cut short: {suite_report.cut_short}", pytrace=False)
    for entry in suite_report.stale:
        pytest.fail(f"{entry.case} no longer occurs: take it out of the baseline", pytrace=False)
