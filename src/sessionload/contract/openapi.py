"""One OpenAPI 3.0 document, read by its own pointers only.

`follow` resolves every reference, and each schema of an operation is checked once before any traffic, so
that judging a response cannot fail. Two schemas that refer to each other without a step into the value
would never come to an end; they are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from jsonschema.exceptions import SchemaError
from openapi_schema_validator import OAS30Validator

from sessionload.errors import InputError, Place, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_BESIDE_REFERENCE = frozenset({"$ref", "description", "summary"})
_ALTERNATIVES = ("allOf", "anyOf", "oneOf")


class OpenApiDocument:
    """A parsed document and the file that it came from, which every refusal names."""

    def __init__(self, root: Mapping[str, Any], file: str) -> None:
        """Raise `InputError` unless the document says that it is OpenAPI 3.0."""
        self.root = root
        self.file = file
        if not str(root.get("openapi", "")).startswith("3.0."):
            raise self.refusal(
                "unsupported-openapi",
                "the document does not say that it is OpenAPI 3.0",
                hint="begin it with 'openapi: 3.0.3'",
            )

    def refusal(self, code: str, message: str, *, hint: str = "") -> InputError:
        """Return the error that refuses this document."""
        return InputError(code, message, place=Place(self.file), hint=hint)

    def operation(self, operation_id: str) -> tuple[str, str, Mapping[str, Any]]:
        """Return path template, method in capitals and operation object.

        Raises `InputError` when no operation has this `operationId`.
        """
        known: list[str] = []
        for template, path_item in self.follow(self.root.get("paths"), "paths").items():
            item = self.follow(path_item, f"the path {template}")
            for method in _METHODS:
                if method in item:
                    operation = self.follow(item[method], f"{method} of the path {template}")
                    known.append(str(operation.get("operationId", "")))
                    if known[-1] == operation_id:
                        return str(template), method.upper(), operation
        raise self.refusal(
            "unknown-operation",
            f"the document has no operation '{operation_id}'",
            hint=nearest(operation_id, filter(None, known)),
        )

    def follow(self, node: object, what: str) -> Mapping[str, Any]:
        """Return the mapping that `node` is, or that its `$ref` leads to.

        Raises `InputError` when it is neither, or leads out of the document or in a circle.
        """
        passed: set[str] = set()
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in passed:
                raise self.refusal("broken-reference", f"the reference '{reference}' leads back to itself")
            passed.add(reference)
            if not _BESIDE_REFERENCE.issuperset(node):
                raise self.refusal(
                    "broken-reference",
                    f"the reference '{reference}' has other keys beside it",
                    hint="OpenAPI 3.0 ignores them: move them to where the reference leads",
                )
            node = self._target(reference)
        if not isinstance(node, Mapping):
            raise self.refusal("bad-contract", f"{what} is missing from the document, or not a mapping")
        return node

    def _target(self, reference: str) -> object:
        if not reference.startswith("#"):
            raise self.refusal(
                "remote-reference",
                f"the reference '{reference}' leads out of the document",
                hint="bring what it names into the document and write it like '#/components/schemas/Name'",
            )
        node: object = self.root
        try:
            for step in _steps(reference):
                node = node[int(step)] if isinstance(node, list) else node[step]  # type: ignore[index]
        except (KeyError, IndexError, ValueError, TypeError):
            raise self.refusal("broken-reference", f"the reference '{reference}' leads nowhere") from None
        return node

    def schema(self, node: object, what: str) -> Mapping[str, Any]:
        """Return a schema with its leading references resolved, fit to judge any value without failing.

        Raises `InputError` unless it and every schema it can reach is valid, has references that resolve,
        and comes to an end.
        """
        root = self.follow(node, what)
        waiting = [root]
        same_value: dict[int, list[int]] = {}
        while waiting:
            schema = waiting.pop()
            if id(schema) not in same_value:
                self._check_schema(schema, what)
                beside = [self.follow(child, "a schema") for child in _beside(schema)]
                same_value[id(schema)] = [id(child) for child in beside]
                waiting += beside
                waiting += [self.follow(child, "a schema") for child in _inside(schema)]
        try:
            TopologicalSorter(same_value).prepare()
        except CycleError:
            raise self.refusal(
                "broken-reference", f"{what} refers to itself without a step into the value"
            ) from None
        return root

    def _check_schema(self, schema: Mapping[str, Any], what: str) -> None:
        try:
            OAS30Validator.check_schema(schema)
        except SchemaError as error:
            raise self._bad_schema(what, str(error.path[-1]) if error.path else "type") from None
        if schema.get("type", "object") not in _TYPES:
            raise self._bad_schema(what, "type")
        for keyword in (
            "$ref",
            "id",
        ):  # a reference that is no text; an origin that references would start from
            if keyword in schema:
                raise self._bad_schema(what, keyword)

    def _bad_schema(self, what: str, keyword: str) -> InputError:
        return self.refusal(
            "bad-schema", f"{what} has a schema that OpenAPI 3.0 does not allow, at '{keyword}'"
        )


def _steps(reference: str) -> list[str]:
    if reference[1:2] != "/":
        raise ValueError(reference)
    return [step.replace("~1", "/").replace("~0", "~") for step in unquote(reference[2:]).split("/")]


def _beside(schema: Mapping[str, Any]) -> Iterator[object]:
    """Yield the schemas that judge the same value."""
    for keyword in _ALTERNATIVES:
        yield from schema.get(keyword, ())
    if "not" in schema:
        yield schema["not"]


def _inside(schema: Mapping[str, Any]) -> Iterator[object]:
    """Yield the schemas that judge a part of the value."""
    yield from schema.get("properties", {}).values()
    if "items" in schema:
        yield schema["items"]
    if not isinstance(schema.get("additionalProperties", True), bool):
        yield schema["additionalProperties"]
