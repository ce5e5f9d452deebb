"""`sessionload plan`: what would be sent. No traffic, and no key: what is not set here has a stand-in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sessionload.cli.setup_run import prepare_run
from sessionload.config.guard import still_to_confirm
from sessionload.generator.worker_process import run_variables
from sessionload.report.model.outline import outline

if TYPE_CHECKING:
    from sessionload.config.read import RunRequest


class _WithStandIns(dict[str, str]):
    """Environment variables; one that is not set, or empty, has a value that no server can have.

    The value is fit for whatever a variable may stand for: a URL, an ID, a key.
    """

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables)
        self.unset: dict[str, str] = {}
        """The names of variables by their stand-ins."""

    def get(self, name: str, default: object = None) -> Any:  # noqa: ANN401 -- as in typeshed
        value = super().get(name, default)
        if value:
            return value
        stand_in = f"https://{name.lower().strip('_')}.not-set.invalid"
        self.unset[stand_in] = name
        return stand_in


def plan(request: RunRequest) -> str:
    """Return the plan of a run as text. Raises `InputError`."""
    variables = _WithStandIns(run_variables())
    spec = prepare_run(replace(request, sends=False), variables).spec
    text = outline(spec, variables.unset)
    asked = still_to_confirm(spec.scenario, spec.environment)
    return f"{text}\nA run needs {asked}: the environment is protected." if asked else text
