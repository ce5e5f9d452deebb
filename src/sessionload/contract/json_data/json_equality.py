"""Equality of JSON values: `1` is `1.0`, but not `true`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable


def are_all_different(values: list[object]) -> bool:
    """Tell whether no two values are equal, in a time that grows as they do."""
    return len(set(map(_frozen, values))) == len(values)


def _frozen(value: object) -> Hashable:
    """Return what is equal for equal JSON values, and for no others."""
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, list):
        return "array", *map(_frozen, value)
    if isinstance(value, dict):
        return "object", frozenset((name, _frozen(part)) for name, part in value.items())
    return value
