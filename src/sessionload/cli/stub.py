"""`sessionload stub`: the embedded server, by itself."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.cli.console import say, warn
from sessionload.cli.interruption import Interrupted, Interruption
from sessionload.cli.option_values import option_value
from sessionload.config.contract_files import places_shown, read_contract
from sessionload.contract.document.binding import SESSION_KEY, USER_ID, Binding
from sessionload.contract.json_data.pointer import parse_pointer
from sessionload.errors import InputError, Place, PreflightError
from sessionload.secret import Secret
from sessionload.stub.process import StubProcess
from sessionload.stub.settings import DEFAULT_KEY, KEY_VARIABLE, StubSettings

if TYPE_CHECKING:
    from pathlib import Path

    from sessionload.contract.json_data.pointer import Pointer


@dataclass(frozen=True, slots=True)
class StubOptions:
    """What `sessionload stub` was asked for; `user`, `session_key` and `path` are those of an environment."""

    port: int
    latency: str
    faults: tuple[str, ...]
    seed: int
    concurrency: int | None
    contract: Path
    operation: str | None
    user: str | None
    session_key: str | None
    path: tuple[str, ...]
    """Each is `NAME=VALUE`."""

    @property
    def settings(self) -> StubSettings:
        """How the stub behaves."""
        return StubSettings(
            latency=self.latency,
            faults=self.faults,
            seed=self.seed,
            concurrency=self.concurrency or 0,
            port=self.port,
        )

    @property
    def binding(self) -> Binding:
        """What it serves. Raises `InputError`."""
        return Binding(
            self.operation,
            path=dict(map(_path_value, self.path)),
            user=_place(self.user, "--user", USER_ID),
            session_key=_place(self.session_key, "--session-key", SESSION_KEY),
        )


def serve(options: StubOptions) -> int:
    """Serve until a signal comes; return the exit code.

    Raises `InputError`, and `PreflightError` when the process of the stub is gone.
    """
    settings, binding = options.settings, options.binding
    document, _ = read_contract(options.contract)
    key = Secret(os.environ.get(KEY_VARIABLE, DEFAULT_KEY), name=KEY_VARIABLE)
    try:
        with (
            Interruption(),
            places_shown(options.contract),
            StubProcess.start(settings, key, document=document, binding=binding) as stub,
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


def _place(text: str | None, option: str, usual: Pointer) -> Pointer:
    return usual if text is None else option_value(parse_pointer, text, "bad-pointer", option)


def _path_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise InputError(
            "bad-path-value",
            "a value for a place of the path is a name, '=' and the value",
            place=Place("--path"),
            hint="write it like --path tenant=acme",
        )
    return name, value
