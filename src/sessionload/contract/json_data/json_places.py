"""Reads and replaces what stands at a place in a JSON value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sessionload.contract.json_data.pointer import Pointer

_LONGEST_INDEX = 9


def at(value: object, place: Pointer) -> object:
    """Return what stands at `place`, or None."""
    for step in place:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and (index := _index(value, step)) is not None:
            value = value[index]
        else:
            return None
    return value


def put(value: object, place: Pointer, inner: object) -> Any:  # noqa: ANN401 - any JSON value
    """Return a copy of a JSON value with `inner` at `place`; what is not there yet is made, as objects."""
    if not place:
        return inner
    step, rest = place[0], place[1:]
    if isinstance(value, list) and (index := _index(value, step)) is not None:
        return [*value[:index], put(value[index], rest, inner), *value[index + 1 :]]
    known = value if isinstance(value, dict) else {}
    return {**known, step: put(known.get(step), rest, inner)}


def without(value: object, place: Pointer) -> Any:  # noqa: ANN401 - any JSON value
    """Return a copy of a JSON value that lacks the name at the end of `place`, if it had it."""
    parent = at(value, place[:-1])
    if not isinstance(parent, dict):
        return value
    return put(value, place[:-1], {name: inner for name, inner in parent.items() if name != place[-1]})


def _index(items: list[Any], step: str) -> int | None:
    is_index = step.isascii() and step.isdecimal() and len(step) <= _LONGEST_INDEX
    return int(step) if is_index and int(step) < len(items) else None
