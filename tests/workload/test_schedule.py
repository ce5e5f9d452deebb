"""When even arrivals are due: known answers worked out by hand, and the properties of the exact inverse."""

from __future__ import annotations

import math
import re
from collections import Counter
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sessionload.units import NS
from sessionload.workload.schedule import LONGEST_NS, MOST_ARRIVALS, Arrival, Schedule
from sessionload.workload.stage import Stage

PATIENT = settings(deadline=None)  # a busy machine makes an example slow, not wrong


def stage(
    start: Fraction | int | str, end: Fraction | int | str, duration_ns: int, name: str = "peak"
) -> Stage:
    return Stage(name, Fraction(start), Fraction(end), duration_ns)


def dues(schedule: Schedule) -> list[int]:
    return [arrival.due_ns for arrival in schedule.stripe()]


RATES = st.one_of(
    st.just(Fraction(0)),
    st.integers(1, 40).map(Fraction),
    st.fractions(min_value=0, max_value=40, max_denominator=3600),
    st.integers(10**9, 5 * 10**9).map(Fraction),  # several arrivals in one nanosecond
)
DURATIONS = st.one_of(st.integers(1, 40), st.integers(1, 4 * NS), st.integers(1, 4).map(lambda s: s * NS))


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    stages = draw(st.lists(st.builds(stage, RATES, RATES, DURATIONS), min_size=1, max_size=5))
    assume(0 < sum(one.area for one in stages) < 400)
    return Schedule(stages)


class TestKnownAnswers:
    def test_a_constant_hundred_a_second_for_thirty_seconds_is_3000_arrivals_10_ms_apart(self) -> None:
        schedule = Schedule([stage(100, 100, 30 * NS)])
        assert schedule.planned() == 3000
        assert dues(schedule) == [n * 10_000_000 for n in range(3000)]

    def test_arrivals_know_their_number_their_time_and_their_stage(self) -> None:
        schedule = Schedule([stage(2, 2, NS), stage(0, 0, NS), stage(1, 1, 2 * NS)])
        assert list(schedule.stripe()) == [
            Arrival(index=0, due_ns=0, stage=0),
            Arrival(index=1, due_ns=NS // 2, stage=0),
            Arrival(index=2, due_ns=2 * NS, stage=2),
            Arrival(index=3, due_ns=3 * NS, stage=2),
        ]

    @pytest.mark.parametrize(
        ("index", "seconds"), [(0, 0), (5, 1), (20, 2), (45, 3), (125, 5), (320, 8), (405, 9)]
    )
    def test_a_ramp_from_0_to_100_in_10_s_has_arrival_n_at_the_root_of_2n_over_10(
        self, index: int, seconds: int
    ) -> None:
        """The area up to t is 5t², which equals n at t = sqrt(n / 5) = sqrt(2n / 10)."""
        schedule = Schedule([stage(0, 100, 10 * NS)])
        assert schedule.planned() == 500
        assert schedule.due_ns(index) == seconds * NS

    @pytest.mark.parametrize(("index", "seconds"), [(0, 0), (95, 1), (180, 2), (375, 5), (480, 8), (495, 9)])
    def test_a_ramp_down_to_0_is_the_ramp_up_seen_backwards(self, index: int, seconds: int) -> None:
        """The area up to t is 100t - 5t², so 95 at 1 s, 180 at 2 s, 375 at 5 s."""
        schedule = Schedule([stage(100, 0, 10 * NS)])
        assert schedule.planned() == 500
        assert schedule.due_ns(index) == seconds * NS

    def test_the_root_of_a_ramp_up_is_rounded_down(self) -> None:
        """Number 1 is due at sqrt(0.2) s = 0.447213595499... s."""
        assert Schedule([stage(0, 100, 10 * NS)]).due_ns(1) == 447_213_595

    def test_the_root_of_a_ramp_down_is_rounded_down(self) -> None:
        """1 - sqrt(1 - x) = x/2 + x²/8 + x³/16 + ..., so 10 - sqrt(99.8) s = 0.010005005006... s."""
        assert Schedule([stage(100, 0, 10 * NS)]).due_ns(1) == 10_005_005

    def test_a_third_of_a_second_is_rounded_down(self) -> None:
        assert dues(Schedule([stage(3, 3, NS)])) == [0, 333_333_333, 666_666_666]

    def test_a_fraction_of_an_arrival_is_carried_into_the_next_stage(self) -> None:
        """The first stage is worth 1.5 arrivals: number 2 is due when the second has added the other half."""
        schedule = Schedule([stage(1, 1, 3 * NS // 2), stage(2, 2, NS)])
        assert dues(schedule) == [0, NS, 3 * NS // 2 + NS // 4, 3 * NS // 2 + 3 * NS // 4]
        assert schedule.planned_by_stage() == (2, 2)

    def test_stages_worth_less_than_one_arrival_add_up(self) -> None:
        schedule = Schedule([stage(1, 1, NS // 4)] * 9)
        assert dues(schedule) == [0, NS, 2 * NS]
        assert schedule.planned_by_stage() == (1, 0, 0, 0, 1, 0, 0, 0, 1)

    def test_a_schedule_that_begins_with_a_pause_has_its_first_arrival_after_it(self) -> None:
        assert dues(Schedule([stage(0, 0, 5 * NS), stage(1, 1, 2 * NS)])) == [5 * NS, 6 * NS]

    def test_several_arrivals_may_be_due_in_one_nanosecond(self) -> None:
        assert dues(Schedule([stage(3 * NS, 3 * NS, 2)])) == [0, 0, 0, 1, 1, 1]

    def test_ten_million_arrivals_do_not_drift(self) -> None:
        schedule = Schedule([stage(300, 300, 12 * 3600 * NS)])
        assert schedule.due_ns(10_000_000) == 10_000_000 * NS // 300 == 33_333_333_333_333
        assert schedule.due_ns(12_959_999) == 12_959_999 * NS // 300
        uneven = Schedule([stage("1000/7", "1000/7", 24 * 3600 * NS)])
        assert uneven.due_ns(10_000_001) == 70_000_007_000_000

    def test_a_ramp_does_not_drift_over_ten_million_arrivals(self) -> None:
        """0 to 2000/s in 10⁴ s: the area up to t is t² / 10, which is 10⁷ - 10⁷/100 at t = 9949.87... s."""
        schedule = Schedule([stage(0, 2000, 10_000 * NS)])
        assert schedule.planned() == 10_000_000
        assert schedule.due_ns(9_900_000) == math.isqrt(99_000_000 * NS * NS)

    def test_a_ramp_with_equal_ends_is_a_constant_stage(self) -> None:
        """A billionth more at the end moves each arrival by less than a nanosecond, and adds a last one."""
        flat = [n * 10_000_000 for n in range(1000)]
        assert dues(Schedule([stage(100, 100, 10 * NS)])) == flat
        assert dues(Schedule([stage(100, 100 - Fraction(1, NS), 10 * NS)])) == flat
        earlier = [0, *(due - 1 for due in flat[1:]), 10 * NS - 1]
        assert dues(Schedule([stage(100, 100 + Fraction(1, NS), 10 * NS)])) == earlier

    def test_a_schedule_says_when_its_stages_start_how_long_it_is_and_what_its_peak_is(self) -> None:
        schedule = Schedule([stage(2, 7, NS), stage(5, 3, 2 * NS), stage(0, 0, 3 * NS)], seed=4)
        assert schedule.starts_ns == (0, NS, 3 * NS)
        assert schedule.duration_ns == 6 * NS
        assert schedule.peak == 7
        assert schedule.seed == 4
        assert schedule.arrivals == "even"
        assert [one.start_rate for one in schedule.stages] == [2, 5, 0]

    def test_seconds_are_counted_with_the_quiet_ones_and_the_begun_one(self) -> None:
        schedule = Schedule([stage(3, 3, NS), stage(0, 0, NS), stage(4, 4, 3 * NS // 2)])
        assert schedule.planned_by_second() == {0: 3, 1: 0, 2: 4, 3: 2}

    def test_the_area_goes_from_nothing_to_the_whole(self) -> None:
        schedule = Schedule([stage(0, 100, 10 * NS), stage(100, 100, NS)])
        assert [schedule.area(second * NS) for second in (0, 1, 2, 10, 11)] == [0, 5, 20, 500, 600]


class TestLaws:
    @PATIENT
    @given(schedules())
    def test_an_arrival_is_due_at_the_last_nanosecond_at_which_the_area_is_at_most_its_number(
        self, schedule: Schedule
    ) -> None:
        for index, due_ns, number in schedule.stripe():
            assert schedule.area(due_ns) <= index < schedule.area(due_ns + 1)
            assert schedule.starts_ns[number] <= due_ns
            assert due_ns < schedule.starts_ns[number] + schedule.stages[number].duration_ns
            assert schedule.due_ns(index) == due_ns

    @PATIENT
    @given(schedules())
    def test_the_area_between_two_arrivals_is_one_up_to_the_rounding_to_a_nanosecond(
        self, schedule: Schedule
    ) -> None:
        for sooner, later in pairwise(dues(schedule)):
            assert schedule.area(later) - schedule.area(sooner + 1) < 1
            assert schedule.area(later + 1) - schedule.area(sooner) > 1

    @PATIENT
    @given(schedules())
    def test_arrivals_are_due_in_order_and_before_the_end(self, schedule: Schedule) -> None:
        due = dues(schedule)
        assert due == sorted(due)
        assert all(0 <= one < schedule.duration_ns for one in due)

    @PATIENT
    @given(schedules())
    def test_every_way_to_count_gives_the_same_count(self, schedule: Schedule) -> None:
        arrivals = list(schedule.stripe())
        by_stage = Counter(arrival.stage for arrival in arrivals)
        by_second = Counter(arrival.due_ns // NS for arrival in arrivals)
        assert schedule.planned() == len(arrivals)
        assert schedule.planned() == math.ceil(sum(one.area for one in schedule.stages))
        assert schedule.planned_by_stage() == tuple(
            by_stage[number] for number in range(len(schedule.stages))
        )
        assert schedule.planned_by_second() == {
            second: by_second[second] for second in range(math.ceil(Fraction(schedule.duration_ns, NS)))
        }

    @PATIENT
    @given(schedules(), st.integers(1, 64))
    def test_the_stripes_of_all_workers_are_the_plan_whole_and_disjoint(
        self, schedule: Schedule, workers: int
    ) -> None:
        stripes = [list(schedule.stripe(worker, workers)) for worker in range(workers)]
        for worker, stripe in enumerate(stripes):
            assert [arrival.index for arrival in stripe] == list(range(worker, schedule.planned(), workers))
        assert sorted(arrival for stripe in stripes for arrival in stripe) == list(schedule.stripe())

    @PATIENT
    @given(schedules(), st.integers(0, 450), st.integers(1, 5), st.data())
    def test_the_rest_of_a_stripe_is_counted_by_stage_and_second_as_if_one_by_one(
        self, schedule: Schedule, first: int, workers: int, data: st.DataObject
    ) -> None:
        worker = data.draw(st.integers(0, workers - 1))
        left = [arrival for arrival in schedule.stripe(worker, workers) if arrival.index >= first]
        assert left == list(schedule.stripe(worker, workers, first))
        counted = [(stage, second) for stage, second, _ in schedule.rest(first, worker, workers)]
        assert len(set(counted)) == len(counted)
        assert {
            (stage, second): count for stage, second, count in schedule.rest(first, worker, workers)
        } == Counter((arrival.stage, arrival.due_ns // NS) for arrival in left)

    @PATIENT
    @given(
        st.fractions(Fraction(1, 10), 50, max_denominator=100), st.integers(1, 5 * NS), st.integers(1, 5 * NS)
    )
    def test_a_stage_cut_in_two_is_the_same_schedule(self, rate: Fraction, first: int, second: int) -> None:
        whole = Schedule([stage(rate, rate, first + second)])
        assert dues(whole) == dues(Schedule([stage(rate, rate, first), stage(rate, rate, second)]))

    @PATIENT
    @given(st.integers(0, 50), st.integers(1, 50), st.integers(1, 4), st.integers(1, 4))
    def test_a_ramp_cut_in_two_is_the_same_schedule(
        self, low: int, rise: int, first: int, second: int
    ) -> None:
        high = low + rise
        middle = low + Fraction(rise * first, first + second)
        for begin, end in ((low, high), (high, low)):
            between = middle if begin == low else high - (middle - low)
            cut = Schedule([stage(begin, between, first * NS), stage(between, end, second * NS)])
            assert dues(cut) == dues(Schedule([stage(begin, end, (first + second) * NS)]))


class TestRefused:
    @pytest.mark.parametrize(
        ("stages", "sentence"),
        [
            ([], "there is no stage; add at least one with a rate and a duration"),
            ([stage(0, 0, NS)], "no arrival is planned: every rate is 0/s; make at least one of them more"),
            (
                [stage(1, 1, NS), stage(-1, 1, NS)],
                "stage 2 ('peak') has a negative rate; write 0/s or more",
            ),
            ([stage(1, -1, NS)], "stage 1 ('peak') has a negative rate; write 0/s or more"),
            ([stage(1, 1, 0)], "stage 1 ('peak') has no duration; make it longer than 0s"),
            ([stage(1, 1, -1)], "stage 1 ('peak') has no duration; make it longer than 0s"),
            (
                [stage(1, 1, LONGEST_NS), stage(1, 1, 1)],
                "the stages take longer than 24 h together, the longest that is allowed; shorten a stage",
            ),
            (
                [stage(MOST_ARRIVALS, MOST_ARRIVALS, NS), stage("1/1000", "1/1000", NS)],
                (
                    "100,000,001 arrivals are planned, and 100,000,000 is the most that is allowed; "
                    "lower a rate or shorten a stage"
                ),
            ),
        ],
    )
    def test_a_schedule_that_cannot_be_is_refused_in_one_sentence(
        self, stages: list[Stage], sentence: str
    ) -> None:
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            Schedule(stages)

    @pytest.mark.parametrize(
        ("arrivals", "hint"), [("evn", "did you mean 'even'?"), ("burst", "known here: even, gamma, poisson")]
    )
    def test_an_unknown_kind_of_arrivals_is_refused(self, arrivals: str, hint: str) -> None:
        with pytest.raises(ValueError, match=f"^arrivals cannot be '{arrivals}'; {re.escape(hint)}$"):
            Schedule([stage(1, 1, NS)], arrivals=arrivals)

    def test_the_largest_schedules_that_are_allowed_are_planned_at_once(self) -> None:
        assert Schedule([stage(MOST_ARRIVALS, MOST_ARRIVALS, NS)]).planned() == MOST_ARRIVALS
        assert Schedule([stage(1, 1, LONGEST_NS)]).planned() == 86_400

    @pytest.mark.parametrize("index", [-1, 3])
    def test_an_arrival_that_is_not_planned_has_no_time(self, index: int) -> None:
        with pytest.raises(IndexError, match=f"arrival {index} is not among the 3 planned ones"):
            Schedule([stage(3, 3, NS)]).due_ns(index)

    @pytest.mark.parametrize(("worker", "workers"), [(-1, 1), (1, 1), (4, 3), (0, 0)])
    def test_a_worker_that_does_not_exist_has_no_stripe(self, worker: int, workers: int) -> None:
        with pytest.raises(ValueError, match=f"there is no worker {worker} among {workers}"):
            Schedule([stage(3, 3, NS)]).stripe(worker, workers)
