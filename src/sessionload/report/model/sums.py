"""The sums of a run from which rows are made, each slice counted once.

Slices are added up by stage and by the rate of their second, step by step as the run is walked through; what
is shown of all stages, of the measured ones, of one stage and of one rate are sums of those few, so they
cannot contradict each other. A second has a rate only if all of it lies in the measured stages.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.metrics.sums import Sum, total
from sessionload.units import NS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.metrics.slices import Slice
    from sessionload.verdict.result import Result


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over the whole run, the stages that are not warm-up, each stage, and each group of rates."""

    all_stages: Slice
    measured: Slice
    stages: tuple[Slice, ...]
    groups: Mapping[int, Slice]
    """Of the measured stages, by the number of the group; seconds without a group are in none."""


class Cells:
    """Sums by stage and group of rates, to which the slices of a run are added bit by bit."""

    def __init__(self, result: Result, group_of: Mapping[int, int]) -> None:
        """`group_of` says to which group the seconds of the measured stages belong."""
        self._warmups = [stage.warmup for stage in result.stages]
        self._group_of = group_of
        self._cells: defaultdict[tuple[int, int | None], Sum] = defaultdict(Sum)

    def key(self, stage: int, second: int) -> tuple[int, int | None]:
        """Return the cell of a second of a stage."""
        return stage, None if self._warmups[stage] else self._group_of.get(second)

    def add(self, key: tuple[int, int | None], slice_: Slice) -> None:
        """Add slices, or their sum, to a cell."""
        self._cells[key].add(slice_)

    def sums(self) -> Sums:
        """Return the sums of what was added."""
        sums = {key: cell.slice() for key, cell in self._cells.items()}
        stages = tuple(
            total(slice_ for (of_stage, _), slice_ in sums.items() if of_stage == stage)
            for stage in range(len(self._warmups))
        )
        return Sums(
            all_stages=total(stages),
            measured=total(
                slice_ for slice_, warmup in zip(stages, self._warmups, strict=True) if not warmup
            ),
            stages=stages,
            groups={
                group: total(slice_ for (_, of_group), slice_ in sums.items() if of_group == group)
                for group in sorted(set(self._group_of.values()))
            },
        )


def rates(result: Result) -> dict[int, int]:
    """Return how many exchanges were done in each second that is in the measured stages as a whole.

    A run that ended early has no rates for what was left of its plan.
    """
    start_ns = sum(stage.duration_ns for stage in result.stages if stage.warmup)
    ended_s = (result.run.seconds, result.run.measured_until_s)
    end_ns = min(
        sum(stage.duration_ns for stage in result.stages),
        *(round(seconds * NS) for seconds in ended_s if seconds is not None),
    )
    flow = result.measurement.flow
    return {
        second: flow[second].done if second in flow else 0
        for second in range(-(-start_ns // NS), end_ns // NS)
    }
