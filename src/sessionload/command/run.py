"""`sessionload run`: preflight, load, drain, verdict, report.

Law: whatever happens after the first byte was sent, there is a result that says so. Idea: a
straight course, each step of which either goes on or raises an error with its own exit code. Trap: a
signal may come between any two lines; until there is load it unwinds, after that it asks for a drain.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessionload.command.closing import close_run, exit_code_of
from sessionload.command.interruption import Interrupted
from sessionload.command.live import Progress
from sessionload.command.opening import Opened, make_run_folder, open_run, with_server
from sessionload.edges.probe import preflight
from sessionload.inputs.brief import conclude, nothing_sent
from sessionload.judge.verdict import tripped
from sessionload.measure.delta import Tally
from sessionload.words.units import NS, duration

if TYPE_CHECKING:
    from pathlib import Path

    from sessionload.command.interruption import Interruption
    from sessionload.edges.briefing import Request
    from sessionload.edges.folder import RunFolder
    from sessionload.edges.generator_process import GeneratorProcess
    from sessionload.judge.result import Result


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `sessionload run` was asked for."""

    request: Request
    variables: dict[str, str]
    """The environment variables of the run, as its generator has them."""
    out: Path | None = None
    quiet: bool = False


def run(options: RunOptions, generator: GeneratorProcess, interruption: Interruption) -> int:
    """Run a scenario with a generator that waits for its brief, and return the exit code.

    Raises `SessionloadError`, or `Interrupted` when a signal comes before there is anything to report.
    """
    opened = open_run(options.request, options.variables)
    folder = make_run_folder(opened, options.out)
    try:
        result = _measure(opened, folder, generator, interruption, quiet=options.quiet)
    except BaseException:
        folder.discard()
        raise
    interruption.concluding()
    close_run(result, folder)
    return exit_code_of(result)


def _measure(
    opened: Opened,
    folder: RunFolder,
    generator: GeneratorProcess,
    interruption: Interruption,
    *,
    quiet: bool,
) -> Result:
    """Return the judged result of the run, however it ended. Raises `PreflightError` before any load."""
    skeleton = opened.brief.skeleton
    tally = Tally()
    workers = 1
    aborted_by = None
    try:
        with ExitStack() as stack:
            progress = stack.enter_context(Progress(skeleton, quiet=quiet))
            opened = with_server(opened, stack)
            took_ns = preflight(opened.brief)
            progress.say(f"preflight of {opened.brief.environment.name} passed in {duration(took_ns)}")
            folder.begin(skeleton)
            generator.brief(opened.sources)
            interruption.under_load(generator.stop, generator.cut)
            aborted_by = _follow(generator, opened, tally, folder, progress)
            _pass_on(generator.complaint, opened)
    except Interrupted:
        tally, workers = nothing_sent(opened.brief), 0
    return conclude(skeleton, tally, workers=workers, interrupted=interruption.name, aborted_by=aborted_by)


def _follow(
    generator: GeneratorProcess, opened: Opened, tally: Tally, folder: RunFolder, progress: Progress
) -> str | None:
    """Take deltas until the generator has said its last; return the target that stopped the run, if any."""
    aborted_by: str | None = None
    for delta in generator.deltas():
        tally.add(delta)
        folder.append(delta)
        progress.update(tally, delta)
        if aborted_by is None:
            target = tripped(
                tally.measurement,
                opened.brief.skeleton.stages,
                opened.brief.scenario.targets,
                tally.settled_ns // NS,
            )
            if target is not None:
                aborted_by = target.expr
                progress.say(f"stopping: '{target.expr}' is missed, and the scenario says to abort then")
                generator.stop()
    return aborted_by


def _pass_on(complaint: str, opened: Opened) -> None:
    """Show what the generator wrote to standard error, which it does only when something is broken."""
    if complaint:
        key = opened.brief.environment.key
        safe = key.hide(complaint) if key is not None else complaint
        print(f"the generator said:\n{safe}", file=sys.stderr)  # noqa: T201
