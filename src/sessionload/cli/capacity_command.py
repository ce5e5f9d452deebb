"""The command `capacity`: its options. What is imported here is paid for by `--help`."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import click

from sessionload.cli.console import say, warn
from sessionload.cli.interruption import Interrupted, Interruption
from sessionload.cli.parameters import NEW_FOLDER, WORKERS, run_options
from sessionload.cli.run_request import run_request

_EXIT_CODES_HELP = """\b
Exit codes: 0 found · 1 not even the lowest rate · 2 wrong usage or input ·
3 cannot say · 4 preflight failed · 5 result could not be written ·
129, 130, 143 interrupted"""


@click.command(epilog=_EXIT_CODES_HELP)
@run_options
@click.option("--from", "lowest", metavar="RATE", required=True, help="The lowest rate, such as 50/s.")
@click.option("--to", "highest", metavar="RATE", required=True, help="The highest rate that is tried.")
@click.option(
    "--precision", metavar="SHARE", default="5%", show_default=True, help="How close to come to the limit."
)
@click.option("--plan", "planned", is_flag=True, help="Say what it may cost, and send nothing.")
@click.option("--out", type=NEW_FOLDER, help="The search's folder  [default: new, under reports/]")
@click.option(
    "--grace",
    metavar="DURATION",
    default="10s",
    show_default=True,
    help="How long an interrupted search may go on.",
)
@click.option(
    "--workers",
    type=WORKERS,
    metavar="NUMBER",
    help="Generator processes on this machine, or 'auto': one for each processor but one  [default: 1]",
)
@click.option("--quiet", is_flag=True, help="No progress.")
def capacity(*, planned: bool, workers: int | None, **asked: Any) -> NoReturn:  # noqa: ANN401
    """Find the highest rate that meets the targets of a SCENARIO, whose stages are not used.

    It doubles from the lowest rate until a target gives way, halves what is between, and holds the answer
    once more and for longer. Prints the search's folder last.
    """
    with Interruption() as interruption:  # before the imports: they take half a second
        try:
            from sessionload.cli.capacity import CapacityOptions, bounds_of, capacity, plan_text  # noqa: PLC0415
            from sessionload.cli.worker_options import master_setup  # noqa: PLC0415
            from sessionload.generator.worker_process import run_variables  # noqa: PLC0415

            names = ("lowest", "highest", "precision", "out", "grace", "quiet")
            options = CapacityOptions(
                run_request(asked),
                run_variables(),
                workers=master_setup(workers, None, None, None, None),
                **{name: asked[name] for name in names},
            )
            if planned:
                say(plan_text(bounds_of(options)))
                sys.exit(0)
            sys.exit(capacity(options, interruption))
        except Interrupted:
            warn("interrupted before anything was sent")
            sys.exit(interruption.exit_code)
