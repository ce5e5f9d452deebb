"""The keys and values of a text in JSON, with the offsets that the standard decoder does not tell.

This is for a text that is about to be refused, so it may be slow. It is no second opinion on what JSON is: it
follows brackets and quotes only, and ends where they lead nowhere.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.contract.document.document_part import Part

DEEPEST = 64
"""The most arrays and objects inside each other."""

_WORD = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)


class Entry(NamedTuple):
    """A key, or a value by its first word: a scalar, or an opening bracket."""

    part: Part
    word: str
    offset: int
    is_key: bool


def entries_of(text: str) -> Iterator[Entry]:
    """Yield each key and value in order, as long as the text is JSON and not too deep."""
    with suppress(IndexError, ValueError):  # a bracket without its other half, or a key that is no text
        yield from _entries(text)


def _entries(text: str) -> Iterator[Entry]:
    steps: list[str | int] = []
    awaits_key = False
    for match in _WORD.finditer(text):
        word = match[0]
        if word in ("}", "]"):
            steps.pop()
            awaits_key = False
        elif word == ",":
            last = steps[-1]
            awaits_key = isinstance(last, str)
            steps[-1] = last if isinstance(last, str) else last + 1
        elif word != ":":
            if awaits_key:
                steps[-1] = str(json.loads(word))
            yield Entry(tuple(steps), word, match.start(), awaits_key)
            awaits_key = word == "{"
            if word in ("{", "["):
                steps.append("" if awaits_key else 0)
        if len(steps) > DEEPEST:
            return
