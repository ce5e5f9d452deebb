"""The words of other tools stand in the page as they stand in the messages: one table, and one formula.

`GOLD=write pytest tests/docs/test_coming_from.py` writes the table again.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from sessionload.config.other_tools import FORMULA, WORDS

PAGE = Path(__file__).parents[2] / "docs" / "coming-from.md"
TABLE = re.compile(r"(?<=<!-- words -->\n)(?:\|[^\n]*\n)+")
TOOLS = ("Locust", "k6", "Gatling", "Artillery", "JMeter", "hey", "vegeta")


def table() -> str:
    rows = (
        f"| {word.tool} | `{word.word}` | {word.there} | {word.here} |\n"
        for word in sorted(WORDS, key=lambda word: TOOLS.index(word.tool))
    )
    return "".join(("| in | word | is there | here |\n", "|---|---|---|---|\n", *rows))


def test_the_page_has_every_word_that_messages_know() -> None:
    if os.environ.get("GOLD") == "write":
        PAGE.write_text(TABLE.sub(lambda _: table(), PAGE.read_text()))
    found = TABLE.search(PAGE.read_text())
    assert found is not None
    assert found[0] == table()
    assert len(WORDS) >= 30
    assert not [word for word in WORDS if "|" in word.there + word.here]


def test_the_page_has_the_formula() -> None:
    assert f"\n    {FORMULA}\n" in PAGE.read_text()
