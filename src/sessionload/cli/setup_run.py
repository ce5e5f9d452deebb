"""From a request on a command line to a run that may start: read, checked, with its stub if it has one.

Everything that can be refused is refused here, before any traffic.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.config.contract_files import places_shown
from sessionload.config.read import RunRequest, read_run
from sessionload.config.run_spec import RunInputs, RunSpec, run_spec_of
from sessionload.report.views import FORMATS
from sessionload.storage.run_folder import BASELINE, RunFolder
from sessionload.stub.settings import KEY_VARIABLE
from sessionload.suite.embedded_stub import with_stub

if TYPE_CHECKING:
    from contextlib import ExitStack

    from sessionload.config.environment import Environment
    from sessionload.stub.process import StubProcess
    from sessionload.verdict.run_header import RunHeader

REPORTS = Path("reports")


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """A run that may start. `variables` are the environment of its generator, the key among them.

    `contract` is the file of the OpenAPI document; `stub` is the running stub of an embedded environment.
    """

    inputs: RunInputs
    spec: RunSpec
    variables: dict[str, str]
    contract: Path
    stub: StubProcess | None = None


def new_run() -> tuple[str, str]:
    """Return an id that sorts by time and is not given twice, and the time as a label in UTC."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}", now.isoformat(timespec="seconds")


def prepare_run(request: RunRequest, variables: dict[str, str]) -> PreparedRun:
    """Read and check what `request` names, under a new run id. Raises `InputError`."""
    run_id, started = new_run()
    inputs, spec = read_run(request, run_id=run_id, started=started, variables=variables)
    return PreparedRun(inputs, spec, variables, request.contract)


def make_run_folder(prepared: PreparedRun, out: Path | None) -> RunFolder:
    """Make the folder of the run: `out`, or a new one under `reports/`. Raises `InputError`."""
    return new_run_folder(f"{prepared.spec.scenario.name}-{prepared.spec.run_id}", out)


def new_run_folder(name: str, out: Path | None) -> RunFolder:
    """Make a folder for a run and its views: `out`, or `name` under `reports/`. Raises `InputError`."""
    views = [Path(FORMATS[view].file).parts[0] for view in FORMATS]
    return RunFolder.create(out if out is not None else REPORTS / name, [BASELINE, *views])


def with_chosen(header: RunHeader, environment: Environment, answer: bytes) -> RunHeader:
    """Return the header with the environment that a traffic split chose for the preflight, if known."""
    return replace(header, environment={**header.environment, **environment.chosen(answer)})


def keeping_in(prepared: PreparedRun, folder: RunFolder) -> PreparedRun:
    """Let the workers of this machine keep in the folder of the run what they have measured."""
    return replace(prepared, inputs=replace(prepared.inputs, kept_in=str(folder.path.absolute())))


def with_server(prepared: PreparedRun, stack: ExitStack) -> PreparedRun:
    """Start the embedded stub, until `stack` unwinds, if the environment is embedded. Raises `InputError`."""
    key = prepared.variables[KEY_VARIABLE]
    inputs = prepared.inputs
    with places_shown(prepared.contract):
        _, stub = with_stub(prepared.spec.environment, inputs.contract, stack, key)
    if stub is None:
        return prepared
    return at_stub(prepared, stub)


def at_stub(prepared: PreparedRun, stub: StubProcess) -> PreparedRun:
    """Return a run of an embedded environment whose stub is running already."""
    inputs = replace(prepared.inputs, stub_port=stub.port)
    return replace(prepared, inputs=inputs, spec=run_spec_of(inputs, prepared.variables), stub=stub)
