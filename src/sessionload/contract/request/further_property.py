"""A property of the request body besides the user ID, and the value that each arrival has for it.

Values are dealt in turn: a user with the plain number i (`plain_numbers`) has value i, and after the last one
the first again. So a single value is a constant, and a column of the file of user IDs, which has as many
values as there are IDs, gives each user what stands in the user's own line.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from sessionload.contract.json_data.json_places import put
from sessionload.workload.text_list import TextList

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessionload.contract.json_data.pointer import Pointer
    from sessionload.errors import Place

Scalar = str | int | float | bool | None

_SPELLED = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null")
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class FurtherProperty:
    """What a scenario says of one property."""

    name: str
    """Where the scenario says it, such as `users.also.plan`."""
    pointer: Pointer
    """Where it goes in the body."""
    values: tuple[Scalar, ...] | TextList
    """At least one, but for a column that is not read yet."""
    written: tuple[Place, ...]
    """Where each value was written; a column as a whole."""
    column: str | None = None
    """The column of the file of user IDs that the values are from."""


def spelled(text: str) -> Scalar:
    """Return the number, `true`, `false` or `null` that a text spells as JSON does, or else the text."""
    if len(text) > _LONGEST or not _SPELLED.fullmatch(text):
        return text
    value: Scalar = json.loads(text)
    return text if isinstance(value, float) and math.isinf(value) else value


class DealtValues:
    """The values of one property in the form in which the contract has them."""

    def __init__(self, further: FurtherProperty, *, as_text: bool) -> None:
        """`as_text`: a text stays one; else it becomes what it spells."""
        self.further = further
        self.as_text = as_text
        self._values = further.values
        self._count = len(further.values)
        self._encoded = () if isinstance(further.values, TextList) else tuple(map(self._json, further.values))

    @property
    def vary(self) -> bool:
        """Whether there may be more than one."""
        return self._count > 1 or self.further.column is not None

    def __len__(self) -> int:
        return self._count

    def listed(self) -> list[Scalar]:
        """Return the values as JSON has them, in their order; none of a column, which may have millions."""
        return [] if self.further.column is not None else list(map(self.value, range(self._count)))

    def value(self, number: int) -> Scalar:
        """Return the value of the user with a plain number, as JSON has it."""
        raw = self._values[number % self._count]
        return spelled(raw) if isinstance(raw, str) and not self.as_text else raw

    def json(self, number: int) -> bytes:
        """Return the JSON of `value`, in UTF-8."""
        place = number % self._count
        return self._encoded[place] if self._encoded else self._json(self._values[place])

    def _json(self, raw: Scalar) -> bytes:
        if not isinstance(raw, str):
            return json.dumps(raw).encode()
        is_text = self.as_text or isinstance(spelled(raw), str)
        return (encode_basestring(raw) if is_text else raw).encode()


def filled(body: object, dealt: Iterable[DealtValues], number: int) -> object:
    """Return a copy of a body with the values of the user with a plain number."""
    for values in dealt:
        body = put(body, values.further.pointer, values.value(number))
    return body
