"""Cases about each property that the request body declares, above all the user ID.

Each limit of the schema is tried at, below and above it; further cases try what servers often get wrong. JSON
Schema counts the length of a text in code points: a server that counts UTF-16 units or bytes refuses IDs that
are short enough.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sessionload.contract.request_body import USER_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sessionload.suite.cases.case import Case
    from sessionload.suite.cases.case_factory import CaseFactory

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ASTRAL = "\N{COMPASS}"
_ACCENTED = "\N{LATIN SMALL LETTER E WITH ACUTE}"
_KINDS: dict[str, tuple[str, Any]] = {
    "null": ("that is null", None),
    "boolean": ("that is a boolean", True),
    "number": ("that is a number", 42),
    "fraction": ("that is not a whole number", 1.5),
    "string": ("that is text", "sessionload"),
    "array": ("that is an array", ["sessionload"]),
    "object": ("that is an object", {"sessionload": True}),
}
_OWN = {"integer": {"number"}, "number": {"number", "fraction"}}


def kebab(name: str) -> str:
    """Return a property's name as names of cases have it: `userID` becomes `user-id`."""
    return _CAPITAL.sub("-", name).replace("_", "-").lower()


def property_cases(factory: CaseFactory) -> Iterator[Case]:
    """Yield the cases about each declared property, the user ID first."""
    for name in sorted(factory.properties, key=lambda name: name != USER_ID):
        schema = factory.properties[name]
        types = {part["type"] for part in factory.body.parts(schema) if "type" in part}
        facts = {keyword: limit for part in factory.body.parts(schema) for keyword, limit in part.items()}
        yield from _Property(factory, name, types, facts).cases()


class _Property:
    def __init__(self, factory: CaseFactory, name: str, types: set[str], facts: Mapping[str, Any]) -> None:
        self._factory = factory
        self._name = name
        self._types = types
        self._facts = facts

    def cases(self) -> Iterator[Case]:
        yield self._missing()
        if "enum" in self._facts:
            yield self._case("not-listed", "sessionload-not-listed", "that is not listed")
        elif "string" in self._types:
            yield from self._lengths()
        yield from self._bounds()
        yield from self._kinds()
        if self._name == USER_ID and "string" in self._types:
            yield from self._longest()
            yield from self._texts()

    def _case(self, what: str, value: object, subject: str, note: str = "") -> Case:
        body = {**self._factory.valid(what), self._name: value}
        return self._factory.case(f"{kebab(self._name)}/{what}", body, f"A {self._name} {subject}", note)

    def _missing(self) -> Case:
        body = self._factory.valid("missing")
        body.pop(self._name, None)
        return self._factory.case(f"{kebab(self._name)}/missing", body, f"A body without {self._name}")

    def _lengths(self) -> Iterator[Case]:
        low = self._facts.get("minLength", 0)
        lengths = {low - 1, low, low + 1}
        if "maxLength" in self._facts:
            high = self._facts["maxLength"]
            lengths |= {high - 1, high, high + 1}
        users = self._factory.users
        for length in sorted(length for length in lengths if length >= 0):
            count = "1 character" if length == 1 else f"{length} characters"
            short = "too short for the run's ID, and so the same in every run"
            note = "" if users.findable(length) or self._name != USER_ID or not length else short
            yield self._case(f"length-{length}", users.of_length(length), f"of {count}", note)

    def _bounds(self) -> Iterator[Case]:
        numbers = {
            limit + step
            for keyword in ("minimum", "maximum")
            for limit in [self._facts.get(keyword)]
            if limit is not None
            for step in (-1, 0, 1)
        }
        for number in sorted(numbers):
            yield self._case(f"{number:g}", number, f"of {number:g}")

    def _kinds(self) -> Iterator[Case]:
        own = self._types.union(*(_OWN.get(kind, set()) for kind in self._types))
        for kind, (what, value) in _KINDS.items():
            if kind in own or (kind == "fraction" and "integer" not in self._types):
                continue
            case = self._case(kind, value, what)
            # What the schema has no type for is valid in every form: one of them is enough.
            if kind == "null" or self._factory.body.violation(
                {**self._factory.valid(kind), self._name: value}
            ):
                yield case

    def _longest(self) -> Iterator[Case]:
        longest = self._factory.users.longest
        if longest is None:
            return
        users = self._factory.users
        yield self._case(
            f"length-{longest}-accented",
            users.of_length(longest, _ACCENTED),
            f"of {longest} characters, which are more bytes,",
            "a length counts characters, not bytes of UTF-8",
        )
        yield self._case(
            f"length-{longest}-astral",
            users.of_length(longest, _ASTRAL),
            f"of {longest} characters, which are more UTF-16 units,",
            "JSON Schema counts code points, neither UTF-16 units nor bytes",
        )

    def _texts(self) -> Iterator[Case]:
        named = self._factory.users.named
        yield self._case("combining-marks", f"{named('mark')}e\u0301\u0323", "with combining marks")
        yield self._case("outer-spaces", f" {named('spaces')} ", "with a space before and after")
        yield self._case("nul", f"{named('nul')}\0", "with the character NUL, escaped as JSON asks,")
        yield self._case(
            "right-to-left", f"{named('right')}\u05e9\u05dc\u05d5\u05dd", "with right-to-left letters"
        )
