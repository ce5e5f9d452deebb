"""The validators of OpenAPI's versions: those of openapi-schema-validator on jsonschema, extended.

They judge schemas that a `SchemaReader` has prepared. Changed is only where the libraries would follow
Python and not the standards, or would need time without bounds:

- A reference is the schema that it leads to, and a pattern is compiled: nothing is looked up by a value.
- A discriminator only helps tools to choose; the alternatives themselves decide.
- Patterns are ECMA-262's, numbers are decimal, formats are checked as their standards say.
- Schemas that are applied by others are counted, and the same question is not asked twice.

No message is made: the libraries' own quote the value, which may be a session key, and are never read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from openapi_schema_validator import OAS30Validator, OAS31Validator, OAS32Validator

from sessionload.contract.json_data.exact_numbers import is_multiple, is_number
from sessionload.contract.json_data.json_equality import are_all_different
from sessionload.contract.schema.evaluated import evaluated
from sessionload.contract.schema.formats import FORMATS
from sessionload.contract.schema.judging import judging_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sessionload.contract.schema.ecma_pattern import EcmaPattern
    from sessionload.contract.schema.judging import AtWork, Schema, SchemaOrFlag

    Errors = Iterator[ValidationError]


def _fails_unless(holds: bool) -> Errors:  # noqa: FBT001 - the answer to a question
    if not holds:
        yield ValidationError("")


def _pattern(_validator: AtWork, pattern: EcmaPattern, value: object, _schema: Schema) -> Errors:
    return _fails_unless(not isinstance(value, str) or pattern.matches(value))


def _format(_validator: AtWork, name: str, value: object, _schema: Schema) -> Errors:
    return _fails_unless(FORMATS[name](value))


def _multiple_of(_validator: AtWork, step: float, value: Any, _schema: Schema) -> Errors:  # noqa: ANN401 - a number
    return _fails_unless(not is_number(value) or is_multiple(value, step))


def _unique_items(_validator: AtWork, wanted: object, value: object, _schema: Schema) -> Errors:
    return _fails_unless(wanted is not True or not isinstance(value, list) or are_all_different(value))


def _never(_validator: AtWork, _flag: object, _value: object, _schema: Schema) -> Errors:
    return _fails_unless(holds=False)


def _ref(validator: AtWork, target: Schema, value: object, _schema: Schema) -> Errors:
    judging_of(validator).step()
    return validator.descend(value, target)


def _all_of(validator: AtWork, parts: Sequence[Schema], value: object, _schema: Schema) -> Errors:
    for index, part in enumerate(parts):
        judging_of(validator).step()
        yield from validator.descend(value, part, schema_path=index)


def _any_of(validator: AtWork, parts: Sequence[Schema], value: object, _schema: Schema) -> Errors:
    judging = judging_of(validator)
    return _fails_unless(any(judging.allows(validator, value, part) for part in parts))


def _one_of(validator: AtWork, parts: Sequence[Schema], value: object, _schema: Schema) -> Errors:
    judging = judging_of(validator)
    holding = (part for part in parts if judging.allows(validator, value, part))
    return _fails_unless(next(holding, None) is not None and next(holding, None) is None)


def _not(validator: AtWork, part: Schema, value: object, _schema: Schema) -> Errors:
    return _fails_unless(not judging_of(validator).allows(validator, value, part))


def _if(validator: AtWork, part: Schema, value: object, schema: Mapping[str, Any]) -> Errors:
    branch = "then" if judging_of(validator).allows(validator, value, part) else "else"
    return validator.descend(value, schema.get(branch, {}), schema_path=branch)


def _dependent_schemas(
    validator: AtWork, parts: Mapping[str, Schema], value: object, _schema: Schema
) -> Errors:
    for name, part in parts.items():
        if isinstance(value, dict) and name in value:
            judging_of(validator).step()
            yield from validator.descend(value, part, schema_path=name)


def _pattern_properties(
    validator: AtWork, parts: Mapping[EcmaPattern, Schema], value: object, _schema: Schema
) -> Errors:
    for pattern, part in parts.items():
        for name, inner in value.items() if isinstance(value, dict) else ():
            if pattern.matches(name):
                judging_of(validator).step()
                yield from validator.descend(inner, part, schema_path=str(pattern))


def _additional_properties(
    validator: AtWork, part: SchemaOrFlag, value: object, schema: Mapping[str, Any]
) -> Errors:
    if isinstance(value, dict):
        named, patterns = schema.get("properties", ()), schema.get("patternProperties", ())
        left = {
            name: inner
            for name, inner in value.items()
            if name not in named and not any(pattern.matches(name) for pattern in patterns)
        }
        yield from _others(validator, part, left)


def _contains(validator: AtWork, part: Schema, value: object, schema: Mapping[str, Any]) -> Errors:
    if not isinstance(value, list):
        return
    judging = judging_of(validator)
    count = sum(judging.allows(validator, item, part) for item in value)
    least, most = schema.get("minContains", 1), schema.get("maxContains", count)
    if count < least:
        yield ValidationError("", validator="minContains" if count else "contains", validator_value=least)
    if count > most:
        yield ValidationError("", validator="maxContains", validator_value=most)


def _property_names(validator: AtWork, part: Schema, value: object, _schema: Schema) -> Errors:
    judging = judging_of(validator)
    return _fails_unless(
        not isinstance(value, dict) or all(judging.allows(validator, name, part) for name in value)
    )


def _unevaluated_properties(validator: AtWork, part: SchemaOrFlag, value: object, schema: Schema) -> Errors:
    if isinstance(value, dict):
        done = evaluated(validator, value, schema, but="unevaluatedProperties")
        yield from _others(validator, part, {name: value[name] for name in value if name not in done})


def _unevaluated_items(validator: AtWork, part: SchemaOrFlag, value: object, schema: Schema) -> Errors:
    if isinstance(value, list):
        done = evaluated(validator, value, schema, but="unevaluatedItems")
        yield from _others(
            validator, part, {index: item for index, item in enumerate(value) if index not in done}
        )


def _others(validator: AtWork, part: SchemaOrFlag, left: Mapping[Any, object]) -> Errors:
    """Judge what nothing else takes care of. Where nothing may be left, the whole is what is wrong."""
    if part is False:
        yield from _fails_unless(not left)
    elif part is not True:
        for inner in left.values():
            yield from validator.descend(inner, part)


_BOTH = {
    "pattern": _pattern,
    "format": _format,
    "multipleOf": _multiple_of,
    "uniqueItems": _unique_items,
    **dict.fromkeys(["false", "readOnly", "writeOnly"], _never),  # there only where nothing is allowed
    "$ref": _ref,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "additionalProperties": _additional_properties,
    "required": Draft4Validator.VALIDATORS["required"],  # who needs what where, the reader has settled
}
_JSON_SCHEMA = {
    **_BOTH,
    "if": _if,
    "contains": _contains,
    "dependentSchemas": _dependent_schemas,
    "patternProperties": _pattern_properties,
    "propertyNames": _property_names,
    "unevaluatedProperties": _unevaluated_properties,
    "unevaluatedItems": _unevaluated_items,
}
VALIDATORS = {
    "OpenAPI 3.0": extend(OAS30Validator, _BOTH),  # type: ignore[no-untyped-call]
    "OpenAPI 3.1": extend(OAS31Validator, _JSON_SCHEMA),  # type: ignore[no-untyped-call]
    "OpenAPI 3.2": extend(OAS32Validator, _JSON_SCHEMA),  # type: ignore[no-untyped-call]
}
"""The validator of each dialect."""
