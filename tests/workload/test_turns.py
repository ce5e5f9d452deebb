"""Who takes turns and how long users think: exact shares, pure functions, blind to stripes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.units import NS
from sessionload.workload.later_starts import LaterStarts, same_users
from sessionload.workload.text_list import TextList
from sessionload.workload.turns import MOST_TURNS, Turns
from sessionload.workload.user_ids import Returning, UserIds

SHARES = st.integers(1, 10_000).map(lambda hundredths: Fraction(hundredths, 10_000))


def turns(share: Fraction, think_ns: tuple[int, int] = (2 * NS, 8 * NS)) -> Turns:
    return Turns(share, ("launch", "hello", "hours?"), "stream", think_ns, 30 * NS, 100)


def test_a_tenth_of_ten_thousand_is_a_thousand() -> None:
    tenth = turns(Fraction(1, 10))
    takes = tenth.takes(7)
    taken = [index for index in range(10_000) if takes(index)]
    assert len(taken) == 1_000 == tenth.takers(10_000, 7)
    assert [index // 10 for index in taken] == list(range(1_000)), "one of each ten"
    assert tenth.planned(10_000, 7) == 3_000
    assert tenth.streams
    assert tenth.longest_ns == 3 * 30 * NS + 2 * 8 * NS


@given(SHARES, st.integers(0, 2**63 - 1), st.integers(0, 400))
def test_each_block_has_exactly_its_share(share: Fraction, seed: int, planned: int) -> None:
    some = turns(share)
    takes = some.takes(seed)
    assert some.takers(planned, seed) == sum(map(takes, range(planned)))
    assert some.takers(share.denominator * 5, seed) == share.numerator * 5


def test_everybody_can_take_turns() -> None:
    assert turns(Fraction(1)).takers(17, 1) == 17


@pytest.mark.parametrize("workers", [2, 5, 10, 64])
def test_stripes_share_the_conversations(workers: int) -> None:
    """A tenth is no stripe of ten workers: none has all, and none has nothing."""
    takes = turns(Fraction(1, 10)).takes(3)
    taken = [0] * workers
    for index in range(20_000):
        taken[index % workers] += takes(index)
    fair = 2_000 / workers
    assert min(taken) > fair / 2
    assert max(taken) < fair * 2


@given(st.integers(0, 10**8), st.integers(1, MOST_TURNS), st.integers(0, 9), st.integers(0, 9))
def test_thinking_stays_within_its_bounds(index: int, turn: int, low: int, more: int) -> None:
    thinks = turns(Fraction(1), (low, low + more)).thinks(5)
    assert low <= thinks(index, turn) <= low + more
    assert thinks(index, turn) == turns(Fraction(1), (low, low + more)).thinks(5)(index, turn)


def test_thinking_is_spread_evenly() -> None:
    thinks = turns(Fraction(1)).thinks(5)
    times = sorted(thinks(index, turn) for index in range(1_000) for turn in (2, 3))
    assert abs(sum(times) / len(times) - 5 * NS) < NS // 10
    assert (times[0] - 2 * NS, 8 * NS - times[-1]) < (NS // 50, NS // 50)


RETURNING = Returning(Fraction(1, 5), pool=3)


@pytest.mark.parametrize(
    "users",
    [
        UserIds("{n}", None, RETURNING, unique=True),
        UserIds("{n}", None, Returning(Fraction(1, 5), pool=3, order="zipf"), unique=True),
        UserIds("{n}", None, RETURNING, unique=False),
        UserIds("same", None, None, unique=False),
        UserIds(None, TextList.of(("a", "b", "c")), None, unique=False),
        UserIds(None, TextList.of(("a", "b", "c")), RETURNING, unique=False),
    ],
)
def test_a_later_start_is_known_as_soon_as_it_is_looked_at(users: UserIds) -> None:
    user_of = same_users(users, run_id="r", seed=1)
    assert user_of is not None
    for until in (1, 7, 40):
        starts = LaterStarts(user_of)
        while not starts.look_at(until, 5):
            pass
        for index in range(until):
            later = any(user_of(other) == user_of(index) for other in range(index + 1, until))
            assert starts.has_later(index) == later, (until, index)


@pytest.mark.parametrize("unique", [True, False])
def test_where_nobody_returns_there_is_nothing_to_look_at(*, unique: bool) -> None:
    assert same_users(UserIds("{n}", None, None, unique=unique), run_id="r", seed=1) is None


def test_what_was_looked_at_is_not_looked_at_again() -> None:
    seen: list[int] = []

    def user_of(index: int) -> int:
        seen.append(index)
        return 0

    starts = LaterStarts(user_of)
    assert not starts.look_at(10, 4)
    assert starts.look_at(10, 100)
    assert starts.look_at(3, 1)
    assert seen == list(range(10))
