"""Pairs of user IDs that a careless server takes for one user."""

from __future__ import annotations

import re
import unicodedata

import pytest

from sessionload.suite.similar_users import similar_users


def test_each_pair_is_equal_to_a_server_that_overlooks_one_thing() -> None:
    spaced, cased, accented = similar_users("user-{}".format, lambda _: True)
    assert spaced.one != spaced.other
    assert spaced.one == spaced.other.strip()
    assert cased.one != cased.other
    assert cased.one.casefold() == cased.other.casefold()
    assert accented.one != accented.other
    assert accented.one == unicodedata.normalize("NFC", accented.other)
    assert len({user for pair in (spaced, cased, accented) for user in pair[:2]}) == 6


@pytest.mark.parametrize(
    ("pattern", "differences"),
    [
        (r"[\x21-\x7e]+", ["the other case"]),
        (r"[a-z -]+", ["a space after it"]),
        (r"[a-z-]+", []),
        (r".{1,8}", ["a space after it", "the other case"]),
    ],
)
def test_what_the_document_does_not_allow_is_in_no_pair(pattern: str, differences: list[str]) -> None:
    def named(what: str) -> str:
        return {"space": "u-space", "case": "u-case"}.get(what, f"u-long-{what}")

    pairs = similar_users(named, lambda user: re.fullmatch(pattern, user) is not None)
    assert [pair.difference for pair in pairs] == differences
