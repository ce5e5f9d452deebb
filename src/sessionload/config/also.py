"""`users.also`: what the body of a request has besides the user ID, and besides what the contract requires.

A key names a place in the body as `user` of an environment does. A value is a constant, a list that is dealt
in turn, or `column NAME`: the column of the file of user IDs, in the line of each user. A text that begins
with `column ` is written as a list of one where it is meant as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessionload.config.reference import REFERENCE
from sessionload.contract.json_data.pointer import parse_pointer
from sessionload.contract.request.further_property import FurtherProperty
from sessionload.errors import ValueProblem
from sessionload.workload.text_list import TextList

if TYPE_CHECKING:
    from sessionload.config.node import Node
    from sessionload.contract.json_data.pointer import Pointer
    from sessionload.contract.request.further_property import Scalar

_COLUMN = "column "
_LIKE = "write it like plan or data.plan"
_MOST_PROPERTIES = 50
_MOST_VALUES = 1000
_LONGEST = 1000


def check_also(node: Node, *, has_columns: bool) -> tuple[FurtherProperty, ...]:
    """Return the checked `users.also`; `has_columns` if user IDs are a column of a file.

    Raises `InputError`.
    """
    names = node.names()
    if len(names) > _MOST_PROPERTIES:
        message = f"{node.name} has more than {_MOST_PROPERTIES} keys"
        raise node.refuse("too-long", message, "keep those that matter")
    found: list[FurtherProperty] = []
    for name in names:
        value = node.need(name, "")
        pointer = _pointer(name, value)
        for other in found:
            shorter, longer = sorted([other.pointer, pointer], key=len)
            if longer[: len(shorter)] == shorter:
                message = f"{value.name} is in the place of {other.name}"
                raise value.refuse("also-overlap", message, "keep one of the two", at_key=True)
        found.append(_property(pointer, value, has_columns=has_columns))
    return tuple(found)


def _pointer(name: str, value: Node) -> Pointer:
    try:
        return parse_pointer(name)
    except ValueProblem as problem:
        message = f"{value.name}: {problem.message}"
        raise value.refuse("bad-pointer", message, problem.cure or _LIKE, at_key=True) from None


def _property(pointer: Pointer, node: Node, *, has_columns: bool) -> FurtherProperty:
    if isinstance(node.value, list):
        items = node.items()
        if not 0 < len(items) <= _MOST_VALUES:
            message = f"{node.name} must have 1 to {_MOST_VALUES:,} values, but it has {len(items):,}"
            raise node.refuse("bad-choices", message, "write it like [free, paid], or as a column of a file")
        values, written = tuple(map(_scalar, items)), tuple(item.place for item in items)
        return FurtherProperty(node.name, pointer, values, written)
    value = _scalar(node)
    if not isinstance(value, str) or not value.startswith(_COLUMN):
        return FurtherProperty(node.name, pointer, (value,), (node.place,))
    column = value.removeprefix(_COLUMN).strip()
    if not has_columns or not column:
        message = f"{node.name} is a column of the file of user IDs, and users.id names none"
        if has_columns:
            message = f"{node.name} does not say which column"
        hint = "write users.id like {file: users.csv, column: id}, or the text itself in brackets"
        raise node.refuse("also-column", message, hint)
    return FurtherProperty(node.name, pointer, TextList.of(()), (node.place,), column)


def _scalar(node: Node) -> Scalar:
    value = node.value
    if value is not None and not isinstance(value, bool | int | float | str):
        message = f"{node.name} must be a single value, or a list of such"
        raise node.refuse("bad-type", message, "name a place inside of it, like device.kind: web")
    if isinstance(value, str):
        _refuse_text(node, value)
    return value


def _refuse_text(node: Node, text: str) -> None:
    if REFERENCE.search(text):
        message = f"{node.name} cannot come from an environment variable"
        raise node.refuse("bad-reference", message, "write the value itself, or use --set")
    if len(text) > _LONGEST:
        message = f"{node.name} has {len(text):,} characters, and {_LONGEST:,} is the most"
        raise node.refuse("too-long", message, "shorten it")
    if not text.isascii() and text.encode(errors="replace").decode() != text:
        message = f"{node.name} has half of a surrogate pair in it, which UTF-8 cannot carry"
        raise node.refuse("bad-type", message, "write it as text")
