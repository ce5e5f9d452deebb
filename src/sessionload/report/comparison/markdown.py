"""A comparison as Markdown, to stand in a pull request.

Law: nothing that a file says can become markup, a link or a mention, and the whole fits into one comment.
Idea: the answer and the table first, what was run folded below. Trap: GitHub makes links of bare
addresses, so those of others are broken up by a character that nobody sees.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.report.markdown import escaped, fitting, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.report.comparison.model import ComparisonModel, Side

_ADDRESS = re.compile(r"(www|:)(?=\.|//)", re.IGNORECASE)
_SENTENCES, _RAN = 8_000, 20_000
"""The most characters of what may be long, so that the whole is no longer than a comment may be."""


def render(model: ComparisonModel) -> str:
    """Return the document, lines ended with a line feed."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: ComparisonModel) -> Iterator[str]:
    yield f"## Comparison of {_said(model.title)}: {model.answer.value}"
    yield ""
    yield f"**{model.word}**: {_said(model.sentence)}."
    yield ""
    for heading, sentences in (
        ("Why nothing can be said", model.reasons),
        ("Beside the answer", model.notes),
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
            for row in model.rows
        ),
        right={2, 3, 4, 5},
    )
    yield f"Tolerance {model.tolerance}."
    yield ""
    yield _side("Base", model.base)
    yield _side("Candidate", model.candidate)
    yield ""
    yield "<details><summary>Why, how and what was run</summary>"
    yield ""
    yield f"{model.why}"
    yield ""
    yield f"{model.how}"
    yield ""
    yield from table(
        ("What was run", "Base", "Candidate", ""),
        (
            (*map(_unlinked, (row.label, row.base, row.candidate)), "differs" if row.differs else "")
            for row in model.ran
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
