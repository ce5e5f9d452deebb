"""What a worker performs when it is dealt other parts, before the load and in the midst of it."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import gevent
from hypothesis import given
from hypothesis import strategies as st

from sessionload.generator.dealt_starts import DealtStarts
from sessionload.generator.pacer import Pacer
from sessionload.units import NS
from sessionload.workload.deal import Part
from sessionload.workload.schedule import Schedule
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.generator.session_start import SessionStart

    InGreenlet = Callable[..., Any]

SCHEDULE = Schedule((Stage("flat", Fraction(100), Fraction(100), NS),))


class Handed(list[int]):
    """The numbers of what a pacer handed over."""

    def take(self, start: SessionStart) -> bool:
        self.append(start.index)
        return True


def starts(part: Part) -> DealtStarts:
    return DealtStarts(SCHEDULE, lambda index: b"%d" % index, part)


@given(st.integers(0, 40), st.integers(0, 100))
def test_a_part_ends_where_the_next_one_begins(taken: int, later: int) -> None:
    """Also where requests of the first part were built already."""
    dealt = starts(Part(0, 0, 2))
    before = [next(dealt).index for _ in range(taken)]
    first = 2 * taken + later
    dealt.deal(Part(first, 0, 1))
    assert before + [start.index for start in dealt] == [*range(0, min(first, 100), 2), *range(first, 100)]


def test_what_is_dealt_away_is_performed_no_more_and_may_come_again() -> None:
    dealt = starts(Part(0, 1, 2))
    dealt.deal(Part(10, 0, 0))
    assert [start.index for start in dealt] == [1, 3, 5, 7, 9]
    dealt.deal(Part(50, 2, 3))
    assert [start.index for start in dealt] == list(range(50, 100, 3))


def test_no_arrival_is_lost_by_a_deal_before_the_load(in_greenlet: InGreenlet) -> None:
    handed = Handed()
    dealt = starts(Part(0, 0, 2))
    pacer = Pacer(dealt, handed.take)

    def run() -> None:
        dealt.deal(Part(20, 0, 1))
        pacer.deal_again(20)
        pacer.run(time.monotonic_ns(), NS)

    in_greenlet(run)
    assert handed == [*range(0, 20, 2), *range(20, 100)]


def test_without_a_lease_nothing_is_handed_over_and_what_was_due_is_left_out(in_greenlet: InGreenlet) -> None:
    """The lease ends before the middle; from 0.7 s on there is one again."""
    handed = Handed()
    lapses: list[int] = []
    dealt = starts(Part(0, 0, 1))

    def lapse() -> None:
        lapses.append(1)
        if time.monotonic_ns() > origin_ns + 700_000_000:
            pacer.lease_end_ns = origin_ns + 10 * NS

    pacer = Pacer(dealt, handed.take, lapse=lapse)
    origin_ns = time.monotonic_ns() + 100_000_000
    pacer.lease_end_ns = origin_ns + 405_000_000
    in_greenlet(pacer.run, origin_ns, NS)
    assert lapses
    assert handed[-1] == 99
    assert not set(range(42, 69)) & set(handed)
    assert handed == sorted(set(handed))


def test_what_was_due_without_a_lease_stays_left_out_when_there_is_one_again(in_greenlet: InGreenlet) -> None:
    """Also what a deal names that came too late: to send it now would be late, and nobody's wish."""
    handed = Handed()
    dealt = starts(Part(0, 0, 2))
    pacer = Pacer(dealt, handed.take)
    origin_ns = time.monotonic_ns() + 50_000_000
    pacer.lease(origin_ns + 205_000_000)

    def run() -> None:
        running = gevent.spawn(pacer.run, origin_ns, NS)
        gevent.sleep(0.05 + 0.5)
        dealt.deal(Part(30, 0, 1))
        pacer.deal_again(30)
        pacer.lease(origin_ns + 10 * NS)
        running.get()

    in_greenlet(run)
    assert handed[:11] == list(range(0, 22, 2))
    assert handed[11] >= 50
    assert handed[11:] == list(range(handed[11], 100))
