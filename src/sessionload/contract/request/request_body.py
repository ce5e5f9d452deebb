"""The body of a request of one operation: JSON with the user ID, and whatever else is asked for.

What a scenario has for further properties goes into it. What the document requires besides comes from the
document itself (`sample`); a property that only the server may set is never among it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sessionload.contract.document.media_type import read_media_type
from sessionload.contract.document.schema_view import SchemaView
from sessionload.contract.document.text_places import may_hold_text, text_places
from sessionload.contract.json_data.json_places import at, put
from sessionload.contract.json_data.pointer import pointer_text
from sessionload.contract.request.body_template import BodyTemplate
from sessionload.contract.request.further_check import FurtherCheck, asked_numbers
from sessionload.contract.request.further_property import DealtValues, filled
from sessionload.contract.request.varying_body import VaryingBody
from sessionload.contract.schema.content import content_of
from sessionload.contract.schema.sample import example_value
from sessionload.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sessionload.contract.document.find_operation import Operation
    from sessionload.contract.document.openapi import OpenApiDocument
    from sessionload.contract.json_data.pointer import Pointer
    from sessionload.contract.request.further_property import FurtherProperty, Scalar
    from sessionload.contract.schema.schema_rule import SchemaRule

_JSON = "application/json"
_ANNOTATIONS = {"title", "description", "example", "examples", "default", "deprecated", "externalDocs"}
_PLAIN_OBJECT = _ANNOTATIONS | {"type", "properties", "required", "additionalProperties"}
_PLAIN_TEXT = _ANNOTATIONS | {"type", "minLength", "maxLength"}


SHOWN_USER = "<user ID>"
"""Stands for a user ID in `RequestBody.shown`."""


class RequestBody:
    """Makes the bodies of one operation."""

    def __init__(
        self,
        document: OpenApiDocument,
        operation: Operation,
        user: Pointer | None,
        further: Sequence[FurtherProperty] = (),
    ) -> None:
        """Prepare everything; `user` is where the body holds the user ID, None where it holds none.

        Raises `InputError` when the document does not list a JSON body, it cannot hold a user ID, or a
        `further` property has no place of its own in it.
        """
        self._document, self._operation = document, operation
        self.rule = _rule(document, operation)
        """What the document asks of a body; `None` where it asks nothing."""
        self.user = user
        schema = _schema(document, operation)
        self._view = SchemaView(document)
        self._schema = self._view.resolved(schema)
        if user is not None and not (_has_body(operation) and may_hold_text(document, schema, user)):
            types = self._view.types_of(self._view.at(self._schema, user))
            wants_other = bool(types) and "string" not in types
            reason = f": its type is {' or '.join(types)}, and user IDs are sent as text"
            raise document.refusal(
                "no-user-id",
                f"the request body of '{operation.name}' cannot hold a user ID at {pointer_text(user)}"
                + (reason if wants_other else ""),
                hint=_suggestion(document, schema if _has_body(operation) else False, other=wants_other),
                at=operation.node,
                key="requestBody",
            )
        dealt = [DealtValues(each, as_text=may_hold_text(document, schema, each.pointer)) for each in further]
        self.sample: object = self._sample(dealt) if _has_body(operation) else None
        """What the document itself gives for a body; its user ID, if there is one, is nobody's."""
        self._refuse_places(further)
        self._dealt = dealt
        violation_of = self.rule.violation if self.rule else lambda _: None
        self._check = FurtherCheck(dealt, violation_of, self._view, self._schema)
        self._plain = BodyTemplate(self.rule, filled(self.sample, dealt, 0), user)
        self.around_user = self._plain.before, self._plain.after
        """The bytes before and after the JSON of the user ID in what `to_bytes` makes."""
        self.to_bytes = self._plain.to_bytes
        """Makes the body for a user ID; further properties have the first of their values."""
        vary = user is not None and any(values.vary for values in dealt)
        self.varying = VaryingBody(self.sample, user, dealt) if user is not None and vary else None
        """Makes the bodies of a run in which further properties have more values than one."""
        self.user_id_fault = self._plain.user_id_fault
        """Says why a user ID cannot be in such a body."""
        self.allows_user = self._plain.allows_user
        """Tells whether nothing is wrong with a user ID by itself."""

    def _sample(self, dealt: Sequence[DealtValues]) -> object:
        """Return a value that makes a valid body with a user ID and further values, if one is found."""

        def makes_a_body(value: object) -> bool:
            return BodyTemplate(self.rule, filled(value, dealt, 0), self.user).fault_of_rest() is None

        return example_value(self._view, self._schema, allowed=makes_a_body)

    def user_in(self, body: object) -> str | None:
        """Return the user ID in a body, if there is a text in its place."""
        user = at(body, self.user) if self.user is not None else None
        return user if isinstance(user, str) else None

    @property
    def user_facts(self) -> Mapping[str, Any]:
        """What the schema says of the user ID: its keywords, as far as the document declares it by name."""
        return self._view.facts(self._view.at(self._schema, self.user)) if self.user is not None else {}

    @property
    def asks_only_for_a_length(self) -> bool:
        """Whether nothing but its length decides whether a text may be a user ID, as far as can be told."""
        if self.user is None or not (self._schema or self.user_facts):
            return True
        plain = len(self.user) == 1 and _PLAIN_OBJECT.issuperset(self._schema)
        return plain and _PLAIN_TEXT.issuperset(self.user_facts)

    def refuse_invalid(self) -> None:
        """Raise `InputError` when something besides the user ID is wrong in every body.

        It is `also-not-allowed` where a further property is to blame, and else `no-valid-body`.
        """
        violation = self._plain.fault_of_rest()
        if violation is None:
            return
        self._check.require_fit(self._with_user(self.user_in(self.sample) or "user"), 0)
        name = pointer_text(violation.names) if violation.names else "name of the property"
        raise self._document.refusal(
            "no-valid-body",
            f"no valid body could be made for '{self._operation.name}': {violation.sentence}",
            hint=f"say in the scenario what it is, like users: {{also: {{{name}: …}}}},"
            " or give it an 'example' in the document",
            at=self._operation.node,
            key="requestBody",
        )

    def refuse_misfits(self, user_of: Callable[[int], str], planned: int) -> None:
        """Raise `InputError` (also-not-allowed) where a value of a further property makes a body invalid.

        `user_of` returns the ID for a plain number, of which `planned` are in use.
        """
        for number in asked_numbers(self._dealt, planned):
            self._check.require_fit(self._with_user(user_of(number % planned)), number)

    def _with_user(self, user_id: str) -> object:
        return self.sample if self.user is None else put(self.sample, self.user, user_id)

    def _refuse_places(self, further: Sequence[FurtherProperty]) -> None:
        for each in further:
            if not _has_body(self._operation):
                message = f"{each.name}: '{self._operation.name}' has no request body in the document"
                raise InputError("also-not-allowed", message, place=each.written[0], hint="leave it out")
            shorter, longer = sorted([each.pointer, self.user or ()], key=len)
            if self.user is not None and longer[: len(shorter)] == shorter:
                message = f"{each.name} is where the user ID goes"
                hint = "leave it out: users.id says what goes there"
                raise InputError("also-overlap", message, place=each.written[0], hint=hint)

    @property
    def shown(self) -> str:
        """The text of a body: `SHOWN_USER` in the place of the user ID, and `<name>` for each of `varied`."""
        value = filled(self.sample, self._dealt, 0)
        for values in self._dealt:
            if values.vary:
                place = values.further.pointer
                value = put(value, place, f"<{pointer_text(place)}>")
        return BodyTemplate(None, value, self.user).to_bytes(SHOWN_USER).decode()

    @property
    def varied(self) -> dict[str, list[Scalar]]:
        """The values of each further property that has more than one, as they are dealt; none of a column."""
        return {
            pointer_text(values.further.pointer): values.listed() for values in self._dealt if values.vary
        }


def _has_body(operation: Operation) -> bool:
    return "requestBody" in operation.node


def _rule(document: OpenApiDocument, operation: Operation) -> SchemaRule | None:
    if not _has_body(operation):
        return None
    what = "the request body"
    body = document.follow(operation.node["requestBody"], what, at=operation.node, key="requestBody")
    content = content_of(document, body, what, request=True)
    if _JSON not in content:
        message = "the request body is not listed as application/json"
        hint = "list it so, for nothing else is sent, or call another operation"
        raise document.refusal("unusable-operation", message, hint=hint, at=operation.node, key="requestBody")
    return content[_JSON]


def _schema(document: OpenApiDocument, operation: Operation) -> object:
    """Return the schema of the JSON body; `True`, which allows everything, where there is none."""
    if not _has_body(operation):
        return True
    body = document.follow(operation.node["requestBody"], "the request body")
    content = document.follow(body.get("content", {}), "its content")
    media = next(media for text, media in content.items() if read_media_type(str(text)).essence == _JSON)
    return document.follow(media, "a media type").get("schema", True)


def _suggestion(document: OpenApiDocument, schema: object, *, other: bool) -> str:
    places = [pointer_text(place) for place in text_places(document, schema)]
    if not places and other:
        return "numbers as user IDs are not supported: let the document allow text there as well"
    if not places:
        return "a user ID is sent in a JSON body: is this the operation that starts a session?"
    return "say in the environment where it is: " + " or ".join(f"user: {place}" for place in places)
