"""The figures of a histogram are milliseconds, and `None` where there is no number."""

from __future__ import annotations

from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st
from recorded import histogram

from sessionload.verdict.percentiles import LatencySummary

MS = 1_000_000
NAMES = ["count", "min", "mean", "p50", "p75", "p90", "p95", "p99", "p99_9", "max"]


def test_figures_of_a_thousand_known_durations() -> None:
    """1 ms to 1,000 ms, one each: the percentile p of nearest rank is 10 p ms, to 0.1 %."""
    figures = LatencySummary.of(histogram(value * MS for value in range(1, 1001)))
    assert (figures.count, figures.min, figures.mean, figures.max) == (1000, 1.0, 500.5, 1000.0)
    known = {"p50": 500, "p75": 750, "p90": 900, "p95": 950, "p99": 990, "p99_9": 999}
    for name, milliseconds in known.items():
        assert abs(getattr(figures, name) - milliseconds) <= milliseconds / 1000


def test_without_samples_there_is_no_number() -> None:
    assert LatencySummary.of(histogram()).to_json() == {"count": 0} | dict.fromkeys(NAMES[1:])


def test_what_is_never_is_no_number() -> None:
    seen = histogram([2 * MS] * 9, never=1)
    assert LatencySummary.of(seen) == LatencySummary(10, 2.0, None, 2.0, 2.0, 2.0, None, None, None, None)


def test_all_never_is_no_number_and_its_count() -> None:
    seen = histogram(never=3)
    assert LatencySummary.of(seen).to_json() == {"count": 3} | dict.fromkeys(NAMES[1:])


def test_a_nanosecond_is_not_rounded_away() -> None:
    figures = LatencySummary.of(histogram([1_000_000_001]))
    assert figures.min == figures.p50 == figures.max == 1000.000001


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=30), st.integers(0, 3))
def test_figures_rise(values: list[int], never: int) -> None:
    seen = histogram(values, never=never)
    figures = asdict(LatencySummary.of(seen))
    assert list(figures) == NAMES
    assert figures["min"] == round(min(values) / MS, 6)
    ranked = [figures[name] for name in ("min", "p50", "p75", "p90", "p95", "p99", "p99_9", "max")]
    rising = [float("inf") if value is None else value for value in ranked]
    assert rising == sorted(rising)
