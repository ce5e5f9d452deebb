"""A list of user IDs is what it was made of, in a few bytes for each."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.workload.user_id_list import UserIdList


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5)))
def test_a_list_has_the_ids_that_it_was_made_of(user_ids: list[str]) -> None:
    kept = UserIdList.of(iter(user_ids))
    assert list(kept) == [kept[place] for place in range(len(kept))] == user_ids
    assert kept == UserIdList.of(user_ids)


def test_a_long_list_is_taken_whole() -> None:
    count = 10_001  # more than are taken together
    kept = UserIdList.of(f"user-{number}" for number in range(count))
    assert len(kept) == count
    assert [kept[place] for place in (0, 4095, 4096, 8192, count - 1)] == [
        "user-0",
        "user-4095",
        "user-4096",
        "user-8192",
        f"user-{count - 1}",
    ]


def test_there_is_nothing_behind_the_last_one() -> None:
    kept = UserIdList.of(["ann"])
    with pytest.raises(IndexError):
        kept[1]
    assert not UserIdList.of([])


def test_an_id_takes_its_bytes_and_a_few_more() -> None:
    count = 100_000
    kept = UserIdList.of(f"{number:010}" for number in range(count))
    assert sys.getsizeof(kept.text) + sys.getsizeof(kept.ends) < count * (10 + 4) * 1.2


def test_the_ids_are_not_shown() -> None:
    assert "ann" not in repr(UserIdList.of(["ann"]))
