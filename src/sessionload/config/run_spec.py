"""Everything that a run needs to know, checked: scenario, environment and contract together.

A spec follows from its inputs and the environment variables alone, so every process of a run makes the same
one. The inputs are plain data and travel as JSON. The key is not among them: each process reads it from its
variable.
"""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Protocol, Self

import sessionload
from sessionload.config.document import Document
from sessionload.config.environment import Environment
from sessionload.config.scenario import Scenario
from sessionload.contract.contract import Contract
from sessionload.secret import Secret
from sessionload.stub.settings import KEY_VARIABLE
from sessionload.verdict.run_header import Run, RunHeader
from sessionload.workload.text_list import TextList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Readable(Protocol):
    """A stream of bytes, such as standard input."""

    def readline(self) -> bytes:
        """Return the next line with its end; nothing at the end of the stream."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes; fewer only at the end of the stream."""


@dataclass(frozen=True, slots=True)
class RunInputs:
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
    operation: str | None = None
    """The operation to call, before that of the environment."""
    ids: TextList | None = None
    """User IDs from a file, if the scenario names one."""
    stub_port: int | None = None
    """Where the embedded stub listens, once it does."""

    def pieces(self) -> Iterator[bytes | bytearray | memoryview]:
        """Yield what `read` reads: one line of JSON, and after it the user IDs as they are in memory.

        There is no secret in it: keys are never among the inputs.
        """
        data = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.ids is None:
            yield json.dumps(data).encode() + b"\n"
        else:
            ends = memoryview(self.ids.ends).cast("B")
            yield json.dumps({**data, "ids": [len(self.ids.text), len(ends)]}).encode() + b"\n"
            yield self.ids.text
            yield ends

    @classmethod
    def read(cls, stream: Readable) -> Self | None:
        """Read what `pieces` yields, on the same machine; `None` if the stream ends before that does."""
        line = stream.readline()
        if not line.endswith(b"\n"):
            return None
        data = json.loads(line)
        if data["ids"] is not None:
            text_bytes, ends_bytes = data["ids"]
            text, packed = stream.read(text_bytes), stream.read(ends_bytes)
            if (len(text), len(packed)) != (text_bytes, ends_bytes):
                return None
            data["ids"] = TextList(text, array("I", packed))
        return cls(**data)


@dataclass(frozen=True, slots=True)
class RunSpec:
    """A run, ready to start: nothing in it is unchecked."""

    run_id: str
    version: str
    scenario: Scenario
    environment: Environment
    contract: Contract
    header: RunHeader


def run_spec_of(
    inputs: RunInputs,
    variables: Mapping[str, str],
    *,
    scenario: Scenario | None = None,
    environment: Environment | None = None,
) -> RunSpec:
    """Check `inputs` and put the spec together. Raises `InputError`.

    `scenario` and `environment` may be passed in when they were checked already, with better places.
    """
    if scenario is None:
        scenario = Scenario.check(Document(inputs.scenario, inputs.scenario_file, {}))
    if inputs.ids is not None:
        scenario = scenario.with_ids(inputs.ids)
    if environment is None:
        document = Document(inputs.environments, inputs.environments_file, {})
        environment = Environment.check(document, inputs.environment, variables, operation=inputs.operation)
    if inputs.stub_port is not None:
        key = Secret(variables.get(KEY_VARIABLE, ""), name=KEY_VARIABLE)
        environment = replace(environment.at_port(inputs.stub_port), key=key, key_variable=KEY_VARIABLE)
    contract = Contract.from_document(
        inputs.contract,
        environment.binding,
        file=inputs.contract_file,
        sha256=inputs.contract_sha256,
    )
    body = contract.request.body
    body.refuse_invalid()
    scenario.check_ids(body.user_id_fault, inputs.run_id, by_length=body.asks_only_for_a_length)
    return RunSpec(
        run_id=inputs.run_id,
        version=sessionload.__version__,
        scenario=scenario,
        environment=environment,
        contract=contract,
        header=_header(inputs, scenario, environment, contract),
    )


def _header(inputs: RunInputs, scenario: Scenario, environment: Environment, contract: Contract) -> RunHeader:
    schedule = scenario.schedule
    return RunHeader(
        run=Run(
            id=inputs.run_id,
            started=inputs.started,
            seconds=0.0,
            seed=scenario.seed,
            version=sessionload.__version__,
        ),
        scenario=scenario.resolved,
        environment=environment.describe(),
        contract=contract.describe(),
        stages=schedule.stages,
        planned=schedule.planned(),
        planned_by_second=schedule.planned_by_second(),
        planned_by_stage=schedule.planned_by_stage(),
        machine=inputs.machine,
    )
