"""Options of Locust's own command: those that would change nothing here are refused, not ignored.

Who arrives, how fast, for how long and where is said by the scenario and the environment. An option that says
it again, in Locust's way, comes from somebody who believes that it counts. Each is told what to say instead.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING

from sessionload.errors import InputError, Place
from sessionload.secret import may_be_key

if TYPE_CHECKING:
    from argparse import Namespace

_RATE = "the scenario says how many users arrive and how fast, and they start when they are needed"
_SET_RATE = "leave it out, and change a rate with --set load.stages.0.rate=20/s"
_ONE_USER = "there is one kind of user, with one task"
_LEAVE_OUT = "leave it out"

MEANINGLESS: dict[str, tuple[str, object, str, str]] = {
    "host": (
        "--host",
        None,
        "the environment says where sessions are started",
        "leave it out, and name an entry of the environments file with --environment",
    ),
    "num_users": ("--users", None, _RATE, _SET_RATE),
    "spawn_rate": ("--spawn-rate", None, _RATE, _SET_RATE),
    "config_users": ("--config-users", None, _ONE_USER, _LEAVE_OUT),
    "tags": ("--tags", None, _ONE_USER, _LEAVE_OUT),
    "exclude_tags": ("--exclude-tags", None, _ONE_USER, _LEAVE_OUT),
    "class_picker": ("--class-picker", False, _ONE_USER, _LEAVE_OUT),
    "equal_weights": ("--equal-weights", False, _ONE_USER, _LEAVE_OUT),
    "enable_rebalancing": (
        "--enable-rebalancing",
        False,
        "what a lost worker had is dealt to the others, and who comes later gets a part, in any case",
        _LEAVE_OUT,
    ),
    "stop_timeout": (
        "--stop-timeout",
        0,
        "what is in flight at the end has until its own deadline",
        "leave it out, and bound an interrupted run with --grace",
    ),
    "exit_code_on_error": (
        "--exit-code-on-error",
        1,
        "the exit code is that of the verdict",
        "leave it out, and say in a target how many errors may be",
    ),
}
"""By its name in Locust's options: the option, what it is when nobody asked, why it is refused, the cure."""


def refuse_meaningless(options: Namespace) -> None:
    """Raise `InputError` (option-without-meaning) for the first option that would change nothing."""
    for name, (option, unasked, reason, cure) in MEANINGLESS.items():
        value = getattr(options, name, unasked)
        if value not in (unasked, str(unasked)):
            raise InputError("option-without-meaning", reason, place=Place(option), hint=cure)


def refuse_labels(options: Namespace) -> None:
    """Refuse labels of a worker, unless it was forked with its master. Raises `InputError`."""
    if options.sl_label and not options.processes:
        reason, cure = "a run has the labels of its master", "leave it out, and give it to the master"
        raise InputError("option-without-meaning", reason, place=Place("--label"), hint=cure)


def new_folder(text: str) -> Path:
    """Return the folder that an option names. Raises `ArgumentTypeError`."""
    if not text:
        raise ArgumentTypeError("it is empty; name a folder")
    if may_be_key(text):
        raise ArgumentTypeError("this looks like an API key; revoke it, and name a folder")
    return Path(text)
