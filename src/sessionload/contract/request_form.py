"""What a request of one operation is made of: method, path, the header with the key, and the body."""

from __future__ import annotations

import re
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sessionload.contract.content import content_of
from sessionload.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.contract.binding import Binding
    from sessionload.contract.find_operation import Operation
    from sessionload.contract.openapi import OpenApiDocument
    from sessionload.contract.schema_rule import SchemaRule

USER_ID = "userID"
"""The property of a request that holds the user ID: the one value of the body that a plan chooses."""
PROJECT = "projectID"
"""The place in a path template for the project."""
ENVIRONMENT = "environmentID"
"""The place in a path template for the environment."""

_BODY = f'{{"{USER_ID}":'.encode()
_PLACE = re.compile(r"\{([^{}]*)\}")


class RequestForm:
    """Makes the requests of one operation."""

    def __init__(self, document: OpenApiDocument, operation: Operation, binding: Binding) -> None:
        """Prepare everything. Raises `InputError` when no request can be made from the document."""
        self.template, self.method = operation.template, operation.method
        self.security_header = _security_header(document, operation)
        self.rule = _request_rule(document, operation.node)
        self.path_values = {PROJECT: binding.project, ENVIRONMENT: binding.environment or ""}
        """What fills each place of the path template."""
        unknown = set(_PLACE.findall(self.template)) - {PROJECT, ENVIRONMENT}
        if unknown:
            raise document.refusal(
                "unusable-operation",
                f"the path of '{operation.operation_id}' has a place for '{min(unknown)}',"
                " which nothing can fill",
                hint=f"only '{PROJECT}' and '{ENVIRONMENT}' are known here",
            )

    def path(self) -> str:
        """Return the path to call, each value percent-encoded.

        Raises `InputError` for a value that cannot be one part of a path. The message does not repeat it.
        """
        return _PLACE.sub(lambda place: _encoded(place[1], self.path_values[place[1]]), self.template)

    def body(self, user_id: str) -> bytes:
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


def _encoded(name: str, value: str) -> str:
    try:
        encoded = quote(value, safe="")
    except UnicodeEncodeError:
        encoded = ""
    if encoded in {"", ".", ".."}:
        raise InputError(
            "bad-path-value",
            f"the value for '{name}' cannot be one part of a path",
            hint="it is empty, a dot or two, or has half of a surrogate pair in it",
        )
    return encoded


def _security_header(document: OpenApiDocument, operation: Operation) -> str:
    requirements = operation.node.get("security", document.root.get("security"))
    if isinstance(requirements, list) and requirements:
        first = document.follow(requirements[0], "a security requirement")
        if len(first) == 1:
            components = document.follow(document.root.get("components"), "components")
            schemes = document.follow(components.get("securitySchemes"), "components.securitySchemes")
            scheme = document.follow(schemes.get(next(iter(first))), "a security scheme")
            if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
                return str(scheme.get("name", "")).lower()
    raise document.refusal(
        "unusable-operation",
        f"the operation '{operation.operation_id}' does not ask for one API key in a header",
        hint="only a security scheme with 'type: apiKey' and 'in: header' is supported",
    )


def _request_rule(document: OpenApiDocument, operation: Mapping[str, Any]) -> SchemaRule | None:
    if "requestBody" not in operation:
        return None
    content = content_of(document, operation["requestBody"], "the request body", request=True)
    if "application/json" not in content:
        raise document.refusal("unusable-operation", "the request body is not listed as application/json")
    return content["application/json"]
