"""Whether the document allows what a scenario has for further properties, asked before any traffic.

Whole bodies are judged, each with what one user has, because one property may decide what another may be. All
values of a property are asked about if it has at most 20,000 different ones; else 20,000 that are evenly
spread, the shortest, the longest, and the first that does not spell a number where one is wanted.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sessionload.contract.request.further_property import filled
from sessionload.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sessionload.contract.document.schema_view import SchemaView
    from sessionload.contract.json_data.pointer import Pointer
    from sessionload.contract.request.further_property import DealtValues
    from sessionload.contract.schema.violation import Violation

_MOST_ASKED = 20_000
_MOST_LISTED = 8
_LONGEST_LISTED = 200


def asked_numbers(dealt: Sequence[DealtValues], planned: int, *, most: int = _MOST_ASKED) -> list[int]:
    """Return plain numbers whose values tell enough about those of all numbers below `planned`.

    Values of a list are asked about also where there are more of them than arrivals.
    """
    numbers = {0}
    for values in dealt:
        count = len(values) if values.further.column is None else min(len(values), planned)
        numbers.update(_telling(values, count, most))
    return sorted(numbers)


def _telling(values: DealtValues, count: int, most: int) -> Iterator[int]:
    first: dict[bytes, int] = {}
    for number in range(count):
        first.setdefault(values.json(number), number)
        if len(first) > most:
            break
    else:
        yield from first.values()
        return
    yield from (number * count // most for number in range(most))
    yield min(range(count), key=lambda number: len(values.json(number)))
    yield max(range(count), key=lambda number: len(values.json(number)))
    if not values.as_text:
        yield next((number for number in range(count) if isinstance(values.value(number), str)), 0)


class FurtherCheck:
    """Judges bodies with further properties, and blames one of these for what is wrong with them."""

    def __init__(
        self,
        dealt: Sequence[DealtValues],
        violation_of: Callable[[object], Violation | None],
        view: SchemaView,
        schema: Mapping[str, Any],
    ) -> None:
        """Prepare to judge by `violation_of`, which knows `schema`."""
        self._dealt, self._violation_of = dealt, violation_of
        self._view, self._schema = view, schema

    def require_fit(self, body: object, number: int) -> None:
        """Raise `InputError` (also-not-allowed) if the values of a plain number make a valid body invalid."""
        violation = self._violation_of(filled(body, self._dealt, number))
        culprit = self._culprit(violation, body, number) if violation is not None else None
        if violation is not None and culprit is not None:
            raise _misfit(culprit, number, violation, self._cure(culprit.further.pointer, violation))

    def _culprit(self, violation: Violation, body: object, number: int) -> DealtValues | None:
        """Return the property that a violation comes from; None where it would be there without any."""
        for values in self._dealt:
            pointer = values.further.pointer
            if violation.names[: len(pointer)] == pointer:
                return values
        # What is wrong around them, such as a name that is not listed, began with one of them.
        culprit = None
        before = self._violation_of(body)
        for count, values in enumerate(self._dealt, 1):
            after = self._violation_of(filled(body, self._dealt[:count], number))
            if after == violation != before:
                culprit = values
            before = after
        return culprit

    def _cure(self, pointer: Pointer, violation: Violation) -> str:
        listed = self._view.facts(self._view.at(self._schema, pointer)).get("enum")
        if violation.keyword == "enum" and isinstance(listed, list):
            shown = ", ".join(json.dumps(value, ensure_ascii=False) for value in listed[:_MOST_LISTED])
            return f"the contract lists: {shown[:_LONGEST_LISTED]}"
        known = self._view.properties(self._view.at(self._schema, pointer[:-1]))
        if violation.keyword == "additionalProperties" and known:
            return nearest(pointer[-1], known)
        return "change it, so that the contract allows it, or leave it out"


def _misfit(values: DealtValues, number: int, violation: Violation, cure: str) -> InputError:
    further = values.further
    index = number % len(values)
    what = further.name
    if further.column is not None:
        what = f"{further.name}: value {index + 1:,} of its column"
    elif len(values) > 1:
        what = f"{further.name}[{index}]"
    return InputError(
        "also-not-allowed",
        f"{what} does not fit the request of the contract: {violation.sentence}",
        place=further.written[index % len(further.written)],
        hint=cure,
    )
