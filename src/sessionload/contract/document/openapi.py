"""One OpenAPI document, read by its own pointers only: `follow` resolves every reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from sessionload.contract.document.dialect import dialect_of
from sessionload.contract.document.document_part import part_of
from sessionload.contract.document.other_files import UNREAD, written_reference
from sessionload.errors import InputError, Place

NO_MORE_THAN_REFERENCE = frozenset({"$ref", "description", "summary"})
"""The keys of a mapping that says nothing beside where it leads."""

NO_CIRCLE = "let one of the references in the circle lead to something else"
"""What to do about references that lead back to each other."""


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
                at=root,
                key="openapi",
            )
        if "jsonSchemaDialect" in root and str(root["jsonSchemaDialect"]) not in dialect.meta_schemas:
            raise self.refusal(
                "unsupported-dialect",
                f"the document has a 'jsonSchemaDialect' that is not one of {dialect.name}",
                hint="leave it out; schemas are then those of JSON Schema 2020-12 with OpenAPI's additions",
                at=root,
                key="jsonSchemaDialect",
            )
        self.dialect = dialect
        self.unchecked: dict[str, None] = {}
        """What schemas that were read say, and nobody checks, with its place; in order, each once."""

    def refusal(
        self, code: str, message: str, *, hint: str = "", at: object = None, key: object = None
    ) -> InputError:
        """Return the error that refuses this document.

        `at` is the very mapping or list of the document that is wrong, or whose `key` is, or lacks one.
        """
        place = Place(self.file, part=part_of(self.root, at, key))
        return InputError(code, message, place=place, hint=hint)

    def follow(self, node: object, what: str, *, at: object = None, key: object = None) -> Mapping[str, Any]:
        """Return the mapping that `node` is, or that its `$ref` leads to.

        Raises `InputError` when it is neither, or leads out of the document or in a circle. `at` and `key`
        say where `node` stands, for a refusal of what is no mapping.
        """
        passed: set[str] = set()
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in passed:
                message = f"the reference '{written_reference(reference)}' leads back to itself"
                raise self.refusal("broken-reference", message, hint=NO_CIRCLE, at=node, key="$ref")
            passed.add(reference)
            if not NO_MORE_THAN_REFERENCE.issuperset(node):
                raise self.refusal(
                    "broken-reference",
                    f"the reference '{written_reference(reference)}' has other keys beside it",
                    hint="OpenAPI 3.0 ignores them: move them to where the reference leads",
                    at=node,
                    key="$ref",
                )
            at, key = node, "$ref"
            node = self.target(reference, at=node)
        if not isinstance(node, Mapping):
            message = f"{what} is missing from the document, or not a mapping"
            where = (node, None) if isinstance(node, list) else (at, key)
            hint = "write it there, as keys with values"
            raise self.refusal("bad-contract", message, hint=hint, at=where[0], key=where[1])
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

    def target(self, reference: str, *, at: object = None) -> object:
        """Return what `reference` leads to, which may be a reference itself. Raises `InputError`.

        `at` is the mapping that has it.
        """
        if not reference.startswith("#"):
            raise self._unread(reference, at)
        node: object = self.root
        try:
            for step in _steps(reference):
                node = node[int(step)] if isinstance(node, list) else node[step]  # type: ignore[index]
        except (KeyError, IndexError, ValueError, TypeError):
            message = f"the reference '{written_reference(reference)}' leads nowhere"
            hint = "write it like '#/components/schemas/Name', or 'file.yaml#/Name', as the keys are spelled"
            raise self.refusal("broken-reference", message, hint=hint, at=at, key="$ref") from None
        return node

    def _unread(self, reference: str, at: object) -> InputError:
        """Return the error for a reference to what is not in the document."""
        fields = self.root.get(UNREAD, {}).get(reference.partition("#")[0])
        if fields is None:
            return self.refusal(
                "remote-reference",
                f"the reference '{reference}' leads out of the document",
                hint="bring what it names into the document, or into a file below its folder",
                at=at,
                key="$ref",
            )
        code, message, hint = fields["code"], fields["message"], fields["hint"]
        if fields["place"] is None:
            return self.refusal(code, message, hint=hint, at=at, key="$ref")
        return InputError(code, message, place=Place(*fields["place"]), hint=hint)


def _steps(reference: str) -> list[str]:
    if reference[1:2] != "/":
        raise ValueError(reference)
    return [step.replace("~1", "/").replace("~0", "~") for step in unquote(reference[2:]).split("/")]
