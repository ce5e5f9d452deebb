"""How often a trend is seen where there is none, and where there is one: the figures of docs/scenarios.md."""

from __future__ import annotations

import math
from random import Random

import pytest

from sessionload.bootstrap.trend import Trend, trend

NOISE = 0.1


def seen(slices: int, correlation: float, seed: int, *, per_hour: float = 0.0) -> Trend:
    """Return the trend of an hour of so many slices, each like the one before it by `correlation`."""
    draw = Random(f"{seed} {slices} {correlation}")  # noqa: S311 - a simulation
    noise, values = draw.gauss(0, NOISE), []
    for number in range(slices):
        values.append(noise + math.log1p(per_hour) * number / slices)
        noise = correlation * noise + math.sqrt(1 - correlation**2) * draw.gauss(0, NOISE)
    found = trend([number / slices for number in range(slices)], values, [0] * slices, (slices,))
    assert found is not None
    return found


def test_of_few_series_hardly_one_rises_without_a_trend_and_each_does_with_one() -> None:
    assert sum(seen(30, 0.0, seed).low > 0 for seed in range(20)) <= 2
    assert all(seen(30, 0.0, seed, per_hour=0.5).low > 0.05 for seed in range(20))


@pytest.mark.long
@pytest.mark.parametrize(
    ("correlation", "slices", "false", "found"),
    [
        (0.0, 30, 9, 100),
        (0.0, 60, 7, 100),
        (0.0, 120, 7, 100),
        (0.8, 30, 23, 86),
        (0.8, 60, 20, 87),
        (0.8, 120, 20, 100),
        (0.95, 30, 37, 90),
        (0.95, 60, 42, 94),
        (0.95, 120, 37, 85),
    ],
)
def test_noise_that_lasts_is_taken_for_a_trend_more_often(
    correlation: float, slices: int, false: int, found: int
) -> None:
    """Of 200 series without a trend and 100 that rise by half, drawn with fixed seeds."""
    assert sum(seen(slices, correlation, seed).low > 0 for seed in range(200)) == false
    rising = (seen(slices, correlation, seed, per_hour=0.5) for seed in range(100))
    assert sum(one.low > 0.05 for one in rising) == found
