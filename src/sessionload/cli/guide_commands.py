"""Commands that help a person on, and load nothing: `explain` and `completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from sessionload.cli.console import say
from sessionload.cli.parameters import code_argument

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "sessionload"
COMPLETE_VARIABLE = "_SESSIONLOAD_COMPLETE"
"""A shell asks for names by setting it."""


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
