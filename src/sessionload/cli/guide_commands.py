"""Commands that help a person on, and load nothing: `init`, `explain` and `completion`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click
from click.shell_completion import get_completion_class

from sessionload.cli.console import say
from sessionload.cli.parameters import NEW_FOLDER, code_argument

if TYPE_CHECKING:
    from pathlib import Path

_SERVERS = ("github", "gitlab", "jenkins")
_NO_SERVER = "none"
SHELLS = ("bash", "zsh", "fish")
PROGRAM = "sessionload"
COMPLETE_VARIABLE = "_SESSIONLOAD_COMPLETE"
"""A shell asks for names by setting it."""


@click.command()
@click.argument("folder", metavar="[DIR]", type=NEW_FOLDER, default=".")
@click.option("--url", metavar="URL", help="Where sessions are started.")
@click.option("--peak", metavar="RATE", help="The most session starts per second, such as 50/s.")
@click.option("--ci", type=click.Choice((*_SERVERS, _NO_SERVER)), help="Whose pipeline to write.")
def init(folder: Path, url: str | None, peak: str | None, ci: str | None) -> NoReturn:
    """Write a folder to begin with: environments, scenarios, the contract, a pipeline. Overwrites nothing.

    What is not given is asked for, on a terminal; anywhere else the default is taken.
    """
    from sessionload.cli.init import init  # noqa: PLC0415
    from sessionload.cli.starter_files import DEFAULT_PEAK, DEFAULT_URL  # noqa: PLC0415

    url = url or _answer("Where are sessions started?", DEFAULT_URL)
    peak = peak or _answer("How many session starts per second, at the peak?", DEFAULT_PEAK)
    ci = ci or _answer("Whose pipeline?", "github", click.Choice((*_SERVERS, _NO_SERVER)))
    sys.exit(init(folder, url=url, peak=peak, ci=None if ci == _NO_SERVER else ci))


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _answer(question: str, default: str, kind: click.ParamType[str] | None = None) -> str:
    if not _is_terminal():
        return default
    answer: str = click.prompt(question, default=default, type=kind, err=True)
    return answer


@click.command()
@code_argument()
def explain(code: str) -> None:
    """Say what is behind a message, and what to do.

    CODE stands in square brackets at the end of a message, or is the cause of a finding: timeout/answer.
    """
    from sessionload.cli.explain import explain  # noqa: PLC0415

    say(explain(code))


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    r"""Print what a SHELL needs to complete commands, options, and names of environments and scenarios.

    \b
    bash   eval "$(sessionload completion bash)"      in ~/.bashrc
    zsh    eval "$(sessionload completion zsh)"       in ~/.zshrc, after compinit
    fish   sessionload completion fish | source       in ~/.config/fish/config.fish
    """
    maker = get_completion_class(shell)
    assert maker is not None  # noqa: S101  # one of those that click has
    root = click.get_current_context().find_root().command
    say(maker(root, {}, PROGRAM, COMPLETE_VARIABLE).source())
