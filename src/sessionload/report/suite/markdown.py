"""A contract check as Markdown, for a comment on a pull request.

Nothing that a server or a file says becomes markup, a link or a mention: text of others is escaped, and
commands stand in a fence that is longer than any in them. A table of sixty rows hides the two that matter, so
violations come first and the table is folded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.markdown import escaped, fence_for, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.report.suite.model import CaseRow, SuiteModel


def render(model: SuiteModel) -> str:
    """Return the document, lines ended with a line feed."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: SuiteModel) -> Iterator[str]:
    yield f"## Contract of {escaped(model.title)}: {model.verdict.lower()}"
    yield ""
    yield f"**{model.verdict}**: {escaped(model.headline.removeprefix(f'{model.verdict}: '))}."
    yield ""
    if model.stub_note:
        yield f"**EMBEDDED STUB.** {escaped(model.stub_note)}."
        yield ""
    for row in model.failing:
        yield from _violation(row)
    if model.stale:
        yield "### No longer occurs: take it out of the baseline"
        yield ""
        yield from (
            f"- **{escaped(row.case)}**: {escaped(row.sentence)} ({escaped(row.reason)})"
            for row in model.stale
        )
        yield ""
    yield from table(
        ("Accepted by the baseline", "Came back", "Why"),
        ((row.name, row.observed, row.accepted) for row in model.accepted),
    )
    yield from table(
        ("Group", "Cases", "Kept", "Undocumented", "Broken", "Accepted", "Not seen"),
        (
            (
                group.title,
                *(
                    f"{number:,}"
                    for number in (
                        len(group.cases),
                        group.kept,
                        group.undocumented,
                        group.failing,
                        group.accepted,
                        group.unseen,
                    )
                ),
            )
            for group in model.groups
        ),
        right={1, 2, 3, 4, 5, 6},
    )
    yield "<details><summary>All cases, and what was run</summary>"
    yield ""
    yield from table(
        ("", "Case", "Expected", "Came back", "Took"),
        ((row.verdict, row.name, row.expected, row.observed, row.elapsed.text) for row in model.cases),
        right={4},
    )
    yield from table(("What was run", ""), model.run_facts)
    yield "</details>"


def _violation(row: CaseRow) -> Iterator[str]:
    yield f"### {escaped(row.name)}"
    yield ""
    yield f"- Requires: {escaped(row.requirement)}"
    yield f"- Expected: {escaped(row.expected)}"
    yield f"- Came back: {escaped(row.observed)}"
    yield ""
    if row.curl:
        fence = fence_for(row.curl)
        yield from (f"{fence}sh", row.curl, fence, "")
