"""One OpenAPI document, read by its own pointers only: `follow` resolves every reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from sessionload.contract.dialect import dialect_of
from sessionload.errors import InputError, Place

NO_MORE_THAN_REFERENCE = frozenset({"$ref", "description", "summary"})
"""The keys of a mapping that says nothing beside where it leads."""


class OpenApiDocument:
    """A parsed document and the file that it came from, which every refusal names."""

    def __init__(self, root: Mapping[str, Any], file: str) -> None:
        """Raise `InputError` unless the document says that it is OpenAPI 3.0, 3.1 or 3.2."""
        self.root = root
        self.file = file
        dialect = dialect_of(root)
        if dialect is None:
            raise self.refusal(
                "unsupported-openapi",
                "the document does not say that it is OpenAPI 3.0, 3.1 or 3.2",
                hint="it needs a line like 'openapi: 3.1.0', with the version that it was written for",
            )
        if "jsonSchemaDialect" in root and str(root["jsonSchemaDialect"]) not in dialect.meta_schemas:
            raise self.refusal(
                "unsupported-dialect",
                f"the document has a 'jsonSchemaDialect' that is not one of {dialect.name}",
                hint="leave it out; schemas are then those of JSON Schema 2020-12 with OpenAPI's additions",
            )
        self.dialect = dialect

    def refusal(self, code: str, message: str, *, hint: str = "") -> InputError:
        """Return the error that refuses this document."""
        return InputError(code, message, place=Place(self.file), hint=hint)

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
            if not NO_MORE_THAN_REFERENCE.issuperset(node):
                raise self.refusal(
                    "broken-reference",
                    f"the reference '{reference}' has other keys beside it",
                    hint="OpenAPI 3.0 ignores them: move them to where the reference leads",
                )
            node = self.target(reference)
        if not isinstance(node, Mapping):
            raise self.refusal("bad-contract", f"{what} is missing from the document, or not a mapping")
        return node

    def follow_schema(self, node: object, what: str) -> Mapping[str, Any]:
        """Return the schema that `node` is or leads to, where what stands beside a reference counts too.

        Such a one is returned as the `allOf` that it means. Raises `InputError` as `follow` does.
        """
        if (
            not self.dialect.is_json_schema
            or not isinstance(node, Mapping)
            or NO_MORE_THAN_REFERENCE.issuperset(node)
            or not isinstance(node.get("$ref"), str)
        ):
            return self.follow(node, what)
        beside = {keyword: value for keyword, value in node.items() if keyword != "$ref"}
        return {**beside, "allOf": [{"$ref": node["$ref"]}, *node.get("allOf", ())]}

    def target(self, reference: str) -> object:
        """Return what `reference` leads to, which may be a reference itself. Raises `InputError`."""
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


def _steps(reference: str) -> list[str]:
    if reference[1:2] != "/":
        raise ValueError(reference)
    return [step.replace("~1", "/").replace("~0", "~") for step in unquote(reference[2:]).split("/")]
