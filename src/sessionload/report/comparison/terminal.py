"""A comparison as plain text for a terminal.

The answer comes first, then what has to be known beside it, then a line for each metric. The text has no
color and no control character; the command may color lines by their first words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.model.text_layout import COLUMNS, fill, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.report.comparison.model import ComparedRun, ComparisonModel

_HEADS = ("", "metric", "base", "candidate", "change", "95 % interval", "judged")
_INDENT = " " * 4


def render(model: ComparisonModel, columns: int = COLUMNS) -> str:
    """Return the text for a terminal of so many columns, lines ended with a line feed."""
    lines = fill(f"{model.headline}.", columns)
    for heading, sentences in (("Why there is no answer", model.reasons), ("Notes", model.notes)):
        if sentences:
            lines += ["", heading]
            for sentence in sentences:
                lines += fill(sentence, columns, first="  ", rest=_INDENT)
    lines += ["", f"Differences, tolerance {model.tolerance}", *_table(model, columns), ""]
    for sentence in model.among:
        lines += fill(f"{sentence[0].upper()}{sentence[1:]}.", columns)
    for run in model.runs:
        lines += _run(run, columns)
    lines += ["", *fill(model.how, columns)]
    return "\n".join(lines) + "\n"


def _table(model: ComparisonModel, columns: int) -> Iterator[str]:
    rows = [
        (row.verdict, row.name, row.base, row.candidate, row.change, row.interval, row.judged)
        for row in model.rows
    ]
    return table([_HEADS, *rows], columns, left={0, 1}, notes=["", *(row.note for row in model.rows)])


def _run(run: ComparedRun, columns: int) -> list[str]:
    line = (
        f"{run.name}: run {run.run_id} of {run.title} on {run.where}, started {run.started}, {run.arrivals}"
    )
    return [
        *fill(f"{line} measured", columns, rest=_INDENT),
        *(fill(f"labels: {run.labels}", columns, first=_INDENT, rest=_INDENT) if run.labels else ()),
        *fill(f"{run.verdict}: {run.sentence}", columns, first=_INDENT, rest=_INDENT),
    ]
