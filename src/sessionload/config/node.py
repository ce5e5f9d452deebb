"""One value of a document, and the questions that a checker asks of it.

Each question returns a checked value or raises an `InputError` with path, line, column and cure, so that
checkers read like the schema that they enforce, and each kind of mistake is worded once. A value may be a
key in the wrong line: only the parsers of short values (durations, rates, shares, targets) quote it, and
only while it is short.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sessionload.config.document import dotted, shown
from sessionload.config.mistakes import Mistakes
from sessionload.config.other_tools import lesson_of
from sessionload.errors import InputError, ValueProblem, nearest
from sessionload.units import NS, parse_duration, parse_rate, parse_share
from sessionload.workload.schedule import LONGEST_NS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sessionload.config.document import Document, Path
    from sessionload.errors import Place

T = TypeVar("T")

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A name that may become part of the name of a folder."""
_NAME_RULE = "1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit"

_LONGEST_QUANTITY = 60
_SWITCHES = {"yes", "no", "on", "off", "y", "n", "True", "False", "TRUE", "FALSE", "Yes", "No", "On", "Off"}


@dataclass(frozen=True, slots=True)
class Node:
    """A value at a path of a document. Methods raise `InputError`; their codes are in `docs/messages.md`."""

    document: Document
    path: Path
    value: Any

    @classmethod
    def top(cls, document: Document) -> Self:
        """Return the whole of a document, to start a check from."""
        return cls(document, (), document.data)

    @property
    def name(self) -> str:
        """The path for people: `load.stages[0].rate`."""
        return dotted(self.path)

    @property
    def place(self) -> Place:
        """Where the value was written."""
        return self.document.written(self.path).value

    def refuse(self, code: str, message: str, hint: str = "", *, at_key: bool = False) -> InputError:
        """Return the error to raise about this value (or, `at_key`, about its key)."""
        written = self.document.written(self.path)
        return InputError(code, message, place=written.key if at_key else written.value, hint=hint)

    def mapping(self, known: Collection[str]) -> Node:
        """Return this node, known to be a mapping with no key outside `known`; tell all others."""
        mistakes = Mistakes()
        for key in self.names():
            if key not in known:
                message = f"unknown key {shown(key)} in {self.name}"
                hint = lesson_of(key, dotted(self.path)) or nearest(key, known)
                error = self._child(key).refuse("unknown-key", message, hint, at_key=True)
                error.key = next((each for each in known if hint == f"did you mean '{each}'?"), "")
                with mistakes:
                    raise error
        mistakes.end()
        return self

    def names(self) -> tuple[str, ...]:
        """Return the keys, in their order, of what must be a mapping."""
        if not isinstance(self.value, dict):
            raise self._bad_type("a mapping", "write it as lines of 'key: value', indented below its key")
        return tuple(self.value)

    def get(self, key: str) -> Node | None:
        """Return the value of an optional key of a mapping."""
        return self._child(key) if key in self.value else None

    def need(self, key: str, example: str) -> Node:
        """Return the value of a required key of a mapping; `example` is shown when it is not there."""
        if key not in self.value:
            error = self.refuse("missing-key", f"{self.name} has no '{key}'", f"add {key}: {example}")
            error.key = key
            raise error
        return self._child(key)

    def unwritten(self, key: str, value: str) -> Node:
        """Return a default as if it stood under `key` of this mapping."""
        return Node(self.document, (*self.path, key), value)

    def items(self) -> tuple[Node, ...]:
        """Return the items of a list."""
        if not isinstance(self.value, list):
            raise self._bad_type("a list", "write each item on a line of its own that begins with '- '")
        return tuple(self._child(index) for index in range(len(self.value)))

    def text(self, *, most: int = 1000) -> str:
        """Return a text of 1 to `most` characters."""
        if not isinstance(self.value, str):
            quote = isinstance(self.value, (bool, int, float))
            hint = f'put it in quotes: "{self.written}"' if quote else "write a single text"
            raise self._bad_type("text", hint)
        if not self.value.strip():
            raise self.refuse("empty-text", f"{self.name} is empty", "write something between the quotes")
        if len(self.value) > most:
            message = f"{self.name} has {len(self.value):,} characters, and {most:,} is the most"
            raise self.refuse("too-long", message, "shorten it")
        return self.value

    def a_name(self, pattern: re.Pattern[str] = NAME, rule: str = _NAME_RULE) -> str:
        """Return a text that is fit to be part of the name of a folder; or another name with its own rule."""
        text = self.text()
        if not pattern.fullmatch(text):
            raise self.refuse("bad-name", f"{self.name} must be {rule}", "write it like launch-day")
        return text

    def choice(self, options: tuple[str, ...]) -> str:
        """Return a text that is one of `options`."""
        text = self.text()
        if text not in options:
            message = f"{self.name} must be one of: {', '.join(options)}"
            hint = nearest(text, options)
            raise self.refuse("bad-choice", message, hint if hint.startswith("did") else "write one of these")
        return text

    def boolean(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            hint = "write true or false"
            if isinstance(self.value, str) and self.value in _SWITCHES:
                hint += f"; '{self.value}' is text here"
            raise self._bad_type("true or false", hint)
        return self.value

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self._bad_type("a whole number", "write digits only, without quotes, like 2000")
        if not low <= self.value <= high:
            raise self.out_of_range(f"{low:,}", f"{high:,}")
        return self.value

    def number(self) -> Fraction:
        """Return a number, exactly as it was written."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            raise self._bad_type("a number", "write digits, without quotes, like 1.5")
        return Fraction(repr(self.value))

    def duration(self, most_ns: int = LONGEST_NS, unit: str = "s") -> int:
        """Return the nanoseconds of a duration with a unit.

        To a bare number, `unit` is suggested, or `ms` where that makes more than `most_ns`.
        """
        if isinstance(self.value, int | float) and self.value * NS > most_ns:
            unit = "ms"
        return self._quantity(
            lambda text: parse_duration(text, unit=unit), "bad-duration", "a duration like 30s"
        )

    def rate(self) -> Fraction:
        """Return the arrivals per second of a rate with a unit."""
        return self._quantity(parse_rate, "bad-rate", "a rate like 200/s")

    def share(self) -> Fraction:
        """Return the fraction, 0 to 1, of a share in percent."""
        if isinstance(self.value, float) and 0 < self.value < 1:
            message = f"{self.name}: '{self.written}' has no unit"
            hint = f"write {float(self.number() * 100):g}% or {self.written}%, whichever is meant"
            raise self.refuse("bad-share", message, hint)
        return self._quantity(parse_share, "bad-share", "a share like 20%")

    def parsed(self, parse: Callable[[str], T], code: str, cure: str, *, most: int = 200) -> T:
        """Return `parse` of a short text; its `ValueProblem` becomes message and hint.

        `cure` is the hint when the problem has none.
        """
        text = self.text(most=most)
        if not text.isprintable():
            raise self.refuse(
                code, f"{self.name} has a line end or a control character in it", "write it on one line"
            )
        return self._parse(parse, text, code, cure)

    @property
    def written(self) -> str:
        """A single value as it was written: the text, or the digits of a number."""
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value).strip()

    def out_of_range(self, low: str, high: str) -> InputError:
        """Return the error to raise about a value that is not from `low` to `high`."""
        return self.refuse(
            "out-of-range", f"{self.name} must be from {low} to {high}", "choose one within these bounds"
        )

    def _child(self, step: str | int) -> Node:
        return Node(self.document, (*self.path, step), self.value[step])

    def _quantity(self, parse: Callable[[str], T], code: str, like: str) -> T:
        if isinstance(self.value, bool) or not isinstance(self.value, (str, int, float)):
            raise self._bad_type(like, f"write {like}")
        if len(self.written) > _LONGEST_QUANTITY or not self.written.isprintable():
            raise self.refuse(code, f"{self.name} is not {like}", "write a number and its unit, nothing else")
        return self._parse(parse, self.written, code, f"write {like}")

    def _parse(self, parse: Callable[[str], T], text: str, code: str, cure: str) -> T:
        try:
            return parse(text)
        except ValueProblem as problem:
            message = f"{self.name}: {problem.message}"
            raise self.refuse(code, message, problem.cure or cure) from None

    def _bad_type(self, wanted: str, hint: str) -> InputError:
        return self.refuse("bad-type", f"{self.name} must be {wanted}, but it is {_kind(self.value)}", hint)


def _kind(value: object) -> str:
    if value is None:
        return "empty"
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number with a point or an exponent",
        str: "text",
        list: "a list",
        dict: "a mapping",
    }
    return kinds[type(value)]
