"""A text that a regular expression allows, for the plain ones that most documents have.

It is a guess that was tried: what the expression begins with as plain letters, and then digits or letters of
one kind, as many as it takes. Where nothing of this fits there is none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.contract.schema.ecma_pattern import EcmaPattern
from sessionload.contract.schema.judging import Undecided
from sessionload.errors import ValueProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGINNING = re.compile(r"\^?([A-Za-z0-9_:@/ -]*)(?![*+?{|])")
"""The plain characters that an expression begins with; a repeated one is not among them."""
_ALPHABETS = ("s", "0", "a", "A", "S")
_LONGEST = 40


def text_like(pattern: str, shortest: int, longest: int | None) -> str | None:
    """Return a text of `shortest` to `longest` characters in which `pattern` is found, if one is found."""
    try:
        expression = EcmaPattern(pattern)
        for text in _texts(pattern):
            fits = shortest <= len(text) and (longest is None or len(text) <= longest)
            if fits and expression.matches(text):
                return text
    except (ValueProblem, Undecided):
        return None
    return None


def _texts(pattern: str) -> Iterator[str]:
    match = BEGINNING.match(pattern)
    beginning = match[1] if match else ""
    for length in range(_LONGEST + 1):
        for letter in _ALPHABETS:
            yield beginning + letter * length
