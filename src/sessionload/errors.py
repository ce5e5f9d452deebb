"""Errors are data first and sentences last.

An error has a `code`, a `message`, a `place` and a `hint`; its class fixes the exit code, and
`docs/messages.md` has a section for each code. People read one sentence with place and cure, never a
traceback. A value that somebody wrote may be a key: a message quotes it only where it cannot be one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


_WIDEST = 40


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written: a file, or the command line; lines and columns count from 1."""

    file: str
    line: int | None = None
    column: int | None = None
    part: tuple[str | int, ...] | None = field(default=None, compare=False)
    """The keys and list indexes that lead to a part of a document, for whoever can find its line."""

    def __str__(self) -> str:
        return ":".join(str(each) for each in (self.file, self.line, self.column) if each is not None)


class SessionloadError(Exception):
    """A failure that a person can act on.

    `code` is stable, kebab-case, and heads a section of `docs/messages.md`.
    `exit_code` is the exit code of the process when the error reaches the command line.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, code: str, message: str, *, place: Place | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        cure = f"; {self.hint}" if self.hint else ""
        return f"{where}{self.message}{cure} [{self.code}]"


class InputError(SessionloadError):
    """A file, option or guard refuses the run before any traffic (exit 2)."""


class PreflightError(SessionloadError):
    """The one session started before any load did not end as the contract promises (exit 4)."""

    exit_code = 4


class ResultError(SessionloadError):
    """A result could not be written (exit 5)."""

    exit_code = 5


class ValueProblem(ValueError):  # noqa: N818 - it names what a parser found, not what a program did
    """A parser refuses a value: `message` says what is wrong with it, `cure` what to do, where that is known.

    Both are for people, and neither has a place: the caller, which knows where the
    value stands, makes the error.
    """

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message, cure)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message}; {self.cure}" if self.cure else self.message


def quoted(text: str) -> str:
    """Return a text that a person wrote, quoted for a message: 40 characters at most, nothing unprintable."""
    return repr(text) if len(text) <= _WIDEST else repr(text[:_WIDEST]) + "..."


def nearest(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return a hint that names the known word nearest to `word`; if none is, `otherwise` or all of them."""
    known_words = sorted(known)
    close = get_close_matches(word, known_words, n=1, cutoff=0.7) or get_close_matches(
        word.lower(), known_words, n=1, cutoff=0.7
    )
    if close:
        return f"did you mean '{close[0]}'?"
    return otherwise or "known here: " + ", ".join(known_words)
