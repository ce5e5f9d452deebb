"""`sessionload worker` and `sessionload keys`: what the other machines of a run need."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from sessionload.cli.console import say
from sessionload.cli.parameters import NEW_FOLDER, PATH

WORKER_EXIT_CODES_HELP = """\b
Exit codes: 0 took part to the end · 2 wrong usage or input ·
3 no master, or no run · 4 preflight failed · 130, 143 interrupted"""


@click.command(epilog=WORKER_EXIT_CODES_HELP)
@click.option("--master", metavar="ADDRESS[:PORT]", required=True, help="Where the master listens.")
@click.option("--keys", type=PATH, metavar="FILE", help="The worker's keys, if the master has keys.")
@click.option(
    "--out",
    type=NEW_FOLDER,
    help="Keeps what is measured until the master has it  [default: new, under reports/]",
)
@click.option(
    "--wait",
    metavar="DURATION",
    default="10m",
    show_default=True,
    help="How long to wait for the master and its run.",
)
def worker(*, master: str, keys: Path | None, wait: str, out: Path | None) -> NoReturn:
    """Take part in a run of another machine, as one of its workers.

    The master sends scenario and contract; the API key comes from this
    machine's environment variable.
    """
    from sessionload.cli.worker_options import worker_setup  # noqa: PLC0415

    setup = worker_setup(master, wait, keys, out)
    module = ["-P", "-m", "sessionload.distribution.worker_program", setup.text()]
    variables = {name: text for name, text in os.environ.items() if not name.startswith("LOCUST_")}
    sys.stdout.flush()
    os.execve(  # noqa: S606 - our own module
        sys.executable, [sys.executable, *module], {**variables, "PYTHONHASHSEED": "random"}
    )


@click.group()
def keys() -> None:
    """Keys by which a master and its workers know each other."""


@keys.command("new")
@click.argument("folder", metavar="[DIR]", type=NEW_FOLDER, default=Path("keys"))
def new(folder: Path) -> None:
    """Write a new pair of key files into DIR, by default into keys/.

    Nothing is overwritten, and nobody else on this machine can read them.
    """
    from sessionload.distribution.curve_keys import write_keys  # noqa: PLC0415

    master, worker = write_keys(folder)
    say(f"{master} is for the master, and stays on this machine:")
    say(f"  sessionload run SCENARIO --expect-workers 2 --bind ADDRESS --keys {master}")
    say(f"{worker} is for the workers; copy it to their machines:")
    say(f"  sessionload worker --master ADDRESS --keys {worker.name}")
