"""Finds the user ID in the body of a request, where the contract has it, and judges the body by the contract.

The limits of a user ID stand in the contract document only. At start the contract is asked about IDs of each
length and of each plain character; a body that these answers cover passes without asking again, every other
body gets the full check. A body can be valid JSON and still hold a name twice, so the fast path compares
bytes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sessionload.contract.document.binding import USER_ID
from sessionload.contract.document.media_type import read_media_type
from sessionload.contract.json_data.json_places import at, put
from sessionload.contract.json_data.pointer import pointer_text
from sessionload.contract.json_data.strict_json import JsonError, parse

if TYPE_CHECKING:
    from sessionload.contract.contract import Contract
    from sessionload.contract.json_data.pointer import Pointer

_MISSING = object()
_PROBED = 512
_LETTERS = bytes(code for code in range(0x20, 0x7F) if code not in b'"\\')


class RequestRule:
    """Finds the user ID in a body, and the fault of the body. Without a contract any text is a user ID."""

    def __init__(self, contract: Contract | None) -> None:
        self._contract = contract
        self._user: Pointer = (contract.request.body.user if contract else None) or USER_ID
        self._name = pointer_text(self._user)
        # What stands before and after the user ID in the body of the load, quotes included.
        around = contract.request.body.around_user if contract else (b'{"userID":', b"}")
        self._before, self._after = around[0] + b'"', b'"' + around[1]
        self._start = len(self._before)
        self._fits = tuple(not self.violation_of("a" * length) for length in range(_PROBED))
        fitting = next((length for length, fits in enumerate(self._fits) if fits and length), 0)
        self._plain = bytes(
            code for code in _LETTERS if fitting and not self.violation_of(chr(code) * fitting)
        )

    def violation_of(self, user_id: str) -> str | None:
        """Say why the contract does not allow `user_id`, or return None."""
        return self._contract.request.body.user_id_fault(user_id) if self._contract else None

    def judge(self, body: bytes, content_type: bytes) -> tuple[bytes, str]:
        """Return the user ID in UTF-8 (empty when there is none), and a sentence about the fault, or ''."""
        if (
            body.startswith(self._before)
            and body.endswith(self._after)
            and content_type == b"application/json"
        ):
            user = body[self._start : -len(self._after)]
            length = len(user)
            if length < _PROBED and self._fits[length] and not user.translate(None, self._plain):
                return user, ""
        return self._judge_fully(body, content_type)

    def _judge_fully(self, body: bytes, content_type: bytes) -> tuple[bytes, str]:
        try:
            document = parse(body)
        except JsonError as error:
            return b"", error.message
        if not isinstance(document, dict):
            return b"", "the body is not an object"
        user_id = self._user_of(document)
        if user_id is _MISSING:
            return b"", f"{self._name} is missing"
        if not isinstance(user_id, str):
            return b"", f"{self._name} is not a string"
        media_type = read_media_type(content_type.decode("latin-1"))
        if media_type.essence != "application/json" or not media_type.is_utf8:
            return user_id.encode(), "the content type is not application/json in UTF-8"
        return user_id.encode(), self._fault_in(document, user_id)

    def user_of(self, body: bytes) -> object:
        """Return what a body has in the place of the user ID; `False` where it has nothing there."""
        try:
            user_id = self._user_of(parse(body))
        except JsonError:
            return False
        return False if user_id is _MISSING else user_id

    def with_user(self, body: bytes, user_id: str) -> bytes:
        """Return a JSON body with another user ID."""
        return json.dumps(put(parse(body), self._user, user_id)).encode()

    def _user_of(self, document: object) -> object:
        user_id, parent = at(document, self._user), at(document, self._user[:-1])
        has_null = isinstance(parent, dict) and self._user[-1] in parent
        return _MISSING if user_id is None and not has_null else user_id

    def _fault_in(self, document: object, user_id: str) -> str:
        """Return a sentence about the fault of a body that has a user ID, or ''."""
        violation = self.violation_of(user_id)
        if violation:
            return f"{self._name} {violation}"
        rule = self._contract.request.body.rule if self._contract else None
        fault = rule.violation(document) if rule else None
        return fault.sentence if fault else ""
