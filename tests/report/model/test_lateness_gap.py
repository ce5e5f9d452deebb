"""Where the answered and the service percentiles differ, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from recorded import slice_of

from sessionload.metrics.exchange import Exchange, Outcome
from sessionload.report.model.lateness_gap import LATE, QUEUED, cause_of, lateness_gap_sentence, lateness_gaps
from sessionload.report.model.rows import LatenessGap

if TYPE_CHECKING:
    from sessionload.metrics.slices import Slice
    from sessionload.report.model.rows import ReportModel

MS = 1_000_000


def _slice(*arrivals: tuple[int, int]) -> Slice:
    """A slice of arrivals that were late by (lag, queueing), in microseconds."""
    return slice_of(
        *(
            Exchange(0, 0, sent_ns, sent_ns + 40 * MS, Outcome.OK, queued * 1_000, 200)
            for lag, queued in arrivals
            for sent_ns in [(lag + queued) * 1_000]
        )
    )


@pytest.mark.parametrize(
    ("answered", "service", "differ"),
    [
        (40 * MS, 40 * MS, False),
        (44 * MS, 40 * MS, False),
        (44 * MS + 1, 40 * MS, True),
        (5 * MS, 4 * MS, False),
        (5 * MS + 1, 4 * MS, True),
        (None, None, False),
        (40 * MS, None, False),
    ],
)
def test_they_differ_by_more_than_a_tenth_and_a_millisecond(
    answered: int | None, service: int | None, *, differ: bool
) -> None:
    assert bool(cause_of(_slice((0, 50_000)), answered, service)) == differ


@pytest.mark.parametrize(
    ("arrivals", "cause"),
    [
        ([(100, 20_000)], QUEUED),
        ([(20_000, 0)], LATE),
        ([(20_000, 100)], LATE),
        ([(30_000, 20_000)], LATE),
        ([(20_000, 30_000)], QUEUED),
        ([(10_000, 0), (100, 20_000)], QUEUED),
        ([(30_000, 0), (100, 20_000)], LATE),
    ],
)
def test_the_cause_is_the_larger_part_of_the_lateness(arrivals: list[tuple[int, int]], cause: str) -> None:
    assert cause_of(_slice(*arrivals), 60 * MS, 40 * MS) == cause


def test_the_little_lag_of_every_arrival_is_no_cause() -> None:
    # 1,000 arrivals with 0.9 ms of lag each, and one that queued for half a second.
    part = _slice(*[(900, 0)] * 1_000, (900, 500_000))
    assert cause_of(part, 60 * MS, 40 * MS) == QUEUED


def test_neighbours_of_one_cause_are_one_stretch(models: dict[str, ReportModel]) -> None:
    points = models["met"].chart_steps[:8]
    causes = ["", QUEUED, QUEUED, "", QUEUED, LATE, LATE, ""]
    assert lateness_gaps(points, causes) == (
        LatenessGap(1, 2, QUEUED),
        LatenessGap(4, 1, QUEUED),
        LatenessGap(5, 2, LATE),
    )
    assert lateness_gaps(points, [""] * 8) == ()


def test_a_sentence_says_for_how_long_and_why(models: dict[str, ReportModel]) -> None:
    points = models["met"].chart_steps
    found = (LatenessGap(1, 2, QUEUED), LatenessGap(4, 1, QUEUED), LatenessGap(5, 2, LATE))
    assert lateness_gap_sentence(points, found) == (
        "Answered p99 is above service p99 in 5 s of 60 s: for 3 s the server queued (first at 0:01),"
        " for 2 s the generator was late (first at 0:05)"
    )
    assert lateness_gap_sentence(points, found[2:]) == (
        "Answered p99 is above service p99 in 2 s of 60 s: for 2 s the generator was late (first at 0:05)"
    )


def test_a_run_says_which_of_the_two_it_was(models: dict[str, ReportModel]) -> None:
    assert {one.cause for one in models["queued"].lateness_gaps} == {QUEUED}
    assert models["late"].lateness_gaps == (LatenessGap(30, 1, LATE),)
    assert models["met"].lateness_statement == (
        "Answered p99 stays within 10 % or 1 ms of service p99 all the time:"
        " requests were sent when they were due"
    )
    assert models["empty"].lateness_statement == (
        "Nothing was answered, so answered and service p99 cannot be compared"
    )


def test_a_stall_that_is_seen_in_both_is_no_difference(models: dict[str, ReportModel]) -> None:
    assert models["missed"].lateness_gaps == ()
