"""What is known of a run before its first arrival: which run it is, what was asked, what is planned.

A run's folder begins with it, progress is shown against it, and `finalize_result` makes a result of it.
Targets and limits are read from the scenario when a header is made, so a header whose targets cannot be read
does not exist.

In files, rates are exact fractions as text (`"200"`, `"1/3"`), and seconds are numbers, exact to the
nanosecond up to 50 days.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, structs

from sessionload.units import NS
from sessionload.verdict.resolved_scenario import limits_of, patience_of, targets_of
from sessionload.workload.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from msgspec import Struct

    from sessionload.verdict.evidence import Limits
    from sessionload.verdict.result_form import ResultForm, RunForm, StageForm
    from sessionload.verdict.targets import Target


@dataclass(frozen=True, slots=True)
class AskedComparison:
    """The run that this one is compared with at its end, and what durations may be longer by, as a part."""

    run: str
    tolerance: Fraction


@dataclass(frozen=True, slots=True)
class Run:
    """Which run it is, and how it ended. `started` is wall time as text, a label only."""

    id: str
    started: str
    seconds: float
    """How long it took, by a monotonic clock; 0 until it has ended."""
    seed: int
    version: str
    interrupted: str | None = None
    aborted_by: str | None = None
    measured_until_s: float | None = None
    """Of a run that ended before its plan: what was due later is in no figure."""
    notes: tuple[str, ...] = ()
    """What went wrong beside the measuring, as sentences."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What people called it by; see `run_labels`."""
    baseline: AskedComparison | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHeader:
    """What was asked and what is planned.

    `scenario`, `environment`, `contract` and `machine` hold JSON values only. `planned_by_stage` is `None`
    where the file does not say. Making one raises `UnreadableTargetError`.
    """

    run: Run
    scenario: Mapping[str, Any]
    environment: Mapping[str, str]
    contract: Mapping[str, Any]
    stages: tuple[Stage, ...]
    planned: int
    planned_by_second: Mapping[int, int]
    planned_by_stage: tuple[int, ...] | None = None
    machine: Mapping[str, str] = field(default_factory=dict)
    planned_turns: int = 0
    """How many turns there are if each arrival that is to take some starts a session."""
    targets: tuple[Target, ...] = field(init=False, repr=False, compare=False)
    """Those of the scenario."""
    limits: Limits = field(init=False, repr=False, compare=False)
    """Those of the scenario."""

    patience_ns: int = field(init=False, repr=False, compare=False)
    """That of the scenario: how long an arrival waits to be sent before it gives up; 0 if it does not."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", targets_of(self.scenario))
        object.__setattr__(self, "limits", limits_of(self.scenario))
        object.__setattr__(self, "patience_ns", patience_of(self.scenario))

    @property
    def starts_ns(self) -> tuple[int, ...]:
        """When each stage begins, in nanoseconds since the start of the schedule."""
        ends = accumulate((stage.duration_ns for stage in self.stages), initial=0)
        return tuple(ends)[: len(self.stages)]


def header_json(header: RunHeader) -> dict[str, Any]:
    """Return what a result's JSON object has of a header, but for `planned`, which stands in `arrivals`."""
    by_stage = header.planned_by_stage or (None,) * len(header.stages)
    return {
        "run": _run_json(header.run),
        "scenario": dict(header.scenario),
        "environment": dict(header.environment),
        "contract": dict(header.contract),
        "machine": dict(header.machine),
        "stages": [
            {
                "name": stage.name,
                "warmup": stage.warmup,
                "start_s": _seconds(start_ns),
                "duration_s": _seconds(stage.duration_ns),
                "start_rate": str(stage.start_rate),
                "end_rate": str(stage.end_rate),
                "planned": planned,
                **({} if stage.kind == "rate" else {"kind": stage.kind}),
            }
            for stage, start_ns, planned in zip(header.stages, header.starts_ns, by_stage, strict=True)
        ],
        "planned_by_second": [list(pair) for pair in sorted(header.planned_by_second.items())],
    }


def _written(form: Struct) -> dict[str, Any]:
    """Return the fields that stand in the file."""
    return {name: value for name, value in structs.asdict(form).items() if value is not UNSET}


def read_header(form: ResultForm) -> RunHeader:
    """Return the header in a result's form. Raises `ValueError` if its parts contradict each other."""
    by_stage = tuple(stage.planned for stage in form.stages)
    known = tuple(planned for planned in by_stage if planned is not None)
    by_second = {each.second: each.arrivals for each in form.planned_by_second}
    header = RunHeader(
        run=_run(form.run),
        scenario=form.scenario,
        environment=_written(form.environment),
        contract=_written(form.contract),
        stages=tuple(map(_stage, form.stages)),
        planned=form.arrivals.planned,
        planned_by_second=by_second,
        planned_by_stage=known or None,
        machine=form.machine,
        planned_turns=form.turns.planned if form.turns is not UNSET else 0,
    )
    if len(known) not in {0, len(by_stage)}:
        raise ValueError("what is planned is known of some stages only")
    if len(by_second) != len(form.planned_by_second):
        raise ValueError("a second is planned twice")
    if [stage.start_s for stage in form.stages] != [_seconds(start_ns) for start_ns in header.starts_ns]:
        raise ValueError("its stages do not follow each other")
    return header


def _run(form: RunForm) -> Run:
    asked = form.baseline
    baseline = asked and AskedComparison(asked.run, Fraction(asked.tolerance))
    return Run(**{**structs.asdict(form), "notes": tuple(form.notes), "baseline": baseline})


def _run_json(run: Run) -> dict[str, Any]:
    data = asdict(run)
    further: dict[str, Any] = {"notes": list(data.pop("notes")), "labels": dict(data.pop("labels"))}
    data.pop("baseline")
    if run.baseline is not None:
        further["baseline"] = {"run": run.baseline.run, "tolerance": str(run.baseline.tolerance)}
    if run.measured_until_s is None:
        del data["measured_until_s"]
    return {**data, **{name: value for name, value in further.items() if value}}


def _seconds(ns: int) -> float:
    whole, rest = divmod(ns, NS)
    return ns / NS if rest else whole


def _stage(form: StageForm) -> Stage:
    return Stage(
        name=form.name,
        start_rate=Fraction(form.start_rate),
        end_rate=Fraction(form.end_rate),
        duration_ns=round(Fraction(form.duration_s) * NS),
        warmup=form.warmup,
        kind="rate" if form.kind is UNSET else form.kind,
    )
