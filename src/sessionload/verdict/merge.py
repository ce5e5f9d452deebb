"""One result from the results of several runs that were one load, each from a machine of its own.

Histograms and counts add, so the merged percentiles are those of one run that had seen every exchange, and
the verdict is given anew over all of it. Seconds are those of each run's own schedule: what the runs measured
in their first second is the first second of the merged one, however far apart they started. Session keys can
no longer be compared, because a result holds none.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sessionload.errors import InputError, Place
from sessionload.metrics.measurement import Measurement
from sessionload.units import NS, duration_text
from sessionload.verdict.finalize import judged_result
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.verdict.worker_rows import merged_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sessionload.verdict.result import Result
    from sessionload.workload.stage import Stage


_OWN = {"users", "seed"}
"""What each run has of its own in its scenario, beside the rates."""


def merge_results(results: Mapping[str, Result], *, run_id: str, version: str) -> Result:
    """Return the judged sum of `results`, which have the names of their files, as the run `run_id`.

    Raises `InputError` (cannot-merge) when they were not parts of one load.
    """
    first_file, first = next(iter(results.items()))
    if len(results) < 2:
        raise _refusal(first_file, "there is nothing to merge it with", "name two runs or more")
    file_of: dict[str, str] = {}
    for file, result in results.items():
        if result.run.id in file_of:
            message = f"this is the run of {file_of[result.run.id]} again"
            raise _refusal(file, message, "name each run once")
        file_of[result.run.id] = file
        difference = _difference(first, result)
        if difference:
            cure = "merge runs of the same stages, targets, contract and environment"
            raise _refusal(file, f"{difference} is not that of {first_file}", cure)
    parts = list(results.values())
    measurement = Measurement()
    for part in parts:
        measurement += part.measurement
    header = _header(parts)
    run = Run(
        id=run_id,
        started=min(part.run.started for part in parts),
        seconds=max(part.run.seconds for part in parts),
        seed=first.run.seed,
        version=version,
        interrupted=next((part.run.interrupted for part in parts if part.run.interrupted), None),
        aborted_by=next((part.run.aborted_by for part in parts if part.run.aborted_by), None),
        measured_until_s=min(
            (part.run.measured_until_s for part in parts if part.run.measured_until_s is not None),
            default=None,
        ),
        notes=tuple(_notes(parts)),
        labels=_common_of([part.run.labels for part in parts]),
    )
    lost = sum(part.lost for part in parts)
    return judged_result(header, run, measurement, lost=lost, workers=merged_rows(parts))


def _refusal(file: str, message: str, cure: str) -> InputError:
    return InputError("cannot-merge", message, place=Place(file), hint=cure)


def _difference(first: Result, other: Result) -> str:
    """Return the name of what keeps two results from being parts of one load, or nothing."""
    compared: tuple[tuple[str, object, object], ...] = (
        ("its environment", _environment(first), _environment(other)),
        ("its contract", _contract(first), _contract(other)),
        ("the list of its stages", _shape(first), _shape(other)),
        ("the list of its targets", first.targets, other.targets),
        ("what its scenario allows the generator", first.limits, other.limits),
        ("what its users say in turns", first.scenario.get("turns"), other.scenario.get("turns")),
        ("the patience of its users", first.patience_ns, other.patience_ns),
    )
    return next((name for name, ours, theirs in compared if ours != theirs), "")


def _environment(result: Result) -> dict[str, str]:
    """Return where the load went; how the variable of the key is called on a machine is its own affair."""
    return {name: text for name, text in result.environment.items() if name != "key_variable"}


def _contract(result: Result) -> dict[str, str]:
    return {name: text for name, text in result.contract.items() if name != "file"}


def _shape(result: Result) -> list[tuple[str, int, bool, str]]:
    return [(stage.name, stage.duration_ns, stage.warmup, stage.kind) for stage in result.stages]


def _header(parts: Sequence[Result]) -> RunHeader:
    first = parts[0]
    by_stage = [part.planned_by_stage for part in parts if part.planned_by_stage is not None]
    all_know = len(by_stage) == len(parts)
    by_second: Counter[int] = Counter()
    for part in parts:
        by_second.update(part.planned_by_second)
    return RunHeader(
        run=first.run,
        scenario=_scenario(first.scenario),
        environment=first.environment,
        contract=first.contract,
        stages=tuple(map(_sum_of_rates, zip(*(part.stages for part in parts), strict=True))),
        planned=sum(part.planned for part in parts),
        planned_by_second=by_second,
        planned_by_stage=tuple(map(sum, zip(*by_stage, strict=True))) if all_know else None,
        machine=_common_of([part.machine for part in parts]),
        planned_turns=sum(part.planned_turns for part in parts),
    )


def _scenario(scenario: Mapping[str, Any]) -> dict[str, Any]:
    # Users and rates were each run's own. Without users no view makes a request of an arrival's number,
    # which several arrivals have now.
    load = {name: value for name, value in scenario.get("load", {}).items() if name != "stages"}
    return {name: value for name, value in scenario.items() if name not in _OWN} | {"load": load}


def _sum_of_rates(stages: tuple[Stage, ...]) -> Stage:
    return replace(
        stages[0],
        start_rate=sum((stage.start_rate for stage in stages), Fraction(0)),
        end_rate=sum((stage.end_rate for stage in stages), Fraction(0)),
    )


def _common_of(each: Sequence[Mapping[str, str]]) -> dict[str, str]:
    first, *others = each
    return {name: text for name, text in first.items() if all(other.get(name) == text for other in others)}


def _notes(parts: Sequence[Result]) -> Iterator[str]:
    for part in parts:
        account = part.accounting
        yield (
            f"merged from the run {part.run.id}, started {part.run.started}:"
            f" {account.planned:,} planned, {account.sent:,} sent, {account.unsent:,} unsent,"
            f" {part.lost:,} lost"
        )
        yield from (f"{part.run.id}: {note}" for note in part.run.notes)
    apart = _apart_ns([part.run.started for part in parts])
    if apart:
        spread = duration_text(apart)
        yield f"the runs started up to {spread} apart, and each second is that of a run's own clock"
    yield "session keys were compared within each run, and not between the runs"


def _apart_ns(started: Sequence[str]) -> int:
    """Return how long after the first run the last one started; labels that are no times are left out."""
    instants = []
    for text in started:
        with suppress(ValueError):
            instants.append(datetime.fromisoformat(text))
    return round((max(instants) - min(instants)).total_seconds()) * NS if instants else 0
