"""`sessionload run`: preflight, load, drain, verdict, report.

Each step goes on or raises an error with its own exit code. Whatever happens after the first byte was sent,
there is a result that says so. A signal may come between any two lines: until there is load it unwinds, after
that it asks for a drain, and once every arrival has ended it changes nothing.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.cli.baseline import asked_baseline, with_baseline
from sessionload.cli.failed_preflight import JUNIT, forget_failed_preflight, report_failed_preflight
from sessionload.cli.finish_run import all_ended, finish_run
from sessionload.cli.interruption import Interrupted
from sessionload.cli.lost_master import LOST, take_what_workers_kept
from sessionload.cli.option_values import grace_option
from sessionload.cli.progress import Progress
from sessionload.cli.report_trial import ReportTrial
from sessionload.cli.setup_run import (
    PreparedRun,
    keeping_in,
    make_run_folder,
    prepare_run,
    with_chosen,
    with_server,
)
from sessionload.cli.worker_news import joined_sentence, lost_sentence, waiting_sentence
from sessionload.cli.worker_options import refuse_embedded
from sessionload.distribution.master_process import MasterProcess
from sessionload.errors import PreflightError
from sessionload.metrics.delta import Delta
from sessionload.metrics.worker_events import WorkerLoss, WorkerSeen
from sessionload.report.failed_preflight import FailedPreflight
from sessionload.suite.preflight import preflight
from sessionload.units import NS, duration_text
from sessionload.verdict.abort_watch import AbortWatch
from sessionload.verdict.finalize import finalize_result, nothing_sent

if TYPE_CHECKING:
    from pathlib import Path

    from sessionload.cli.interruption import Interruption
    from sessionload.config.read import RunRequest
    from sessionload.distribution.process_setup import MasterSetup
    from sessionload.generator.worker_process import GeneratorProcess
    from sessionload.metrics.run_totals import RunTotals
    from sessionload.storage.run_folder import RunFolder
    from sessionload.verdict.result import Result


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `sessionload run` was asked for."""

    request: RunRequest
    variables: dict[str, str]
    """The environment variables of the run, as its generator has them."""
    out: Path | None = None
    grace: str = "10s"
    """How long it may go on after a signal."""
    quiet: bool = False
    baseline: Path | None = None
    """The run to compare with at the end."""
    tolerance: str | None = None
    """How much slower is not slower; only with a baseline."""
    workers: MasterSetup | None = None
    """The master and its workers, if there is more than one generator."""


def run(options: RunOptions, generator: GeneratorProcess, interruption: Interruption) -> int:
    """Run a scenario with a generator that waits for its spec, and return the exit code.

    Raises `SessionloadError`, or `Interrupted` when a signal comes before there is anything to report.
    """
    interruption.grace_s = grace_option(options.grace)
    baseline = asked_baseline(options.baseline, options.tolerance)
    prepared = prepare_run(options.request, options.variables)
    if baseline is not None:
        prepared = with_baseline(prepared, baseline)
    if options.workers is not None and not options.workers.local:
        refuse_embedded(prepared.spec.environment)
    if options.out is not None:
        forget_failed_preflight(options.out / JUNIT)
    folder = make_run_folder(prepared, options.out)
    try:
        totals = folder.totals()
        totals.workers = options.workers.workers if options.workers else 1
        if options.workers is not None and options.workers.local:
            prepared = keeping_in(prepared, folder)
        result = _measure(prepared, folder, totals, generator, interruption, quiet=options.quiet)
    except PreflightError as error:
        interruption.concluding()
        header = prepared.spec.header
        failed = FailedPreflight("run", prepared.spec.scenario.name, header.run.started, error)
        report_failed_preflight(failed, [] if options.out is None else [options.out / JUNIT])
        folder.discard()
        raise
    except BaseException:
        folder.discard()
        raise
    interruption.concluding()
    ending = finish_run(result, folder, baseline)
    with interruption.speaking():
        ending.say()
    return ending.exit_code


def _measure(
    prepared: PreparedRun,
    folder: RunFolder,
    totals: RunTotals,
    generator: GeneratorProcess,
    interruption: Interruption,
    *,
    quiet: bool,
) -> Result:
    """Return the judged result of the run, however it ended. Raises `PreflightError` before any load."""
    header = prepared.spec.header
    aborted_by = lost_master = None
    try:
        with ExitStack() as stack:
            progress = stack.enter_context(Progress(header, workers=totals.workers, quiet=quiet))
            trial = stack.enter_context(ReportTrial(prepared.spec))
            prepared = with_server(prepared, stack)
            answer = preflight(prepared.spec)
            for warning in trial.warnings():
                progress.warn(warning)
            progress.say(
                f"preflight of {prepared.spec.environment.name} passed in {duration_text(answer.elapsed_ns)}"
            )
            if not generator.is_ready():
                raise not_started(generator, prepared)
            if isinstance(generator, MasterProcess):
                generator.gather(prepared.inputs, lambda step: progress.say(waiting_sentence(step)))
            header = with_chosen(header, prepared.spec.environment, answer.body)
            folder.begin(header)
            interruption.under_load(generator.stop, generator.cut, generator.kill)
            generator.start(prepared.inputs)
            aborted_by = follow(generator, prepared, totals, folder, progress, interruption)
            if totals.workers > 1 and generator.was_killed() and not totals.complete():
                lost_master = LOST
                folder.notes.append(take_what_workers_kept(folder, totals))
                progress.warn(f"warning: {folder.notes[-1]}")
            if prepared.stub is not None and prepared.stub.death is not None:
                note = f"the embedded stub ended during the run ({prepared.stub.death})"
                folder.notes.append(f"{note}: what failed after that is not a server's failure")
                progress.say(f"warning: {folder.notes[-1]}")
            stderr_tail = _without_key(generator.stderr_tail, prepared)
            if stderr_tail:
                progress.warn(f"the generator wrote to standard error:\n{stderr_tail}")
    except Interrupted:
        totals = nothing_sent(prepared.spec.scenario.schedule)
    return finalize_result(
        header,
        totals,
        interrupted=None if all_ended(totals, header.planned) else interruption.name or lost_master,
        aborted_by=aborted_by,
        notes=folder.notes,
    )


def follow(
    generator: GeneratorProcess,
    prepared: PreparedRun,
    totals: RunTotals,
    folder: RunFolder,
    progress: Progress,
    interruption: Interruption,
) -> str | None:
    """Take deltas to the last one; return the target that stopped the run, if any."""
    watch = AbortWatch.of(prepared.spec.header)
    aborted_by: str | None = None
    for delta in generator.deltas():
        totals.add(delta)
        if not isinstance(delta, Delta):
            folder.append(delta)
            if isinstance(delta, WorkerSeen) and delta.joined_ns:
                progress.say(joined_sentence(delta))
            if isinstance(delta, WorkerLoss):
                folder.notes.append(lost_sentence(delta))
                progress.warn(f"warning: {folder.notes[-1]}")
            continue
        if totals.complete():
            interruption.concluding()
        note = folder.append(delta)
        if note is not None:
            progress.warn(f"warning: {note}; the run goes on")
        progress.update(totals, delta)
        if aborted_by is None and not totals.complete():
            watch.add(delta.measurement.slices)
            target = watch.aborting(totals.settled_ns // NS)
            if target is not None:
                aborted_by = target.name
                progress.say(f"stopping: '{target.name}' is missed, and the scenario says to abort then")
                generator.stop()
        if totals.complete():
            break
    return aborted_by


def not_started(generator: GeneratorProcess, prepared: PreparedRun) -> PreflightError:
    """Return the error of a generator that ended, or said nothing, while it started."""
    last_line = _without_key(generator.stderr_tail, prepared).rpartition("\n")[2]
    return PreflightError(
        "generator-start",
        f"the load generator ended while it started, and nothing was sent: {last_line or 'it said nothing'}",
        hint="is sessionload installed whole, with Locust, and is there memory for one more process?",
    )


def _without_key(text: str, prepared: PreparedRun) -> str:
    """Return what the generator wrote to standard error, which it does only when something is broken."""
    return prepared.spec.environment.hide(text)
