"""Who arrives: lists of IDs, returning users, and what is refused before a run."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessionload.workload.text_list import TextList
from sessionload.workload.user_ids import (
    LARGEST_POOL,
    Returning,
    UserIds,
    compile_user_ids,
    extremes,
    fault_in,
    sample_user_ids,
    spread_user_ids,
)

PATIENT = settings(deadline=None)  # a busy machine makes an example slow, not wrong
RUN = "20250131-093000-ab12"
FIFTH = Fraction(1, 5)


def from_pattern(text: str, returning: Returning | None = None, *, unique: bool = True) -> UserIds:
    return UserIds(pattern=text, ids=None, returning=returning, unique=unique)


def from_list(ids: tuple[str, ...], returning: Returning | None = None, *, unique: bool = True) -> UserIds:
    return UserIds(pattern=None, ids=TextList.of(ids), returning=returning, unique=unique)


def ids_of(users: UserIds, count: int, *, seed: int = 7) -> list[str]:
    user_id = compile_user_ids(users, run_id=RUN, seed=seed)
    return [user_id(index) for index in range(count)]


def numbers_of(returning: Returning, count: int, *, seed: int = 7) -> list[int]:
    return [int(one) for one in ids_of(from_pattern("{n}", returning), count, seed=seed)]


SHARES = st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=50)


class TestLists:
    def test_a_unique_list_is_used_once(self) -> None:
        assert ids_of(from_list(("a", "b", "c")), 3) == ["a", "b", "c"]
        with pytest.raises(IndexError):
            ids_of(from_list(("a", "b", "c")), 4)

    def test_a_list_that_need_not_be_unique_is_used_again_from_its_start(self) -> None:
        assert ids_of(from_list(("a", "b", "c"), unique=False), 7) == ["a", "b", "c", "a", "b", "c", "a"]

    def test_users_return_out_of_a_list_too(self) -> None:
        """Half of them return: arrivals 1, 3, 5 and 7 are number 0, 1, 2 and 3 of the returning ones."""
        returning = Returning(Fraction(1, 2), pool=3)
        assert ids_of(from_list(tuple("abcdefgh"), returning), 8) == list("aacbecga")
        assert ids_of(from_list(("a", "b"), returning, unique=False), 8) == list("aaabaaaa")


class TestReturning:
    def test_every_fifth_arrival_is_the_next_of_the_pool(self) -> None:
        expected = [0, 1, 2, 3, 0, 5, 6, 7, 8, 1, 10, 11, 12, 13, 2, 15, 16, 17, 18, 0]
        assert numbers_of(Returning(FIFTH, pool=3), 20) == expected

    def test_a_pool_that_is_larger_than_what_came_before_is_cut_to_it(self) -> None:
        """9 of 10 return: arrival 0 cannot, and arrival i takes number i - 1 until a new one comes."""
        expected = [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 9, 10, 11, 12]
        assert numbers_of(Returning(Fraction(9, 10), pool=1000), 15) == expected

    @PATIENT
    @given(
        SHARES, st.integers(1, 80), st.sampled_from(["round_robin", "zipf", "random"]), st.integers(1, 400)
    )
    def test_the_share_of_the_first_arrivals_is_exact_and_they_return_to_earlier_numbers(
        self, share: Fraction, pool: int, order: str, count: int
    ) -> None:
        numbers = numbers_of(Returning(share, pool, order), count)
        returned = {index: number for index, number in enumerate(numbers) if number != index}
        assert len(returned) == math.floor(count * share)
        assert 0 not in returned
        assert all(0 <= number < min(index, pool) for index, number in returned.items())

    @PATIENT
    @given(SHARES, st.integers(1, 80), st.sampled_from(["round_robin", "zipf", "random"]), st.integers(0, 9))
    def test_new_arrivals_have_ids_of_their_own_and_all_is_the_same_again(
        self, share: Fraction, pool: int, order: str, seed: int
    ) -> None:
        users = from_pattern("u-{n:04d}-{uuid}", Returning(share, pool, order, Fraction(3, 2)))
        plain = ids_of(from_pattern("u-{n:04d}-{uuid}"), 200, seed=seed)
        ids = ids_of(users, 200, seed=seed)
        new = [one for one, own in zip(ids, plain, strict=True) if one == own]
        assert len(set(new)) == len(new) == 200 - math.floor(200 * share)
        assert set(ids) <= set(plain)
        assert ids == ids_of(users, 200, seed=seed)
        assert fault_in(users, 200, run_id=RUN) is None

    @PATIENT
    @given(st.integers(1, 80), st.sampled_from(["round_robin", "zipf", "random"]), st.integers(0, 9))
    def test_where_all_return_each_is_one_of_the_whole_pool_from_the_start(
        self, pool: int, order: str, seed: int
    ) -> None:
        everybody = Returning(Fraction(1), pool, order)
        numbers = numbers_of(everybody, 100, seed=seed)
        assert all(0 <= number < pool for number in numbers)
        known = tuple(f"u{number}" for number in range(pool))
        assert ids_of(from_list(known, everybody), 100, seed=seed) == [f"u{number}" for number in numbers]
        assert fault_in(from_list(known, everybody), 10_000, run_id=RUN) is None
        problem = fault_in(from_list(known, Returning(Fraction(1), pool + 1, order)), 5, run_id=RUN)
        assert problem is not None
        assert problem.message == (
            f"the pool of known users has {pool + 1:,}, and the list of user IDs ends after {pool:,}"
        )

    def test_in_turn_and_at_random_each_known_user_comes_equally_often(self) -> None:
        """At random a count is binomial: five standard deviations of 22."""
        everybody = Returning(Fraction(1), 20)
        assert numbers_of(everybody, 41) == [*range(20), *range(20), 0]
        at_random = Counter(numbers_of(replace(everybody, order="random"), 10_000))
        assert set(at_random) == set(range(20))
        assert all(abs(count - 500) < 5 * 22 for count in at_random.values())

    def test_random_ones_are_of_the_pool_once_it_is_whole(self) -> None:
        numbers = numbers_of(Returning(Fraction(1, 2), 10, "random"), 20_010)[10:]
        returned = Counter(number for index, number in enumerate(numbers, 10) if number != index)
        assert set(returned) == set(range(10))
        assert all(abs(count - 1000) < 5 * 30 for count in returned.values())

    def test_round_robin_takes_each_of_the_pool_equally_often(self) -> None:
        numbers = numbers_of(Returning(FIFTH, pool=10), 1000)
        returned = Counter(number for index, number in enumerate(numbers) if number != index)
        assert returned == dict.fromkeys(range(10), 20)

    @pytest.mark.parametrize(
        ("exponent", "pool"), [(Fraction(1), 10), (Fraction(1, 2), 100), (Fraction(2), 1000)]
    )
    def test_zipf_takes_each_rank_as_often_as_its_weight(self, exponent: Fraction, pool: int) -> None:
        """Past the pool's size all of it can return; each count is binomial: five standard deviations."""
        count = 20_000
        numbers = numbers_of(Returning(Fraction(1, 2), pool, "zipf", exponent), pool + 2 * count)[pool:]
        returned = Counter(number for index, number in enumerate(numbers, pool) if number != index)
        assert returned.total() == count
        weights = [rank ** -float(exponent) for rank in range(1, pool + 1)]
        for rank in range(5):
            chance = weights[rank] / sum(weights)
            assert abs(returned[rank] - count * chance) < 5 * math.sqrt(count * chance * (1 - chance))

    @pytest.mark.parametrize("exponent", [Fraction(1), Fraction(6, 5)])
    def test_zipf_keeps_the_weights_among_those_who_have_arrived_when_the_pool_is_larger(
        self, exponent: Fraction
    ) -> None:
        """Each return of the first five is a draw of known chance; the sum is within five deviations."""
        count = 10_000
        numbers = numbers_of(Returning(Fraction(1, 2), LARGEST_POOL, "zipf", exponent), count)
        returned = [(index, number) for index, number in enumerate(numbers) if number != index]
        sums = [0.0, *accumulate(rank ** -float(exponent) for rank in range(1, count + 1))]
        chances = [sums[min(5, index)] / sums[index] for index, _ in returned]
        seen = sum(number < 5 for _, number in returned)
        deviation = math.sqrt(sum(chance * (1 - chance) for chance in chances))
        assert all(number < index for index, number in returned)
        assert abs(seen - sum(chances)) < 5 * deviation

    @pytest.mark.parametrize("index", [1, 3, 5, 41])
    def test_zipf_draws_each_of_those_who_can_return_with_its_weight(self, index: int) -> None:
        """The number that one arrival takes, over many seeds."""
        seeds = 4000
        drawn = Counter(
            compile_user_ids(
                from_pattern("{n}", Returning(Fraction(1, 2), 1000, "zipf")), run_id=RUN, seed=seed
            )(index)
            for seed in range(seeds)
        )
        total = sum(1 / rank for rank in range(1, index + 1))
        assert sum(drawn.values()) == seeds
        for number in range(index):
            chance = 1 / (number + 1) / total
            assert abs(drawn[str(number)] - seeds * chance) <= 5 * math.sqrt(seeds * chance * (1 - chance))

    def test_zipf_follows_the_seed(self) -> None:
        returning = Returning(Fraction(1, 2), 100, "zipf")
        assert numbers_of(returning, 400, seed=1) == numbers_of(returning, 400, seed=1)
        assert numbers_of(returning, 400, seed=1) != numbers_of(returning, 400, seed=2)

    def test_the_largest_pool_and_the_steepest_exponent_work(self) -> None:
        steep = numbers_of(Returning(Fraction(1, 2), LARGEST_POOL, "zipf", Fraction(10)), 101)
        assert steep[1:5] == [0, 2, 0, 4]


class TestFaults:
    @pytest.mark.parametrize(
        "users",
        [
            from_pattern("{n}"),
            from_pattern("{uuid}"),
            from_pattern("fixed", unique=False),
            from_pattern("{run}", unique=False),
            from_pattern("{n}", Returning(FIFTH, LARGEST_POOL)),
            from_pattern("{n}", Returning(FIFTH, 1, "zipf", Fraction(10))),
            from_list(("a", "b", "c")),
            from_list(("a", "b", "c", "c", "c")),  # the last two are not used
            from_list(("a", "a"), unique=False),
        ],
    )
    def test_users_that_can_be_have_no_fault(self, users: UserIds) -> None:
        assert fault_in(users, 3, run_id=RUN) is None

    @pytest.mark.parametrize(
        ("users", "sentence"),
        [
            (
                from_pattern("somebody"),
                (
                    "every arrival would have the same user ID, from the pattern 'somebody', but they "
                    "must be unique; put {n} or {uuid} into it, or say unique: false"
                ),
            ),
            (
                from_pattern("u-{run}"),
                (
                    "every arrival would have the same user ID, from the pattern 'u-{run}', but they must be "
                    "unique; put {n} or {uuid} into it, or say unique: false"
                ),
            ),
            (
                from_list(("a", "b")),
                (
                    "3 arrivals are planned, and the list of user IDs, which must be unique, ends after 2; "
                    "say unique: false, or give more IDs"
                ),
            ),
            (
                from_list(("a", "x" * 41, "x" * 41)),
                (
                    f"user ID 3 of the list, '{'x' * 40}'..., is the same as user ID 2, but they must be "
                    "unique; say unique: false, or leave one of them out"
                ),
            ),
        ],
    )
    def test_ids_that_must_be_unique_and_are_not_are_refused(self, users: UserIds, sentence: str) -> None:
        assert str(fault_in(users, 3, run_id=RUN)) == sentence
        compile_user_ids(users, run_id=RUN, seed=7)

    @pytest.mark.parametrize(
        ("users", "sentence"),
        [
            (
                UserIds(pattern="{n}", ids=TextList.of(("a",)), returning=None, unique=True),
                "user IDs come either from a pattern or from a list; give exactly one of them",
            ),
            (
                UserIds(pattern=None, ids=None, returning=None, unique=True),
                "user IDs come either from a pattern or from a list; give exactly one of them",
            ),
            (from_list((), unique=False), "the list of user IDs is empty; give at least one"),
            *(
                (
                    from_pattern("{n}", Returning(share, 5)),
                    (
                        "the share of returning users must be more than 0% and at most 100%; "
                        "when nobody returns, leave 'returning' out"
                    ),
                )
                for share in (Fraction(0), Fraction(-1, 5), Fraction(6, 5))
            ),
            (
                from_pattern("{n}", Returning(FIFTH, 0)),
                "the pool of returning users must be 1 to 1,000,000, not 0",
            ),
            (
                from_pattern("{n}", Returning(FIFTH, LARGEST_POOL + 1)),
                "the pool of returning users must be 1 to 1,000,000, not 1,000,001",
            ),
            (
                from_pattern("{n}", Returning(FIFTH, 5, "roundrobin")),
                "users cannot return in the order 'roundrobin'; did you mean 'round_robin'?",
            ),
            *(
                (
                    from_pattern("{n}", Returning(FIFTH, 5, "zipf", exponent)),
                    "the exponent of the zipf order must be more than 0 and at most 10",
                )
                for exponent in (Fraction(0), Fraction(-1), Fraction(101, 10))
            ),
        ],
    )
    def test_users_that_make_no_sense_are_refused_everywhere(self, users: UserIds, sentence: str) -> None:
        assert str(fault_in(users, 3, run_id=RUN)) == sentence
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            compile_user_ids(users, run_id=RUN, seed=7)
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            extremes(users, 3, run_id=RUN, seed=7)


class TestExtremes:
    @pytest.mark.parametrize(
        ("users", "planned", "expected"),
        [
            (from_pattern("u-{n}"), 1001, ("u-0", "u-1000")),
            (from_pattern("u-{n:08d}"), 1001, ("u-00000000", "u-00001000")),
            (from_pattern("u-{n}"), 0, ("u-0", "u-0")),
            (from_pattern("fixed"), 9, ("fixed", "fixed")),
            (from_list(("bb", "a", "ccc", "dddd")), 3, ("a", "ccc")),
            (from_list(("bb", "a", "ccc"), unique=False), 99, ("a", "ccc")),
            (from_list(("bb", "a")), 0, ("bb", "bb")),
        ],
    )
    def test_the_shortest_and_the_longest_are_known(
        self, users: UserIds, planned: int, expected: tuple[str, str]
    ) -> None:
        assert extremes(users, planned, run_id=RUN, seed=7) == expected

    @PATIENT
    @given(
        st.sampled_from(["{n}", "{n:x}-{n}", "a{n:02d}", "{uuid}{n:03x}", "{run}"]),
        st.none()
        | st.builds(
            Returning, SHARES, st.integers(1, 50), st.sampled_from(["round_robin", "zipf", "random"])
        ),
        st.integers(1, 300),
    )
    def test_no_id_of_the_run_is_shorter_or_longer(
        self, text: str, returning: Returning | None, planned: int
    ) -> None:
        users = from_pattern(text, returning)
        shortest, longest = extremes(users, planned, run_id=RUN, seed=7)
        assert all(len(shortest) <= len(one) <= len(longest) for one in ids_of(users, planned))


class TestSpread:
    @pytest.mark.parametrize(
        ("users", "planned", "most", "expected"),
        [
            (from_pattern("{n}"), 5, 9, ["0", "1", "2", "3", "4"]),
            (from_pattern("{n}"), 10, 4, ["0", "2", "5", "7"]),
            (from_pattern("{n}"), 10, 0, []),
            (from_list(("a", "b", "c"), unique=False), 99, 9, ["a", "b", "c"]),
            (from_list(("a", "b", "c")), 2, 9, ["a", "b"]),
        ],
    )
    def test_ids_are_taken_evenly(self, users: UserIds, planned: int, most: int, expected: list[str]) -> None:
        assert list(spread_user_ids(users, planned, run_id=RUN, seed=7, most=most)) == expected


class TestSample:
    @pytest.mark.parametrize(
        ("planned", "numbers"),
        [(0, []), (1, [0]), (3, [0, 1, 2]), (4, [0, 1, 2, 3]), (5, [0, 1, 2, 4]), (900, [0, 1, 2, 899])],
    )
    def test_the_first_few_and_the_last_are_shown_once_each(self, planned: int, numbers: list[int]) -> None:
        shown = sample_user_ids(from_pattern("u{n}"), planned, RUN, 7, count=3)
        assert shown == tuple((number, f"u{number}") for number in numbers)

    def test_a_returning_user_is_shown_as_returning(self) -> None:
        shown = sample_user_ids(from_pattern("u{n}", Returning(FIFTH, 9)), 100, run_id=RUN, seed=7)
        assert shown == ((0, "u0"), (1, "u1"), (2, "u2"), (3, "u3"), (4, "u0"), (99, "u1"))
