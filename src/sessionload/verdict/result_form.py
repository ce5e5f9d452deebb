"""The form of a result file, as `result.schema.json` beside this module describes it.

A file that was touched by others is refused here, with one sentence: types, bounds and names are msgspec's to
check, and a test compares them with the schema. `Result.from_json` looks at whether the parts agree.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from sessionload.metrics.bounds import Count, Second, Text
from sessionload.metrics.exchange import Outcome
from sessionload.metrics.file_form import MeasurementForm
from sessionload.metrics.named_arrivals import MOST_NAMED, NamedArrival
from sessionload.verdict.result_numbers import SummaryForm
from sessionload.verdict.run_labels import LONGEST_NAME, LONGEST_VALUE, MOST_LABELS, NAME_PATTERN
from sessionload.verdict.turn_section import TurnSectionForm
from sessionload.verdict.worker_row import WorkerRow

MOST_SECONDS = 4 * 86_400
"""No run takes as long as this: a schedule lasts at most a day."""

Seconds = Annotated[float, Meta(ge=0, le=MOST_SECONDS)]
Rate = Annotated[str, Meta(pattern="^[0-9]+(/[1-9][0-9]*)?$", max_length=60)]
VariableName = Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]*$")]
LabelName = Annotated[str, Meta(pattern=NAME_PATTERN, max_length=LONGEST_NAME)]
LabelValue = Annotated[str, Meta(min_length=1, max_length=LONGEST_VALUE)]
StateName = Literal["met", "missed", "void"]


class AskedComparisonForm(Struct, forbid_unknown_fields=True):
    """The run that a run is compared with at its end; the tolerance is an exact fraction as text."""

    run: Text
    tolerance: Rate


class RunForm(Struct, forbid_unknown_fields=True):
    """Which run it was."""

    id: Text
    started: Text
    seconds: Seconds
    seed: int
    version: Text
    interrupted: str | None
    aborted_by: str | None
    notes: list[Text] = []
    """Left out where there are none."""
    labels: Annotated[dict[LabelName, LabelValue], Meta(max_length=MOST_LABELS)] = {}
    """Left out where there are none."""
    baseline: AskedComparisonForm | None = None
    """Left out where there is none."""
    measured_until_s: Seconds | None = None
    """Left out where the whole plan was measured."""


class EnvironmentForm(Struct, forbid_unknown_fields=True):
    """Where the load went."""

    name: Text
    url: Text
    project: str
    environment: str
    chosen: Text | UnsetType = UNSET
    key_variable: VariableName | UnsetType = UNSET


class ContractForm(Struct, forbid_unknown_fields=True):
    """What every response was checked against."""

    file: Text
    operation: Text
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    method: Text
    path: Annotated[str, Meta(pattern="^/")]
    header: str
    prefix: Text | UnsetType = UNSET
    headers: dict[str, str] | UnsetType = UNSET
    body: str | UnsetType = UNSET
    accept: Text | UnsetType = UNSET
    values: dict[str, list[str | int | float | bool | None]] | UnsetType = UNSET


class StageForm(Struct, forbid_unknown_fields=True):
    """A stage; rates are exact fractions as text."""

    name: str
    warmup: bool
    start_s: Seconds
    duration_s: Annotated[float, Meta(gt=0, le=MOST_SECONDS)]
    start_rate: Rate
    end_rate: Rate
    planned: Count | None
    kind: Literal["burst", "file"] | UnsetType = UNSET


class ArrivalsForm(Struct, forbid_unknown_fields=True):
    """What became of all arrivals."""

    planned: Count
    sent: Count
    unsent: Count
    lost: Count
    gave_up: Count | UnsetType = UNSET
    """Those of the unsent that had waited too long; left out where none did."""


class LatencyForm(Struct, forbid_unknown_fields=True):
    """The numbers of each view."""

    response: SummaryForm
    answered: SummaryForm
    service: SummaryForm
    lateness: SummaryForm
    lag: SummaryForm
    connect: SummaryForm
    tls: SummaryForm
    first_byte: SummaryForm | UnsetType = UNSET
    """Left out where none was measured."""


class PlannedForm(Struct, array_like=True, forbid_unknown_fields=True):
    """How many arrivals are due in a second."""

    second: Second
    arrivals: Count


class TargetForm(Struct, forbid_unknown_fields=True):
    """A target and what was found."""

    expr: Text
    state: StateName
    measured: Text
    bound: Text
    margin: str
    samples: Count
    note: str
    window: str | None
    stages: list[Text] = []
    """Left out where it is judged over all that are measured."""


class VerdictForm(Struct, forbid_unknown_fields=True):
    """What the run is worth."""

    state: StateName
    targets: list[TargetForm]
    reasons: list[Text]


class ResultForm(MeasurementForm, kw_only=True):
    """A result file."""

    format: Literal[1]
    run: RunForm
    scenario: dict[str, object]
    environment: EnvironmentForm
    contract: ContractForm
    machine: dict[str, str]
    stages: Annotated[list[StageForm], Meta(min_length=1)]
    arrivals: ArrivalsForm
    outcomes: dict[Outcome, Count]
    latency_ms: LatencyForm
    planned_by_second: list[PlannedForm]
    verdict: VerdictForm
    named_arrivals: Annotated[tuple[NamedArrival, ...], Meta(max_length=MOST_NAMED)] = ()
    """Left out where nothing was sent."""
    workers: tuple[WorkerRow, ...] = ()
    """Left out in a run by one process."""
    turns: TurnSectionForm | UnsetType = UNSET
    """Left out in a run without any."""
