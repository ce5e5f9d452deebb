"""Whole searches against servers whose limit is known."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from tests.capacity.simulated_servers import Queue, limit_of

from sessionload.capacity.hold import Hold, HoldResult, Shown
from sessionload.capacity.hold_length import seconds_needed
from sessionload.capacity.search import Answer, Ending, Search, SearchPlan
from sessionload.capacity.share_interval import shown_by
from sessionload.verdict.targets import parse_target

if TYPE_CHECKING:
    from collections.abc import Callable


def find(server: Callable[[Hold, bool], HoldResult], expr: str = "p95 < 150ms") -> Answer:
    """Search between 20/s and 2,000/s, to 2 %."""
    target = parse_target(expr)
    plan = SearchPlan(
        Fraction(20), Fraction(2000), Fraction("0.02"), lambda rate: seconds_needed(rate, [target])
    )
    search = Search(plan)
    while search.step is not None:
        search.take(server(search.step, search.goes_on))
    assert search.answer is not None
    return search.answer


def measured(queue: Queue, allowed: Fraction) -> Callable[[Hold, bool], HoldResult]:
    """Return what holds at a queue show; the pieces of a hold are judged together."""
    seconds: list[tuple[int, int]] = []

    def hold(step: Hold, goes_on: bool) -> HoldResult:  # noqa: FBT001 - as the search says it
        if not goes_on:
            seconds.clear()
        seconds.extend(queue.hold(float(step.rate), step.seconds))
        arrivals, slow = (sum(column) for column in zip(*seconds, strict=True))
        return HoldResult(shown_by(seconds, allowed), "p95 < 150ms", leans_met=slow <= allowed * arrivals)

    return hold


QUEUES = [
    pytest.param(8, 25.0, "p95 < 150ms", id="eight channels"),
    pytest.param(1, 100.0, "p95 < 100ms", id="one channel"),
    pytest.param(16, 10.0, "p99 < 600ms", id="sixteen channels"),
]


def shares_of_limit(channels: int, per_s: float, expr: str, seeds: range) -> list[float]:
    """Return what each search found by the true limit; 0 where it found no number."""
    target = parse_target(expr)
    assert target.metric.share is not None
    bound_s, allowed = float(target.bound) / 1e9, 1 - target.metric.share
    limit = limit_of(channels, per_s, bound_s, float(allowed))
    found = []
    for seed in seeds:
        answer = find(measured(Queue(channels, per_s, bound_s, seed), allowed), expr)
        found.append(float(answer.low or 0) / limit if answer.ending is Ending.FOUND else 0.0)
    return found


@pytest.mark.long
@pytest.mark.minutes
@pytest.mark.parametrize(("channels", "per_s", "expr"), QUEUES)
def test_of_a_hundred_searches_at_most_five_are_further_off_than_5_percent_and_none_is_above(
    channels: int, per_s: float, expr: str
) -> None:
    found = shares_of_limit(channels, per_s, expr, range(100))
    assert sum(0.95 <= share <= 1.05 for share in found) >= 95, sorted(found)
    assert max(found) <= 1.05


def test_a_search_finds_the_limit_of_a_queue() -> None:
    found = shares_of_limit(8, 25.0, "p95 < 150ms", range(1))
    assert 0.95 <= found[0] <= 1.05


@pytest.mark.parametrize("limit", [37, 419.5, 1900])
def test_a_hard_limit_is_found_to_the_precision(limit: float) -> None:
    def server(step: Hold, goes_on: bool) -> HoldResult:  # noqa: FBT001 - as the search says it
        assert not goes_on
        over = max(0.0, 1 - limit / float(step.rate))
        second = (round(step.rate), round(float(step.rate) * over))
        return HoldResult(shown_by([second] * step.seconds, Fraction(1, 1000)), "error_rate < 0.1%")

    answer = find(server)
    assert answer.ending is Ending.FOUND
    assert answer.low is not None
    assert 0.98 * limit <= answer.low <= 1.05 * limit


@pytest.mark.parametrize("seed", range(3))
def test_a_slow_leak_is_never_overrated(seed: int) -> None:
    """Its limit falls to nine tenths within 200,000 arrivals; an answer is good for the limit at its end."""
    queue = Queue(8, 25.0, 0.15, seed, slower_each=5e-7)
    answer = find(measured(queue, Fraction(1, 20)))
    limit = limit_of(8, 25.0 / (1 + 5e-7 * queue.served), 0.15, 0.05)
    if answer.ending is Ending.FOUND:
        assert answer.low is not None
        assert answer.low <= 1.05 * limit
    else:
        assert answer.ending is Ending.UNSTEADY


def test_a_throttler_is_told_apart_from_a_slow_server() -> None:
    def server(step: Hold, goes_on: bool) -> HoldResult:  # noqa: FBT001 - as the search says it
        assert not goes_on
        if step.rate > 300:
            return HoldResult(Shown.THROTTLED, "some answers were 429")
        return HoldResult(Shown.MET)

    answer = find(server)
    assert answer.ending is Ending.THROTTLED
    assert (answer.low, answer.high) == (Fraction(160), Fraction(320))


@pytest.mark.parametrize("seed", range(3))
def test_a_noisy_neighbour_is_part_of_what_is_measured(seed: int) -> None:
    """Half of the time service takes 20 % longer: the limit is between the two."""
    answer = find(measured(Queue(8, 25.0, 0.15, seed, neighbour=0.2), Fraction(1, 20)))
    calm, noisy = limit_of(8, 25.0, 0.15, 0.05), limit_of(8, 25.0 / 1.2, 0.15, 0.05)
    assert answer.ending in {Ending.FOUND, Ending.UNSTEADY}
    assert answer.low is not None
    assert 0.95 * noisy <= answer.low <= 1.05 * calm
