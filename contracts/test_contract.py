# ruff: noqa: INP001 -- a folder of contracts, which pytest can run as well
"""Each case and law of the contract suite as a test of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sessionload.contract.expectation import Kept

if TYPE_CHECKING:
    from sessionload.judge.examination import CaseResult, Examination


def test_contract(result: CaseResult, examination: Examination) -> None:
    """The case is kept, or accepted by the baseline; what was not seen is no pass."""
    if result in examination.failing:
        lines = (f"law: {result.law}", f"expected: {result.expected}", f"came back: {result.observed}")
        pytest.fail("\n".join((*lines, f"again: {result.curl}")), pytrace=False)
    if result.accepted is not None:
        pytest.skip(f"accepted by the baseline: {result.accepted}")
    if result.state is Kept.THROTTLED:
        pytest.fail(f"throttled: {result.observed}", pytrace=False)
    if result.state is Kept.SKIPPED:
        pytest.skip(result.observed)


def test_the_check_is_whole(examination: Examination) -> None:
    """Nothing cut it short, and what the baseline accepts still occurs."""
    if examination.cut_short:
        pytest.fail(f"cut short: {examination.cut_short}", pytrace=False)
    for entry in examination.stale:
        pytest.fail(f"{entry.case} no longer occurs: take it out of the baseline", pytrace=False)
