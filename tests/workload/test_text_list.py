"""A list of texts is what it was made of, in a few bytes for each."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.workload.text_list import TextList


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5)))
def test_a_list_has_the_texts_that_it_was_made_of(texts: list[str]) -> None:
    kept = TextList.of(iter(texts))
    assert list(kept) == [kept[place] for place in range(len(kept))] == texts
    assert kept == TextList.of(texts)


def test_a_long_list_is_taken_whole() -> None:
    count = 10_001  # more than are taken together
    kept = TextList.of(f"user-{number}" for number in range(count))
    assert len(kept) == count
    assert [kept[place] for place in (0, 4095, 4096, 8192, count - 1)] == [
        "user-0",
        "user-4095",
        "user-4096",
        "user-8192",
        f"user-{count - 1}",
    ]


def test_there_is_nothing_behind_the_last_one() -> None:
    kept = TextList.of(["ann"])
    with pytest.raises(IndexError):
        kept[1]
    assert not TextList.of([])


def test_a_text_takes_its_bytes_and_a_few_more() -> None:
    count = 100_000
    kept = TextList.of(f"{number:010}" for number in range(count))
    assert sys.getsizeof(kept.text) + sys.getsizeof(kept.ends) < count * (10 + 4) * 1.2


def test_the_texts_are_not_shown() -> None:
    assert "ann" not in repr(TextList.of(["ann"]))
