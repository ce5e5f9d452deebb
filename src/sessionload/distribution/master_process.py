"""The master, seen from the command: a generator that has to gather its workers before there is load."""

from __future__ import annotations

import contextlib
import queue
import subprocess
from typing import TYPE_CHECKING

from sessionload.distribution.gathering import Gathered, NoRun, Waiting, step_of
from sessionload.errors import PreflightError
from sessionload.generator.worker_process import BEGIN, TICK_S, GeneratorProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sessionload.config.run_spec import RunInputs
    from sessionload.distribution.process_setup import MasterSetup

_FAREWELL_S = 3.0
"""How long a master has to tell its workers that there is no run."""


class MasterProcess(GeneratorProcess):
    """A running master."""

    def __init__(self, variables: Mapping[str, str], setup: MasterSetup) -> None:
        """Start a master; `variables` become its environment and that of its local workers."""
        super().__init__(variables, module=("sessionload.distribution.master", setup.text()))
        self._gathered = False

    def gather(self, inputs: RunInputs, show: Callable[[Waiting], object]) -> None:
        """Wait until all workers are ready, and `show` who is there. Raises `SessionloadError`.

        Signals are handled meanwhile.
        """
        self.write_inputs(inputs)
        while not self._gathered:
            try:
                line = self.lines.get(timeout=TICK_S)
            except queue.Empty:
                continue
            step = None if line is None else step_of(line)
            if isinstance(step, NoRun):
                raise step.error()
            if isinstance(step, Waiting):
                show(step)
            self._gathered = isinstance(step, Gathered)
            if line is None:
                raise PreflightError(
                    "master-ended",
                    "the master ended before its workers were ready, and nothing was sent",
                    hint="look at what it wrote to standard error, and whether there is memory for it",
                )

    def start(self, inputs: RunInputs) -> None:
        """Let the load begin, with workers that are gathered now if they were not before."""
        if not self._gathered:
            self.gather(inputs, lambda _: None)
        self.release(BEGIN)

    def __exit__(self, *details: object) -> None:
        self.close_input()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(_FAREWELL_S)
        super().__exit__(*details)


def generator_of(variables: Mapping[str, str], setup: MasterSetup | None) -> GeneratorProcess:
    """Start what generates the load of a run: one generator, or a master with its workers."""
    return GeneratorProcess(variables) if setup is None else MasterProcess(variables, setup)
