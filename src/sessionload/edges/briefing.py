"""Reading what a run needs: scenario, environments, contract and user IDs, from files to sources.

Law: everything is read and checked before any traffic, and read once; what runs is what was checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.edges import machine
from sessionload.edges.files import read_contract, read_document, read_user_ids
from sessionload.inputs.brief import Brief, Sources, brief_of
from sessionload.inputs.environment import Environment, guard
from sessionload.inputs.scenario import Scenario
from sessionload.words.errors import InputError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT_ENVIRONMENTS = Path("environments.yaml")
DEFAULT_CONTRACT = Path("contracts/openapi.yaml")


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for on a command line."""

    scenario: Path
    environment: str | None = None
    environments: Path = DEFAULT_ENVIRONMENTS
    contract: Path = DEFAULT_CONTRACT
    overrides: Sequence[str] = field(default=())
    """`path=value`, as `--set` takes it."""
    confirmed: str | None = None
    """The environment's name, typed again."""


def read_sources(
    request: Request, *, run_id: str, started: str, variables: Mapping[str, str]
) -> tuple[Sources, Brief]:
    """Read and check what `request` names. Raises `InputError` with a place."""
    document = read_document(request.scenario)
    for override in request.overrides:
        path, equals, text = override.partition("=")
        if not equals:
            raise InputError(
                "bad-override",
                "an override needs a path and a value",
                place=Place("--set"),
                hint="write it like --set load.timeout=5s",
            )
        document = document.with_override(path.strip(), text.strip())
    if request.environment:
        document = document.with_override("environment", request.environment, place=Place("--environment"))
    scenario = Scenario.check(document)
    environments = read_document(request.environments)
    environment = Environment.check(
        environments, scenario.environment, variables, asked_at=scenario.environment_at
    )
    guard(scenario, environment, request.confirmed)
    contract, sha256 = read_contract(request.contract)
    ids = None
    if scenario.user_file is not None:
        ids = read_user_ids(scenario.user_file)
    sources = Sources(
        run_id=run_id,
        started=started,
        scenario=document.data,
        scenario_file=document.file,
        environments=environments.data,
        environments_file=environments.file,
        environment=scenario.environment,
        contract=contract,
        contract_file=str(request.contract),
        contract_sha256=sha256,
        machine=machine.describe(),
        ids=ids,
    )
    return sources, brief_of(sources, variables, scenario=scenario, environment=environment)
