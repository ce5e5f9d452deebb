"""The body of a request of one operation: JSON with the user ID, and whatever else the document requires.

What is required besides the user ID comes from the document itself (`sample`). A property that only the
server may set is never among it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sessionload.contract.body_template import BodyTemplate
from sessionload.contract.content import content_of
from sessionload.contract.json_places import at
from sessionload.contract.media_type import read_media_type
from sessionload.contract.pointer import pointer_text
from sessionload.contract.sample import example_value
from sessionload.contract.schema_view import SchemaView
from sessionload.contract.text_places import may_hold_text, text_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessionload.contract.find_operation import Operation
    from sessionload.contract.openapi import OpenApiDocument
    from sessionload.contract.pointer import Pointer
    from sessionload.contract.schema_rule import SchemaRule

_JSON = "application/json"
_ANNOTATIONS = {"title", "description", "example", "examples", "default", "deprecated", "externalDocs"}
_PLAIN_OBJECT = _ANNOTATIONS | {"type", "properties", "required", "additionalProperties"}
_PLAIN_TEXT = _ANNOTATIONS | {"type", "minLength", "maxLength"}


SHOWN_USER = "<user ID>"
"""Stands for a user ID in `RequestBody.shown`."""


class RequestBody:
    """Makes the bodies of one operation."""

    def __init__(self, document: OpenApiDocument, operation: Operation, user: Pointer | None) -> None:
        """Prepare everything; `user` is where the body holds the user ID, None where it holds none.

        Raises `InputError` when the document does not list a JSON body, or it cannot hold a user ID.
        """
        self._document, self._operation = document, operation
        self.rule = _rule(document, operation)
        """What the document asks of a body; `None` where it asks nothing."""
        self.user = user
        schema = _schema(document, operation)
        self._view = SchemaView(document)
        self._schema = self._view.resolved(schema)
        if user is not None and not (_has_body(operation) and may_hold_text(document, schema, user)):
            raise document.refusal(
                "no-user-id",
                f"the request body of '{operation.name}' cannot hold a user ID at {pointer_text(user)}",
                hint=_suggestion(document, schema if _has_body(operation) else False),
            )
        self.sample: object = example_value(self._view, self._schema) if _has_body(operation) else None
        """What the document itself gives for a body; its user ID, if there is one, is nobody's."""
        self._plain = BodyTemplate(self.rule, self.sample, user)
        self.around_user = self._plain.before, self._plain.after
        """The bytes before and after the JSON of the user ID in what `to_bytes` makes."""
        self.to_bytes = self._plain.to_bytes
        """Makes the body for a user ID, with what the document itself gives for the rest."""
        self.user_id_fault = self._plain.user_id_fault
        """Says why a user ID cannot be in such a body."""
        self.allows_user = self._plain.allows_user
        """Tells whether nothing is wrong with a user ID by itself."""

    def user_in(self, body: object) -> str | None:
        """Return the user ID in a body, if there is a text in its place."""
        user = at(body, self.user) if self.user is not None else None
        return user if isinstance(user, str) else None

    @property
    def user_facts(self) -> Mapping[str, Any]:
        """What the schema says of the user ID: its keywords, as far as the document declares it by name."""
        schema: Mapping[str, Any] = self._schema
        for step in self.user or ():
            schema = self._view.properties(schema).get(step, {})
        return self._view.facts(schema) if self.user is not None else {}

    @property
    def asks_only_for_a_length(self) -> bool:
        """Whether nothing but its length decides whether a text may be a user ID, as far as can be told."""
        if self.user is None or not (self._schema or self.user_facts):
            return True
        plain = len(self.user) == 1 and _PLAIN_OBJECT.issuperset(self._schema)
        return plain and _PLAIN_TEXT.issuperset(self.user_facts)

    def refuse_invalid(self) -> None:
        """Raise `InputError` (no-valid-body) when something besides the user ID is wrong in every body."""
        violation = self._plain.fault_of_rest()
        if violation is not None:
            raise self._document.refusal(
                "no-valid-body",
                f"no valid body could be made for '{self._operation.name}': {violation.sentence}",
                hint="give the property an 'example' in the document",
            )

    @property
    def shown(self) -> str:
        """The text of a body with `SHOWN_USER` in the place of the user ID."""
        return self._plain.to_bytes(SHOWN_USER).decode()


def _has_body(operation: Operation) -> bool:
    return "requestBody" in operation.node


def _rule(document: OpenApiDocument, operation: Operation) -> SchemaRule | None:
    if not _has_body(operation):
        return None
    content = content_of(document, operation.node["requestBody"], "the request body", request=True)
    if _JSON not in content:
        raise document.refusal("unusable-operation", "the request body is not listed as application/json")
    return content[_JSON]


def _schema(document: OpenApiDocument, operation: Operation) -> object:
    """Return the schema of the JSON body; `True`, which allows everything, where there is none."""
    if not _has_body(operation):
        return True
    body = document.follow(operation.node["requestBody"], "the request body")
    content = document.follow(body.get("content", {}), "its content")
    media = next(media for text, media in content.items() if read_media_type(str(text)).essence == _JSON)
    return document.follow(media, "a media type").get("schema", True)


def _suggestion(document: OpenApiDocument, schema: object) -> str:
    places = [pointer_text(place) for place in text_places(document, schema)]
    if not places:
        return "a user ID is sent in a JSON body: is this the operation that starts a session?"
    return "say in the environment where it is: " + " or ".join(f"user: {place}" for place in places)
