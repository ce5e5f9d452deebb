"""What ended a run: the window in which its abort target was missed.

A result says so itself, but one of an earlier version shows the worst window of the whole plan there, which
is most often one that was never sent. So it is found again in the slices.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sessionload.verdict.evidence import Evidence
from sessionload.verdict.verdict import judge_ending_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.verdict.result import Result
    from sessionload.verdict.verdict import JudgedTarget


def shown_targets(result: Result) -> Iterator[JudgedTarget]:
    """Yield the targets of a result; the one that ended the run with the window that did it."""
    ending = None
    if result.run.aborted_by is not None:
        ending = judge_ending_target(
            Evidence(
                measurement=result.measurement,
                stages=result.stages,
                planned=result.planned,
                lost=result.lost,
                aborted_by=result.run.aborted_by,
                targets=result.targets,
                limits=result.limits,
                patience_ns=result.patience_ns,
                measured_until_s=result.run.measured_until_s,
            )
        )
    for judged in result.verdict.targets:
        if ending is not None and ending.window and judged.window and judged.name == ending.name:
            yield replace(ending, state=judged.state, note=judged.note)
        else:
            yield judged
