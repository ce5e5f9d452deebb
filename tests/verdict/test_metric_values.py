"""What a target reads from a slice, to which value, and how that compares."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
import recorded
from hypothesis import given
from hypothesis import strategies as st
from recorded import histogram

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.metrics.slices import Slice
from sessionload.verdict.metric_values import (
    CountValue,
    holds,
    margin_text,
    measured_text,
    metric_value,
    samples_of,
    severity,
    value_of,
)
from sessionload.verdict.readings import Reading, value_of_reading
from sessionload.verdict.targets import parse_target

if TYPE_CHECKING:
    from sessionload.metrics.histogram import Histogram

MS = 1_000_000


def slice_of(outcomes: dict[Outcome, int], unsent: int = 0) -> Slice:
    return Slice(outcomes=outcomes, unsent=unsent)


MIXED = slice_of(
    {
        Outcome.OK: 50,
        Outcome.CONTRACT_VIOLATION: 1,
        Outcome.REJECTED: 2,
        Outcome.THROTTLED: 3,
        Outcome.SERVER_ERROR: 4,
        Outcome.TIMEOUT: 5,
        Outcome.CONNECTION_ERROR: 6,
        Outcome.PROTOCOL_ERROR: 7,
        Outcome.ABORTED: 8,
    },
    unsent=14,
)
"""100 arrivals, 86 of them sent, 60 answered, 51 of those checked against the contract."""


@pytest.mark.parametrize(
    ("metric", "part", "evidence"),
    [
        ("contract_violations", 1, 51),
        ("rejected", 2, 60),
        ("throttled", 3, 60),
        ("server_errors", 4, 60),
        ("timeouts", 5, 86),
        ("connection_errors", 6, 86),
        ("protocol_errors", 7, 86),
        ("unsent", 14, 100),
    ],
)
def test_a_count_is_of_all_arrivals_and_its_evidence_are_those_that_could_have_shown_it(
    metric: str, part: int, evidence: int
) -> None:
    count, of_all = parse_target(f"{metric} <= 9"), parse_target(f"{metric} <= 9%")
    assert metric_value(count, MIXED) == metric_value(of_all, MIXED) == CountValue(part, 100, evidence)
    assert value_of(count, metric_value(count, MIXED)) == part
    assert value_of(of_all, metric_value(of_all, MIXED)) == Fraction(part, 100)
    assert measured_text(count, metric_value(count, MIXED)) == f"{part}"
    assert measured_text(of_all, metric_value(of_all, MIXED)) == f"{part} %"


@pytest.mark.parametrize(("metric", "part"), [("error_rate", 50), ("achieved_rate", 86)])
def test_a_rate_is_of_all_arrivals(metric: str, part: int) -> None:
    target = parse_target(f"{metric} < 9%")
    assert metric_value(target, MIXED) == CountValue(part, 100, 100)
    assert value_of(target, metric_value(target, MIXED)) == Fraction(part, 100)


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.SERVER_ERROR, Outcome.REJECTED])
def test_a_run_without_a_checked_answer_has_no_evidence_on_the_contract(outcome: Outcome) -> None:
    assert metric_value(parse_target("contract_violations == 0"), slice_of({outcome: 9})).count == 0


@pytest.mark.parametrize("view", ["response", "answered", "service", "lateness", "lag"])
def test_a_duration_is_read_from_its_view(view: str) -> None:
    part = recorded.slice_of(
        Exchange(0, 0, 30, 80, Outcome.OK, 20), Exchange(0, 0, 30, 90, Outcome.SERVER_ERROR, 0, 500), unsent=1
    )
    assert metric_value(parse_target(f"{view}.p50 < 1s"), part) == getattr(part, view)


def test_without_a_view_it_is_the_response() -> None:
    part = Slice(unsent=1)
    assert metric_value(parse_target("p50 < 1s"), part) == part.response


def durations(*milliseconds: int, never: int = 0) -> Histogram:
    return histogram((duration * MS for duration in milliseconds), never=never)


@pytest.mark.parametrize(
    ("metric", "histogram", "value", "text"),
    [
        ("min", durations(10, 20, 60), 10 * MS, "10 ms"),
        ("mean", durations(10, 20, 60), 30 * MS, "30 ms"),
        ("max", durations(10, 20, 60), 60 * MS, "60 ms"),
        ("min", durations(10, never=1), 10 * MS, "10 ms"),
        ("mean", durations(10, never=1), None, "never"),
        ("max", durations(10, never=1), None, "never"),
        ("p50", durations(10, never=2), None, "never"),
        ("min", durations(never=2), None, "never"),
    ],
)
def test_statistics_are_exact_and_never_where_one_never_ended(
    metric: str, histogram: Histogram, value: int | None, text: str
) -> None:
    target = parse_target(f"{metric} < 1h")
    assert value_of(target, histogram) == value
    assert measured_text(target, histogram) == text


def test_a_mean_is_an_exact_fraction() -> None:
    assert value_of(parse_target("mean < 1s"), histogram([1, 1, 2])) == Fraction(4, 3)


@pytest.mark.parametrize(
    ("op", "met_below", "met_at", "met_above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
    ],
)
def test_a_percentile_that_cannot_be_told_from_the_bound_is_equal_to_it(
    op: str, *, met_below: bool, met_at: bool, met_above: bool
) -> None:
    """The bucket of 400 ms is from 399.769600 ms to 400.031743 ms."""
    target = parse_target(f"p50 {op} 400ms")
    for ns, met in [
        (399_769_599, met_below),
        (399_769_600, met_at),
        (399_999_999, met_at),
        (400_000_000, met_at),
        (400_031_743, met_at),
        (400_031_744, met_above),
    ]:
        assert holds(target, value_of(target, histogram([ns] * 3))) is met


@pytest.mark.parametrize("metric", ["min", "mean", "max"])
def test_other_statistics_are_compared_to_the_nanosecond(metric: str) -> None:
    target = parse_target(f"{metric} < 400ms")
    assert holds(target, value_of(target, histogram([399_999_999])))
    assert not holds(target, value_of(target, histogram([400_000_000])))


@pytest.mark.parametrize("op", ["<", "<=", ">", ">="])
def test_never_keeps_no_bound_not_even_a_lower_one(op: str) -> None:
    assert not holds(parse_target(f"p50 {op} 400ms"), None)


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_shares_and_counts_are_compared_exactly(whole: int, bound: int) -> None:
    part = min(bound, whole)
    target = parse_target(f"throttled <= {bound}")
    assert holds(target, value_of(target, CountValue(part, whole, 1)))
    assert not holds(target, value_of(target, CountValue(bound + 1, whole, 1)))


@pytest.mark.parametrize(
    ("expr", "better", "worse"),
    [
        ("p50 < 10ms", Fraction(1), Fraction(2)),
        ("p50 <= 10ms", Fraction(1), Fraction(2)),
        ("p50 > 10ms", Fraction(2), Fraction(1)),
        ("p50 >= 10ms", Fraction(2), None),
        ("p50 < 10ms", Fraction(2), None),
        ("throttled == 0", Fraction(1), Fraction(2)),
        ("throttled == 5", Fraction(4), Fraction(7)),
        ("throttled == 5", Fraction(5), Fraction(4)),
        ("achieved_rate >= 99%", Fraction(1), Fraction(1, 2)),
    ],
)
def test_the_worse_of_two_values(expr: str, better: Fraction, worse: Fraction | None) -> None:
    target = parse_target(expr)
    assert severity(target, worse) > severity(target, better)


@pytest.mark.parametrize(
    ("expr", "value", "text"),
    [
        ("p50 < 400ms", Fraction(312 * MS), "88 ms below"),
        ("p50 < 400ms", Fraction(1400 * MS), "1 s above"),
        ("p50 < 400ms", Fraction(400 * MS), "at the bound"),
        ("mean < 400ms", Fraction(400 * MS) + Fraction(1, 3), "< 0.01 µs above"),
        ("p50 < 400ms", None, ""),
        ("error_rate < 1%", Fraction(22, 1000), "1.2 points above"),
        ("error_rate < 1%", Fraction(0), "1 point below"),
        ("error_rate < 1%", Fraction(1, 100), "at the bound"),
        ("error_rate < 1%", Fraction(1, 100) + Fraction(1, 10**9), "< 0.01 points above"),
        ("contract_violations == 0", Fraction(1234), "1,234 above"),
        ("throttled < 10", Fraction(3), "7 below"),
    ],
)
def test_the_margin_is_never_nothing_unless_it_is(expr: str, value: Fraction | None, text: str) -> None:
    assert margin_text(parse_target(expr), value) == text


def test_a_share_is_of_all_arrivals_and_a_count_of_those_that_could_have_shown_it() -> None:
    """37 of 150 are 24.67 %; of the 150, 74 were answered."""
    value = CountValue(37, 150, 74)
    share, count = parse_target("rejected < 1%"), parse_target("rejected < 5")
    assert (measured_text(share, value), samples_of(share, value)) == ("24.67 %", 150)
    assert (measured_text(count, value), samples_of(count, value)) == ("37", 74)


@pytest.mark.parametrize("statistic", ["mean", "max"])
def test_a_mean_or_longest_with_one_that_never_came_is_never(statistic: str) -> None:
    reading = Reading(2, never=1, total_ns=5, least=5, most=5)
    assert value_of_reading(parse_target(f"{statistic} < 1s"), reading) is None
