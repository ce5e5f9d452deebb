"""Options and arguments that several commands share, and the types of their values.

A file that is not named is looked for in the current folder when the command line is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from sessionload.config.shipped_files import (
    CONTRACT,
    ENVIRONMENTS,
    default_contract,
    default_environments,
    scenario_names,
)
from sessionload.errors import SessionloadError
from sessionload.process_limits import usable_processors
from sessionload.secret import may_be_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Paths = tuple[Path, ...]
    Decorator = Callable[[Any], Any]

_MOST_WORKERS = 64
_MOST_EXPECTED = 1000
_PAIR = 2
AGAINST = "--against"


class _Path(click.Path):
    """A file or a folder. An empty name, as of a variable that is not set, does not mean this folder."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:  # noqa: ANN401
        if value == "":
            self.fail("it is empty; name a file or a folder", parameter, context)
        return super().convert(value, parameter, context)


class _NewFolder(_Path):
    """A folder to write into. A key that was typed here would be its name, on disk and in what is printed."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:  # noqa: ANN401
        if may_be_key(str(value)):
            self.fail("this looks like an API key; revoke it, and name a folder", parameter, context)
        return super().convert(value, parameter, context)


class _Workers(click.ParamType[int]):
    """A number of processes, or `auto`: one for each processor that we may use but one."""

    name = "workers"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> int:  # noqa: ANN401
        if value == "auto":
            return max(1, usable_processors() - 1)
        return click.IntRange(1, _MOST_WORKERS).convert(value, parameter, context)


class ManyAgainst(click.Command):
    """Takes all that follows `--against`, up to the next option, as values of it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write it before each of them, as click reads options that may be given several times."""
        spread: list[str] = []
        following = False
        for argument in args:
            if argument.startswith("-"):
                following = argument == AGAINST
            elif following:
                spread += [AGAINST, argument]
                continue
            if argument != AGAINST:
                spread.append(argument)
        if AGAINST in args and AGAINST not in spread:
            spread.append(AGAINST)  # so that click says that its value is missing
        return super().parse_args(ctx, spread)


def two_sides(runs: Paths, candidates: Paths) -> tuple[Paths, Paths]:
    """Return the bases and the candidates. Raises `click.UsageError` where nothing says which is which."""
    if candidates:
        return runs, candidates
    if len(runs) != _PAIR:
        hint = "name a BASE and a CANDIDATE, or several: BASE... --against CANDIDATE..."
        count = "one run" if len(runs) == 1 else f"{len(runs)} runs"
        raise click.UsageError(f"{count}, and no {AGAINST} before the candidates; {hint}.")
    return runs[:1], runs[1:]


PATH = _Path(path_type=Path)
NEW_FOLDER = _NewFolder(path_type=Path)
WORKERS = _Workers()


def environment_option(text: str = "An entry of the environments file.") -> Decorator:
    """`--environment NAME`."""
    return click.option("--environment", metavar="NAME", help=text, shell_complete=_environments)


def confirm_option() -> Decorator:
    """`--confirm NAME`."""
    text = "Type the name of a protected environment again."
    return click.option("--confirm", metavar="NAME", help=text, shell_complete=_environments)


def label_option(text: str) -> Decorator:
    """`--label NAME=VALUE`."""
    return click.option("--label", "labels", metavar="NAME=VALUE", multiple=True, help=text)


def environments_option() -> Decorator:
    """`--environments FILE`."""
    return _file_option("--environments", ENVIRONMENTS, default_environments, "The environments file.")


def contract_option(text: str = "The OpenAPI document.") -> Decorator:
    """`--contract FILE`."""
    return _file_option("--contract", CONTRACT, default_contract, text)


def _file_option(option: str, name: Path, default: Callable[[], Path], text: str) -> Decorator:
    return click.option(
        option,
        type=PATH,
        default=default,
        metavar="FILE",
        help=f"{text}  [default: {name}, or the one that comes with sessionload]",
    )


def operation_option() -> Decorator:
    """`--operation ID`."""
    return click.option(
        "--operation",
        metavar="ID",
        help="The operationId, or 'METHOD /path'  [default: the session start, known by its path]",
    )


def code_argument() -> Decorator:
    """`CODE`, of a message."""
    return click.argument("code", shell_complete=_codes)


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says which run is meant: the scenario, and the options that `run` and `plan` share."""
    for option in reversed(
        (
            click.argument("scenario", type=PATH, shell_complete=_scenarios),
            environment_option(),
            environments_option(),
            contract_option(),
            operation_option(),
            click.option(
                "--set",
                "overrides",
                metavar="PATH=VALUE",
                multiple=True,
                help="Override a value of the scenario.",
            ),
            click.option(
                "--scale",
                metavar="rate=10%,time=1m",
                help="Run a part of it: a share of its rates, or another peak, and of its time.",
            ),
            label_option("Say in the result what the run is called by; repeatable."),
            confirm_option(),
        )
    ):
        command = option(command)
    return command


def turns_option() -> Decorator:
    """`--with-interact`, of what performs or plans a scenario with its turns."""
    return click.option(
        "--with-interact",
        is_flag=True,
        help="Take the scenario's turns in a protected environment, too. Turns are paid for.",
    )


WORKER_OPTIONS = ("workers", "expected", "bind", "wait", "keys")
"""The names of what `worker_options` adds, in the order in which `master_setup` takes them."""


def worker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Who the workers of a run are, and where they meet their master."""
    for option in reversed(
        (
            click.option(
                "--workers",
                type=WORKERS,
                metavar="NUMBER",
                help="Generator processes on this machine, or 'auto': one for each processor but one"
                "  [default: 1]",
            ),
            click.option(
                "--expect-workers",
                "expected",
                type=click.IntRange(1, _MOST_EXPECTED),
                metavar="NUMBER",
                help="Wait for so many `sessionload worker`, in place of --workers.",
            ),
            click.option(
                "--bind",
                metavar="ADDRESS[:PORT]",
                help="Where to wait for them  [default: 127.0.0.1:5557]",
            ),
            click.option("--wait", metavar="DURATION", help="How long to wait for them  [default: 10m]"),
            click.option(
                "--keys",
                type=PATH,
                metavar="FILE",
                help="The master's keys, from `sessionload keys new`. Needed at any address but loopback.",
            ),
        )
    ):
        command = option(command)
    return command


# What a shell completes. A file that cannot be read has no names: the command says what is wrong with it.


def _environments(context: click.Context, _: click.Parameter, typed: str) -> list[str]:
    from sessionload.config.read import read_document  # noqa: PLC0415

    try:
        names = read_document(context.params.get("environments") or default_environments()).data
    except SessionloadError:
        return []
    return _beginning(typed, names if isinstance(names, dict) else ())


def _scenarios(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem[Any]]:
    names = [CompletionItem(name) for name in _beginning(typed, scenario_names())]
    return [CompletionItem(typed, type="file"), *names]


def _codes(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    from sessionload.cli.explain import messages  # noqa: PLC0415

    return _beginning(typed, messages())


def _beginning(typed: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in map(str, names) if name.startswith(typed))
