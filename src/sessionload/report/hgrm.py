"""The percentile distribution of the response in HdrHistogram's text format, for its plotter.

"Never" is no number: the distribution ends below 1.0 where arrivals never got a valid session, and says so
in a comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.metrics.buckets import bucket_of
from sessionload.report.model.quantities import counted_noun

if TYPE_CHECKING:
    from sessionload.report.model.rows import ReportModel

_SUB_BUCKETS = 1024


def render(model: ReportModel) -> str:
    """Return the response's percentile distribution in HdrHistogram's text format, in milliseconds."""
    spectrum = model.response
    lines = [f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}", ""]
    for level in spectrum.levels:
        line = f"{level.value_ns / 1_000_000:12.3f} {float(level.share):2.12f} {level.reached:10d}"
        lines.append(line if level.nines is None else f"{line} {level.nines:14.2f}")
    mean, deviation, largest = (
        ns / 1_000_000 for ns in (spectrum.mean_ns, spectrum.deviation_ns, spectrum.largest_ns)
    )
    buckets = max(1, bucket_of(spectrum.largest_ns) // _SUB_BUCKETS)
    lines += [
        f"#[Mean    = {mean:12.3f}, StdDeviation   = {deviation:12.3f}]",
        f"#[Max     = {largest:12.3f}, Total count    = {spectrum.count:12d}]",
        f"#[Buckets = {buckets:12d}, SubBuckets     = {_SUB_BUCKETS:12d}]",
    ]
    if model.measured_until:
        lines.append(f"# The run ended before its plan: {model.measured_until}.")
    if spectrum.never:
        lines.append(
            f"# {spectrum.never} of {counted_noun(spectrum.count, 'arrival')} never ended with a valid"
            " session. They rank last: the curve ends before 1.0; mean, deviation and max are of the others."
        )
    return "\n".join(lines) + "\n"
