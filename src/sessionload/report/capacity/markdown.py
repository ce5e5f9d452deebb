"""The answer of a search as Markdown, for a comment or the page of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.markdown import escaped, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.report.capacity.model import CapacityModel


def render(model: CapacityModel) -> str:
    """Return the document, lines ended with a line feed."""
    return "\n".join(_lines(model)) + "\n"


def _lines(model: CapacityModel) -> Iterator[str]:
    yield f"## Capacity of {escaped(model.title)}"
    yield ""
    yield f"**{model.verdict}**: {escaped(model.sentence)}."
    yield ""
    yield f"{escaped(model.cost)}."
    yield ""
    if model.labels:
        yield f"Labels: {escaped(model.labels)}"
        yield ""
    for note in model.notes:
        yield f"- {escaped(note)}"
    if model.notes:
        yield ""
    yield "Targets: " + ", ".join(f"`{target}`" for target in model.targets)
    yield ""
    yield from table(
        ("Rate", "For", "Why", "Shown", "Because", "Sent", "No session", "p50", "p95", "p99"),
        (
            (
                row.rate,
                row.seconds,
                row.why,
                row.shown,
                row.because,
                row.sent,
                row.failed,
                row.p50,
                row.p95,
                row.p99,
            )
            for row in model.rows
        ),
        right={0, 1, 5, 6, 7, 8, 9},
    )
