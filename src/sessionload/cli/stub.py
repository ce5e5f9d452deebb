"""`sessionload stub`: the embedded server, by itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sessionload.cli.console import say, warn
from sessionload.cli.interruption import Interrupted, Interruption
from sessionload.config.read import read_contract
from sessionload.contract.binding import Binding
from sessionload.errors import PreflightError
from sessionload.secret import Secret
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import DEFAULT_KEY, KEY_VARIABLE, StubSettings

if TYPE_CHECKING:
    from pathlib import Path


def serve(
    *,
    port: int,
    latency: str,
    faults: tuple[str, ...],
    seed: int,
    contract_file: Path,
    operation: str | None,
) -> int:
    """Serve until a signal comes; return the exit code.

    Raises `InputError`, and `PreflightError` when the process of the stub is gone.
    """
    document, _ = read_contract(contract_file)
    settings = StubSettings(latency=latency, faults=faults, seed=seed, port=port)
    key = Secret(os.environ.get(KEY_VARIABLE, DEFAULT_KEY), name=KEY_VARIABLE)
    try:
        with (
            Interruption(),
            StubProcess.start(settings, key, document=document, binding=Binding(operation)) as stub,
        ):
            public = (
                f"the key {DEFAULT_KEY}" if KEY_VARIABLE not in os.environ else f"the key in {KEY_VARIABLE}"
            )
            say(
                f"{stub.url}  project '{settings.project}', environment '{settings.environment}', {public}; "
                "Ctrl-C ends it"
            )
            stub.wait()
            raise PreflightError(
                "stub-ended",
                f"the process of the stub ended by itself ({stub.death})",
                hint="what it printed, if anything, stands above; start it again",
            )
    except Interrupted:
        warn("ended")
        return 0
