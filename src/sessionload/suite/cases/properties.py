"""Cases about each property that the request body declares, above all the user ID.

Each limit of the schema is tried at, below and above it; further cases try what servers often get wrong. JSON
Schema counts the length of a text in code points: a server that counts UTF-16 units or bytes refuses IDs that
are short enough.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from sessionload.contract.json_data.json_places import put, without
from sessionload.contract.json_data.pointer import pointer_text
from sessionload.contract.schema.sample import example_value
from sessionload.suite.cases.case import GROUPS, Expect
from sessionload.suite.cases.case_factory import LARGEST_BODY, NO_ROOM, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sessionload.contract.json_data.pointer import Pointer
    from sessionload.suite.cases.case import Case
    from sessionload.suite.cases.case_factory import CaseFactory

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^\w.]+|_+")
_LONGEST_NAME = 40
_MOST = 40
"""How many properties have cases of their own."""
_LARGEST_EXACT = 2**53 - 2
_ROUNDED = "many readers round a number that large (RFC 8259, section 6)"
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
    return _OTHER.sub("-", _CAPITAL.sub("-", name)).lower()[:_LONGEST_NAME]


def names_of(names: Iterable[str], taken: frozenset[str] = frozenset()) -> list[str]:
    """Return what each name is called in names of cases: no two alike, and none as one of `taken`."""
    made: list[str] = []
    for name in names:
        wanted = kebab(name).strip("-") or "unnamed"
        candidates = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
        made.append(next(one for one in candidates if one not in taken and one not in made))
    return made


def property_cases(factory: CaseFactory) -> Iterator[Case]:
    """Yield the cases about the user ID, wherever in a body it is, and about each declared property."""
    user = [place for place in [factory.user] if place and _schema_at(factory, place) is not None]
    places = list(dict.fromkeys([*user, *((name,) for name in factory.properties)]))
    groups = names_of(map(_shown, places[:_MOST]), GROUPS)
    for place, group in zip(places, groups, strict=False):
        yield from _Property(factory, place, group).cases()
    if len(places) > _MOST:
        yield factory.unsent(
            "body/other-properties",
            f"What is sent as one of the {len(places) - _MOST:,} properties after the first {_MOST}",
            f"a check has cases for {_MOST} properties",
        )


def _shown(place: Pointer) -> str:
    return place[0] if len(place) == 1 else pointer_text(place)


def _schema_at(factory: CaseFactory, place: Pointer) -> Mapping[str, Any] | None:
    """Return the schema of a place, or None where the document does not declare it by name."""
    schema: Mapping[str, Any] | None = factory.body.schema
    for step in place:
        schema = factory.body.view.properties(schema).get(step) if schema is not None else None
    return schema


class _Property:
    """One place of a body."""

    def __init__(self, factory: CaseFactory, place: Pointer, group: str) -> None:
        view = factory.body.view
        self._schema = _schema_at(factory, place) or {}
        self._factory = factory
        self._place = place
        self._name = _shown(place)
        self._is_user = place == factory.user
        self._group = group
        self._types = set(view.types_of(self._schema))
        self._facts = view.facts(self._schema)

    def cases(self) -> Iterator[Case]:
        yield self._missing()
        if self._facts.get("readOnly") is True:
            yield self._read_only()
            return
        if "enum" in self._facts or "const" in self._facts:
            yield self._case("not-listed", "sessionload-not-listed", "that is not listed")
        elif "string" in self._types:
            yield from self._lengths()
        yield from self._bounds()
        yield from self._kinds()
        if self._is_user and "string" in self._types:
            yield from self._longest()
            yield from self._texts()

    def _case(self, what: str, value: object, subject: str, note: str = "") -> Case:
        body = put(self._factory.valid(what), self._place, value)
        return self._factory.case(f"{self._group}/{what}", body, f"A {self._name} {subject}", note)

    def _missing(self) -> Case:
        body = without(self._factory.valid("missing"), self._place)
        return self._factory.case(f"{self._group}/missing", body, f"A body without {self._name}")

    def _read_only(self) -> Case:
        """Return the case of a property that only the server may set: it may ignore whatever it holds."""
        value = example_value(self._factory.body.view, self._schema)
        body = to_json(put(self._factory.valid("read-only"), self._place, value))
        requirement = f"{self._name}, which only the server may set, is ignored or refused"
        note = "OpenAPI says that it should not be sent, and leaves open what becomes of it"
        return self._factory.sent(f"{self._group}/read-only", body, requirement, Expect.EITHER, note)

    def _lengths(self) -> Iterator[Case]:
        limits = {"minLength": 0} | self._limits("minLength", "maxLength")
        yield from self._out_of_reach(limits, LARGEST_BODY, NO_ROOM)
        near = {
            int(limit) + step for limit in limits.values() if limit <= LARGEST_BODY for step in (-1, 0, 1)
        }
        users = self._factory.users
        for length in sorted(length for length in near if length >= 0):
            characters = "1 character" if length == 1 else f"{length} characters"
            short = "too short for the run's ID, and so the same in every run"
            note = "" if users.findable(length) or not self._is_user or not length else short
            text = users.of_length(length) if self._is_user else users.filled(length)
            yield self._case(f"length-{length}", text, f"of {characters}", note)

    def _bounds(self) -> Iterator[Case]:
        limits = self._limits("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
        yield from self._out_of_reach(limits, _LARGEST_EXACT, _ROUNDED)
        exact = [limit for limit in limits.values() if abs(limit) <= _LARGEST_EXACT]
        for number in sorted({near for limit in exact for near in _neighbors(limit)}):
            yield self._case(str(number), number, f"of {number}")

    def _limits(self, *keywords: str) -> dict[str, float]:
        """Return those limits that are numbers; a boolean says how another one is meant."""
        return {
            keyword: self._facts[keyword]
            for keyword in keywords
            if not isinstance(self._facts.get(keyword, True), bool)
        }

    def _out_of_reach(self, limits: Mapping[str, float], most: int, reason: str) -> Iterator[Case]:
        for keyword, limit in limits.items():
            if abs(limit) > most:
                subject = f"A {self._name} at, below and above its {keyword}"
                yield self._factory.unsent(f"{self._group}/{kebab(keyword)}", subject, reason)

    def _kinds(self) -> Iterator[Case]:
        own = self._types.union(*(_OWN.get(kind, set()) for kind in self._types))
        for kind, (what, value) in _KINDS.items():
            if kind in own or (kind == "fraction" and "integer" not in self._types):
                continue
            case = self._case(kind, value, what)
            # What the schema has no type for is valid in every form: one of them is enough.
            if kind == "null" or self._factory.body.violation(
                put(self._factory.valid(kind), self._place, value)
            ):
                yield case

    def _longest(self) -> Iterator[Case]:
        longest = self._factory.users.longest
        if longest is None or longest > LARGEST_BODY // len(_ASTRAL.encode()):
            return
        users = self._factory.users
        yield self._case(
            f"length-{longest}-accented",
            users.filled(longest, _ACCENTED),
            f"of {longest} characters, which are more bytes,",
            "a length counts characters, not bytes of UTF-8",
        )
        yield self._case(
            f"length-{longest}-astral",
            users.filled(longest, _ASTRAL),
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


def _neighbors(limit: float) -> Iterator[float]:
    """Yield a limit and the numbers one below and one above it, as a person would write them."""
    written = Decimal(repr(limit))
    for number in (written - 1, written, written + 1):
        yield int(number) if number == number.to_integral_value() else float(number)
