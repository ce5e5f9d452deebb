"""A JSON body with a slot for the user ID; the rest of it is encoded once, because the hot path fills it."""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from sessionload.contract.json_data.json_places import at, put

if TYPE_CHECKING:
    from sessionload.contract.json_data.pointer import Pointer
    from sessionload.contract.schema.schema_rule import SchemaRule
    from sessionload.contract.schema.violation import Violation

_BOUNDS = {"maxLength": "at most", "minLength": "at least"}
_MARK = "\N{NULL}user\N{NULL}"


class BodyTemplate:
    """Bodies that differ in the user ID."""

    def __init__(self, rule: SchemaRule | None, value: object, user: Pointer | None) -> None:
        """`value` is a body with any user ID or none; `user` is where it goes, None where it goes nowhere."""
        self._rule, self._value, self._user = rule, value, user
        marked = value if user is None else put(value, user, _MARK)
        text = "" if marked is None else json.dumps(marked, ensure_ascii=False, separators=(",", ":"))
        before, _, after = text.partition(json.dumps(_MARK))
        self.before, self.after = before.encode(), after.encode()
        """What stands around the JSON of the user ID; all of the body is before it where it goes nowhere."""

    def to_bytes(self, user_id: str) -> bytes:
        """Return the compact JSON body for `user_id`, which has no `user_id_fault`."""
        if self._user is None:
            return self.before
        user = encode_basestring(user_id).encode()  # a quarter of what json.dumps takes
        return b"%b%b%b" % (self.before, user, self.after)

    def user_id_fault(self, user_id: str) -> str | None:
        """Say why the request schema does not allow `user_id`, in words to follow its name, or None."""
        try:
            user_id.encode()
        except UnicodeEncodeError:
            return "has half of a surrogate pair in it, which UTF-8 cannot carry"
        violation = self._violation(user_id)
        if violation is None:
            return None
        if violation.names == self._user and violation.keyword in _BOUNDS:
            count = "1 character" if len(user_id) == 1 else f"{len(user_id)} characters"
            return f"is {count} long; the contract allows {_BOUNDS[violation.keyword]} {violation.limit}"
        return f"does not fit the request of the contract: {violation.sentence}"

    def allows_user(self, user_id: str) -> bool:
        """Tell whether nothing is wrong with a user ID by itself, whatever the rest of a body is worth."""
        violation = self._violation(user_id)
        return violation is None or not self._is_about_user(violation)

    def fault_of_rest(self) -> Violation | None:
        """Return what is wrong besides the user ID: no sample is asked to look like one."""
        user = at(self._value, self._user) if self._user is not None else None
        violation = self._violation("user" if user is None else user)
        return None if violation is None or self._is_about_user(violation) else violation

    def _violation(self, user_id: object) -> Violation | None:
        """Return what the document has against the body with this user ID."""
        if self._rule is None:
            return None
        return self._rule.violation(
            self._value if self._user is None else put(self._value, self._user, user_id)
        )

    def _is_about_user(self, violation: Violation) -> bool:
        return self._user is not None and violation.names[: len(self._user)] == self._user
