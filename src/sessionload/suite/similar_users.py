"""Pairs of user IDs that differ, and that a careless server takes for one user.

Texts are equal when their code points are. A server, or the database behind it, that trims spaces, ignores
case or normalises Unicode gives two people one session. A document may rule some of these IDs out. A format
may say that they mean the same, as it does for UUIDs: then callers ask for no pairs.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class SimilarUsers(NamedTuple):
    """Two user IDs. `difference` says what the second has, in words to follow them."""

    one: str
    other: str
    difference: str


def similar_users(named: Callable[[str], str], allowed: Callable[[str], bool]) -> tuple[SimilarUsers, ...]:
    """Return the pairs of which the document allows both; `named` makes a user ID that has a text in it."""
    spaced, cased, accented = named("space"), named("case"), named("\N{LATIN SMALL LETTER E WITH ACUTE}")
    pairs = (
        SimilarUsers(spaced, f"{spaced} ", "a space after it"),
        SimilarUsers(cased, cased.swapcase(), "the other case"),
        SimilarUsers(
            accented, unicodedata.normalize("NFD", accented), "its accent as a character of its own"
        ),
    )
    return tuple(
        pair for pair in pairs if pair.one != pair.other and allowed(pair.one) and allowed(pair.other)
    )
