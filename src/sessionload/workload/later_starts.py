"""Whether a later arrival has started a session of the same user, which ends the earlier one.

Who arrives with which number is known to all workers, so nobody has to be asked. Numbers are looked at once,
in their order, and only users who may come again are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.workload.user_id_pattern import read_pattern
from sessionload.workload.user_ids import plain_numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from sessionload.workload.user_ids import UserIds


def same_users(users: UserIds, *, run_id: str, seed: int) -> Callable[[int], int] | None:
    """Return the function from an arrival to a number that its user always has; `None` if nobody returns."""
    number_of = plain_numbers(users, seed=seed)
    if users.unique:
        return number_of if users.returning is not None else None
    if users.ids is not None:
        length = len(users.ids)
        return lambda index: number_of(index) % length
    if read_pattern(users.pattern or "", run_id).fields & {"n", "uuid"}:
        return number_of if users.returning is not None else None
    return lambda _: 0


class LaterStarts:
    """The latest arrival of each user who came again, among the numbers that were looked at."""

    def __init__(self, user_of: Callable[[int], int]) -> None:
        """`user_of` is what `same_users` returns."""
        self._user_of = user_of
        self._looked_at = 0
        self._latest: dict[int, int] = {}

    def look_at(self, until: int, most: int) -> bool:
        """Look at the numbers below `until`, at most at so many; return whether none of these is left."""
        end = min(until, self._looked_at + most)
        for index in range(self._looked_at, end):
            user = self._user_of(index)
            if user != index:
                self._latest[user] = index
        self._looked_at = max(self._looked_at, end)
        return self._looked_at >= until

    def has_later(self, index: int) -> bool:
        """Tell whether the user of an arrival has come again since."""
        return self._latest.get(self._user_of(index), -1) > index
