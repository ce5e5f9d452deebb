"""A JSON body with a slot for the user ID, and perhaps further ones; the rest of it is encoded once.

The hot path fills the slots of one body after the other, so it only joins pieces of bytes.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from sessionload.contract.json_places import at, put
from sessionload.contract.pointer import pointer_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.contract.pointer import Pointer
    from sessionload.contract.schema_rule import SchemaRule, Violation

_BOUNDS = {"maxLength": "at most", "minLength": "at least"}


class BodyTemplate:
    """Bodies that differ in the user ID and in the values of some slots."""

    def __init__(
        self, rule: SchemaRule | None, value: object, user: Pointer | None, varying: Sequence[Pointer] = ()
    ) -> None:
        """`value` is a body without user ID and slots; `varying` are the places of the slots after it."""
        self._rule, self._value, self._user, self._varying = rule, value, user, tuple(varying)
        places = [*([user] if user is not None else []), *self._varying]
        marks = {f"\N{NULL}{number}\N{NULL}": number for number in range(len(places))}
        marked = value
        for mark, place in zip(marks, places, strict=True):
            marked = put(marked, place, mark)
        text = (
            json.dumps(marked, ensure_ascii=False, separators=(",", ":"))
            if value is not None or places
            else ""
        )
        self._pieces, self._order = _split(text, marks)
        self._before, self._after = self._pieces[0], self._pieces[-1]

    def to_bytes(self, user_id: str, *values: bytes) -> bytes:
        """Return the compact JSON body for `user_id`, which has no `user_id_fault`.

        `values` are the JSON of the slots, in their order.
        """
        user = encode_basestring(user_id).encode()  # a quarter of what json.dumps takes
        if not values:
            return b"%b%b%b" % (self._before, user, self._after) if self._order else self._before
        slots = (user, *values) if self._user is not None else values
        filled = [self._before]
        for number, piece in zip(self._order, self._pieces[1:], strict=True):
            filled += slots[number], piece
        return b"".join(filled)

    def violation(self, user_id: object, *values: object) -> Violation | None:
        """Return what the document has against the body with these values."""
        if self._rule is None:
            return None
        body = self._value
        for place, value in zip(self._varying, values, strict=False):
            body = put(body, place, value)
        if self._user is not None:
            body = put(body, self._user, user_id)
        return self._rule.violation(body)

    def user_id_fault(self, user_id: str, *values: object) -> str | None:
        """Say why the request schema does not allow `user_id`, in words to follow its name, or None."""
        try:
            user_id.encode()
        except UnicodeEncodeError:
            return "has half of a surrogate pair in it, which UTF-8 cannot carry"
        violation = self.violation(user_id, *values)
        if violation is None:
            return None
        if violation.names == self._user and violation.keyword in _BOUNDS:
            count = "1 character" if len(user_id) == 1 else f"{len(user_id)} characters"
            return f"is {count} long; the contract allows {_BOUNDS[violation.keyword]} {violation.limit}"
        return f"does not fit the request of the contract: {violation.sentence}"

    def allows_user(self, user_id: str) -> bool:
        """Tell whether nothing is wrong with a user ID by itself, whatever the rest of a body is worth."""
        violation = self.violation(user_id)
        return violation is None or self._user is None or violation.names[: len(self._user)] != self._user

    def fault_of_rest(self, *values: object) -> Violation | None:
        """Return what is wrong besides the user ID: no sample is asked to look like one."""
        user = at(self._value, self._user) if self._user is not None else None
        violation = self.violation("user" if user is None else user, *values)
        if violation is None or (self._user is not None and violation.names[: len(self._user)] == self._user):
            return None
        return violation

    @property
    def example(self) -> str:
        """The body for people, with the places of its slots in it."""
        body = self._value
        for place in (*([self._user] if self._user is not None else []), *self._varying):
            body = put(body, place, f"<{pointer_text(place)}>")
        return json.dumps(body, ensure_ascii=False)


def _split(text: str, marks: dict[str, int]) -> tuple[list[bytes], list[int]]:
    """Return the pieces of a text around its marks, and the numbers of the marks in their order."""
    found = sorted((text.index(json.dumps(mark)), number, mark) for mark, number in marks.items())
    pieces, end = [], 0
    for start, _, mark in found:
        pieces.append(text[end:start].encode())
        end = start + len(json.dumps(mark))
    return [*pieces, text[end:].encode()], [number for _, number, _ in found]
