"""From a request on a command line to a run that may start: read, checked, with its stub if it has one.

Law: everything that can be refused is refused here, before any traffic.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sessionload.edges.briefing import Request, read_sources
from sessionload.edges.folder import RunFolder
from sessionload.edges.stub.process import StubProcess
from sessionload.inputs.brief import OPERATION, Brief, Sources, brief_of
from sessionload.plan.stub_settings import KEY_VARIABLE
from sessionload.words.secret import Secret

if TYPE_CHECKING:
    from contextlib import ExitStack

    from sessionload.inputs.environment import Environment

REPORTS = Path("reports")


@dataclass(frozen=True, slots=True)
class Opened:
    """A run that may start. `variables` are the environment of its generator, the key among them."""

    sources: Sources
    brief: Brief
    variables: dict[str, str]


def new_run() -> tuple[str, str]:
    """Return an id that sorts by time and is not given twice, and the time as a label in UTC."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}", now.isoformat(timespec="seconds")


def open_run(request: Request, variables: dict[str, str]) -> Opened:
    """Read and check what `request` names, under a new run id. Raises `InputError`."""
    run_id, started = new_run()
    sources, brief = read_sources(request, run_id=run_id, started=started, variables=variables)
    return Opened(sources, brief, variables)


def make_run_folder(opened: Opened, out: Path | None) -> RunFolder:
    """Make the folder of the run: `out`, or a new one under `reports/`. Raises `InputError`."""
    name = f"{opened.brief.scenario.name}-{opened.brief.run_id}"
    return RunFolder.create(out if out is not None else REPORTS / name)


def with_server(opened: Opened, stack: ExitStack) -> Opened:
    """Start the embedded stub, until `stack` unwinds, if the environment is embedded. Raises `InputError`."""
    key = opened.variables[KEY_VARIABLE]
    environment = with_stub(opened.brief.environment, opened.sources.contract, stack, key)
    if environment.stub is None:
        return opened
    sources = replace(opened.sources, stub_port=environment.port)
    return Opened(sources, brief_of(sources, opened.variables), opened.variables)


def with_stub(
    environment: Environment,
    document: Any,  # noqa: ANN401 -- plain data
    stack: ExitStack,
    stub_key: str,
) -> Environment:
    """Return an embedded environment with its stub started, until `stack` unwinds; any other as it is.

    The stub keeps the body rule of `document`, and accepts `stub_key`. Raises `InputError`.
    """
    if environment.stub is None:
        return environment
    key = Secret(stub_key, name=KEY_VARIABLE)
    stub = StubProcess.start(environment.stub, key, document=document, operation=OPERATION)
    stack.enter_context(stub)
    return replace(environment.at_port(stub.port), key=key)
