"""Whether two runs may be compared at all, and what else is different about them.

What makes a conclusion impossible is a reason; what a reader has to know beside a conclusion is a note. A
difference in the load is a reason, because it explains any other difference. So is a run that a target ended
early: what its generator did not send any more says nothing about the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sessionload.units import duration_text, rate_text
from sessionload.verdict.resolved_scenario import arrivals_text
from sessionload.verdict.verdict import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessionload.verdict.result import Result
    from sessionload.verdict.run_header import RunHeader
    from sessionload.workload.stage import Stage

_ASIDE = {"description", "seed", "targets", "load.stages"}
"""What a scenario may change without changing what is asked of the server, or is compared elsewhere."""
_CONTRACT = {"operation", "sha256", "method", "path", "headers"}
_SHORT = 12
_MOST = 3


def reasons(base: Result, candidate: Result) -> Iterator[str]:
    """Yield why nothing can be said of two runs, as sentences without an end."""
    for name, result in (("base", base), ("candidate", candidate)):
        yield from _unproven(name, result)
    yield from _other_load(base, candidate)


def obstacles(base: Result, planned: RunHeader) -> Iterator[str]:
    """Yield why nothing will be said of a base and a planned run, as sentences without an end."""
    yield from _unproven("base", base)
    yield from _other_load(base, planned)


def _unproven(name: str, result: Result) -> Iterator[str]:
    if result.verdict.state is State.VOID:
        first, *others = result.verdict.reasons
        yield f"the {name} is void: {first}{_more(len(others), 'reason')}"
    elif result.run.aborted_by is not None:
        yield f"the {name} was ended early by its target '{result.run.aborted_by}'"


def _other_load(base: RunHeader, candidate: RunHeader) -> Iterator[str]:
    if not same_load(base, candidate):
        yield (
            f"the load explains a difference: {_load(base)} in the base, {_load(candidate)} in the candidate;"
            " run the same stages on both sides"
        )


def same_load(base: RunHeader, candidate: RunHeader) -> bool:
    """Tell whether both runs planned the same rates for the same time, warm-up left out."""
    return _planned(base) == _planned(candidate)


def notes(base: Result, candidate: Result) -> Iterator[str]:
    """Yield what else is not the same, as sentences without an end; what says most about the server first."""
    if base.run.id == candidate.run.id:
        yield "both sides are the same run"
    groups: tuple[tuple[str, Mapping[str, Any], Mapping[str, Any]], ...] = (
        ("environment", base.environment, candidate.environment),
        ("contract", _contract(base), _contract(candidate)),
        ("scenario", base.scenario, candidate.scenario),
        ("warm-up", {"": _load(base, warmup=True)}, {"": _load(candidate, warmup=True)}),
        ("machine", base.machine, candidate.machine),
        ("version of sessionload", {"": base.run.version}, {"": candidate.run.version}),
    )
    for group, of_base, of_candidate in groups:
        ours, theirs = dict(_leaves("", of_base)), dict(_leaves("", of_candidate))
        labels = [label for label in {**ours, **theirs} if ours.get(label) != theirs.get(label)]
        if labels:
            changes = ", ".join(
                f"{label} {ours.get(label, 'nothing')} → {theirs.get(label, 'nothing')}".strip()
                for label in labels[:_MOST]
            )
            yield f"not the same {group}: {changes}{_more(len(labels) - _MOST, 'difference')}"


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
