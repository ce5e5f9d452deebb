"""`sessionload stub`: the embedded server, by itself."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from sessionload.cli.console import say, warn
from sessionload.cli.interruption import Interrupted, Interruption
from sessionload.config.read import read_contract
from sessionload.config.run_spec import OPERATION
from sessionload.secret import Secret
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import DEFAULT_KEY, KEY_VARIABLE, StubSettings

if TYPE_CHECKING:
    from pathlib import Path


def serve(*, port: int, latency: str, faults: tuple[str, ...], seed: int, contract_file: Path) -> int:
    """Serve until a signal comes; return the exit code. Raises `InputError`."""
    document, _ = read_contract(contract_file)
    settings = StubSettings(latency=latency, faults=faults, seed=seed, port=port)
    key = Secret(os.environ.get(KEY_VARIABLE, DEFAULT_KEY), name=KEY_VARIABLE)
    try:
        with Interruption(), StubProcess.start(settings, key, document=document, operation=OPERATION) as stub:
            public = (
                f"the key {DEFAULT_KEY}" if KEY_VARIABLE not in os.environ else f"the key in {KEY_VARIABLE}"
            )
            say(
                f"{stub.url}  project '{settings.project}', environment '{settings.environment}', {public}; "
                "Ctrl-C ends it"
            )
            while True:
                signal.pause()
    except Interrupted:
        warn("ended")
    return 0
