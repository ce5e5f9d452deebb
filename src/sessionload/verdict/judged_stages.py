"""Which stages a target is judged over, and which whole seconds of the run lie in them.

Stages that are not warm-up are measured, and a target is judged over all of them or over those that it names.
Named stages need not follow each other, so their seconds are stretches. Stretches begin and end at whole
seconds, because slices are whole seconds: a piece of a second at either end is in none, and a second that
two judged stages share is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sessionload.workload.stage import Stage


def judged_stages(stages: Sequence[Stage], names: Collection[str] = ()) -> frozenset[int]:
    """Return the numbers of the stages that are not warm-up; only of those with these names, if any are."""
    return frozenset(
        number
        for number, stage in enumerate(stages)
        if not stage.warmup and (not names or stage.name in names)
    )


def judged_spans_ns(stages: Sequence[Stage], judged: Collection[int]) -> list[tuple[int, int]]:
    """Return when the judged stages begin and end, as one span where they follow each other."""
    spans: list[tuple[int, int]] = []
    start_ns = 0
    for number, stage in enumerate(stages):
        end_ns = start_ns + stage.duration_ns
        if number in judged:
            if spans and spans[-1][1] == start_ns:
                spans[-1] = (spans[-1][0], end_ns)
            else:
                spans.append((start_ns, end_ns))
        start_ns = end_ns
    return spans


def judged_seconds(stages: Sequence[Stage], judged: Collection[int]) -> list[range]:
    """Return the stretches of whole seconds of the run that lie wholly in the judged stages, in order."""
    bounds = ((-(-start_ns // NS), end_ns // NS) for start_ns, end_ns in judged_spans_ns(stages, judged))
    return [range(first, last) for first, last in bounds if first < last]
