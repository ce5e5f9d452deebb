"""The end of a run, as plain text for a terminal.

Law: at most 100 columns, no color, no control character; the command may color lines by their first
word. Idea: verdict first, then what it rests on, then what happened. Trap: a column is not a
character; wide characters take two, so text is padded by what it takes on the screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.model.plain import fill, width
from sessionload.report.model.rows import LATENCY_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessionload.report.model.rows import CountRow, FindingRow, ReportModel

COLUMNS = 100
_MOST_FINDINGS = 10


def render(model: ReportModel) -> str:
    """Return the text, lines ended with a line feed."""
    lines = [*fill(f"{model.headline}.", COLUMNS)]
    blocks: list[tuple[str, list[str]]] = [
        ("Why this run is void", [line for reason in model.reasons for line in _item(reason)]),
        ("Targets", _targets(model)),
        ("Arrivals", _item(model.identity)),
        ("Durations of the measured stages", [*_latency(model), *_item(f"{model.parting}.")]),
        ("Outcomes of all stages", _counts(model.outcomes)),
        ("Status codes", _counts(model.statuses)),
        (f"Findings ({len(model.findings):,})", list(_findings(model.findings))),
        ("Generator", [*_item(f"{model.trust}."), *_generator(model)]),
    ]
    for heading, block in blocks:
        if block:
            lines += ["", heading, *block]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _item(text: str) -> list[str]:
    return fill(text, COLUMNS, first="  ", rest="  ")


def _targets(model: ReportModel) -> list[str]:
    rows = [["", "", "target", "measured", "margin", "samples"]]
    rows += [
        ["", row.state.upper(), row.expr, row.measured, row.margin, row.samples.text] for row in model.targets
    ]
    lines = _table(rows, left={1, 2})
    shown = lines[:1]
    for line, row in zip(lines[1:], model.targets, strict=True):
        shown.append(line)
        if row.note:
            shown += fill(row.note, COLUMNS, first=" " * 10, rest=" " * 10)
    return shown if model.targets else []


def _latency(model: ReportModel) -> list[str]:
    rows = [["", "", *LATENCY_COLUMNS]]
    rows += [["", row.name, *(cell.text for cell in row.cells)] for row in model.latency]
    return _table(rows, left={1})


def _counts(rows: Sequence[CountRow]) -> list[str]:
    seen = [["", row.name, row.every.text, row.share, row.meaning] for row in rows if row.every.raw]
    return _table(seen, left={1, 4})


def _generator(model: ReportModel) -> list[str]:
    return _table([["", fact.label, fact.text] for fact in model.generator], left={1})


def _findings(findings: Sequence[FindingRow]) -> Iterator[str]:
    for row in findings[:_MOST_FINDINGS]:
        yield from fill(f"{row.times}: {row.cause} ({row.outcome})", COLUMNS, first="  ", rest="    ")
        yield from fill(row.message, COLUMNS, first="    ", rest="    ")
        if row.example:
            yield from fill(f"example: {row.example}", COLUMNS, first="    ", rest="      ")
        yield from fill(row.seen, COLUMNS, first="    ", rest="    ")
    if len(findings) > _MOST_FINDINGS:
        yield f"  … and {len(findings) - _MOST_FINDINGS:,} more in the report"


def _table(rows: Sequence[Sequence[str]], *, left: set[int]) -> list[str]:
    """Return aligned lines: columns in `left` to the left, numbers to the right, two blanks between."""
    if not rows:
        return []
    widths = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for number, (cell, room) in enumerate(zip(row, widths, strict=True)):
            blank = " " * (room - width(cell))
            cells.append(cell + blank if number in left else blank + cell)
        lines.append("  ".join(cells))
    return lines
