"""A JSON body that differs in more than the user ID: a form with a slot for each value.

The form is made once. A body is the JSON of each value put into it, and equal arguments give equal bytes.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from sessionload.contract.json_data.json_places import put

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.contract.json_data.pointer import Pointer
    from sessionload.contract.request.further_property import DealtValues

_MARK = "\N{NULL}slot {number}\N{NULL}"


class VaryingBody:
    """Bodies with the user ID at `user`, and with `dealt` values at their places."""

    def __init__(self, value: object, user: Pointer, dealt: Sequence[DealtValues]) -> None:
        """`value` is a body with any user ID and values or none."""
        places = [user, *(values.further.pointer for values in dealt)]
        marks = [_MARK.replace("{number}", str(number)) for number in range(len(places))]
        for place, mark in zip(places, marks, strict=True):
            value = put(value, place, mark)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        written = {json.dumps(mark): number for number, mark in enumerate(marks)}
        pieces = re.split("({})".format("|".join(map(re.escape, written))), text)
        order = [written[mark] for mark in pieces[1::2]]
        self._form = b"%b".join(piece.encode().replace(b"%", b"%%") for piece in pieces[::2])
        self._user_at = order.index(0)
        self._json = tuple(dealt[number - 1].json for number in order if number)
        """What makes the JSON for each slot but that of the user ID, as they follow one another."""

    def to_bytes(self, user_id: str, number: int) -> bytes:
        """Return the compact JSON body for `user_id`, with the values of a plain number."""
        pieces = [make(number) for make in self._json]
        pieces.insert(self._user_at, encode_basestring(user_id).encode())
        return self._form % tuple(pieces)
