"""The result as tables for other programs: CSV by second, and the percentile spectrum.

Law: both open in the tools they are made for, a spreadsheet and HdrHistogram's plotter. Idea: text
cells in the CSV are ours or a stage's name; a name that a spreadsheet would take for a formula gets
an apostrophe in front. Trap: "never" is no number: a cell is empty where a percentile is never, and
the spectrum ends below 1.0 and says so in a comment.
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from sessionload.measure.histogram import bucket_of

if TYPE_CHECKING:
    from sessionload.view.sheet.rows import Sheet

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
)
_FORMULA = ("=", "+", "-", "@")
_SUB_BUCKETS = 1024


def timeline(sheet: Sheet) -> str:
    """Return CSV, one line for each second. `errors` counts arrivals without a valid session."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TIMELINE_COLUMNS)
    for point in sheet.seconds_of_run:
        percentiles = (point.p50_ns, point.p95_ns, point.p99_ns)
        writer.writerow(
            (
                point.second,
                cell(point.stage),
                point.planned,
                point.sent,
                point.done,
                point.ok,
                point.errors,
                *("" if ns is None else f"{ns / 1_000_000:.3f}" for ns in percentiles),
                point.unsent,
            )
        )
    return text.getvalue()


def cell(text: str) -> str:
    """Return text that a spreadsheet takes for text, not for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def spectrum(sheet: Sheet) -> str:
    """Return the response's percentile distribution in HdrHistogram's text format, in milliseconds."""
    found = sheet.response
    lines = [f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}", ""]
    for level in found.levels:
        line = f"{level.value_ns / 1_000_000:12.3f} {float(level.share):2.12f} {level.reached:10d}"
        lines.append(line if level.nines is None else f"{line} {level.nines:14.2f}")
    mean, deviation, largest = (
        ns / 1_000_000 for ns in (found.mean_ns, found.deviation_ns, found.largest_ns)
    )
    buckets = max(1, bucket_of(found.largest_ns) // _SUB_BUCKETS)
    lines += [
        f"#[Mean    = {mean:12.3f}, StdDeviation   = {deviation:12.3f}]",
        f"#[Max     = {largest:12.3f}, Total count    = {found.count:12d}]",
        f"#[Buckets = {buckets:12d}, SubBuckets     = {_SUB_BUCKETS:12d}]",
    ]
    if found.never:
        lines.append(
            f"# {found.never} of {found.count} arrivals never ended with a valid session. They rank last:"
            " the curve ends before 1.0, and mean, deviation and max are of the others."
        )
    return "\n".join(lines) + "\n"
