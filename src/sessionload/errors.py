"""Errors are data first and sentences last.

An error has a `code`, a `message`, a `place` and a `hint`; its class fixes the exit code, and
`docs/messages.md` has a section for each code. People read one sentence with place and cure, never a
traceback. A value that somebody wrote may be a key: a message quotes it only where it cannot be one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Iterable


_WIDEST = 40
_MOST_TOLD = 10


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
        self.excerpt = ""
        """The line at `place` and one that underlines what is wrong, where the text of the file is known."""

        self.key = ""
        """The key that is missing, or that another one is a slip of."""

    @property
    def each(self) -> tuple[Self, ...]:
        """The mistakes that this tells: usually it is one."""
        return (self,)

    @property
    def told(self) -> str:
        """What people read: a sentence, and the line that it is about."""
        return f"error: {self}" + (f"\n{self.excerpt}" if self.excerpt else "")

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        cure = f"; {self.hint}" if self.hint else ""
        return f"{where}{self.message}{cure} [{self.code}]"


class InputError(SessionloadError):
    """A file, option or guard refuses the run before any traffic (exit 2)."""


class SeveralInputError(InputError):
    """Several mistakes at once, in the order of the file. As an error it is the first of them."""

    def __init__(self, first: InputError, *others: InputError) -> None:
        super().__init__(first.code, first.message, place=first.place, hint=first.hint)
        self._each = (first, *others)

    @classmethod
    def joined(cls, errors: Iterable[InputError]) -> InputError:
        """Return one error for all of them: the only one, or several."""
        known = sorted(errors, key=_position)
        return known[0] if len(known) == 1 else cls(*known)

    @property
    def each(self) -> tuple[InputError, ...]:  # type: ignore[override]  # they are not several themselves
        """The mistakes, in the order of the file."""
        return self._each

    @property
    def told(self) -> str:
        """The first ten mistakes, each with its line, and how many more there are."""
        shown = [error.told for error in self._each[:_MOST_TOLD]]
        more = len(self._each) - len(shown)
        end = f"{len(self._each)} mistakes" + (f", of which {more} are not shown" if more else "")
        return "\n".join([*shown, end])


def _position(error: InputError) -> tuple[bool, int, int]:
    """Return where a mistake stands in its file; what stands in none comes last."""
    line, column = (error.place.line, error.place.column) if error.place else (None, None)
    return line is None, line or 0, column or 0


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
