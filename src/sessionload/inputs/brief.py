"""Everything a run needs to know, checked: the scenario, the environment and the contract, together.

Law: a brief is a function of its sources and the environment variables, so that every process of
a run checks for itself what it was told. Idea: the sources are plain data and travel as JSON; the
key is not among them and is read from the variable again. Trap: a run's result must be judged the
same on any later day, so `conclude` takes targets and limits from the result's own scenario.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import sessionload
from sessionload.contract.document import Contract
from sessionload.inputs.document import Document
from sessionload.inputs.environment import Environment
from sessionload.inputs.scenario import Scenario, limits_of, targets_of
from sessionload.judge.result import Result, Run
from sessionload.judge.verdict import Evidence, State, Verdict, judge
from sessionload.measure.delta import Tally
from sessionload.measure.measurement import Measurement
from sessionload.measure.summing import over
from sessionload.plan.stub_settings import KEY_VARIABLE
from sessionload.words.secret import Secret
from sessionload.words.units import NS

if TYPE_CHECKING:
    from collections.abc import Mapping


OPERATION = "startSession"


@dataclass(frozen=True, slots=True)
class Sources:
    """What was read for a run, before any check of its meaning."""

    run_id: str
    started: str
    """Wall time as a label, ISO 8601 in UTC."""
    scenario: Any
    scenario_file: str
    environments: Any
    environments_file: str
    environment: str
    contract: Any
    contract_file: str
    contract_sha256: str
    machine: Mapping[str, str]
    ids: tuple[str, ...] | None = None
    """User IDs from a file, if the scenario names one."""
    stub_port: int | None = None
    """Where the embedded stub listens, once it does."""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object without any secret: keys are never among the sources."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        ids = data["ids"]
        return cls(**{**data, "ids": None if ids is None else tuple(ids)})


@dataclass(frozen=True, slots=True)
class Brief:
    """A run, ready to start: nothing in it is unchecked."""

    run_id: str
    version: str
    scenario: Scenario
    environment: Environment
    contract: Contract
    skeleton: Result
    """The result of this run before anything happened."""


def brief_of(
    sources: Sources,
    variables: Mapping[str, str],
    *,
    scenario: Scenario | None = None,
    environment: Environment | None = None,
) -> Brief:
    """Check `sources` and put the brief together. Raises `InputError`.

    `scenario` and `environment` may be passed in when they were checked already, with better places.
    """
    if scenario is None:
        scenario = Scenario.check(Document(sources.scenario, sources.scenario_file, {}))
    if sources.ids is not None:
        scenario = scenario.with_ids(sources.ids)
    if environment is None:
        document = Document(sources.environments, sources.environments_file, {})
        environment = Environment.check(document, sources.environment, variables)
    if sources.stub_port is not None:
        key = Secret(variables.get(KEY_VARIABLE, ""), name=KEY_VARIABLE)
        environment = replace(environment.at_port(sources.stub_port), key=key, key_variable=KEY_VARIABLE)
    contract = Contract.from_document(
        sources.contract, OPERATION, file=sources.contract_file, sha256=sources.contract_sha256
    )
    scenario.check_ids(contract.user_id_fault, sources.run_id)
    return Brief(
        run_id=sources.run_id,
        version=sessionload.__version__,
        scenario=scenario,
        environment=environment,
        contract=contract,
        skeleton=_skeleton(sources, scenario, environment, contract),
    )


def _skeleton(sources: Sources, scenario: Scenario, environment: Environment, contract: Contract) -> Result:
    schedule = scenario.schedule
    return Result(
        run=Run(
            id=sources.run_id,
            started=sources.started,
            seconds=0.0,
            seed=scenario.seed,
            version=sessionload.__version__,
            interrupted=None,
        ),
        scenario=scenario.resolved,
        environment=environment.describe(),
        contract=contract.describe(),
        stages=schedule.stages,
        planned=schedule.planned(),
        lost=0,
        measurement=Measurement(),
        verdict=Verdict(State.VOID, (), ("nothing has been measured",)),
        planned_by_second=schedule.planned_by_second(),
        planned_by_stage=schedule.planned_by_stage(),
        machine=sources.machine,
    )


def conclude(
    skeleton: Result,
    tally: Tally,
    *,
    workers: int = 1,
    interrupted: str | None = None,
    aborted_by: str | None = None,
) -> Result:
    """Return the judged result of a run from what its generators told.

    Arrivals that no generator accounts for, because one ended before its last word, are lost; those it had
    sent and not told the end of are among them.
    """
    measurement, lost = tally.measurement, 0
    if not tally.complete(workers):
        known = over(measurement)
        lost = max(0, skeleton.planned - known.accounted)
        measurement = replace(measurement, sent=known.sent)
    evidence = Evidence(
        measurement=measurement,
        stages=skeleton.stages,
        planned=skeleton.planned,
        lost=lost,
        interrupted=interrupted,
        aborted_by=aborted_by,
        targets=targets_of(skeleton.scenario),
        limits=limits_of(skeleton.scenario),
    )
    return replace(
        skeleton,
        run=replace(
            skeleton.run,
            seconds=round(tally.elapsed_ns / NS, 3),
            interrupted=interrupted,
            aborted_by=aborted_by,
        ),
        lost=lost,
        measurement=measurement,
        verdict=judge(evidence),
    )


def nothing_sent(brief: Brief) -> Tally:
    """Return the tally of a run that was stopped before its generator was started."""
    tally = Tally()
    for stage, second, count in brief.scenario.schedule.rest(0):
        tally.measurement.record_unsent(stage, second * NS, count)
    return tally
