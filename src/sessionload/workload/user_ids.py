"""Who arrives: the user ID of each arrival, a pure function of its number and the seed.

Arrival i has the same user ID in every worker and on every day. Each number has a plain ID, from a pattern
or a list; a returning user takes the plain ID of a smaller number. IDs that must differ do, or the run is
refused before any traffic.

Returning users. With share p, arrival i returns when `floor((i + 1)p) - floor(ip)` is 1: evenly spread, and
floor(Np) of the first N. It takes the plain ID of an arrival k that is below both the pool and i: in turn,
at random, or with the weights of the zipf order among just these. Arrival k may be a returning one itself;
its plain ID is taken all the same, so a few IDs of returning users are seen for the first time. With a share
of all nobody is new, and everybody was known before: each arrival takes one of the whole pool.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, islice
from typing import TYPE_CHECKING

from sessionload.errors import ValueProblem, nearest, quoted
from sessionload.workload.user_id_pattern import digests, read_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.workload.text_list import TextList

LARGEST_POOL = 1_000_000
"""Returning users come from a pool of at most this many."""

_ORDERS = ("round_robin", "zipf", "random")
_STEEPEST = 10


@dataclass(frozen=True, slots=True)
class Returning:
    """Users who come back: `share` of all arrivals, out of the first `pool` IDs.

    `order` is `round_robin` (each ID of the pool in turn), `random` (each with the same chance) or `zipf`:
    among the IDs of the pool that have had their turn, the j-th (from 1) has a weight of j to the power of
    -`exponent`, so that a few come back often and most of them seldom.
    """

    share: Fraction
    pool: int
    order: str = "round_robin"
    exponent: Fraction = Fraction(1)

    @property
    def is_everybody(self) -> bool:
        """Whether there are no new users at all."""
        return self.share == 1


@dataclass(frozen=True, slots=True)
class UserIds:
    """Where user IDs come from: exactly one of a `pattern` and the `ids` themselves.

    `returning` says whose IDs come again. `unique` asks that no two new (not returning) arrivals have
    the same ID.
    """

    pattern: str | None
    ids: TextList | None
    returning: Returning | None
    unique: bool

    def needed(self, planned: int) -> int:
        """Return how many plain IDs a run of so many arrivals chooses from: its pool where all are known."""
        known = self.returning is not None and self.returning.is_everybody
        return self.returning.pool if known and self.returning else planned


def compile_user_ids(users: UserIds, *, run_id: str, seed: int) -> Callable[[int], str]:
    """Return the function from an arrival's number (from 0) to its user ID.

    A list of IDs that need not be unique is used again from its start when it is at its end; a unique one
    raises `IndexError` there, which `fault_in` prevents. Raises `ValueProblem` when the users
    make no sense for any number of arrivals.
    """
    plain = plain_user_ids(users, run_id=run_id, seed=seed)
    if users.returning is None:
        return plain
    number = plain_numbers(users, seed=seed)
    return lambda index: plain(number(index))


def plain_user_ids(users: UserIds, *, run_id: str, seed: int) -> Callable[[int], str]:
    """Return the function from a number to its plain ID; see `compile_user_ids`."""
    _refuse(users)
    return _plain(users, run_id, seed)


def plain_numbers(users: UserIds, *, seed: int) -> Callable[[int], int]:
    """Return the function from an arrival's number to the one whose plain ID it has: its own, if it is new.

    Whatever a user has besides the ID follows from that number, so that who returns is the same as before.
    """
    returning = users.returning
    if returning is None:
        return lambda index: index
    numerator, denominator = returning.share.as_integer_ratio()
    threshold = denominator - numerator
    earlier = _earlier(returning, seed)
    # floor((i + 1)p) - floor(ip) is 1 exactly when the fraction left over by ip is at least 1 - p.
    return lambda index: earlier(index) if index * numerator % denominator >= threshold else index


def fault_in(users: UserIds, planned: int, *, run_id: str) -> ValueProblem | None:
    """Return why these users cannot be, or `None`.

    `planned` is how many arrivals there are. Besides what `compile_user_ids` refuses, this finds IDs that
    must be unique and are not.
    """
    try:
        _refuse(users)
        fields = read_pattern(users.pattern or "", run_id).fields
    except ValueProblem as problem:
        return problem
    if not users.unique:
        return None
    if users.ids is not None:
        return _repeated(users.ids, users.needed(planned), users.returning)
    if fields & {"n", "uuid"}:
        return None
    pattern = quoted(users.pattern or "")
    return ValueProblem(
        f"every arrival would have the same user ID, from the pattern {pattern}, but they must be unique",
        "put {n} or {uuid} into it, or say unique: false",
    )


def extremes(users: UserIds, planned: int, *, run_id: str, seed: int) -> tuple[str, str]:
    """Return a shortest and a longest of the plain IDs of the arrivals below `planned`.

    No ID of the run is shorter or longer than these. An ID from a pattern does not get shorter when the
    number grows, so number 0 and the last one bound all of them. Raises `ValueProblem` as
    `compile_user_ids`.
    """
    _refuse(users)
    last = max(users.needed(planned), 1)
    if users.ids is not None:
        return min(islice(users.ids, last), key=len), max(islice(users.ids, last), key=len)
    plain = _plain(users, run_id, seed)
    return plain(0), plain(last - 1)


def spread_user_ids(users: UserIds, planned: int, *, run_id: str, seed: int, most: int) -> Iterator[str]:
    """Yield the plain IDs of at most `most` arrivals below `planned`, evenly spread; of all if fewer.

    Raises `ValueProblem` as `compile_user_ids`.
    """
    _refuse(users)
    plain = _plain(users, run_id, seed)
    needed = users.needed(planned)
    last = needed if users.ids is None else min(needed, len(users.ids))
    count = min(last, most)
    return (plain(number * last // count) for number in range(count))


def sample_user_ids(
    users: UserIds, planned: int, run_id: str, seed: int, count: int = 5
) -> tuple[tuple[int, str], ...]:
    """Return the first `count` arrival numbers below `planned`, and the last one, each with its user ID."""
    user_id = compile_user_ids(users, run_id=run_id, seed=seed)
    numbers = [*range(min(count, planned)), *range(max(count, planned - 1), planned)]
    return tuple((number, user_id(number)) for number in numbers)


def _refuse(users: UserIds) -> None:
    if (users.pattern is None) == (users.ids is None):
        raise ValueProblem("user IDs come either from a pattern or from a list", "give exactly one of them")
    if users.ids is not None and not users.ids:
        raise ValueProblem("the list of user IDs is empty", "give at least one")
    returning = users.returning
    if returning is None:
        return
    if not 0 < returning.share <= 1:
        raise ValueProblem(
            "the share of returning users must be more than 0% and at most 100%",
            "when nobody returns, leave 'returning' out",
        )
    if not 1 <= returning.pool <= LARGEST_POOL:
        raise ValueProblem(
            f"the pool of returning users must be 1 to {LARGEST_POOL:,}, not {returning.pool:,}"
        )
    if returning.order not in _ORDERS:
        raise ValueProblem(
            f"users cannot return in the order {quoted(returning.order)}", nearest(returning.order, _ORDERS)
        )
    if not 0 < returning.exponent <= _STEEPEST:
        raise ValueProblem(f"the exponent of the zipf order must be more than 0 and at most {_STEEPEST}")


def _plain(users: UserIds, run_id: str, seed: int) -> Callable[[int], str]:
    ids = users.ids
    if ids is None:
        return read_pattern(users.pattern or "", run_id).compile(seed)
    if users.unique:
        return ids.__getitem__
    length = len(ids)
    return lambda index: ids[index % length]


def _earlier(returning: Returning, seed: int) -> Callable[[int], int]:
    """Return the function from the number of a returning arrival to the number whose plain ID it takes."""
    pool = returning.pool
    if returning.order == "round_robin":
        numerator, denominator = returning.share.as_integer_ratio()
        return lambda index: index * numerator // denominator % pool  # floor(ip) is less than i, or p is 1
    if returning.order == "random":
        return _at_random(returning, seed)
    power = -float(returning.exponent)
    cumulative = array("d", accumulate((rank + 1) ** power for rank in range(pool)))
    digest = digests("zipf", seed, 8)
    everybody = returning.is_everybody

    def earlier(index: int) -> int:
        last = (pool if everybody else min(pool, index)) - 1
        uniform = int.from_bytes(digest(index), "little") / 2**64
        return bisect_right(cumulative, uniform * cumulative[last], 0, last)

    return earlier


def _at_random(returning: Returning, seed: int) -> Callable[[int], int]:
    pool, everybody = returning.pool, returning.is_everybody
    digest = digests("random", seed, 8)

    def earlier(index: int) -> int:
        known = pool if everybody else min(pool, index)
        return int.from_bytes(digest(index), "little") * known >> 64

    return earlier


def _repeated(ids: TextList, planned: int, returning: Returning | None) -> ValueProblem | None:
    if len(ids) < planned and returning is not None and returning.is_everybody:
        return ValueProblem(
            f"the pool of known users has {planned:,}, and the list of user IDs ends after {len(ids):,}",
            "make the pool smaller, or give more IDs",
        )
    if len(ids) < planned:
        return ValueProblem(
            f"{planned:,} arrivals are planned, and the list of user IDs, which must be unique, ends after"
            f" {len(ids):,}",
            "say unique: false, or give more IDs",
        )
    # An open hash table of places, 8 to 16 bytes for each ID: a set of texts takes about 150.
    mask = (1 << (2 * planned).bit_length()) - 1
    table = array("I", [0]) * (mask + 1)
    for place, user_id in enumerate(islice(ids, planned), 1):
        slot = hash(user_id) & mask
        while earlier := table[slot]:
            if ids[earlier - 1] == user_id:
                return ValueProblem(
                    f"user ID {place} of the list, {quoted(user_id)}, is the same as user ID {earlier}, but"
                    " they must be unique",
                    "say unique: false, or leave one of them out",
                )
            slot = (slot + 1) & mask
        table[slot] = place
    return None
