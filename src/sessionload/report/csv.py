"""The result second by second as CSV, for spreadsheets.

Text cells are ours or a stage's name; a name that a spreadsheet would take for a formula gets an apostrophe
in front. "Never" is no number: a cell is empty where a percentile is never.
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from sessionload.report.model.rows import TurnSecond

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.report.model.rows import ReportModel, TurnReport

TIMELINE_COLUMNS = (
    "second",
    "stage",
    "planned",
    "sent",
    "done",
    "ok",
    "errors",
    "p50_ms",
    "p95_ms",
    "p99_ms",
    "unsent",
    "lost",
)
TURN_COLUMNS = ("conversations_open", "turns_due", "turns_ok", "first_event_p50_ms", "first_event_p95_ms")
"""Further columns of a run with turns, by when the turns were due."""
_FORMULA = ("=", "+", "-", "@")


def render(model: ReportModel) -> str:
    """Return CSV, one line for each second. `errors` counts arrivals without a valid session."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*TIMELINE_COLUMNS, *(TURN_COLUMNS if model.turns else ())))
    for point in model.timeline:
        writer.writerow(
            (
                point.start_s,
                cell(point.stage),
                point.planned,
                point.sent,
                point.done,
                point.ok,
                point.errors,
                *map(_milliseconds, (point.p50_ns, point.p95_ns, point.p99_ns)),
                point.unsent,
                point.lost,
                *(_turns(model.turns, point.start_s) if model.turns else ()),
            )
        )
    return text.getvalue()


def _turns(turns: TurnReport, second: int) -> Iterator[int | str]:
    here = turns.by_second.get(second, TurnSecond(0))
    yield from (here.open, here.due, here.ok)
    yield from map(_milliseconds, (here.p50_ns, here.p95_ns))


def _milliseconds(ns: int | None) -> str:
    return "" if ns is None else f"{ns / 1_000_000:.3f}"


def cell(text: str) -> str:
    """Return text that a spreadsheet takes for text, not for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text
