"""The command line: options in, exit codes out.

Click reads the options, each command is one call, and errors meet their exit codes in one place: a mistake is
answered by one sentence, a defect by a traceback and a code that no verdict has. What is imported here is
paid for by `--help`, so commands import what they need when they run.
"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

import sessionload
from sessionload.cli.capacity_command import capacity
from sessionload.cli.console import defect, open_streams, say, warn
from sessionload.cli.guide_commands import COMPLETE_VARIABLE, PROGRAM, completion, explain, init
from sessionload.cli.interruption import Interrupted, Interruption
from sessionload.cli.parameters import (
    AGAINST,
    NEW_FOLDER,
    PATH,
    WORKER_OPTIONS,
    ManyAgainst,
    confirm_option,
    contract_option,
    environment_option,
    environments_option,
    label_option,
    operation_option,
    run_options,
    turns_option,
    two_sides,
    worker_options,
)
from sessionload.cli.run_request import run_request, tell_shipped
from sessionload.cli.suggestions import option_meant
from sessionload.cli.worker_commands import keys, worker
from sessionload.errors import SessionloadError
from sessionload.process_limits import forbid_core_dumps

if TYPE_CHECKING:
    from pathlib import Path

EXIT_CODES_HELP = """\b
Exit codes: 0 targets met · 1 missed · 2 wrong usage or input · 3 void ·
4 preflight failed · 5 result could not be written · 70 a defect ·
129, 130, 143 interrupted"""

CHECK_EXIT_CODES_HELP = """\b
Exit codes: 0 kept · 1 violated or incomplete · 2 wrong usage or input ·
4 not there, or key refused · 5 result could not be written ·
129, 130, 143 interrupted"""

COMPARE_EXIT_CODES_HELP = """\b
Exit codes: 0 not slower · 1 slower · 2 wrong usage or input ·
3 cannot say · 5 the comparison could not be written"""

FORMATS = ("html", "md", "junit", "csv", "hgrm", "png", "svg")
"""The views that `report` can write; a test holds them against those that there are."""


class _Commands(click.Group):
    """Turns errors that a person can act on into one sentence and their exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # click's own signature
        try:
            return super().invoke(ctx)
        except SessionloadError as error:
            warn(error.told)
            sys.exit(error.exit_code)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(sessionload.__version__, prog_name="sessionload")
def cli() -> None:
    """Load and contract testing for the start session endpoint."""


@cli.command(epilog=EXIT_CODES_HELP)
@run_options
@turns_option()
@click.option("--out", type=NEW_FOLDER, help="The run's folder  [default: new, under reports/]")
@click.option(
    "--grace",
    metavar="DURATION",
    default="10s",
    show_default=True,
    help="How long an interrupted run may go on; what is in flight then is cut and counted.",
)
@click.option(
    "--baseline", type=PATH, metavar="RUN", help="Compare with this run at the end; exit code 1 for slower."
)
@click.option(
    "--tolerance", metavar="SHARE", help="How much slower than the baseline is not slower  [default: 5%]"
)
@worker_options
@click.option("--quiet", is_flag=True, help="No progress.")
def run(*, out: Path | None, grace: str, quiet: bool, **asked: Any) -> NoReturn:  # noqa: ANN401
    """Run a SCENARIO: preflight, load, drain, verdict, report. Prints the run's folder last.

    SCENARIO is a file, or the name of one: `demo` is scenarios/demo.yaml.
    """
    with Interruption() as interruption:  # before the imports: they take half a second
        try:
            from sessionload.cli.worker_options import master_setup  # noqa: PLC0415
            from sessionload.distribution.master_process import generator_of  # noqa: PLC0415
            from sessionload.generator.worker_process import run_variables  # noqa: PLC0415

            variables = run_variables()
            workers = master_setup(*(asked.pop(name) for name in WORKER_OPTIONS))
            with generator_of(variables, workers) as generator:  # first: it imports long
                from sessionload.cli.run import RunOptions, run  # noqa: PLC0415

                options = RunOptions(
                    run_request(asked),
                    variables,
                    out=out,
                    grace=grace,
                    quiet=quiet,
                    baseline=asked["baseline"],
                    tolerance=asked["tolerance"],
                    workers=workers,
                )
                sys.exit(run(options, generator, interruption))
        except Interrupted:
            warn("interrupted before anything was sent")
            sys.exit(interruption.exit_code)


@cli.command()
@run_options
@turns_option()
def plan(**asked: Any) -> None:  # noqa: ANN401
    """Show what a SCENARIO would send: stages, totals, user IDs, limits. Sends nothing."""
    from sessionload.cli.plan import plan  # noqa: PLC0415

    say(plan(run_request(asked)))


@cli.command(epilog=CHECK_EXIT_CODES_HELP)
@environment_option("An entry of the environments file  [default: the embedded stub]")
@environments_option()
@contract_option()
@operation_option()
@confirm_option()
@click.option("--list", "listed", is_flag=True, help="Show what would be sent, and send nothing.")
@click.option("--strict", is_flag=True, help="A status that the document does not list is a violation.")
@click.option(
    "--with-interact", is_flag=True, help="Also check which keys open a conversation. Turns are paid for."
)
@click.option("--fuzz", is_flag=True, help="Also send what schemathesis invents.")
@click.option(
    "--max-cases", type=click.IntRange(1, 100_000), default=200, show_default=True, help="The most of those."
)
@click.option("--baseline", type=PATH, help="A file of accepted deviations.")
@click.option("--junit", type=PATH, help="Write the JUnit file here as well.")
@click.option("--pace", metavar="RATE", help="The most requests per second  [default: 5/s]")
@click.option(
    "--timeout", metavar="DURATION", default="10s", show_default=True, help="The deadline of each request."
)
@click.option(
    "--budget", type=click.IntRange(1), default=500, show_default=True, help="The most requests of all."
)
@click.option("--out", type=NEW_FOLDER, help="The check's folder  [default: new, under reports/]")
@click.option("--quiet", is_flag=True, help="No progress.")
def check(*, listed: bool, confirm: str | None, **asked: Any) -> NoReturn:  # noqa: ANN401
    """Check that an environment keeps the contract, case by case. Prints the check's folder last."""
    with Interruption() as interruption:  # before the imports: they take half a second
        try:
            from sessionload.cli.check import check, listing  # noqa: PLC0415
            from sessionload.cli.setup_check import CheckOptions  # noqa: PLC0415

            options = CheckOptions(confirmed=confirm, **asked)
            tell_shipped(*([options.environments] if options.environment else []), options.contract)
            if listed:
                say(listing(options).rstrip())
                sys.exit(0)
            sys.exit(check(options, interruption))
        except Interrupted:
            warn("interrupted before anything was sent")
            sys.exit(interruption.exit_code)


@cli.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=PATH)
@click.option("--out", type=NEW_FOLDER, help="Where the report of several folders goes  [default: new]")
@click.option(
    "--format",
    "formats",
    metavar=",".join(FORMATS),
    default="html,md,junit",
    show_default=True,
    help="Which views to write; png and svg are a file for each picture.",
)
def report(runs: tuple[Path, ...], formats: str, out: Path | None) -> NoReturn:
    """Write the views of a RUN again, from its result or from what a killed run left.

    RUN is the folder of a run, or the file of its result: then the views go beside it. Several are the
    folders that the workers of one run have kept when their master was lost.
    """
    from sessionload.cli.report import report  # noqa: PLC0415

    sys.exit(report(runs, formats, out))


@cli.command(
    cls=ManyAgainst,
    epilog=COMPARE_EXIT_CODES_HELP,
    options_metavar="{BASE CANDIDATE | BASE... --against CANDIDATE...} [OPTIONS]",
)
@click.argument("runs", metavar="", nargs=-1, required=True, type=PATH)
@click.option(
    AGAINST,
    "candidates",
    metavar="CANDIDATE...",
    multiple=True,
    type=PATH,
    help="The candidates, where a side has several runs; all others are bases.",
)
@click.option(
    "--tolerance", metavar="SHARE", default="5%", show_default=True, help="How much slower is not slower."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Fixes what is resampled.")
@click.option("--out", type=NEW_FOLDER, help="The comparison's folder  [default: new, under reports/]")
def compare(*, runs: tuple[Path, ...], candidates: tuple[Path, ...], **asked: Any) -> NoReturn:  # noqa: ANN401
    """Say whether a CANDIDATE run is slower than a BASE run, beyond noise.

    All are folders of runs, or the files of their results. Several runs on a side say how much runs differ
    among themselves, and the answer takes that into account.
    """
    from sessionload.cli.compare import compare  # noqa: PLC0415

    bases, candidates = two_sides(runs, candidates)
    sys.exit(compare(bases, candidates, **asked))


@cli.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option(
    "--out",
    type=NEW_FOLDER,
    help="Where to write history.html and history.md  [default: DIR]",
)
@label_option("Only the runs that have it; repeatable.")
def history(folder: Path, out: Path | None, labels: tuple[str, ...]) -> NoReturn:
    """Show the runs in the folders directly below DIR as a trend, a row each, the newest last."""
    from sessionload.cli.history import history  # noqa: PLC0415

    sys.exit(history(folder, out, labels))


@cli.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=PATH)
@click.option("--out", type=NEW_FOLDER, help="The merged run's folder  [default: new, under reports/]")
def merge(runs: tuple[Path, ...], out: Path | None) -> NoReturn:
    """Make one result of several RUNs that were one load, each from a machine of its own.

    Counts and histograms add exactly, and the verdict is given anew. Prints the new folder last.
    """
    from sessionload.cli.merge import merge  # noqa: PLC0415

    sys.exit(merge(runs, out))


@cli.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on loopback  [default: any free one]"
)
@click.option(
    "--latency", default="40ms", show_default=True, help="Such as 'lognormal(p50=40ms, p99=180ms)'."
)
@click.option(
    "--fault", "faults", multiple=True, help="Such as 'stall from 10s for 3s' or 'status 503 every 10'."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Fixes the latencies.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 10_000),
    metavar="NUMBER",
    help="How many requests are served at once; others wait  [default: no limit]",
)
@contract_option("The OpenAPI document whose operation the stub serves.")
@operation_option()
@click.option("--user", metavar="PLACE", help="Where a request holds the user ID  [default: userID]")
@click.option("--session-key", metavar="PLACE", help="Where a success holds the key  [default: sessionKey]")
@click.option("--path", multiple=True, metavar="NAME=VALUE", help="What a place of the path has to be.")
def stub(**asked: Any) -> NoReturn:  # noqa: ANN401
    """Serve the endpoint on loopback, until Ctrl-C. The key it accepts is in SESSIONLOAD_STUB_KEY."""
    from sessionload.cli.stub import StubOptions, serve  # noqa: PLC0415

    tell_shipped(asked["contract"])
    sys.exit(serve(StubOptions(**asked)))


cli.add_command(capacity)
cli.add_command(worker)
cli.add_command(keys)
cli.add_command(init)
cli.add_command(explain)
cli.add_command(completion)


def _with_option_meant(error: click.NoSuchOption) -> click.UsageError:
    parameters = error.ctx.command.params if error.ctx else []
    meant = option_meant(error.option_name, (option for each in parameters for option in each.opts))
    question = f" Did you mean '{meant}'?" if meant else ""
    return click.UsageError(f"No such option '{error.option_name}'.{question}", error.ctx)


def main() -> NoReturn:
    """Run the command line and exit."""
    forbid_core_dumps()
    open_streams()
    try:
        sys.exit(cli(prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE, standalone_mode=False))
    except click.ClickException as error:
        (_with_option_meant(error) if isinstance(error, click.NoSuchOption) else error).show()
        sys.exit(error.exit_code)
    except click.Abort:  # Ctrl-C in a command that has nothing to drain
        sys.exit(128 + signal.SIGINT)
    except Exception:  # noqa: BLE001 -- a defect must not look like a verdict, as Python's exit code 1 would
        sys.exit(defect())
