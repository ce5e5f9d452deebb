"""Whether runs may be compared at all, and what else is different about them.

What makes a conclusion impossible is a reason; what a reader has to know beside a conclusion is a note. A
difference in the load is a reason, because it explains any other difference. So is a run that a target ended
early: what its generator did not send any more says nothing about the server. Of several runs on a side, each
must be comparable with every other; to be alike is the same whichever run the others are held against.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from sessionload.units import duration_text, rate_text
from sessionload.verdict.resolved_scenario import arrivals_text
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessionload.verdict.result import Result
    from sessionload.verdict.run_header import RunHeader
    from sessionload.workload.stage import Stage

_ASIDE = {"description", "seed", "targets", "load.stages"}
"""What a scenario may change without changing what is asked of the server, or is compared elsewhere."""
_CONTRACT = {"operation", "sha256", "method", "path", "headers"}
_SHORT = 12
_MOST = 3
_PAIR = 2
"""One run on each side."""


def reasons(bases: Sequence[Result], candidates: Sequence[Result]) -> Iterator[str]:
    """Yield why nothing can be said of the runs of two sides, as sentences without an end."""
    named = list(_named(bases, candidates))
    for name, result in named:
        yield from _unproven(name, result)
    (first_name, first), *others = named
    other = [(name, result) for name, result in others if not same_load(first, result)]
    if other:
        where = "on both sides" if len(named) == _PAIR else "in all runs"
        more = _more(len(other) - 1, "run")
        yield _load_explains(first_name, first, *other[0], f"{more}; run the same stages {where}")
    if len(named) > _PAIR:
        for name, count in Counter(result.run.id for _, result in named).items():
            if count > 1:
                yield f"run {name} stands there {count} times, and says no more than once; name each run once"


def obstacles(base: Result, planned: RunHeader) -> Iterator[str]:
    """Yield why nothing will be said of a base and a planned run, as sentences without an end."""
    yield from _unproven("base", base)
    if not same_load(base, planned):
        yield _load_explains("base", base, "candidate", planned, "; run the same stages on both sides")


def _named(bases: Sequence[Result], candidates: Sequence[Result]) -> Iterator[tuple[str, Result]]:
    """Yield each run with what it is called: its side, and its name where the sides have several."""
    several = len(bases) + len(candidates) > _PAIR
    for side, runs in (("base", bases), ("candidate", candidates)):
        for run in runs:
            yield f"{side} run {run.run.id}" if several else side, run


def _unproven(name: str, result: Result) -> Iterator[str]:
    if result.verdict.state is State.VOID:
        first, *others = result.verdict.reasons
        yield f"the {name} is void: {first}{_more(len(others), 'reason')}"
    elif result.run.aborted_by is not None:
        yield f"the {name} was ended early by its target '{result.run.aborted_by}'"


def _load_explains(name: str, base: RunHeader, other: str, candidate: RunHeader, end: str) -> str:
    return (
        f"the load explains a difference: {_load(base)} in the {name}, {_load(candidate)} in the {other}{end}"
    )


def same_load(base: RunHeader, candidate: RunHeader) -> bool:
    """Tell whether both runs planned the same rates for the same time, warm-up left out."""
    return _planned(base) == _planned(candidate)


def notes(bases: Sequence[Result], candidates: Sequence[Result]) -> Iterator[str]:
    """Yield what else is not the same, as sentences without an end; what says most about the server first."""
    runs = (*bases, *candidates)
    if len(runs) == _PAIR and len({run.run.id for run in runs}) == 1:
        yield "both sides are the same run"
    for group, facts in _GROUPS.items():
        ours, theirs = ([dict(_leaves("", facts(run))) for run in side] for side in (bases, candidates))
        every = (*ours, *theirs)
        labels = [
            label
            for label in dict.fromkeys(chain.from_iterable(every))
            if len({leaves.get(label) for leaves in every}) > 1
        ]
        if labels:
            changes = ", ".join(
                f"{label} {_values(ours, label)} → {_values(theirs, label)}".strip()
                for label in labels[:_MOST]
            )
            yield f"not the same {group}: {changes}{_more(len(labels) - _MOST, 'difference')}"


def _values(side: Sequence[Mapping[str, str]], label: str) -> str:
    return " or ".join(dict.fromkeys(leaves.get(label, "nothing") for leaves in side))


def _planned(result: RunHeader) -> tuple[object, ...]:
    return _arrivals(result), *(
        (stage.start_rate, stage.end_rate, stage.duration_ns) for stage in _stages(result)
    )


def _stages(result: RunHeader, *, warmup: bool = False) -> list[Stage]:
    return [stage for stage in result.stages if stage.warmup is warmup]


def _arrivals(result: RunHeader) -> object:
    return result.scenario.get("load", {}).get("arrivals")


def _load(result: RunHeader, *, warmup: bool = False) -> str:
    stages = _stages(result, warmup=warmup)
    shown = ", ".join(map(_stage, stages[:_MOST])) or "nothing"
    arrivals = "" if warmup else f" ({arrivals_text(_arrivals(result)) or 'unknown'} arrivals)"
    return f"{shown}{_more(len(stages) - _MOST, 'stage')}{arrivals}"


def _stage(stage: Stage) -> str:
    if stage.kind == "burst":
        return f"{int(stage.area):,} within {duration_text(stage.duration_ns)}"
    steady = stage.start_rate == stage.end_rate
    load = (
        rate_text(stage.start_rate)
        if steady
        else f"{rate_text(stage.start_rate)} to {rate_text(stage.end_rate)}"
    )
    return f"{load} for {duration_text(stage.duration_ns)}"


def _contract(result: Result) -> dict[str, Any]:
    """Return what was called; of the digest, as much as people compare."""
    known = {name: value for name, value in result.contract.items() if name in _CONTRACT}
    digest = known.get("sha256", "")
    return {**known, "sha256": digest if len(digest) <= _SHORT else f"{digest[:_SHORT]}…"}


def _leaves(label: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON value
    if label in _ASIDE:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{label}.{name}".removeprefix("."), inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield label, ", ".join(map(str, value))
    elif value is not None:
        yield label, str(value).lower() if isinstance(value, bool) else str(value)


def _more(count: int, what: str) -> str:
    if count <= 0:
        return ""
    return f" and {count:,} further {what}{'' if count == 1 else 's'}"


_GROUPS: Mapping[str, Callable[[Result], Mapping[str, Any]]] = {
    "environment": lambda run: run.environment,
    "contract": _contract,
    "scenario": lambda run: run.scenario,
    "warm-up": lambda run: {"": _load(run, warmup=True)},
    "machine": lambda run: run.machine,
    "version of sessionload": lambda run: {"": run.run.version},
}
