"""The figures of a view, as a result file has them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from sessionload.metrics.bounds import Count

Milliseconds = Annotated[float, Meta(ge=0)]


class SummaryForm(Struct, forbid_unknown_fields=True):
    """The numbers of a view, for people."""

    count: Count
    min: Milliseconds | None
    mean: Milliseconds | None
    p50: Milliseconds | None
    p75: Milliseconds | None
    p90: Milliseconds | None
    p95: Milliseconds | None
    p99: Milliseconds | None
    p99_9: Milliseconds | None
    max: Milliseconds | None
