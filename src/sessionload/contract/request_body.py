"""The body of a request of one operation: JSON that holds the user ID."""

from __future__ import annotations

from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from sessionload.contract.content import content_of

if TYPE_CHECKING:
    from sessionload.contract.find_operation import Operation
    from sessionload.contract.openapi import OpenApiDocument
    from sessionload.contract.schema_rule import SchemaRule

USER_ID = "userID"
"""The property of a request that holds the user ID: the one value of the body that a plan chooses."""

_BODY = f'{{"{USER_ID}":'.encode()


class RequestBody:
    """Makes the bodies of one operation."""

    def __init__(self, document: OpenApiDocument, operation: Operation) -> None:
        """Prepare everything. Raises `InputError` when the document does not list a JSON body."""
        self.rule = _rule(document, operation)
        """What the document asks of a body; `None` where it asks nothing."""

    def to_bytes(self, user_id: str) -> bytes:
        """Return the compact JSON body that starts a session for `user_id`, which has no `user_id_fault`."""
        return b"%b%b}" % (_BODY, encode_basestring(user_id).encode())  # a quarter of what json.dumps takes

    def user_id_fault(self, user_id: str) -> str | None:
        """Say why the request schema does not allow `user_id`, in words to follow its name, or None."""
        try:
            user_id.encode()
        except UnicodeEncodeError:
            return "has half of a surrogate pair in it, which UTF-8 cannot carry"
        violation = self.rule.violation({USER_ID: user_id}) if self.rule else None
        if violation is None:
            return None
        if violation.names == (USER_ID,):
            bound = {"maxLength": "at most", "minLength": "at least"}.get(violation.keyword)
            if bound:
                count = "1 character" if len(user_id) == 1 else f"{len(user_id)} characters"
                return f"is {count} long; the contract allows {bound} {violation.limit}"
        return f"does not fit the request of the contract: {violation.sentence}"


def _rule(document: OpenApiDocument, operation: Operation) -> SchemaRule | None:
    if "requestBody" not in operation.node:
        return None
    content = content_of(document, operation.node["requestBody"], "the request body", request=True)
    if "application/json" not in content:
        raise document.refusal("unusable-operation", "the request body is not listed as application/json")
    return content["application/json"]
