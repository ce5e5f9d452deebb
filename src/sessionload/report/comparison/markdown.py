"""A comparison as Markdown, for a comment on a pull request.

Nothing that a file says becomes markup, a link or a mention, and the whole fits into one comment. The answer
and the table come first, what was run is folded below. GitHub makes links of bare addresses, so addresses in
text of others are broken up by an invisible character.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.report.markdown import escaped, fitting, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.report.comparison.model import ComparedRun, ComparisonModel

_ADDRESS = re.compile(r"(www|:)(?=\.|//)", re.IGNORECASE)
_SENTENCES, _RUNS, _RAN = 8_000, 10_000, 20_000
"""The most characters of what may be long, so that the whole is no longer than a comment may be."""


def render(model: ComparisonModel) -> str:
    """Return the document, lines ended with a line feed."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: ComparisonModel) -> Iterator[str]:
    yield f"## Comparison of {_escaped(model.title)}: {model.answer.value}"
    yield ""
    yield f"**{model.verdict}**: {_escaped(model.sentence)}."
    yield ""
    for heading, sentences in (
        ("Why there is no answer", model.reasons),
        ("Notes", model.notes),
    ):
        if sentences:
            yield f"{heading}:"
            yield ""
            yield from fitting([f"- {_escaped(sentence)}" for sentence in sentences], _SENTENCES, "sentence")
            yield ""
    yield from table(
        ("", "Metric", "Base", "Candidate", "Change", "95 % interval", "Judged"),
        (
            (
                row.verdict,
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
    if model.among:
        yield from (f"- {sentence[0].upper()}{sentence[1:]}." for sentence in model.among)
    yield from fitting([_run(run) for run in model.runs], _RUNS, "run")
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
            for row in model.run_facts
        ),
        room=_RAN,
    )
    yield "</details>"


def _judged(judged: str, note: str) -> str:
    return f"{judged}: {note}" if note else judged


def _run(compared: ComparedRun) -> str:
    run = f"run {compared.run_id} of {compared.title} on {compared.where}"
    labels = f", labels {compared.labels}" if compared.labels else ""
    size = f"{compared.arrivals} measured, started {compared.started}{labels};"
    verdict = f"**{compared.verdict}**: {_escaped(compared.sentence)}."
    return f"- {compared.name.capitalize()}: {_escaped(f'{run}, {size}')} {verdict}"


def _escaped(text: str) -> str:
    """Return words of others, or with words of others in them, as what they are."""
    return _unlinked(escaped(text))


def _unlinked(text: str) -> str:
    return _ADDRESS.sub("\\1\u2060", text)
