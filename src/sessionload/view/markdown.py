"""The result as Markdown, to stand in a pull request.

Law: nothing that a server or a file says can become markup, a link or a mention. Idea: our own
words are plain, other people's go into code spans and fenced blocks whose fence is longer than any
in them, and the pipe, which splits a table before anything else is read, is written as an entity or
kept out of tables. Trap: a backslash before a pipe is undone by some readers and not by others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sessionload.view.rows import LATENCY_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from sessionload.view.rows import FindingRow, Sheet

_MOST_FINDINGS = 20
_MEANING = re.compile(r"[\\`*_\[\]#~$]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "@": "@\u2060"}


def render(sheet: Sheet) -> str:
    """Return the document, lines ended with a line feed."""
    return "\n".join(_lines(sheet)) + "\n"


def _lines(sheet: Sheet) -> Iterator[str]:
    yield f"## {escaped(sheet.title)}: {sheet.word.lower()}"
    yield ""
    yield f"**{sheet.word}**: {escaped(sheet.sentence)}."
    if sheet.reasons:
        yield ""
        yield "Why this run is void:"
        yield ""
        yield from (f"- {escaped(reason)}" for reason in sheet.reasons)
    yield ""
    yield from table(
        ("", "Target", "Measured", "Margin", "Samples", "Note"),
        (
            (row.state.upper(), row.expr, row.measured, row.margin, row.samples.text, row.note)
            for row in sheet.targets
        ),
        right={2, 3, 4},
    )
    yield f"Arrivals: {escaped(sheet.identity)}."
    yield ""
    yield from table(
        ("Measured stages", *LATENCY_COLUMNS),
        ((row.name, *(cell.text for cell in row.cells)) for row in sheet.latency),
        right=set(range(1, 8)),
    )
    yield from table(
        ("Outcome", "All stages", "Share", "Measured"),
        (
            (row.name, row.every.text, row.share, row.measured.text)
            for row in (*sheet.outcomes, *sheet.statuses)
            if row.every.raw
        ),
        right={1, 2, 3},
    )
    yield from _findings(sheet.findings)
    yield "<details><summary>Generator and what was run</summary>"
    yield ""
    yield from table(("Generator", ""), sheet.generator, right={1})
    yield from table(
        ("Stage", "Load", "For", "Arrivals", "p50", "p95", "p99"),
        (
            (
                row.name,
                row.load,
                row.duration,
                *(one.text for one in (row.arrivals, row.p50, row.p95, row.p99)),
            )
            for row in sheet.stages
        ),
        right={3, 4, 5, 6},
    )
    yield from table(("What was run", ""), sheet.ran, right=set())
    yield "</details>"


def _findings(findings: Sequence[FindingRow]) -> Iterator[str]:
    if not findings:
        return
    yield f"### Findings ({len(findings):,})"
    yield ""
    for row in findings[:_MOST_FINDINGS]:
        yield f"- **{escaped(row.cause)}** ({escaped(row.outcome)}), {row.times}: {escaped(row.message)};"
        yield f"  {row.seen}."
        if row.example:
            fence = fence_for(row.example)
            yield ""
            yield f"  {fence}text"
            yield f"  {row.example}"
            yield f"  {fence}"
    if len(findings) > _MOST_FINDINGS:
        yield f"- … and {len(findings) - _MOST_FINDINGS:,} more in the report"
    yield ""


def escaped(text: str) -> str:
    """Return one line of text that shows as itself, in a paragraph and in a table's cell."""
    return "".join(_ENTITIES.get(character, character) for character in _MEANING.sub(r"\\\g<0>", text))


def fence_for(text: str) -> str:
    """Return backticks enough to fence `text`, whatever it has of them itself."""
    return "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: Container[int] = frozenset()
) -> Iterator[str]:
    """Yield a table and a blank line, the columns in `right` set right; nothing when there are no rows."""
    body = [_row([escaped(cell) for cell in row]) for row in rows]
    if body:
        yield _row(heads)
        yield _row(["---:" if number in right else "---" for number in range(len(heads))])
        yield from body
        yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
