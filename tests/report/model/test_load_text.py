"""The load of a plan in a few words: what lasted longest first, a higher peak with its length."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sessionload.report.model.load_text import load_text, offered_text, stage_rate_text
from sessionload.report.model.quantities import NOTHING
from sessionload.units import NS
from sessionload.workload.stage import Stage

MS = 1_000_000


def stages(*plan: tuple[int, int, int]) -> list[Stage]:
    """Stages from rate, rate at the end, and length in milliseconds."""
    return [
        Stage(f"stage-{number}", Fraction(start), Fraction(end), length_ms * MS)
        for number, (start, end, length_ms) in enumerate(plan)
    ]


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        ([(50, 50, 40_000)], "50/s for 40 s"),
        ([(10, 50, 10_000), (50, 50, 40_000)], "50/s for 40 s"),
        ([(20, 20, 600_000), (21, 21, 1)], "20/s for 10 min (peak 21/s for 1 ms)"),
        ([(20, 20, 600_000), (200, 200, 30_000)], "20/s for 10 min (peak 200/s for 30 s)"),
        ([(200, 200, 60_000), (20, 20, 30_000), (200, 200, 60_000)], "200/s for 2 min"),
        ([(10, 10, 60_000), (20, 20, 60_000), (40, 40, 60_000)], "40/s for 60 s"),
        ([(0, 20, 60_000), (21, 21, 1)], "up to 20/s over 60 s (peak 21/s for 1 ms)"),
        ([(0, 20, 60_000), (20, 20, 10_000)], "up to 20/s over 60 s (peak 20/s for 10 s)"),
        ([(5, 5, 1), (0, 20, 60_000)], "up to 20/s over 60 s"),
        ([(0, 50, 20_000), (50, 0, 20_000)], "up to 50/s over 40 s"),
        ([(20, 20, 60_000), (20, 80, 10_000)], "20/s for 60 s (peak 80/s in a ramp)"),
        ([(80, 80, 60_000), (80, 0, 10_000)], "80/s for 60 s"),
        ([(0, 0, 60_000)], "0/s for 60 s"),
        ([(0, 20, 60_000), (20, 20, 60_000)], "20/s for 60 s"),
        ([], NOTHING),
    ],
)
def test_the_load_of_a_plan(plan: list[tuple[int, int, int]], text: str) -> None:
    assert load_text(stages(*plan)) == text


def test_a_burst_counts_by_what_comes_in_a_second_and_a_file_by_its_mean() -> None:
    calm, burst = stages((20, 20, 60_000))[0], Stage.burst("doors", 200, 100 * MS)
    file = Stage("a.csv", Fraction(10, 3), Fraction(10, 3), 90 * NS, kind="file")
    assert load_text([calm, burst]) == "20/s for 60 s (peak 200/s for 100 ms)"
    assert offered_text([calm, burst]) == "at up to 200/s over 60.1 s"
    assert stage_rate_text(burst) == "200 within 100 ms"
    assert stage_rate_text(file) == "3.33/s in the mean, as recorded"
    assert offered_text([file]) == "as recorded, at 3.33/s in the mean, over 90 s"


def test_the_rate_of_a_stage() -> None:
    constant, ramp = stages((20, 20, 1000), (20, 200, 1000))
    assert (stage_rate_text(constant), stage_rate_text(ramp)) == ("20/s", "20/s to 200/s")
    assert constant.duration_ns == NS
