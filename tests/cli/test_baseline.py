"""The exit code of a run that is compared with a baseline: no evidence is no pass."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from sessionload.cli.baseline import Baseline, asked_baseline
from sessionload.comparison.compare import Conclusion
from sessionload.errors import InputError
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from pathlib import Path

    from sessionload.verdict.result import Result

SLOWER, NOT_SLOWER, CANNOT_SAY = Conclusion.SLOWER, Conclusion.NOT_SLOWER, Conclusion.CANNOT_SAY


@pytest.mark.parametrize(
    ("of_run", "conclusion", "code"),
    [
        (0, NOT_SLOWER, 0),
        (0, SLOWER, 1),
        (0, CANNOT_SAY, 3),
        (0, None, 3),
        *((code, conclusion, code) for code in (1, 3, 5, 130, 143) for conclusion in (*Conclusion, None)),
    ],
)
def test_what_is_wrong_with_the_run_comes_first(
    of_run: int, conclusion: Conclusion | None, code: int
) -> None:
    result: Result = None  # type: ignore[assignment]  # it is not looked at
    assert Baseline(result, Fraction(1, 20)).exit_code(of_run, conclusion) == code
    assert len(State) == 3


def test_options_that_name_nothing_to_compare_with_are_refused(tmp_path: Path) -> None:
    assert asked_baseline(None, None) is None
    for path, tolerance, code in (
        (None, "5%", "option-without-meaning"),
        (tmp_path, None, "no-run"),
        (tmp_path, "5", "bad-tolerance"),
    ):
        with pytest.raises(InputError) as caught:
            asked_baseline(path, tolerance)
        assert caught.value.code == code
