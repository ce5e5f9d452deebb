"""The result as Markdown, for a comment on a pull request.

Nothing that a server or a file says becomes markup, a link or a mention, and the whole fits into one comment.
Our own words are plain; text of others goes into code spans, and into fenced blocks whose fence is longer
than any in the text. A pipe splits a table before anything else is read, and not every reader undoes a
backslash before it, so it is written as an entity or kept out of tables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.report.model.rows import LATENCY_COLUMNS, TURN_HEADS, WORKER_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from sessionload.report.model.rows import FindingRow, ReportModel, TurnReport

LONGEST = 60_000
"""The most characters of a document. A comment on GitHub has 65,536, and people want to add a word."""

_MOST_FINDINGS = 20
_REASONS, _TARGETS, _COUNTS, _STAGES, _RAN, _WORKERS = 5_000, 10_000, 2_000, 5_000, 10_000, 5_000
"""The most characters of what may be long, so that there is always room for findings."""
_MEANING = re.compile(r"[\\`*_\[\]#~$]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "@": "@\u2060"}


def render(model: ReportModel) -> str:
    """Return the document, lines ended with a line feed."""
    answer, details = _text(_answer(model)), _text(_details(model))
    room = LONGEST - len(answer) - len(details)
    return answer + _text(_findings(model.findings, room)) + details


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _answer(model: ReportModel) -> Iterator[str]:
    yield f"## {escaped(model.title)}: {model.verdict.lower()}"
    yield ""
    yield f"**{model.verdict}**: {escaped(model.sentence)}."
    yield ""
    if model.comparison:
        section = model.comparison
        yield f"**{section.verdict}** against the baseline: {escaped(section.sentence)}."
        yield ""
    if model.stub_note:
        yield f"**EMBEDDED STUB.** {escaped(model.stub_note)}."
        yield ""
    if model.description:
        yield escaped(model.description)
        yield ""
    yield from (f"- {fact.label}: {escaped(fact.text)}" for fact in model.about)
    if model.reasons:
        yield ""
        yield "Why this run is void:"
        yield ""
        yield from fitting([f"- {escaped(reason)}" for reason in model.reasons], _REASONS, "reason")
    yield ""
    yield from table(
        ("", model.over("Target"), "Measured", "Margin", "Samples", "Note"),
        (
            (row.state.upper(), row.expr, row.measured, row.margin, row.samples.text, row.note)
            for row in model.targets
        ),
        right={2, 3, 4},
        room=_TARGETS,
        what="target",
    )
    if model.budget:
        yield f"{escaped(model.budget)}."
        yield ""
    yield from _comparison(model)
    yield from table(
        (model.over("Stage"), "Load", "For", "Arrivals", "No session", "p50", "p95", "p99"),
        (
            (
                row.name,
                *(row.load, row.duration, row.arrivals.text, row.errors),
                *(row.p50.text, row.p95.text, row.p99.text),
            )
            for row in model.stages
        ),
        right={3, 4, 5, 6, 7},
        room=_STAGES,
        what="stage",
    )
    yield f"Arrivals: {escaped(model.identity)}."
    yield ""
    yield from table(
        (model.over("Measured stages"), *LATENCY_COLUMNS),
        ((row.name, *(cell.text for cell in row.cells)) for row in model.latency),
        right=set(range(1, 8)),
    )
    yield f"{escaped(model.lateness_statement)}."
    yield ""
    for head, rows, base in (
        (model.over("Outcome"), model.outcomes, model.measured),
        (model.over("Status code"), model.statuses, model.answered),
    ):
        yield from table(
            (head, "All stages", "Measured", f"Share of {base}"),
            (
                (row.name, row.all_stages.text, row.measured.text, row.share)
                for row in rows
                if row.all_stages.raw
            ),
            right={1, 2, 3},
            room=_COUNTS,
            what="row",
        )
    yield from _turns(model.turns)
    yield f"{escaped(model.generator_statement)}."
    yield ""


def _turns(turns: TurnReport | None) -> Iterator[str]:
    if turns is None:
        return
    yield f"Turns: {escaped(turns.identity)}."
    yield ""
    yield from table(
        ("Turn", "The user says", *TURN_HEADS, "Note"),
        ((row.number, row.says, *(cell.text for cell in row.cells), row.note) for row in turns.rows),
        right=set(range(2, 2 + len(TURN_HEADS))),
        room=_STAGES,
        what="turn",
    )
    yield from table(
        ("Turns of measured arrivals", *LATENCY_COLUMNS),
        ((row.name, *(cell.text for cell in row.cells)) for row in turns.latency),
        right=set(range(1, 8)),
    )
    yield from table(
        ("Outcome of turns", "All stages", "Measured", f"Share of {turns.measured}"),
        (
            (row.name, row.all_stages.text, row.measured.text, row.share)
            for row in turns.outcomes
            if row.all_stages.raw
        ),
        right={1, 2, 3},
        room=_COUNTS,
    )
    yield from table(("Conversations", ""), turns.facts, right={1}, room=_COUNTS)


def _comparison(model: ReportModel) -> Iterator[str]:
    section = model.comparison
    if section is None:
        return
    yield f"Against the baseline, {escaped(section.base)}, tolerance {section.tolerance}:"
    yield ""
    if section.remarks:
        yield from fitting([f"- {escaped(remark)}" for remark in section.remarks], _REASONS, "sentence")
        yield ""
    yield from table(
        ("", "Metric", "Baseline", "This run", "Change", "95 % interval", "Judged"),
        (
            (
                row.verdict,
                row.name,
                row.base,
                row.candidate,
                row.change,
                row.interval,
                f"{row.judged}: {row.note}" if row.note else row.judged,
            )
            for row in section.rows
        ),
        right={2, 3, 4, 5},
    )


def _details(model: ReportModel) -> Iterator[str]:
    yield "<details><summary>Generator and what was run</summary>"
    yield ""
    yield from table(("Generator", ""), model.generator, right={1})
    yield from table(
        ("Worker", "Where", *(column.capitalize() for column in WORKER_COLUMNS), "Note"),
        ((row.name, row.where, *row.cells, row.note) for row in model.workers),
        right=set(range(2, 2 + len(WORKER_COLUMNS))),
        room=_WORKERS,
        what="worker",
    )
    yield from table(("What was run", ""), model.run_facts, room=_RAN, what="row")
    yield "</details>"


def _findings(findings: Sequence[FindingRow], room: int) -> Iterator[str]:
    if not findings:
        return
    heading = f"### Findings ({len(findings):,})"
    yield heading
    yield ""
    shown = ["\n".join(_finding(row)) for row in findings[:_MOST_FINDINGS]]
    yield from fitting(shown, room - len(heading), "finding", every=len(findings))
    yield ""


def _finding(row: FindingRow) -> Iterator[str]:
    yield f"- **{escaped(row.cause)}** ({escaped(row.outcome)}), {row.times}: {escaped(row.message)};"
    yield f"  {row.seen}."
    for language, text in (("text", row.example), ("sh", row.curl)):
        if text:
            fence = fence_for(text)
            yield ""
            yield f"  {fence}{language}"
            yield f"  {text}"
            yield f"  {fence}"


def fitting(blocks: Sequence[str], room: int, what: str, *, every: int = 0) -> Iterator[str]:
    """Yield as many blocks as fit into `room` characters, and how many of `every` are left out."""
    room -= 100  # for the sentence and the blank lines around it
    shown = 0
    for block in blocks:
        room -= len(block) + 1
        if room < 0:
            break
        yield block
        shown += 1
    left = (every or len(blocks)) - shown
    if left:
        yield ""
        yield f"… and {left:,} more {what if left == 1 else what + 's'} in the report"


def escaped(text: str) -> str:
    """Return one line of text that shows as itself, in a paragraph and in a table's cell."""
    return "".join(_ENTITIES.get(character, character) for character in _MEANING.sub(r"\\\g<0>", text))


def fence_for(text: str) -> str:
    """Return backticks enough to fence `text`, whatever it has of them itself."""
    return "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Container[int] = frozenset(),
    room: int = LONGEST,
    what: str = "row",
) -> Iterator[str]:
    """Yield a table and a blank line, the columns in `right` set right; nothing when there are no rows.

    Rows that do not fit into `room` characters are left out, and their number is said.
    """
    body = [_row([escaped(cell) for cell in row]) for row in rows]
    if body:
        yield _row(heads)
        yield _row(["---:" if number in right else "---" for number in range(len(heads))])
        yield from fitting(body, room, what)
        yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
