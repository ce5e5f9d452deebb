"""What was found of a target on a change over the run."""

from __future__ import annotations

from typing import NamedTuple

from sessionload.verdict.judged_target import State


class Found(NamedTuple):
    """What the target is worth, and the texts for people."""

    state: State
    measured: str
    margin: str
    samples: int
    note: str


def nothing(note: str) -> Found:
    """Return that there is no evidence, and why."""
    return Found(State.VOID, "no samples", "", 0, note)
