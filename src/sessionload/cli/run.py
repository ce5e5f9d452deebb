"""`sessionload run`: preflight, load, drain, verdict, report.

Law: whatever happens after the first byte was sent, there is a result that says so. Idea: a
straight run, each step of which either goes on or raises an error with its own exit code. Trap: a
signal may come between any two lines; until there is load it unwinds, after that it asks for a drain.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.cli.console import warn
from sessionload.cli.finish_run import finish_run
from sessionload.cli.interruption import Interrupted
from sessionload.cli.progress import Progress
from sessionload.cli.report_trial import ReportTrial
from sessionload.cli.setup_run import PreparedRun, make_run_folder, prepare_run, with_server
from sessionload.metrics.run_totals import RunTotals
from sessionload.suite.preflight import preflight
from sessionload.units import NS, duration_text
from sessionload.verdict.finalize import finalize_result, nothing_sent
from sessionload.verdict.verdict import first_aborting_target

if TYPE_CHECKING:
    from pathlib import Path

    from sessionload.cli.interruption import Interruption
    from sessionload.config.read import RunRequest
    from sessionload.generator.worker_process import GeneratorProcess
    from sessionload.storage.run_folder import RunFolder
    from sessionload.verdict.result import Result


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `sessionload run` was asked for."""

    request: RunRequest
    variables: dict[str, str]
    """The environment variables of the run, as its generator has them."""
    out: Path | None = None
    quiet: bool = False


def run(options: RunOptions, generator: GeneratorProcess, interruption: Interruption) -> int:
    """Run a scenario with a generator that waits for its spec, and return the exit code.

    Raises `SessionloadError`, or `Interrupted` when a signal comes before there is anything to report.
    """
    prepared = prepare_run(options.request, options.variables)
    folder = make_run_folder(prepared, options.out)
    try:
        result = _measure(prepared, folder, generator, interruption, quiet=options.quiet)
    except BaseException:
        folder.discard()
        raise
    interruption.concluding()
    return finish_run(result, folder)


def _measure(
    prepared: PreparedRun,
    folder: RunFolder,
    generator: GeneratorProcess,
    interruption: Interruption,
    *,
    quiet: bool,
) -> Result:
    """Return the judged result of the run, however it ended. Raises `PreflightError` before any load."""
    header = prepared.spec.header
    totals = RunTotals()
    workers = 1
    aborted_by = None
    try:
        with ExitStack() as stack:
            progress = stack.enter_context(Progress(header, quiet=quiet))
            trial = ReportTrial(prepared.spec)
            prepared = with_server(prepared, stack)
            took_ns = preflight(prepared.spec)
            for warning in trial.warnings():
                progress.say(warning)
            progress.say(f"preflight of {prepared.spec.environment.name} passed in {duration_text(took_ns)}")
            folder.begin(header)
            generator.start(prepared.inputs)
            interruption.under_load(generator.stop, generator.cut)
            aborted_by = _follow(generator, prepared, totals, folder, progress)
            _pass_on(generator.stderr_tail, prepared)
    except Interrupted:
        totals, workers = nothing_sent(prepared.spec.scenario.schedule), 0
    return finalize_result(
        header, totals, workers=workers, interrupted=interruption.name, aborted_by=aborted_by
    )


def _follow(
    generator: GeneratorProcess,
    prepared: PreparedRun,
    totals: RunTotals,
    folder: RunFolder,
    progress: Progress,
) -> str | None:
    """Take deltas until the generator has said its last; return the target that stopped the run, if any."""
    aborted_by: str | None = None
    for delta in generator.deltas():
        totals.add(delta)
        folder.append(delta)
        progress.update(totals, delta)
        if aborted_by is None:
            target = first_aborting_target(
                totals.measurement,
                prepared.spec.header.stages,
                prepared.spec.scenario.targets,
                totals.settled_ns // NS,
            )
            if target is not None:
                aborted_by = target.expr
                progress.say(f"stopping: '{target.expr}' is missed, and the scenario says to abort then")
                generator.stop()
    return aborted_by


def _pass_on(complaint: str, prepared: PreparedRun) -> None:
    """Show what the generator wrote to standard error, which it does only when something is broken."""
    if complaint:
        key = prepared.spec.environment.key
        safe = key.hide(complaint) if key is not None else complaint
        warn(f"the generator said:\n{safe}")
