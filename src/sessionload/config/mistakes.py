"""Several mistakes of a file, told at once.

A check that stands under `with mistakes:` may fail, and those after it are made all the same. `end` raises
what was found. What is made of a part that failed must come after `end`, or it would be told too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from sessionload.errors import InputError, SeveralInputError

if TYPE_CHECKING:
    from types import TracebackType


class Mistakes:
    """What is wrong with one part of a file."""

    def __init__(self) -> None:
        self._found: list[InputError] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, InputError):
            return False
        self._found += error.each
        return True

    def end(self) -> None:
        """Raise `InputError` if there was a mistake: that one, or several as one error.

        A key that is missing because it is misspelled is one mistake.
        """
        slips = {error.key for error in self._found if error.code == "unknown-key"}
        told = [error for error in self._found if error.code != "missing-key" or error.key not in slips]
        if told:
            raise SeveralInputError.joined(told)
