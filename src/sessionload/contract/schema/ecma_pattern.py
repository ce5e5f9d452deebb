r"""A regular expression as JSON Schema and OpenAPI mean it: one of ECMA-262, found anywhere in a text.

It is read with the flag `u`, as JSON Schema says. Many documents escape what only the older grammar lets
them, as in `\-`; they are read by that one, unless it would take an escaped letter for the letter itself, as
in `\Z`: the author meant another language. Without backreferences and lookarounds a search takes linear
time; any other ends after a time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from corvus_regex_ecma262 import MatchLimitError, Regex, error

from sessionload.contract.schema.judging import Undecided
from sessionload.errors import ValueProblem

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = 0.02
"""How long one search may take. A sound one takes a hundredth of it for the largest text."""
_MEANINGLESS = re.compile(r"(?:[^\\]|\\[^A-Za-z]|\\[bBcdDfknrsStuvwWx])*+\\[A-Za-z]", re.DOTALL)
"""A text in which an escaped letter stands that the older grammar takes for the letter itself."""


class EcmaPattern:
    """One pattern, compiled."""

    __slots__ = ("_found", "_text")

    def __init__(self, text: str) -> None:
        """Raise `ValueProblem` when it is not a regular expression of ECMA-262."""
        self._text = text
        self._found: Callable[[str], bool]
        try:
            self._found = Regex(text, "u", timeout=_SECONDS).test
        except error as problem:
            if problem.kind != "pattern" or _MEANINGLESS.match(text):
                raise _problem(problem) from None
            self._found = _older(text)

    def __str__(self) -> str:
        return self._text

    def matches(self, text: str) -> bool:
        """Tell whether the pattern is found in `text`. Raises `Undecided` when that takes too long."""
        try:
            return self._found(text)
        except MatchLimitError:
            raise Undecided from None


def _older(text: str) -> Callable[[str], bool]:
    try:
        return Regex(text, timeout=_SECONDS).test
    except error as problem:
        raise _problem(problem) from None


def _problem(problem: error) -> ValueProblem:
    reason, _, _ = str(problem).removeprefix("ecmaregex: ").partition(' in "')
    return ValueProblem(f"is not a regular expression of ECMA-262: {reason}")
