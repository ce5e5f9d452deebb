"""The kinds of numbers that measurements are made of, with the bounds of what is believed in a file.

Whatever is read from a file or a pipe is checked against these types by msgspec, so that everything behind
the reading can rely on them. The bounds are far above what a run can reach and far below what exhausts
memory: a schedule lasts at most a day and plans at most 100,000,000 arrivals.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Count = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
"""How many, or nanoseconds."""
PositiveCount = Annotated[int, Meta(ge=1, le=(1 << 63) - 1)]
Text = Annotated[str, Meta(min_length=1)]
Second = Annotated[int, Meta(ge=0, le=4 * 86_400)]
"""A second of the run: of its schedule, or of what ended after it."""
Instant = Annotated[int, Meta(ge=0, le=4 * 86_400 * 1_000_000_000)]
"""Nanoseconds since the start of the schedule."""
StageNumber = Annotated[int, Meta(ge=0, le=100_000)]
Status = Annotated[int, Meta(ge=0, le=999)]
"""A status of HTTP."""
