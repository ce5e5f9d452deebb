"""A key that is issued twice is found, in bounded memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessionload.contract.response.seen_keys import SeenKeys


def test_a_key_is_new_once() -> None:
    keys = SeenKeys()
    assert [keys.first_time(key) for key in ("a", "b", "a", "b", "c")] == [True, True, False, False, True]
    assert (keys.checked, keys.forgotten) == (5, 0)


def test_a_generation_back_is_remembered_and_two_back_is_forgotten() -> None:
    keys = SeenKeys(generation=3)
    assert all(keys.first_time(key) for key in "abcdef")
    assert not keys.first_time("a")
    assert keys.forgotten == 0
    assert keys.first_time("g")
    assert keys.forgotten == 3
    assert not keys.first_time("d")
    assert keys.first_time("a")
    assert keys.checked == 10


def test_repetitions_do_not_age_the_memory() -> None:
    keys = SeenKeys(generation=2)
    assert keys.first_time("a")
    assert not any(keys.first_time("a") for _ in range(100))
    assert (keys.checked, keys.forgotten) == (101, 0)


@given(st.lists(st.text(max_size=3)), st.integers(1, 6))
def test_the_memory_is_at_least_a_generation_and_never_wrong_about_new_keys(
    keys: list[str], size: int
) -> None:
    issued = SeenKeys(generation=size)
    new_keys: list[str] = []
    for key in keys:
        first = issued.first_time(key)
        if key in new_keys[-size:]:
            assert not first
        if key not in new_keys:
            assert first
        if key in new_keys[: -2 * size]:
            assert first or key in new_keys[-2 * size :]
        if first:
            new_keys.append(key)
    assert issued.checked == len(keys)
    assert (
        issued.forgotten == max(0, (len(new_keys) - 1) // size - 1) * size
        if new_keys
        else not issued.forgotten
    )


def test_keys_that_share_a_place_in_the_table_are_told_apart() -> None:
    keys = SeenKeys(generation=5_000)
    assert all(keys.first_time(str(number)) for number in range(10_000))
    assert not any(keys.first_time(str(number)) for number in range(10_000))


def test_half_surrogates_and_the_empty_text_are_keys_too() -> None:
    keys = SeenKeys()
    assert all(keys.first_time(key) for key in ("", "\ud800", "\udc00"))


def test_nothing_of_a_key_is_kept() -> None:
    keys = SeenKeys(generation=10)
    keys.first_time("VF.SK.canary")
    assert "canary" not in repr(vars(keys))


@pytest.mark.parametrize("generation", [0, -1])
def test_an_impossible_memory_is_refused(generation: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        SeenKeys(generation)
