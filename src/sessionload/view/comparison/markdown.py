"""A comparison as Markdown, to stand in a pull request.

Law: nothing that a file says can become markup, a link or a mention, and the whole fits into one comment.
Idea: the answer and the table first, what was run folded below. Trap: GitHub makes links of bare
addresses, so those of others are broken up by a character that nobody sees.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.view.markdown import escaped, fitting, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.view.comparison.rows import ComparisonSheet, Side

_ADDRESS = re.compile(r"(www|:)(?=\.|//)", re.IGNORECASE)
_SENTENCES, _RAN = 8_000, 20_000
"""The most characters of what may be long, so that the whole is no longer than a comment may be."""


def render(sheet: ComparisonSheet) -> str:
    """Return the document, lines ended with a line feed."""
    return "\n".join(_lines(sheet)) + "\n"


def _lines(sheet: ComparisonSheet) -> Iterator[str]:
    yield f"## Comparison of {_said(sheet.title)}: {sheet.answer.value}"
    yield ""
    yield f"**{sheet.word}**: {_said(sheet.sentence)}."
    yield ""
    for heading, sentences in (
        ("Why nothing can be said", sheet.reasons),
        ("Beside the answer", sheet.notes),
    ):
        if sentences:
            yield f"{heading}:"
            yield ""
            yield from fitting([f"- {_said(one)}" for one in sentences], _SENTENCES, "sentence")
            yield ""
    yield from table(
        ("", "Metric", "Base", "Candidate", "Change", "95 % interval", "Judged"),
        (
            (
                row.word,
                row.name,
                row.base,
                row.candidate,
                row.change,
                row.interval,
                _judged(row.judged, row.note),
            )
            for row in sheet.rows
        ),
        right={2, 3, 4, 5},
    )
    yield f"Tolerance {sheet.tolerance}."
    yield ""
    yield _side("Base", sheet.base)
    yield _side("Candidate", sheet.candidate)
    yield ""
    yield "<details><summary>Why, how and what was run</summary>"
    yield ""
    yield f"{sheet.why}"
    yield ""
    yield f"{sheet.how}"
    yield ""
    yield from table(
        ("What was run", "Base", "Candidate", ""),
        (
            (*map(_unlinked, (row.label, row.base, row.candidate)), "differs" if row.differs else "")
            for row in sheet.ran
        ),
        room=_RAN,
    )
    yield "</details>"


def _judged(judged: str, note: str) -> str:
    return f"{judged}: {note}" if note else judged


def _side(name: str, side: Side) -> str:
    told = (
        f"run {side.run_id} of {side.title}, {side.arrivals.text} arrivals measured, started {side.started};"
    )
    return f"- {name}: {_said(told)} **{side.word}**: {_said(side.sentence)}."


def _said(text: str) -> str:
    """Return words of others, or with words of others in them, as what they are."""
    return _unlinked(escaped(text))


def _unlinked(text: str) -> str:
    return _ADDRESS.sub("\\1\u2060", text)
