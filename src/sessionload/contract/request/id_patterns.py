"""Patterns of user IDs that a document may allow, to name one where it refuses those of a scenario.

They are guesses, the plainest first: whoever names one asks the document about its IDs before. What a regular
expression or an example begins with is taken over, because IDs often have a fixed beginning and digits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sessionload.contract.schema.pattern_sample import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PLAIN = (
    *("user-{run}-{n:08d}", "{run}-{n}", "user-{n:08d}", "user-{n}", "u{n}", "{n}"),
    *("{uuid}", "user-{n}@host.example", "https://host.example/{n}", "user-{n}.host.example"),
)
_DIGITS = re.compile("[0-9]+")
_TAILS = ("{n}", "{uuid}", *(f"{{n:0{width}{base}}}" for base in "dx" for width in range(1, 41)))
_LONGEST = 200


def id_patterns(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield patterns as `users.id` has them; `facts` is what the document says of the user ID."""
    yield from _PLAIN
    for example in (facts.get("example"), *facts.get("examples", ())[:1]):
        if isinstance(example, str) and len(example) <= _LONGEST:
            yield from _like(example)
    pattern = facts.get("pattern")
    beginning = BEGINNING.match(pattern) if isinstance(pattern, str) else None
    for tail in _TAILS:
        yield (beginning[1] if beginning else "") + tail


def _like(example: str) -> Iterator[str]:
    """Yield an example with a number in the place of its longest run of digits."""
    runs = sorted(_DIGITS.finditer(example), key=lambda run: -len(run[0]))
    for run in runs[:1]:
        before, after = (literal(part) for part in (example[: run.start()], example[run.end() :]))
        yield f"{before}{{n:0{min(len(run[0]), 40)}d}}{after}"


def literal(text: str) -> str:
    """Return the pattern that stands for one text."""
    return text.replace("{", "{{").replace("}", "}}")
