"""How long a rate is held."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sessionload.capacity.hold_length import arrivals_needed, seconds_needed
from sessionload.units import NS
from sessionload.verdict.targets import parse_target


@pytest.mark.parametrize(
    ("expr", "needed"),
    [
        ("p95 < 400ms", 400),
        ("p99 < 400ms", 2000),
        ("p99.9 < 1s", 20_000),
        ("error_rate < 0.1%", 3000),
        ("timeouts < 1%", 300),
        ("achieved_rate >= 99%", 0),
        ("within(400ms) >= 99%", 2000),
        ("within(400ms) > 99.5%", 4000),
        ("within(400ms) >= 100%", 0),
        ("error_rate <= 0%", 0),
        ("contract_violations == 0", 0),
        ("mean < 100ms", 0),
    ],
)
def test_a_target_wants_samples_beyond_it(expr: str, needed: int) -> None:
    assert arrivals_needed([parse_target(expr)]) == needed


def test_the_most_demanding_target_counts() -> None:
    assert arrivals_needed([parse_target("p95 < 400ms"), parse_target("p99 < 1s")]) == 2000
    assert arrivals_needed([]) == 0


@pytest.mark.parametrize(("rate", "seconds"), [("50", 40), ("49.5", 41), ("1000", 20), ("1", 600)])
def test_a_low_rate_is_held_for_longer_within_sensible_ends(rate: str, seconds: int) -> None:
    assert seconds_needed(Fraction(rate), [parse_target("p99 < 1s")]) == seconds


def test_a_window_fits_twice() -> None:
    assert seconds_needed(Fraction(1000), [parse_target("p95 < 1s", window_ns=30 * NS)]) == 60
    assert seconds_needed(Fraction(1000), [parse_target("p95 < 1s", window_ns=400 * NS)]) == 800
