"""The end of a run, as plain text for a terminal.

The verdict comes first, then what it rests on, then what happened. The text has no color and no control
character; the command may color lines by their first word. No line is wider than the terminal that it is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.model.rows import LATENCY_COLUMNS, TURN_COLUMNS, WORKER_COLUMNS
from sessionload.report.model.text_layout import COLUMNS, fill, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sessionload.report.model.rows import CountRow, FindingRow, ReportModel, StageRow, TurnReport

_MOST_FINDINGS = 10


def render(model: ReportModel, columns: int = COLUMNS) -> str:
    """Return the text for a terminal of so many columns, lines ended with a line feed."""
    lines = fill(f"{model.headline}.", columns)
    if model.comparison:
        lines += fill(f"{model.comparison.headline}.", columns)
    if model.stub_note:
        lines += fill(f"EMBEDDED STUB. {model.stub_note}.", columns)
    blocks: list[tuple[str, Iterable[str]]] = [
        (
            model.title,
            [*_paragraphs([model.description], columns), *table(list(model.about), columns, left={0, 1})],
        ),
        ("Why this run is void", _paragraphs(model.reasons, columns)),
        (model.over("Targets"), _targets(model, columns)),
        (model.over("Error budget"), _paragraphs([f"{model.budget}." if model.budget else ""], columns)),
        ("Against the baseline", _comparison(model, columns)),
        (model.over("Stages"), _stages(model.stages, columns)),
        ("Arrivals", _paragraphs([model.identity], columns)),
        (
            model.over("Durations of the measured stages"),
            [*_latency(model, columns), *_paragraphs([f"{model.lateness_statement}."], columns)],
        ),
        (model.over("Outcomes"), _counts(model.outcomes, model.measured, columns)),
        (model.over("Status codes"), _counts(model.statuses, model.answered, columns)),
        *_turns(model.turns, columns),
        (f"Findings ({len(model.findings):,})", _findings(model.findings, columns)),
        (
            "Generator",
            [
                *_paragraphs([f"{model.generator_statement}."], columns),
                *table([(fact.label, fact.text) for fact in model.generator], columns),
            ],
        ),
        ("Workers", _workers(model, columns)),
    ]
    for heading, block in blocks:
        if block_lines := list(block):
            lines += ["", heading, *block_lines]
    return "\n".join(lines) + "\n"


def _paragraphs(texts: Iterable[str], columns: int) -> Iterator[str]:
    for text in filter(None, texts):
        yield from fill(text, columns, first="  ", rest="  ")


def _targets(model: ReportModel, columns: int) -> Iterator[str]:
    if model.targets:
        yield from table(
            [
                ("", "target", "measured", "margin", "samples"),
                *(
                    (row.state.name, row.expr, row.measured, row.margin, row.samples.text)
                    for row in model.targets
                ),
            ],
            columns,
            left={0, 1},
            notes=["", *(row.note for row in model.targets)],
        )


def _comparison(model: ReportModel, columns: int) -> Iterator[str]:
    section = model.comparison
    if section is None:
        return
    yield from _paragraphs([f"the baseline is {section.base}"], columns)
    yield from _paragraphs(section.remarks, columns)
    judged = [row for row in section.rows if row.judged != "no"]
    cells = ((row.verdict, row.name, row.base, row.candidate, row.change, row.interval) for row in judged)
    heads = ("", "metric", "baseline", "this run", "change", "95 % interval")
    if judged:
        yield from table([heads, *cells], columns, left={0, 1})
    yield from _paragraphs([f"tolerance {section.tolerance}"], columns)


def _stages(stages: Sequence[StageRow], columns: int) -> Iterator[str]:
    rows = [
        (
            row.name,
            *(row.load, row.duration, row.arrivals.text, row.errors),
            *(row.p50.text, row.p95.text, row.p99.text),
        )
        for row in stages
    ]
    heads = ("", "load", "for", "arrivals", "no session", "p50", "p95", "p99")
    return table([heads, *rows], columns, left={0, 1, 2})


def _latency(model: ReportModel, columns: int) -> Iterator[str]:
    rows = [(row.name, *(cell.text for cell in row.cells)) for row in model.latency]
    return table([("", *LATENCY_COLUMNS), *rows], columns)


def _turns(turns: TurnReport | None, columns: int) -> Iterator[tuple[str, Iterable[str]]]:
    if turns is None:
        return
    notes = ["", *(row.note for row in turns.rows)]
    rows = [(row.number, row.says, *(cell.text for cell in row.cells)) for row in turns.rows]
    yield "Turns of conversations", _paragraphs([turns.identity], columns)
    yield (
        "Each turn of the script",
        table([("", "says", *TURN_COLUMNS), *rows], columns, left={0, 1}, notes=notes),
    )
    durations = [(row.name, *(cell.text for cell in row.cells)) for row in turns.latency]
    yield "Durations of turns", table([("", *LATENCY_COLUMNS), *durations], columns)
    yield "Outcomes of turns", _counts(turns.outcomes, turns.measured, columns)
    yield "Conversations", table([(fact.label, fact.text) for fact in turns.facts], columns)


def _workers(model: ReportModel, columns: int) -> Iterator[str]:
    if model.workers:
        yield from table(
            [
                ("", "where", *WORKER_COLUMNS),
                *((row.name, row.where, *row.cells) for row in model.workers),
            ],
            columns,
            left={0, 1},
            notes=["", *(row.note for row in model.workers)],
        )


def _counts(rows: Sequence[CountRow], base: str, columns: int) -> Iterator[str]:
    seen = [
        (row.name, row.all_stages.text, row.measured.text, row.share, row.meaning)
        for row in rows
        if row.all_stages.raw
    ]
    heads = ("", "all stages", "measured", f"of {base}", "")
    return table([heads, *seen] if seen else [], columns, left={0, 4})


def _findings(findings: Sequence[FindingRow], columns: int) -> Iterator[str]:
    for row in findings[:_MOST_FINDINGS]:
        yield from fill(f"{row.times}: {row.cause} ({row.outcome})", columns, first="  ", rest="    ")
        yield from fill(row.message, columns, first="    ", rest="    ")
        if row.example:
            yield from fill(f"example: {row.example}", columns, first="    ", rest="      ")
        yield from fill(row.seen, columns, first="    ", rest="    ")
    if len(findings) > _MOST_FINDINGS:
        yield f"  … and {len(findings) - _MOST_FINDINGS:,} more in the report"
