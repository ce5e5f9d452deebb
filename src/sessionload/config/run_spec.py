"""Everything that a run needs to know, checked: scenario, environment and contract together.

A spec follows from its inputs and the environment variables alone, so every process of a run makes the same
one. The inputs are plain data and travel as JSON. The key is not among them: each process reads it from its
variable.
"""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, Self

import sessionload
from sessionload.config.document import Document
from sessionload.config.environment import Environment
from sessionload.config.scenario import Scenario
from sessionload.config.tracing import refuse_taken
from sessionload.contract.contract import Contract
from sessionload.contract.turn import turn_contract_of
from sessionload.secret import Secret
from sessionload.stub.settings import KEY_VARIABLE
from sessionload.verdict.run_header import AskedComparison, Run, RunHeader
from sessionload.workload.text_list import TextList
from sessionload.workload.trace import TraceIds
from sessionload.workload.user_ids import compile_user_ids, plain_numbers, plain_user_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sessionload.metrics.named_arrivals import NamedArrival

PREFLIGHT = "sessionload-preflight-"
"""The user ID of a preflight begins so, where the contract allows it."""


_BYTE_ORDER = array("I", [1]).tobytes().hex()
"""How this machine keeps a number in memory."""


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
    columns: Mapping[str, TextList] = field(default_factory=dict)
    """What stands beside the user IDs in further columns of their file."""
    instants: array[int] | None = None
    """When people came, in nanoseconds after the first, if the scenario has a file of that."""
    stub_port: int | None = None
    """Where the embedded stub listens, once it does."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the run is called by in its result."""
    baseline: tuple[str, str] | None = None
    """The run that it is compared with at its end, and the tolerance, an exact fraction as text."""
    kept_in: str | None = None
    """The folder of the run, where workers of this machine keep what they have measured."""

    def pieces(self) -> Iterator[bytes | bytearray | memoryview]:
        """Yield what `read` reads: one line of JSON, and after it what is from the file, as it is in memory.

        There is no secret in it: keys are never among the inputs.
        """
        data = {field.name: getattr(self, field.name) for field in fields(self)}
        lists = [*([] if self.ids is None else [self.ids]), *self.columns.values()]
        ids = None if self.ids is None else _sizes(self.ids)
        columns = {name: _sizes(texts) for name, texts in self.columns.items()}
        instants = None if self.instants is None else len(self.instants) * self.instants.itemsize
        line = {**data, "ids": ids, "columns": columns, "instants": instants, "byte_order": _BYTE_ORDER}
        yield json.dumps(line).encode() + b"\n"
        for texts in lists:
            yield texts.text
            yield memoryview(texts.ends).cast("B")
        if self.instants is not None:
            yield memoryview(self.instants).cast("B")

    @classmethod
    def read(cls, stream: Readable) -> Self | None:
        """Read what `pieces` yields; `None` if the stream ends before that does.

        `None` too on a machine with another order of bytes in a number, which memory cannot be sent to.
        """
        line = stream.readline()
        if not line.endswith(b"\n"):
            return None
        data = json.loads(line)
        if data.pop("byte_order") != _BYTE_ORDER:
            return None
        places = [(data, "ids")] if data["ids"] is not None else []
        places += [(data["columns"], name) for name in data["columns"]]
        for holder, name in places:
            text_bytes, ends_bytes = holder[name]
            text, packed = stream.read(text_bytes), stream.read(ends_bytes)
            if (len(text), len(packed)) != (text_bytes, ends_bytes):
                return None
            holder[name] = TextList(text, array("I", packed))
        if data["instants"] is not None:
            packed = stream.read(data["instants"])
            if len(packed) != data["instants"]:
                return None
            data["instants"] = array("q", packed)
        return cls(**data)


def _sizes(texts: TextList) -> list[int]:
    """Return how many bytes the texts take, and their ends."""
    return [len(texts.text), len(texts.ends) * texts.ends.itemsize]


@dataclass(frozen=True, slots=True)
class RunSpec:
    """A run, ready to start: nothing in it is unchecked."""

    run_id: str
    version: str
    scenario: Scenario
    environment: Environment
    contract: Contract
    header: RunHeader

    @property
    def preflight_user(self) -> str:
        """The user of the preflight: one that names it; the first of the run where no such ID is allowed.

        A start ends the user's earlier session, and what the run does to its own users is what was asked for.
        """
        user_id = f"{PREFLIGHT}{self.run_id}"
        if self.contract.request.body.user_id_fault(user_id) is None:
            return user_id
        return compile_user_ids(self.scenario.users, run_id=self.run_id, seed=self.scenario.seed)(0)

    def bodies(self) -> Callable[[int], bytes]:
        """Return the function from an arrival's number to the body of its request."""
        users, body = self.scenario.users, self.contract.request.body
        to_bytes, varying = body.to_bytes, body.varying
        if varying is None:
            user_id = compile_user_ids(users, run_id=self.run_id, seed=self.scenario.seed)
            return lambda index: to_bytes(user_id(index))
        plain = plain_user_ids(users, run_id=self.run_id, seed=self.scenario.seed)
        number_of = plain_numbers(users, seed=self.scenario.seed)

        def body_of(index: int) -> bytes:
            number = number_of(index)
            return varying.to_bytes(plain(number), number)

        return body_of

    def naming(self) -> Callable[[NamedArrival], NamedArrival]:
        """Return the function that says of an arrival that is kept who it was and which trace it had.

        Of user IDs from a file it says the place: they belong to people.
        """
        users, seed, tracing = self.scenario.users, self.scenario.seed, self.scenario.tracing
        number_of = plain_numbers(users, seed=seed)
        user_id = None if users.ids else compile_user_ids(users, run_id=self.run_id, seed=seed)
        trace_ids = TraceIds(self.run_id)

        def named(arrival: NamedArrival) -> NamedArrival:
            number = arrival.number
            return arrival.called(
                user_id=user_id(number) if user_id else None,
                user_row=number_of(number) % len(users.ids) + 1 if users.ids else None,
                trace=trace_ids.trace_id(number) if tracing else None,
            )

        return named


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
        instants = inputs.instants
        scenario = Scenario.check(
            Document(inputs.scenario, inputs.scenario_file, {}),
            None if instants is None else lambda _: instants,
        )
    if inputs.ids is not None:
        scenario = scenario.with_ids(inputs.ids, inputs.columns)
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
        further=scenario.further,
    )
    if scenario.turns is not None:
        turn_contract_of(contract, environment.binding, streams=scenario.turns.streams)  # else it raises
    refuse_taken(scenario.tracing, (name for name, _ in contract.request.fields), inputs.scenario_file)
    body = contract.request.body
    body.refuse_invalid()
    by_length = body.asks_only_for_a_length
    scenario.check_ids(body.user_id_fault, inputs.run_id, by_length=by_length, facts=body.user_facts)
    if scenario.further:
        plain = plain_user_ids(scenario.users, run_id=inputs.run_id, seed=scenario.seed)
        body.refuse_misfits(plain, scenario.users.needed(scenario.schedule.planned()))
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
            labels=inputs.labels,
            baseline=inputs.baseline and AskedComparison(inputs.baseline[0], Fraction(inputs.baseline[1])),
        ),
        scenario=scenario.resolved,
        environment=environment.describe(),
        contract=contract.describe(),
        stages=schedule.stages,
        planned=schedule.planned(),
        planned_by_second=schedule.planned_by_second(),
        planned_by_stage=schedule.planned_by_stage(),
        machine=inputs.machine,
        planned_turns=scenario.turns.planned(schedule.planned(), scenario.seed) if scenario.turns else 0,
    )
