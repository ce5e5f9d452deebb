"""The answer of a search as plain text for a terminal, 80 columns wide or more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.report.model.text_layout import COLUMNS, fill, table

if TYPE_CHECKING:
    from sessionload.report.capacity.model import CapacityModel

_HEADS = ("", "rate", "for", "sent", "no session", "p50", "p95", "p99")


def render(model: CapacityModel, columns: int = COLUMNS) -> str:
    """Return the text for a terminal of so many columns, lines ended with a line feed."""
    lines = fill(f"{model.headline}.", columns)
    lines += fill(f"{model.title}: {model.cost}.", columns)
    if model.labels:
        lines += fill(f"labels: {model.labels}", columns)
    for note in model.notes:
        lines += fill(note, columns)
    lines += ["", "Targets", *(f"  {target}" for target in model.targets), "", "Holds, in order"]
    rows = [
        (row.shown, row.rate, row.seconds, row.sent, row.failed, row.p50, row.p95, row.p99)
        for row in model.rows
    ]
    lines += table(
        [_HEADS, *rows],
        columns,
        left={0},
        notes=["", *("; ".join(filter(None, (row.why, row.because))) for row in model.rows)],
    )
    return "\n".join(lines) + "\n"
