"""What the master tells the command before there is load: who is there, and whether there will be a run.

One JSON object a line, between two processes of the same version. It is for people; what is measured comes
after it, and has a form of its own.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sessionload.errors import InputError, PreflightError

if TYPE_CHECKING:
    from sessionload.errors import SessionloadError


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many workers are ready of those that are wanted; and what else there is to say."""

    ready: int
    wanted: int
    news: str = ""
    """A sentence about one worker that has come, gone or been refused."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """All are ready: the run begins when the command says so."""


@dataclass(frozen=True, slots=True)
class NoRun:
    """There will be no run, because of this error."""

    code: str
    message: str
    hint: str = ""
    exit_code: int = PreflightError.exit_code

    def error(self) -> SessionloadError:
        """Return the error that ends the command."""
        kind = InputError if self.exit_code == InputError.exit_code else PreflightError
        return kind(self.code, self.message, hint=self.hint)


Step = Waiting | Gathered | NoRun
_KINDS: dict[str, type[Step]] = {kind.__name__: kind for kind in (Waiting, Gathered, NoRun)}


def line_of(step: Step) -> bytes:
    """Return a step as a line."""
    return json.dumps({"gathering": type(step).__name__, **asdict(step)}).encode() + b"\n"


def step_of(line: bytes) -> Step | None:
    """Return the step that a line says; `None` for any other line."""
    try:
        data = json.loads(line)
        return _KINDS[data.pop("gathering")](**data)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
