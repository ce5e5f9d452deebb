"""Which properties or items a schema takes care of, for `unevaluatedProperties` and `unevaluatedItems`.

Of alternatives those count that hold. Names of properties and indexes of items never meet: a value is an
object or an array.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sessionload.contract.schema.judging import judging_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sessionload.contract.schema.ecma_pattern import EcmaPattern
    from sessionload.contract.schema.judging import AtWork, Schema

Done = set[str | int]
_Object = Mapping[str, object]
_Find = Callable[["AtWork", Any, Any, Mapping[str, Any]], Done]


def evaluated(validator: AtWork, value: _Object | list[object], schema: Schema, *, but: str = "") -> Done:
    """Return the names or indexes that `schema`, but for one keyword, takes care of in a valid `value`."""
    judging_of(validator).step()
    finders = _OF_OBJECTS if isinstance(value, Mapping) else _OF_ARRAYS
    done: Done = set()
    for keyword, part in schema.items():
        if keyword in finders and keyword != but:
            done |= finders[keyword](validator, value, part, schema)
    return done


def _named(_validator: AtWork, value: _Object, part: Mapping[str, Schema], _schema: Schema) -> Done:
    return set(part.keys() & value.keys())


def _patterned(
    _validator: AtWork, value: _Object, part: Mapping[EcmaPattern, Schema], _schema: Schema
) -> Done:
    return {name for name in value if any(pattern.matches(name) for pattern in part)}


def _contained(validator: AtWork, value: list[object], part: Schema, _schema: Schema) -> Done:
    judging = judging_of(validator)
    return {index for index, item in enumerate(value) if judging.allows(validator, item, part)}


def _together(validator: AtWork, value: Any, part: Sequence[Schema], _schema: Schema) -> Done:  # noqa: ANN401 - of either kind
    return set().union(*(evaluated(validator, value, each) for each in part))


def _holding(validator: AtWork, value: Any, part: Sequence[Schema], schema: Schema) -> Done:  # noqa: ANN401 - of either kind
    judging = judging_of(validator)
    return _together(
        validator, value, [each for each in part if judging.allows(validator, value, each)], schema
    )


def _conditional(validator: AtWork, value: Any, part: Schema, schema: Mapping[str, Any]) -> Done:  # noqa: ANN401 - of either kind
    if judging_of(validator).allows(validator, value, part):
        return _together(validator, value, [part, schema.get("then", {})], schema)
    return evaluated(validator, value, schema.get("else", {}))


def _depending(validator: AtWork, value: _Object, part: Mapping[str, Schema], schema: Schema) -> Done:
    return _together(validator, value, [each for name, each in part.items() if name in value], schema)


_OF_BOTH: Mapping[str, _Find] = {
    "allOf": _together,
    "anyOf": _holding,
    "oneOf": _holding,
    "$ref": lambda validator, value, part, _: evaluated(validator, value, part),
    "if": _conditional,
}
_OF_OBJECTS: Mapping[str, _Find] = {
    **_OF_BOTH,
    **dict.fromkeys(
        ["additionalProperties", "unevaluatedProperties"],
        lambda _validator, value, _part, _schema: set(value),
    ),
    "properties": _named,
    "patternProperties": _patterned,
    "dependentSchemas": _depending,
}
_OF_ARRAYS: Mapping[str, _Find] = {
    **_OF_BOTH,
    **dict.fromkeys(
        ["items", "unevaluatedItems"], lambda _validator, value, _part, _schema: set(range(len(value)))
    ),
    "prefixItems": lambda _validator, value, part, _: set(range(min(len(value), len(part)))),
    "contains": _contained,
}
