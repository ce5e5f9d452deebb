"""A file that somebody wrote, as plain data, with the place of every key and value in it.

The data is dict, list, str, int, float, bool and None. The places stand beside it under the same paths, so
every message can name line and column, and a value from `--set` only has another place. Messages write a
path as `load.stages[0].rate`, people type `load.stages.0.rate`; both forms are read.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sessionload.errors import InputError, Place, nearest
from sessionload.secret import may_be_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Path = tuple[str | int, ...]
"""The keys and list indexes that lead from the top of a document to a value."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?")
_LONGEST_NUMBER = 40
_WORD = re.compile(r"(?!VF\.)[A-Za-z_][A-Za-z0-9_.-]{0,39}")


class Written(NamedTuple):
    """Where a value was written, and where its key was (for an item of a list: the same place)."""

    key: Place
    value: Place


def plain_scalar(text: str) -> str | float | bool | None:
    """Return what unquoted text means: true, false, null and numbers as JSON has them, or else text.

    So `no`, `on`, `1:30`, `010`, `1_000`, `0x10`, `.inf` and dates are text. A number that is longer
    than 40 characters or too large for a float is text as well.
    """
    if text in _NAMED:
        return _NAMED[text]
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if not match:
        return text
    if not match[1] and not match[2]:
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else text


_NAMED: dict[str, bool | None] = {"true": True, "false": False, "null": None, "": None}


def dotted(path: Path) -> str:
    """Return a path for people: `load.stages[0].rate`; the top of the document is `the file`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "the file"


def shown(word: str) -> str:
    """Return a word in quotes if it has the form of a name, and else a stand-in, since it may be a key."""
    return f"'{word}'" if _WORD.fullmatch(word) else "(not shown, for it does not look like a name)"


@dataclass(frozen=True, slots=True)
class Document:
    """The data of one file, its name for messages, and where each path of it was written."""

    data: Any
    file: str
    places: Mapping[Path, Written]
    text: str = field(default="", repr=False, compare=False)
    """The text of the file, to show lines of; see `excerpt`."""

    def written(self, path: Path) -> Written:
        """Return where the value at `path` was written; what was written nowhere is at the file itself."""
        here = Place(self.file)
        return self.places.get(path, Written(here, here))

    def with_override(self, name: str, text: str, *, place: Place | None = None) -> Document:
        """Return the document with the value `text` at the path `name`, as `--set name=text` asks.

        `text` is read like an unquoted value of the file. A key that the mapping does not have yet is
        added; everything before it must be there. Messages about it then name `place`, by default
        `--set name`. Raises `InputError` (unknown-path) when the path leads nowhere.
        """
        return self.with_value(_steps(name), plain_scalar(text), place or Place(f"--set {name}"))

    def with_value(self, steps: Sequence[str], value: Any, place: Place) -> Document:  # noqa: ANN401 -- plain data
        """Return the document with a value at the end of `steps`; see `with_override`."""
        path, data = _replaced(self.data, list(steps), value, place)
        kept = {known: written for known, written in self.places.items() if known[: len(path)] != path}
        return replace(self, data=data, places={**kept, path: Written(place, place)})

    def texts(self) -> Iterator[tuple[Path, str, bool]]:
        """Yield each text with its path, and whether it is a key."""
        return _texts((), self.data)

    def refuse_literal_keys(self) -> None:
        """Raise `InputError` (literal-key) when a key or value anywhere looks like an API key."""
        for path, text, is_key in self.texts():
            if may_be_key(text):
                written = self.written(path)
                raise InputError(
                    "literal-key",
                    "this looks like an API key, and a key is never written into a file or an option",
                    place=written.key if is_key else written.value,
                    hint="revoke it, and name an environment variable: api_key: ${VF_API_KEY}",
                )


def _texts(path: Path, value: Any) -> Iterator[tuple[Path, str, bool]]:  # noqa: ANN401 -- plain data
    if isinstance(value, str):
        yield path, value, False
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key), key, True
            yield from _texts((*path, key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts((*path, index), inner)


def _steps(name: str) -> list[str]:
    return re.sub(r"\[([0-9]+)\]", r".\1", name).split(".")


def _replaced(data: Any, steps: list[str], value: Any, place: Place) -> tuple[Path, Any]:  # noqa: ANN401 -- plain data
    if not steps:
        return (), value
    step, *rest = steps
    if isinstance(data, list):
        if not re.fullmatch("[0-9]{1,6}", step) or int(step) >= len(data):
            raise _no_path(
                f"this list has no item {shown(step)}", f"items count from 0, and it has {len(data)}", place
            )
        index = int(step)
        path, inner = _replaced(data[index], rest, value, place)
        return (index, *path), [*data[:index], inner, *data[index + 1 :]]
    if not isinstance(data, dict):
        raise _no_path(
            f"there is nothing below a single value, and so no {shown(step)}", "shorten the path", place
        )
    if rest and step not in data:
        raise _no_path(f"there is no {shown(step)} to set something in", nearest(step, data), place)
    path, inner = _replaced(data.get(step), rest, value, place)
    return (step, *path), {**data, step: inner}


def _no_path(message: str, hint: str, place: Place) -> InputError:
    return InputError("unknown-path", message, place=place, hint=hint)
