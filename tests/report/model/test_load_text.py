"""The load of a plan in a few words: what lasted longest first, a higher peak with its length."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sessionload.report.model.load_text import load_text, stage_rate_text
from sessionload.report.model.quantities import NOTHING
from sessionload.units import NS
from sessionload.workload.schedule import Stage

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


def test_the_rate_of_a_stage() -> None:
    constant, ramp = stages((20, 20, 1000), (20, 200, 1000))
    assert (stage_rate_text(constant), stage_rate_text(ramp)) == ("20/s", "20/s to 200/s")
    assert constant.duration_ns == NS
