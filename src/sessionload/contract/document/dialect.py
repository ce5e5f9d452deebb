"""What a version of OpenAPI means by a schema: which keywords there are, and what each may hold.

A keyword that a version does not define is no schema of that version: it would be dropped without a word. The
exceptions are extensions, whose names begin with `x-`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from sessionload.contract.json_data.exact_numbers import is_number
from sessionload.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

_Shape = Callable[[Any], bool]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_anything(_: object) -> bool:
    return True


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_full_list(value: object) -> bool:
    return isinstance(value, list) and len(value) > 0


_MOST_BITS = 4096
"""How large an integer may be: Python writes no number of more than 4,300 digits."""


def _is_finite(value: Any) -> bool:  # noqa: ANN401 - any value of a document
    """Tell whether a value is a number that can be counted from, and written."""
    return is_number(value) and (
        value.bit_length() <= _MOST_BITS if isinstance(value, int) else isfinite(value)
    )


def _is_positive(value: Any) -> bool:  # noqa: ANN401 - any value of a document
    return _is_finite(value) and value > 0


def _is_count(value: Any) -> bool:  # noqa: ANN401 - any value of a document
    return _is_finite(value) and value >= 0 and value == int(value)


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value)) and len(set(value)) == len(value)


def _are_some_names(value: object) -> bool:
    return _are_names(value) and bool(value)


def _are_dependencies(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_are_names, value.values()))


_OLD_TYPES = frozenset({"array", "boolean", "integer", "number", "object", "string"})
_TYPES = _OLD_TYPES | {"null"}


def _is_old_type(value: object) -> bool:
    return isinstance(value, str) and value in _OLD_TYPES


def _is_type(value: object) -> bool:
    return value in _TYPES if isinstance(value, str) else _are_some_names(value) and _TYPES.issuperset(value)  # type: ignore[arg-type]


_EVERYWHERE: Mapping[str, _Shape] = {
    **dict.fromkeys(["title", "description", "format", "pattern", "$ref"], _is_text),
    **dict.fromkeys(["deprecated", "readOnly", "writeOnly", "uniqueItems"], _is_flag),
    **dict.fromkeys(["default", "example"], _is_anything),
    **dict.fromkeys(["externalDocs", "xml", "discriminator", "properties"], _is_mapping),
    **dict.fromkeys(["allOf", "anyOf", "oneOf"], _is_full_list),
    **dict.fromkeys(["minimum", "maximum"], _is_finite),
    **dict.fromkeys(
        [f"{end}{of}" for end in ("min", "max") for of in ("Length", "Items", "Properties")], _is_count
    ),
    "multipleOf": _is_positive,
    **dict.fromkeys(["additionalProperties", "items", "not"], _is_anything),  # judged where they are read
}
_ONLY_3_0: Mapping[str, _Shape] = {
    **dict.fromkeys(["nullable", "exclusiveMinimum", "exclusiveMaximum"], _is_flag),
    "type": _is_old_type,
    "enum": _is_full_list,
    "required": _are_some_names,
}
_JSON_SCHEMA: Mapping[str, _Shape] = {
    **dict.fromkeys(["exclusiveMinimum", "exclusiveMaximum"], _is_finite),
    **dict.fromkeys(["minContains", "maxContains"], _is_count),
    **dict.fromkeys(["$comment", "$schema", "contentEncoding", "contentMediaType"], _is_text),
    **dict.fromkeys(["$defs", "definitions", "patternProperties", "dependentSchemas"], _is_mapping),
    **dict.fromkeys(["enum", "examples"], _is_list),
    **dict.fromkeys(["const", "contains", "propertyNames", "if", "then", "else"], _is_anything),
    **dict.fromkeys(["unevaluatedItems", "unevaluatedProperties", "contentSchema"], _is_anything),
    "type": _is_type,
    "required": _are_names,
    "dependentRequired": _are_dependencies,
    "prefixItems": _is_full_list,
}
_CURES = {
    "nullable": "OpenAPI 3.1 and later have no 'nullable': list 'null' among the types",
    "dependencies": "write 'dependentRequired' or 'dependentSchemas'",
    "additionalItems": "write 'prefixItems' for the first items and 'items' for the rest",
    "id": "leave it out",
    **dict.fromkeys(
        [
            "$id",
            "$anchor",
            "$dynamicRef",
            "$dynamicAnchor",
            "$recursiveRef",
            "$recursiveAnchor",
            "$vocabulary",
        ],
        "only a '$ref' like '#/components/schemas/Name' is followed",
    ),
}
"""What to write for keywords that people know from elsewhere."""
_SHAPES_OF_3_0 = {
    "type": "OpenAPI 3.0 knows one type, written as a text, and 'nullable: true' beside it",
    **dict.fromkeys(
        ["exclusiveMinimum", "exclusiveMaximum"],
        "in OpenAPI 3.0 it is true or false, beside 'minimum' or 'maximum'",
    ),
    "required": "in OpenAPI 3.0 it is a list of names that is not empty: leave it out",
}
_SHAPES_OF_LATER = dict.fromkeys(
    ["exclusiveMinimum", "exclusiveMaximum"], "in OpenAPI 3.1 and later it is the bound itself, a number"
)
"""What to write where a keyword holds what people know from another version."""
_LATER = "it belongs to OpenAPI 3.1 and later; leave it out, or let its name begin with 'x-'"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version of OpenAPI, as far as schemas go."""

    name: str
    """As people say it, such as `OpenAPI 3.1`."""
    is_json_schema: bool
    """Whether schemas are those of JSON Schema 2020-12, in which what stands beside a reference counts."""
    shapes: Mapping[str, _Shape]
    """Every keyword, with the test of what it may hold."""
    meta_schemas: frozenset[str]
    """What `$schema` and `jsonSchemaDialect` may say."""

    def unknown(self, keywords: Iterable[str]) -> tuple[str, str] | None:
        """Return the first keyword that is none of this version and no extension, and what to do about it."""
        for keyword in keywords:
            if keyword not in self.shapes and not keyword.startswith("x-"):
                return keyword, self._cure(keyword)
        return None

    def misshaped(self, keywords: Mapping[str, Any]) -> str | None:
        """Return the first keyword that holds what it cannot hold; all of them are known, or extensions."""
        for keyword, value in keywords.items():
            if not self.shapes.get(keyword, _is_anything)(value):
                return keyword
            if keyword == "$schema" and value not in self.meta_schemas:
                return keyword
        return None

    def cure_of_shape(self, keyword: str) -> str | None:
        """Say what to do about a keyword that holds what only another version lets it hold."""
        return (_SHAPES_OF_LATER if self.is_json_schema else _SHAPES_OF_3_0).get(keyword)

    def _cure(self, keyword: str) -> str:
        if keyword in _CURES:
            return _CURES[keyword]
        if keyword in _JSON_SCHEMA:
            return _LATER
        return nearest(keyword, self.shapes, otherwise="leave it out, or let its name begin with 'x-'")


_OLD = {**_EVERYWHERE, **_ONLY_3_0}
_NEW = {**_EVERYWHERE, **_JSON_SCHEMA}
_2020_12 = "https://json-schema.org/draft/2020-12/schema"
_DIALECTS = {
    "3.0": Dialect("OpenAPI 3.0", is_json_schema=False, shapes=_OLD, meta_schemas=frozenset()),
    "3.1": Dialect(
        "OpenAPI 3.1",
        is_json_schema=True,
        shapes=_NEW,
        meta_schemas=frozenset({_2020_12, "https://spec.openapis.org/oas/3.1/dialect/base"}),
    ),
    "3.2": Dialect(
        "OpenAPI 3.2",
        is_json_schema=True,
        shapes=_NEW,
        meta_schemas=frozenset({_2020_12, "https://spec.openapis.org/oas/3.2/dialect/2025-09-17"}),
    ),
}
_VERSION = re.compile(r"(3\.[012])\.[0-9]+(?:-[0-9A-Za-z.-]+)?")


def dialect_of(root: Mapping[str, Any]) -> Dialect | None:
    """Return the dialect of a document that says a known version of OpenAPI, or None."""
    version = _VERSION.fullmatch(str(root.get("openapi", "")))
    return _DIALECTS[version[1]] if version else None
