"""Where a success holds its session key, and the named rules: it is there, a text, and not empty.

The schema alone would let through a success that starts no session: one without a key, with a number for
one, or with white space.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from sessionload.contract.document.binding import SESSION_KEY
from sessionload.contract.document.text_places import may_hold_text, text_places
from sessionload.contract.json_data.json_places import at
from sessionload.contract.json_data.pointer import pointer_text
from sessionload.contract.json_data.strict_json import is_too_deep
from sessionload.contract.response.answer_fault import AnswerFault

if TYPE_CHECKING:
    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.contract.json_data.pointer import Pointer
    from sessionload.contract.schema.schema_rule import SchemaRule

_LONGEST = 1024
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.$-]+")


class SessionKeyPlace:
    """The place of the session key in a success."""

    def __init__(self, pointer: Pointer) -> None:
        self.pointer = pointer
        self.text = pointer_text(pointer)
        self.missing = AnswerFault(
            "key/missing", f"the answer is a success without a session key at {self.text}"
        )
        self._not_text = AnswerFault("key/type", f"what the answer has at {self.text} is not a text")
        self._empty = AnswerFault("key/empty", "the session key is empty, or only white space")
        # An object of nothing but a key of printable ASCII without white space, quote or backslash.
        self.just_a_key = re.compile(
            rb'[ \t\r\n]*\{[ \t\r\n]*"%b"[ \t\r\n]*:[ \t\r\n]*"([!#-\[\]-~]{1,%d})"[ \t\r\n]*\}[ \t\r\n]*'
            % (re.escape(pointer[0]).encode(), _LONGEST)
        ).fullmatch
        """Matches a body that is nothing but a key at the top; its first group is the key."""
        self._anywhere = pointer == SESSION_KEY
        self._as_text = re.compile(rb'"%b"\s*:\s*"[^"\s]' % re.escape(pointer[-1]).encode())

    def allowed_alone(self, rule: SchemaRule) -> bool:
        """Tell whether whatever `just_a_key` matches is a whole success by `rule`."""
        name = self.pointer[0]
        return (
            len(self.pointer) == 1
            and _PLAIN_NAME.fullmatch(name) is not None
            and rule.allows_any_text(name, _LONGEST)
        )

    def read(self, value: object) -> tuple[AnswerFault | None, str | None]:
        """Return the key in a success, or what is wrong with it."""
        key = at(value, self.pointer)
        if key is None:
            return self.missing, None
        if not isinstance(key, str):
            return self._not_text, None
        return (None, key) if key.strip() else (self._empty, None)

    def may_be_in(self, document: OpenApiDocument, schema: object) -> bool:
        """Tell whether a body that `schema` allows can hold a key."""
        return may_hold_text(document, schema, self.pointer)

    def suggestion(self, document: OpenApiDocument, schemas: list[object]) -> str:
        """Return a hint that names places where successes do declare a text."""
        places = dict.fromkeys(
            pointer_text(place) for schema in schemas for place in text_places(document, schema)
        )
        if not places:
            return (
                "a session key must be promised by the document: is this the operation that starts a session?"
            )
        listed = " or ".join(f"session_key: {place}" for place in places)
        return f"say in the environment where it is: {listed}"

    def issued_in(self, body: bytes) -> bool:
        """Tell whether a body that should not, hands out a session key.

        The usual name is looked for anywhere in it. Another may mean something else in another place.
        """
        if self._anywhere and self._as_text.search(body):
            return True
        if is_too_deep(body):
            return False
        try:
            value = json.loads(body)
        except ValueError:
            return False
        return self._holds_key(value)

    def _holds_key(self, value: object) -> bool:
        key = at(value, self.pointer)
        if isinstance(key, str) and key.strip():
            return True
        if not self._anywhere:
            return False
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return any(map(self._holds_key, inner))
